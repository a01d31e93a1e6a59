extension [UInt8] {
  /// Negates little-endian elements, as PyTorch does when it resolves the negative bit of a view.
  mutating func negate(_ type: ElementType) {
    switch type {
    case .f8e4m3, .f8e5m2, .f16, .bf16, .f32, .f64: flipSigns(itemSize: type.byteCount)
    case .c32, .c64, .c128: flipSigns(itemSize: type.byteCount / 2)
    case .i8, .u8, .i16, .u16, .i32, .u32, .i64, .u64: complementTwos(itemSize: type.byteCount)
    case .bool, .f8e8m0: preconditionFailure("\(type.rawValue) elements have no sign")
    }
  }

  /// The sign of a floating-point number is the highest bit of its last byte.
  private mutating func flipSigns(itemSize: Int) {
    for last in stride(from: itemSize - 1, to: count, by: itemSize) { self[last] ^= 0x80 }
  }

  /// Each element's two's complement: the smallest integer stays, and unsigned ones wrap, as in PyTorch.
  private mutating func complementTwos(itemSize: Int) {
    for first in stride(from: 0, to: count, by: itemSize) {
      var carry = true
      for index in first..<first + itemSize {
        let (sum, overflow) = (~self[index]).addingReportingOverflow(carry ? 1 : 0)
        self[index] = sum
        carry = overflow
      }
    }
  }
}
