/// Builds zip archives record by record, so that any of them can lie.
struct ZipBuilder {
  /// One member: what its own header and what the directory says of it.
  struct Member {
    var data: [UInt8]
    var local: Header
    var central: Header
    /// Bytes between this member and the next.
    var behind: [UInt8] = []
    /// Where the directory says that it begins; nil for the truth.
    var offset: Int?

    /// An honest member.
    init(_ name: String, _ data: [UInt8], method: Int = 0, byteCount: Int? = nil, checksum: Int? = nil) {
      self.data = data
      local = Header(
        name: Array(name.utf8), method: method, checksum: checksum ?? crc32(data), compressed: data.count,
        size: byteCount ?? data.count)
      central = local
    }

    /// As PyTorch writes: sizes and checksum behind the data, zeros before it.
    mutating func describeBehind(signature: Bool = true, wide: Bool = false) {
      let width = wide ? 8 : 4
      behind =
        (signature ? Array("PK\u{7}\u{8}".utf8) : []) + little(central.checksum, 4) + little(central.compressed, width)
        + little(central.size, width)
      central.flags |= 8
      local.flags |= 8
      (local.checksum, local.compressed, local.size) = (0, 0, 0)
    }
  }

  struct Header {
    var name: [UInt8]
    var flags = 0
    var method: Int
    var checksum: Int
    var compressed: Int
    var size: Int
    var extra: [UInt8] = []

    var fields: [UInt8] {
      little(20, 2) + little(flags, 2) + little(method, 2) + little(0, 4) + little(checksum, 4) + little(compressed, 4)
        + little(size, 4) + little(name.count, 2) + little(extra.count, 2)
    }
  }

  var members: [Member]
  /// The order of the directory's entries; nil for that of the members.
  var directoryOrder: [Int]?
  /// Before the first member.
  var prefix: [UInt8] = []
  /// Between the last member and the directory.
  var gap: [UInt8] = []
  /// Between the directory and the end record.
  var behindDirectory: [UInt8] = []
  var comment: [UInt8] = []
  /// After everything.
  var suffix: [UInt8] = []
  /// Changes the end record's numbers: members on this disk, members, bytes of the directory, its offset.
  var end: (inout [Int]) -> Void = { _ in }
  /// Makes a 64-bit end record with these numbers and its locator; nil for none.
  var wideEnd: ((inout [Int]) -> Void)?

  init(_ members: [Member]) { self.members = members }

  var bytes: [UInt8] {
    var file = prefix
    var entries: [[UInt8]] = []
    for member in members {
      entries.append(
        Array("PK\u{1}\u{2}".utf8) + little(20, 2) + member.central.fields + little(0, 10)
          + little(member.offset ?? file.count, 4) + member.central.name + member.central.extra)
      file += Array("PK\u{3}\u{4}".utf8) + member.local.fields + member.local.name + member.local.extra
      file += member.data + member.behind
    }
    file += gap
    let directory = (directoryOrder ?? Array(entries.indices)).flatMap { entries[$0] }
    var numbers = [members.count, members.count, directory.count, file.count]
    file += directory + behindDirectory
    if let wideEnd {
      var wide = numbers
      wideEnd(&wide)
      let start = file.count
      file += Array("PK\u{6}\u{6}".utf8) + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8)
      file += wide.flatMap { little($0, 8) }
      file += Array("PK\u{6}\u{7}".utf8) + little(0, 4) + little(start, 8) + little(1, 4)
    }
    end(&numbers)
    file += Array("PK\u{5}\u{6}".utf8) + little(0, 4) + little(numbers[0], 2) + little(numbers[1], 2)
    file += little(numbers[2], 4) + little(numbers[3], 4) + little(comment.count, 2) + comment
    return file + suffix
  }
}

/// A number's bytes, lowest first.
func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

/// CRC-32 as in zip.
func crc32(_ bytes: some Sequence<UInt8>) -> Int {
  var crc: UInt32 = 0xFFFF_FFFF
  for byte in bytes { crc = crcTable[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
  return Int(~crc)
}

private let crcTable: [UInt32] = (0..<256).map { byte in
  (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
}
