import CFFTW
import Synchronization

/// FFTW's planner has global state; only executing a plan may run concurrently.
private let plannerLock = Mutex(())

/// A batch of real-to-complex transforms of one or two dimensions, with its buffers: `width` maps side by side.
///
/// Layouts, last index fastest: `input` [sizes…, width]; `real` and `imaginary` [half spectrum…, width], where the half
/// spectrum keeps indices 0 … ⌊n/2⌋ of the last dimension (the others are complex conjugates of these).
///
/// Planned with `FFTW_ESTIMATE`, which chooses by rules and not by timing: the same input gives the same bits in every run.
@safe
struct FourierPlan: ~Copyable {
  let width: Int
  let input: UnsafeMutableBufferPointer<Float>
  let real: UnsafeMutableBufferPointer<Float>
  let imaginary: UnsafeMutableBufferPointer<Float>
  private let plan: fftwf_plan

  /// Plans a transform of `sizes`, one or two of them, for `width` maps at once.
  ///
  /// - Throws: `SpectrumError.noPlan`.
  init(sizes: [Int], width: Int) throws(SpectrumError) {
    let points = sizes.reduce(1, *)
    let half = sizes.dropLast().reduce(1, *) * ((sizes.last ?? 1) / 2 + 1)
    guard let storage = unsafe fftwf_alloc_real((points + 2 * half) * width) else { throw .noPlan(sizes: sizes) }
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
    var batch = fftwf_iodim(n: Int32(width), is: 1, os: 1)
    // The lock takes the pointers for shared with other threads; they are this value's own.
    nonisolated(unsafe) var planned: fftwf_plan?
    nonisolated(unsafe) let (buffer, re, im) = unsafe (storage, real, imaginary)
    plannerLock.withLock { [dimensions] _ in
      unsafe planned = fftwf_plan_guru_split_dft_r2c(
        Int32(dimensions.count), dimensions, 1, &batch, buffer, re, im, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT)
    }
    guard let plan = unsafe planned else {
      unsafe fftwf_free(storage)
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
    unsafe fftwf_execute(plan)
  }

  deinit {
    // The plan dies here and nowhere else; the lock's closure only borrows it.
    nonisolated(unsafe) let plan = unsafe plan
    plannerLock.withLock { _ in unsafe fftwf_destroy_plan(plan) }
    // One allocation holds all three buffers; the input comes first.
    unsafe fftwf_free(input.baseAddress)
  }
}
