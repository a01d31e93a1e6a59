/// The checksum of TFRecord files: CRC-32 with Castagnoli's polynomial, masked as TensorFlow does.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
  }

  static func masked(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var value = ~UInt32(0)
    for byte in bytes { value = table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ value >> 8 }
    let sum = ~value
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}
