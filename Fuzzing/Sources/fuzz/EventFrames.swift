/// TensorBoard's frames with right checksums, so that changes reach the messages inside.
enum EventFrames {
  /// Cuts the input into messages: a length of one byte, then as many bytes.
  static func framed(_ input: [UInt8]) -> [UInt8] {
    var rest = input[...]
    var file: [UInt8] = []
    while let length = rest.popFirst() {
      let message = rest.prefix(Int(length))
      rest = rest.dropFirst(message.count)
      let head = little(UInt64(message.count), 8)
      file += head + little(UInt64(masked(head[...])), 4) + message + little(UInt64(masked(message)), 4)
    }
    return file
  }

  private static func little(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
  }

  /// CRC-32C, turned and shifted as TFRecord does.
  private static func masked(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    let sum = ~bytes.reduce(~UInt32(0)) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}
