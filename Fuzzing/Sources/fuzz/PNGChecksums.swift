/// Gives every chunk of a PNG file the checksum of what it holds now, so that changes reach the decoder.
enum PNGChecksums {
  static func mended(_ file: [UInt8]) -> [UInt8] {
    var file = file
    var position = 8
    while position + 12 <= file.count {
      let length = file[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let end = position + 8 + length
      guard end + 4 <= file.count else { break }
      let sum = StoredZip.crc32(file[(position + 4)..<end])
      for index in 0..<4 { file[end + index] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * UInt32(index))) }
      position = end + 4
    }
    return file
  }
}
