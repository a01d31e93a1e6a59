/// A NumPy array inside a checkpoint's metadata.
public struct MetadataArray: Sendable, Hashable {
  /// NumPy's name of the element type with its byte order, such as `<f8`.
  public let numpyType: String
  /// The extents, outermost first.
  public let shape: [Int]
  /// Whether the first index runs fastest.
  public let isFortranOrder: Bool
  /// The elements as stored.
  public let bytes: [UInt8]

  /// Collects what a pickled array says of itself.
  public init(numpyType: String, shape: [Int], isFortranOrder: Bool, bytes: [UInt8]) {
    self.numpyType = numpyType
    self.shape = shape
    self.isFortranOrder = isFortranOrder
    self.bytes = bytes
  }

  /// All elements, row-major; nil when they are no real numbers or do not fill the shape, or for a Fortran-ordered matrix.
  public var doubles: [Double]? {
    guard !isFortranOrder || shape.count < 2, let type = elementType, let count = checkedProduct(shape),
      count.checkedMultiplying(by: type.byteCount) == bytes.count
    else { return nil }
    let ordered = isBigEndian ? Self.reversingElements(of: bytes, width: type.byteCount) : bytes
    return (0..<count).map { type.double(in: ordered, at: $0 * type.byteCount) }
  }

  private var isBigEndian: Bool { numpyType.hasPrefix(">") }

  private var elementType: ElementType? {
    let kind = numpyType.drop { "<>|=".contains($0) }
    guard let type = ElementType(numpyKind: String(kind)), type.isReal else { return nil }
    return type
  }

  private static func reversingElements(of bytes: [UInt8], width: Int) -> [UInt8] {
    var result = bytes
    for start in stride(from: 0, to: bytes.count, by: width) {
      result[start..<start + width].reverse()
    }
    return result
  }
}

extension ElementType {
  /// The value of one little-endian element, exactly where `Double` can hold it.
  func double(in bytes: [UInt8], at offset: Int) -> Double {
    var bits: UInt64 = 0
    for i in 0..<byteCount { bits |= UInt64(bytes[offset + i]) << (8 * UInt64(i)) }
    return switch self {
    case .bool: bits == 0 ? 0 : 1
    case .u8, .u16, .u32, .u64: Double(bits)
    case .i8: Double(Int8(truncatingIfNeeded: bits))
    case .i16: Double(Int16(truncatingIfNeeded: bits))
    case .i32: Double(Int32(truncatingIfNeeded: bits))
    case .i64: Double(Int64(bitPattern: bits))
    case .f16: Double(HalfPrecision.float(fromHalf: UInt16(truncatingIfNeeded: bits)))
    case .bf16: Double(HalfPrecision.float(fromBrain: UInt16(truncatingIfNeeded: bits)))
    case .f32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .f64: Double(bitPattern: bits)
    case .f8e4m3: Double(HalfPrecision.float(fromE4M3: UInt8(truncatingIfNeeded: bits)))
    case .f8e5m2: Double(HalfPrecision.float(fromE5M2: UInt8(truncatingIfNeeded: bits)))
    case .f8e8m0: Double(HalfPrecision.float(fromE8M0: UInt8(truncatingIfNeeded: bits)))
    case .c32, .c64, .c128: .nan
    }
  }
}
