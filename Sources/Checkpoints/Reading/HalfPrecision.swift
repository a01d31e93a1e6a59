/// Narrow floating-point formats widened to `Float`, which holds each of their values exactly.
enum HalfPrecision {
  /// IEEE 754 binary16.
  @inline(__always)
  static func float(fromHalf bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7FFF) << 13
    // Exponent bias 15 against 127: a product with 2^112 moves it, and normalises subnormals on the way.
    let scaled = Float(bitPattern: magnitude) * Float(bitPattern: (112 + 127) << 23)
    // Exponent 31 means infinity or NaN: it becomes 255, the payload stays.
    let special = magnitude >= (31 << 23) ? UInt32(0x7F80_0000) : 0
    return Float(bitPattern: scaled.bitPattern | special | sign)
  }

  /// The bits of the IEEE 754 binary16 that is nearest, ties to even; beyond its range an infinity.
  static func half(_ value: Float) -> UInt16 {
    let (bits, magnitude) = (value.bitPattern, value.bitPattern & 0x7FFF_FFFF)
    let sign = UInt16(bits >> 16) & 0x8000
    if magnitude > 0x7F80_0000 { return sign | 0x7E00 }
    // 65520 and above round to infinity.
    if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
    if magnitude < 0x3880_0000 {
      // Subnormal, a multiple of 2⁻²⁴: adding ½ rounds at just that place.
      let shifted = Float(bitPattern: magnitude) + 0.5
      return sign | UInt16(shifted.bitPattern - Float(0.5).bitPattern)
    }
    let odd = (magnitude >> 13) & 1
    return sign | UInt16((magnitude - 0x3800_0000 + 0xFFF + odd) >> 13)
  }

  /// The upper half of a binary32.
  @inline(__always)
  static func float(fromBrain bits: UInt16) -> Float {
    Float(bitPattern: UInt32(bits) << 16)
  }

  /// Eight bits with 4 of exponent (bias 7) and 3 of fraction, without infinities: OCP FP8 E4M3.
  static func float(fromE4M3 bits: UInt8) -> Float {
    if bits & 0x7F == 0x7F { return .nan }
    let sign = UInt32(bits & 0x80) << 24
    // The same shift of bias as above: 127 − 7 = 120.
    let scaled = Float(bitPattern: UInt32(bits & 0x7F) << 20) * Float(bitPattern: (120 + 127) << 23)
    return Float(bitPattern: scaled.bitPattern | sign)
  }

  /// The upper half of a binary16: OCP FP8 E5M2.
  @inline(__always)
  static func float(fromE5M2 bits: UInt8) -> Float {
    float(fromHalf: UInt16(bits) << 8)
  }

  /// A power of two, 2^(bits − 127): OCP E8M0.
  static func float(fromE8M0 bits: UInt8) -> Float {
    switch bits {
    case 0: Float(bitPattern: 0x0040_0000)  // 2^−127 is subnormal
    case 255: .nan
    default: Float(bitPattern: UInt32(bits) << 23)
    }
  }
}
