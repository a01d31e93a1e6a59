/// What a zip archive's own records say, read once more beside libzip, so that no two readers can see two archives in one file.
///
/// A zip file says everything twice: in its directory at the end, and before each member. Readers differ in whom they believe,
/// and a file where the two disagree shows each reader something else. Here every record has to agree, and the records have to
/// account for every byte: members one after the other from the first byte on, the directory, its end record. That is how
/// `torch.save` and `numpy.savez` write.
///
/// - Source: PKWARE, "APPNOTE.TXT, .ZIP File Format Specification", 6.3.10.
struct ZipStructure {
  /// The directory of a million members has some hundred megabytes.
  static let directoryByteLimit = 256 << 20

  /// What the directory says of a member.
  struct Member {
    /// As stored.
    var name: ArraySlice<UInt8>
    var flags: Int
    var method: Int
    var checksum: Int
    var compressedByteCount: Int
    var byteCount: Int
    /// Of its local header.
    var offset: Int

    /// Sizes and checksum stand behind the bytes; the local header may have zeros in their place.
    var hasDescriptor: Bool { flags & 0x8 != 0 }
    var isEncrypted: Bool { flags & 0x2041 != 0 }
    /// The name for messages.
    var label: String { String(decoding: name.prefix(200), as: UTF8.self) }
  }

  private(set) var members: [Member] = []

  /// Reads the records of a file, and makes sure that they agree.
  ///
  /// - Throws: `CheckpointError` that names the member.
  /// - Complexity: Reads the directory and some dozen bytes of each member.
  init(of file: InputFile) throws(CheckpointError) {
    let end = try ZipEnd(of: file)
    guard end.directoryByteCount <= Self.directoryByteLimit else {
      throw .tooLarge(
        path: file.path,
        what: "its zip directory has \(end.directoryByteCount) bytes, more than \(Self.directoryByteLimit)")
    }
    guard end.memberCount <= ZipArchive.memberLimit else {
      throw .tooLarge(
        path: file.path, what: "its zip directory has \(end.memberCount) members, more than \(ZipArchive.memberLimit)")
    }
    var records = ZipRecord(try file.bytes(at: end.directoryOffset, count: end.directoryByteCount)[...])
    for _ in 0..<end.memberCount {
      guard let member = Self.member(from: &records) else {
        throw .malformed(path: file.path, what: "zip directory: entry \(members.count) cannot be read")
      }
      try Self.check(member, path: file.path)
      members.append(member)
    }
    guard records.rest.isEmpty else {
      throw .malformed(path: file.path, what: "zip directory: \(records.rest.count) bytes follow its last entry")
    }
    try checkCover(of: file, until: end.directoryOffset)
  }

  // MARK: Directory

  private static func member(from records: inout ZipRecord) -> Member? {
    guard records.take(4) == 0x0201_4B50, records.skip(4), let flags = records.take(2), let method = records.take(2),
      records.skip(4), let checksum = records.take(4), let compressed = records.take(4), let size = records.take(4),
      let nameLength = records.take(2), let extraLength = records.take(2), let commentLength = records.take(2),
      let disk = records.take(2), records.skip(6), let offset = records.take(4),
      let name = records.bytes(nameLength), let extra = records.bytes(extraLength), records.skip(commentLength),
      disk == 0 || disk == 0xFFFF
    else { return nil }
    var sizes = [size, compressed, offset]
    guard ZipRecord.widen(&sizes, from: extra) else { return nil }
    return Member(
      name: name, flags: flags, method: method, checksum: checksum, compressedByteCount: sizes[1], byteCount: sizes[0],
      offset: sizes[2])
  }

  private static func check(_ member: Member, path: String) throws(CheckpointError) {
    guard !member.isEncrypted else {
      throw .unsupported(
        path: path, what: "the encrypted zip member \(member.label)", advice: "save the checkpoint without a password")
    }
    // Nothing is ever unpacked to a path, but no honest writer makes such names.
    let parts = member.name.split(omittingEmptySubsequences: false) {
      $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\")
    }
    guard !member.name.contains(0), !member.name.isEmpty, parts.first?.isEmpty == false,
      !parts.contains(where: { $0.elementsEqual("..".utf8) })
    else {
      throw .malformed(path: path, what: "a zip member is named \(member.label.debugDescription), which no writer does")
    }
  }

