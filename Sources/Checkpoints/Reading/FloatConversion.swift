/// Widens or rounds stored elements to `Float`.
enum FloatConversion {
  /// Converts a chunk of elements.
  ///
  /// Every narrower floating-point value is exact; `f64` and integers beyond 24 bits round to nearest, as a cast does.
  ///
  /// - Parameters:
  ///   - bytes: Little-endian elements.
  ///   - type: Their type, a real one.
  ///   - destination: Receives them from `start` on.
  ///   - start: Position of the first.
  static func convert(
    _ bytes: RawSpan, of type: ElementType, into destination: inout MutableSpan<Float>, at start: Int
  ) {
    switch type {
    case .f32: map(bytes, into: &destination, at: start) { (bits: UInt32) in Float(bitPattern: bits) }
    case .f16: map(bytes, into: &destination, at: start) { (bits: UInt16) in HalfPrecision.float(fromHalf: bits) }
    case .bf16: map(bytes, into: &destination, at: start) { (bits: UInt16) in HalfPrecision.float(fromBrain: bits) }
    case .f64: map(bytes, into: &destination, at: start) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
    case .bool: map(bytes, into: &destination, at: start) { (value: UInt8) in value == 0 ? 0 : 1 }
    case .u8: map(bytes, into: &destination, at: start) { (value: UInt8) in Float(value) }
    case .i8: map(bytes, into: &destination, at: start) { (value: Int8) in Float(value) }
    case .u16: map(bytes, into: &destination, at: start) { (value: UInt16) in Float(value) }
    case .i16: map(bytes, into: &destination, at: start) { (value: Int16) in Float(value) }
    case .u32: map(bytes, into: &destination, at: start) { (value: UInt32) in Float(value) }
    case .i32: map(bytes, into: &destination, at: start) { (value: Int32) in Float(value) }
    case .u64: map(bytes, into: &destination, at: start) { (value: UInt64) in Float(value) }
    case .i64: map(bytes, into: &destination, at: start) { (value: Int64) in Float(value) }
    case .f8e4m3: map(bytes, into: &destination, at: start) { (bits: UInt8) in HalfPrecision.float(fromE4M3: bits) }
    case .f8e5m2: map(bytes, into: &destination, at: start) { (bits: UInt8) in HalfPrecision.float(fromE5M2: bits) }
    case .f8e8m0: map(bytes, into: &destination, at: start) { (bits: UInt8) in HalfPrecision.float(fromE8M0: bits) }
    case .c32, .c64, .c128: preconditionFailure("complex elements have no Float value")
    }
  }

  @inline(__always)
  private static func map<Stored: BitwiseCopyable>(
    _ bytes: RawSpan, into destination: inout MutableSpan<Float>, at start: Int, _ value: (Stored) -> Float
  ) {
    let size = MemoryLayout<Stored>.size
    let count = bytes.byteCount / size
    // One check for the loop instead of one for each element.
    precondition(start >= 0 && start + count <= destination.count)
    unsafe bytes.withUnsafeBytes { source in
      unsafe destination.withUnsafeMutableBufferPointer { target in
        for i in 0..<count {
          unsafe target[start + i] = value(source.loadUnaligned(fromByteOffset: i * size, as: Stored.self))
        }
      }
    }
  }
}
