internal import Synchronization
internal import Tensors

/// A part of a batch: its program, its memories, and where its tokens go.
final class LossPart: Sendable {
  /// Indices of its images within the batch.
  let images: Range<Int>
  let program: Program
  let job: TapeJob
  private let patches: Place
  private let currentRouting: Mutex<TokenRouting?>

  init(_ images: Range<Int>, _ program: Program, patches: Place, keepsPrimal: Bool) {
    self.images = images
    self.program = program
    self.patches = patches
    currentRouting = Mutex(nil)
    job = TapeJob(
      constants: Memory(count: program.sizes[.constants, default: 0]),
      primal: keepsPrimal ? Memory(count: program.sizes[.primal, default: 0]) : nil)
  }

  /// Where its tokens go.
  var routing: TokenRouting {
    guard let routing = currentRouting.withLock({ $0 }) else { preconditionFailure("a part needs a batch") }
    return routing
  }

  /// Takes its images of a batch: writes the constants.
  func take(_ part: BatchPart) {
    currentRouting.withLock { $0 = part.routing }
    let (a, p) = (part.architecture, part.architecture.patchSize)
    let (columns, plane) = (a.grid[1] * p, a.grid[0] * a.grid[1] * p * p)
    job.constants.withMutableSpan(patches.offset..<patches.end) { rows in
      for (image, visible) in zip(images, part.visible) {
        for (i, patch) in visible.enumerated() {
          let row = (image - images.lowerBound) * (a.prefix.count + visible.count) + a.prefix.count + i
          let start = image * 3 * plane + patch / a.grid[1] * p * columns + patch % a.grid[1] * p
          var to = row * 3 * p * p
          for colour in 0..<3 {
            for y in 0..<p {
              for x in 0..<p {
                rows[to] = part.batch.images[start + colour * plane + y * columns + x]
                to += 1
              }
            }
          }
        }
      }
    }
    program.loss.prepare(part, constants: job.constants)
  }
}
