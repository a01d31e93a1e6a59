/// The fields of one protocol-buffer message, front to back.
///
/// Written by hand: an event needs five fields of three messages, while swift-protobuf would bring a code generator into the build.
struct ProtocolBuffer {
  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    case bytes(ArraySlice<UInt8>)
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The next field; nil at the end of the message, or where it leaves the format.
  mutating func next() -> (number: Int, value: Value)? {
    guard let tag = varint(), let number = Int(exactly: tag >> 3), number > 0 else { return nil }
    switch tag & 7 {
    case 0: return varint().map { (number, .varint($0)) }
    case 1: return fixed(8).map { (number, .fixed64($0)) }
    case 5: return fixed(4).map { (number, .fixed32(UInt32(truncatingIfNeeded: $0))) }
    case 2:
      guard let length = varint().flatMap({ Int(exactly: $0) }), length <= rest.count else { return nil }
      defer { rest = rest.dropFirst(length) }
      return (number, .bytes(rest.prefix(length)))
    default: return nil
    }
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= shift < 64 ? UInt64(byte & 0x7F) << shift : 0
      if byte < 0x80 { return value }
    }
    return nil
  }

  private mutating func fixed(_ count: Int) -> UInt64? {
    guard rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return Self.little(rest.prefix(count))
  }

  static func little(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