  // MARK: Members

  /// The members follow each other without gap or overlap from the file's first byte to the directory.
  private func checkCover(of file: InputFile, until directory: Int) throws(CheckpointError) {
    let order = members.indices.sorted { members[$0].offset < members[$1].offset }
    let first = order.first.map { members[$0].offset } ?? directory
    guard first == 0 else {
      throw .malformed(path: file.path, what: "\(first) bytes before its first zip member belong to nothing")
    }
    for (place, index) in order.enumerated() {
      let member = members[index]
      let next = place + 1 < order.count ? members[order[place + 1]].offset : directory
      let dataEnd = try checkLocalHeader(of: member, in: file)
      // Members that share bytes are how small archives unpack to huge ones.
      guard let dataEnd, dataEnd <= next else {
        throw .malformed(path: file.path, what: "zip member \(member.label) shares bytes with what follows it")
      }
      guard try isDescriptor(of: member, in: file, dataEnd..<next) else {
        throw .malformed(
          path: file.path,
          what:
            "\(next - dataEnd) bytes behind zip member \(member.label) belong to nothing, or contradict the directory")
      }
    }
  }

  /// Compares a member's local header with the directory.
  ///
  /// - Returns: The byte behind the member's data; nil where that is beyond 64 bits.
  private func checkLocalHeader(of member: Member, in file: InputFile) throws(CheckpointError) -> Int? {
    func disagreement(_ what: String) -> CheckpointError {
      .malformed(
        path: file.path, what: "zip member \(member.label): its own header and the zip directory disagree about \(what)"
      )
    }
    var header = ZipRecord(try file.bytes(at: member.offset, count: 30 + member.name.count)[...])
    guard header.take(4) == 0x0403_4B50, header.skip(2), let flags = header.take(2), let method = header.take(2),
      header.skip(4), let checksum = header.take(4), let compressed = header.take(4), let size = header.take(4),
      let nameLength = header.take(2), let extraLength = header.take(2)
    else { throw disagreement("where it lies") }
    guard nameLength == member.name.count, header.rest == member.name else { throw disagreement("its name") }
    guard method == member.method else { throw disagreement("its compression") }
    // Bits 1 and 2 tell how hard the compressor tried.
    guard (flags ^ member.flags) & ~0x6 == 0 else { throw disagreement("its flags") }
    let dataOffset = member.offset + 30 + nameLength + extraLength
    var sizes = [size, compressed]
    if sizes.contains(0xFFFF_FFFF) {
      let extra = try file.bytes(at: member.offset + 30 + nameLength, count: extraLength)
      guard ZipRecord.widen(&sizes, from: extra[...]) else { throw disagreement("its size") }
    }
    let isOpen = member.hasDescriptor && checksum == 0
    guard isOpen || checksum == member.checksum else { throw disagreement("its checksum") }
    guard sizes == [member.byteCount, member.compressedByteCount] || (member.hasDescriptor && sizes == [0, 0]) else {
      throw disagreement("its size")
    }
    return dataOffset.checkedAdding(member.compressedByteCount)
  }

  /// Whether a stretch of bytes is what may follow a member's data: nothing, or a descriptor that repeats the directory.
  private func isDescriptor(
    of member: Member, in file: InputFile, _ range: Range<Int>
  ) throws(CheckpointError) -> Bool {
    // PyTorch's writer flags a descriptor for members of no bytes, and writes none.
    if range.isEmpty { return !member.hasDescriptor || member.compressedByteCount == 0 }
    guard member.hasDescriptor, [12, 16, 20, 24].contains(range.count) else { return false }
    var record = ZipRecord(try file.bytes(at: range.lowerBound, count: range.count)[...])
    // A signature before it is usual and not required.
    if range.count == 16 || range.count == 24, record.take(4) != 0x0807_4B50 { return false }
    let width = range.count < 20 ? 4 : 8
    return record.take(4) == member.checksum && record.take(width) == member.compressedByteCount
      && record.take(width) == member.byteCount
  }
}
