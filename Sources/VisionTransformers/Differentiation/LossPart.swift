internal import Synchronization
internal import Tensors

/// A part of a batch: its program, its memories, and where its tokens go.
final class LossPart: Sendable {
  /// Indices of its images within the batch.
  let images: Range<Int>
  let program: Program
  let job: TapeJob
  private let patches: Place
  private let current: Mutex<(routing: TokenRouting, batch: BatchPart?)?>

  init(_ images: Range<Int>, _ program: Program, patches: Place, keepsPrimal: Bool, keepsConstants: Bool) {
    self.images = images
    self.program = program
    self.patches = patches
    current = Mutex(nil)
    job = TapeJob(
      constants: keepsConstants ? Memory(count: program.sizes[.constants, default: 0]) : nil,
      primal: keepsPrimal ? Memory(count: program.sizes[.primal, default: 0]) : nil)
  }

  /// Where its tokens go.
  var routing: TokenRouting {
    guard let current = current.withLock({ $0 }) else { preconditionFailure("a part needs a batch") }
    return current.routing
  }

  /// Takes its images of a batch: writes its constants, or keeps the batch to write them for each walk.
  func take(_ part: BatchPart) {
    if let constants = job.constants { write(part, into: constants) }
    let kept = job.constants == nil ? part : nil
    current.withLock { $0 = (part.routing, kept) }
  }

  /// Writes the images and targets of a part that keeps none.
  func writeConstants(into constants: Memory) {
    guard let batch = current.withLock({ $0?.batch }) else { preconditionFailure("a part needs a batch") }
    write(batch, into: constants)
  }

  private func write(_ part: BatchPart, into constants: Memory) {
    constants.withMutableSpan(patches.offset..<patches.end) { part.writeVisiblePatches(into: &$0) }
    program.loss.prepare(part, constants: constants)
  }
}

extension BatchPart {
  /// The pixels of visible patches, colour by colour, with a row of zeros for each prefix token; shape [images · tokens, 3 P²].
  fileprivate func writeVisiblePatches(into rows: inout MutableSpan<Float>) {
    let (a, p) = (architecture, architecture.patchSize)
    let (columns, plane, width) = (a.grid[1] * p, a.pixels / 3, 3 * p * p)
    let pixels = batch.images.span
    var to = 0
    for (image, visible) in zip(images, visible) {
      // Another part's values may lie here.
      for _ in 0..<a.prefix.count * width {
        rows[to] = 0
        to += 1
      }
      for patch in visible {
        let start = image * a.pixels + patch / a.grid[1] * p * columns + patch % a.grid[1] * p
        for colour in 0..<3 {
          for y in 0..<p {
            let from = start + colour * plane + y * columns
            for x in 0..<p {
              rows[to] = pixels[from + x]
              to += 1
            }
          }
        }
      }
    }
  }
}
