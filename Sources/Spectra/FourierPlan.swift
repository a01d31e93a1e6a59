import CFFTW
import Synchronization

/// FFTW's planners have global state; only executing a plan may run concurrently.
private let plannerLock = Mutex(())

/// A batch of real-to-complex transforms of one or two dimensions, with its buffers: `width` maps side by side.
///
/// Layouts, last index fastest: `input` [sizes…, width]; `real` and `imaginary` [half spectrum…, width], where the half
/// spectrum keeps indices 0 … ⌊n/2⌋ of the last dimension (the others are complex conjugates of these).
///
/// Planned with `FFTW_ESTIMATE`, which chooses by rules and not by timing: the same input gives the same bits in every run.
@safe
struct FourierPlan<Number: FourierNumber>: ~Copyable {
  let width: Int
  let input: UnsafeMutableBufferPointer<Number>
  let real: UnsafeMutableBufferPointer<Number>
  let imaginary: UnsafeMutableBufferPointer<Number>
  private let plan: OpaquePointer

  /// Plans a transform of `sizes`, one or two of them, for `width` maps at once.
  ///
  /// - Throws: `SpectrumError.noPlan`.
  init(sizes: [Int], width: Int) throws(SpectrumError) {
    let points = sizes.reduce(1, *)
    let half = sizes.dropLast().reduce(1, *) * ((sizes.last ?? 1) / 2 + 1)
    guard let storage = unsafe Number.allocate((points + 2 * half) * width) else { throw .noPlan(sizes: sizes) }
    unsafe storage.initialize(repeating: 0, count: (points + 2 * half) * width)
    let real = unsafe storage + points * width
    let imaginary = unsafe real + half * width

    var dimensions: [fftwf_iodim] = []
    var (inputStride, outputStride) = (width, width)
    for (axis, n) in sizes.enumerated().reversed() {
      dimensions.insert(fftwf_iodim(n: Int32(n), is: Int32(inputStride), os: Int32(outputStride)), at: 0)
      inputStride *= n
      outputStride *= axis == sizes.count - 1 ? n / 2 + 1 : n
    }
    let batch = fftwf_iodim(n: Int32(width), is: 1, os: 1)
    // The lock takes the pointers for shared with other threads; they are this value's own.
    nonisolated(unsafe) var planned: OpaquePointer?
    nonisolated(unsafe) let (buffer, re, im) = unsafe (storage, real, imaginary)
    plannerLock.withLock { [dimensions] _ in
      unsafe planned = Number.plan(dimensions, batch: batch, input: buffer, real: re, imaginary: im)
    }
    guard let plan = unsafe planned else {
      unsafe Number.free(storage)
      throw .noPlan(sizes: sizes)
    }
    self.width = width
    unsafe self.plan = plan
    unsafe input = UnsafeMutableBufferPointer(start: storage, count: points * width)
    unsafe self.real = UnsafeMutableBufferPointer(start: real, count: half * width)
    unsafe self.imaginary = UnsafeMutableBufferPointer(start: imaginary, count: half * width)
  }

  /// Transforms `input` into `real` and `imaginary`; `input` stays.
  mutating func execute() {
    unsafe Number.execute(plan)
  }

  deinit {
    // The plan dies here and nowhere else; the lock's closure only borrows it.
    nonisolated(unsafe) let plan = unsafe plan
    plannerLock.withLock { _ in unsafe Number.destroy(plan) }
    // One allocation holds all three buffers; the input comes first.
    unsafe Number.free(input.baseAddress)
  }
}
