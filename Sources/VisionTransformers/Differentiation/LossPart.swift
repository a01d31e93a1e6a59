internal import Synchronization
internal import Tensors

/// A part of a batch: its program, its memories, and where its tokens go.
final class LossPart: Sendable {
  /// Indices of its images within the batch.
  let images: Range<Int>
  let program: Program
  let job: TapeJob<Float>
  private let patches: Place
  private let current: Mutex<(routing: TokenRouting, batch: BatchPart?)?>

  init(_ images: Range<Int>, _ program: Program, patches: Place, keepsPrimal: Bool, keepsConstants: Bool) {
    self.images = images
    self.program = program
    self.patches = patches
    current = Mutex(nil)
    job = TapeJob(
      constants: keepsConstants ? Memory<Float>(count: program.sizes[.constants, default: 0]) : nil,
      primal: keepsPrimal ? Memory<Float>(count: program.sizes[.primal, default: 0]) : nil)
  }

  /// Where its tokens go.
  var routing: TokenRouting {
    guard let current = current.withLock({ $0 }) else { preconditionFailure("a part needs a batch") }
    return current.routing
  }

  /// Takes its images of a batch: writes its constants, or keeps the batch to write them for each walk.
  func take(_ part: BatchPart) {
    if let constants = job.constants { part.write(into: constants, program, patches: patches) }
    let kept = job.constants == nil ? part : nil
    current.withLock { $0 = (part.routing, kept) }
  }

  /// Writes the images and targets of a part that keeps none.
  func writeConstants<E: TapeElement>(into constants: Memory<E>) {
    guard let batch = current.withLock({ $0?.batch }) else { preconditionFailure("a part needs a batch") }
    batch.write(into: constants, program, patches: patches)
  }
}

extension BatchPart {
  /// Some neighbouring images of a batch whose visible patches are given for all of them.
  init(_ batch: LossBatch, _ images: Range<Int>, _ function: LossFunction, visible: [[Int]]) {
    let own = Array(visible[images])
    self.init(
      batch: batch, images: images, architecture: function.architecture,
      routing: TokenRouting(function.architecture, visible: own), visible: own,
      batchMasked: Double(function.masked * function.batchImages), batchImages: function.batchImages)
  }

  /// Writes the images and targets that a program of as many images reads; `patches` is where pixels go.
  func write<E: TapeElement>(into constants: Memory<E>, _ program: Program, patches: Place) {
    constants.withMutableSpan(patches.offset..<patches.end) { rows in
      architecture.writePatches(of: batch.images.span, from: images.lowerBound, visible: visible, into: &rows)
    }
    program.loss.prepare(self, constants: constants)
  }
}

extension Architecture {
  /// The pixels of visible patches, colour by colour, with a row of zeros for each prefix token.
  ///
  /// - Parameters:
  ///   - pixels: Images of a batch, shape [N, 3, height, width].
  ///   - first: The first image that is written.
  ///   - visible: Visible patches of it and of those after it.
  ///   - rows: Receives them, shape [images · tokens, 3 P²].
  @_specialize(where S == Float, E == Float)
  @_specialize(where S == Float, E == Double)
  @_specialize(where S == Double, E == Double)
  func writePatches<S: TapeElement, E: TapeElement>(
    of pixels: Span<S>, from first: Int, visible: [[Int]], into rows: inout MutableSpan<E>
  ) {
    let (a, p) = (self, patchSize)
    let (columns, plane, width) = (a.grid[1] * p, a.pixels / 3, 3 * p * p)
    var to = 0
    for (offset, visible) in visible.enumerated() {
      let image = first + offset
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
              rows[to] = E(pixels[from + x])
              to += 1
            }
          }
        }
      }
    }
  }
}
