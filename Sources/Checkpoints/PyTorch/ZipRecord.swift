/// The little-endian fields of a zip record, front to back.
struct ZipRecord {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// A number of 2, 4 or 8 bytes; nil behind the end, and beyond 63 bits.
  mutating func take(_ count: Int) -> Int? {
    bytes(count).flatMap { Int(exactly: $0.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) }
  }

  mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func skip(_ count: Int) -> Bool { bytes(count) != nil }

  /// Replaces the numbers that have no room in 32 bits by those of the 64-bit extra field, which has them in the same order.
  ///
  /// - Returns: Whether the extra fields are sound, and hold what is needed once.
  static func widen(_ numbers: inout [Int], from extra: ArraySlice<UInt8>) -> Bool {
    var fields = ZipRecord(extra)
    var hasWide = false
    while !fields.rest.isEmpty {
      guard let kind = fields.take(2), let length = fields.take(2), let content = fields.bytes(length) else {
        return false
      }
      guard kind == 1 else { continue }
      guard !hasWide else { return false }
      hasWide = true
      var wide = ZipRecord(content)
      for index in numbers.indices where numbers[index] == 0xFFFF_FFFF {
        guard let number = wide.take(8) else { return false }
        numbers[index] = number
      }
    }
    return hasWide || !numbers.contains(0xFFFF_FFFF)
  }
}
