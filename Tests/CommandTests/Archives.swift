/// A number's bytes, lowest first.
func littleEndian(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// A member of a zip archive.
struct Member {
  let name: String
  /// As it stands in the file.
  let bytes: [UInt8]
  /// What the archive claims it inflates to; nil for a stored member.
  let inflated: Int?

  init(_ name: String, _ bytes: [UInt8], inflated: Int? = nil) {
    self.name = name
    self.bytes = bytes
    self.inflated = inflated
  }
}

func archive(_ members: [(String, [UInt8])]) -> [UInt8] { archive(members.map { Member($0.0, $0.1) }) }

/// A zip archive.
func archive(_ members: [Member]) -> [UInt8] {
  var file: [UInt8] = []
  var directory: [UInt8] = []
  for member in members {
    let name = Array(member.name.utf8)
    // Version, flags, method, time, date, checksum, sizes, lengths of name and extra field.
    let common =
      littleEndian(20, 2) + littleEndian(0, 2) + littleEndian(member.inflated == nil ? 0 : 8, 2) + littleEndian(0, 4)
      + littleEndian(member.inflated == nil ? checksum(member.bytes) : 0, 4) + littleEndian(member.bytes.count, 4)
      + littleEndian(member.inflated ?? member.bytes.count, 4) + littleEndian(name.count, 2) + littleEndian(0, 2)
    directory +=
      Array("PK\u{1}\u{2}".utf8) + littleEndian(20, 2) + common + littleEndian(0, 10) + littleEndian(file.count, 4)
      + name
    file += Array("PK\u{3}\u{4}".utf8) + common + name + member.bytes
  }
  let end =
    Array("PK\u{5}\u{6}".utf8) + littleEndian(0, 4) + littleEndian(members.count, 2) + littleEndian(members.count, 2)
    + littleEndian(directory.count, 4) + littleEndian(file.count, 4) + littleEndian(0, 2)
  return file + directory + end
}

/// CRC-32 as in zip and PNG.
func checksum(_ bytes: [UInt8]) -> Int {
  var crc: UInt32 = 0xFFFF_FFFF
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }
  return Int(~crc)
}

/// A deflate stream (RFC 1951) that inflates to about `count` zeros, 159 times its own length.
func deflatedZeros(_ count: Int) -> [UInt8] {
  // Fixed Huffman codes: last block, type 1; the literal 0; then "copy 258 bytes from 1 back" over and over, 8 + 5 bits each.
  let start: [UInt8] = [1, 1, 0] + [0, 0, 1, 1, 0, 0, 0, 0]
  let copy: [UInt8] = [1, 1, 0, 0, 0, 1, 0, 1] + [0, 0, 0, 0, 0]
  // 11 bits and one copy are whole bytes, and so are 8 copies.
  var stream = packed(start + copy)
  let copies = packed(Array(repeating: copy, count: 8).flatMap(\.self))
  stream.reserveCapacity(count / 258 / 8 * copies.count + 16)
  for _ in 0..<count / 258 / 8 { stream += copies }
  return stream + [0]
}

/// Bits as bytes, the first bit lowest.
private func packed(_ bits: [UInt8]) -> [UInt8] {
  stride(from: 0, to: bits.count, by: 8).map { first in
    (0..<8).reduce(0) { $0 | bits[first + $1] << $1 }
  }
}
