import CFFTW

/// A floating-point type that FFTW transforms; it has a library for each.
protocol FourierNumber: BinaryFloatingPoint, Sendable, BitwiseCopyable {
  /// The value in double precision, exactly.
  var double: Double { get }

  /// Memory for so many values, aligned as FFTW likes it; nil where there is none.
  static func allocate(_ count: Int) -> UnsafeMutablePointer<Self>?
  static func free(_ storage: UnsafeMutablePointer<Self>?)
  /// Plans real-to-complex transforms side by side; `input` is kept.
  static func plan(
    _ dimensions: [fftwf_iodim], batch: fftwf_iodim, input: UnsafeMutablePointer<Self>,
    real: UnsafeMutablePointer<Self>, imaginary: UnsafeMutablePointer<Self>
  ) -> OpaquePointer?
  static func execute(_ plan: OpaquePointer)
  static func destroy(_ plan: OpaquePointer)
}

extension Float: FourierNumber {
  @inline(__always) var double: Double { Double(self) }

  static func allocate(_ count: Int) -> UnsafeMutablePointer<Float>? { unsafe fftwf_alloc_real(count) }
  static func free(_ storage: UnsafeMutablePointer<Float>?) { unsafe fftwf_free(storage) }

  static func plan(
    _ dimensions: [fftwf_iodim], batch: fftwf_iodim, input: UnsafeMutablePointer<Float>,
    real: UnsafeMutablePointer<Float>, imaginary: UnsafeMutablePointer<Float>
  ) -> OpaquePointer? {
    var batch = batch
    return unsafe fftwf_plan_guru_split_dft_r2c(
      Int32(dimensions.count), dimensions, 1, &batch, input, real, imaginary, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT)
  }

  static func execute(_ plan: OpaquePointer) { unsafe fftwf_execute(plan) }
  static func destroy(_ plan: OpaquePointer) { unsafe fftwf_destroy_plan(plan) }
}

extension Double: FourierNumber {
  @inline(__always) var double: Double { self }

  static func allocate(_ count: Int) -> UnsafeMutablePointer<Double>? { unsafe fftw_alloc_real(count) }
  static func free(_ storage: UnsafeMutablePointer<Double>?) { unsafe fftw_free(storage) }

  static func plan(
    _ dimensions: [fftwf_iodim], batch: fftwf_iodim, input: UnsafeMutablePointer<Double>,
    real: UnsafeMutablePointer<Double>, imaginary: UnsafeMutablePointer<Double>
  ) -> OpaquePointer? {
    var batch = batch
    return unsafe fftw_plan_guru_split_dft_r2c(
      Int32(dimensions.count), dimensions, 1, &batch, input, real, imaginary, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT)
  }

  static func execute(_ plan: OpaquePointer) { unsafe fftw_execute(plan) }
  static func destroy(_ plan: OpaquePointer) { unsafe fftw_destroy_plan(plan) }
}
