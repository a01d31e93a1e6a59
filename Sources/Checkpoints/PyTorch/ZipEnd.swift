/// The records at the end of a zip archive: where its directory is.
///
/// Readers differ in how they find the end record, which a comment may follow. Here only one place of the file may look like one.
struct ZipEnd {
  let memberCount: Int
  let directoryOffset: Int
  let directoryByteCount: Int

  /// Length of the end record without comment.
  private static let recordByteCount = 22
  /// Length of the locator of the 64-bit end record.
  private static let locatorByteCount = 20
  /// How far from the end libzip searches: a comment may have 65535 bytes.
  private static let searchByteCount = recordByteCount + locatorByteCount + 0xFFFF

  init(of file: InputFile) throws(CheckpointError) {
    let tail = try file.bytes(
      at: max(file.byteCount - Self.searchByteCount, 0), count: min(file.byteCount, Self.searchByteCount))
    let start = file.byteCount - tail.count
    var found: ZipEndRecord?
    for position in tail.indices.dropLast(Self.recordByteCount - 1) where tail[position] == 0x50 {
      guard let record = ZipEndRecord(tail[position...], at: start + position) else { continue }
      guard found == nil else { throw .malformed(path: file.path, what: "it has several zip directories") }
      found = record
    }
    guard let record = found else {
      throw .truncated(path: file.path, what: "it begins as a zip archive and has no directory at its end")
    }
    let end = record.position + Self.recordByteCount + record.commentByteCount
    guard end == file.byteCount else {
      throw end > file.byteCount
        ? .truncated(path: file.path, what: "the comment of its zip directory ends behind its last byte")
        : .malformed(path: file.path, what: "\(file.byteCount - end) bytes follow its zip directory")
    }
    try self.init(record, in: file)
  }

  private init(_ record: ZipEndRecord, in file: InputFile) throws(CheckpointError) {
    var numbers = record.numbers
    var end = record.position
    if let wide = try Self.wideRecord(before: end, in: file) {
      // A number that has room in the old record stands there, too.
      let isRepeated = numbers.indices.allSatisfy { index in
        numbers[index] == wide.numbers[index] || numbers[index] == (index < 2 ? 0xFFFF : 0xFFFF_FFFF)
      }
      guard isRepeated else { throw .malformed(path: file.path, what: "its two zip end records disagree") }
      (numbers, end) = (wide.numbers, wide.position)
    }
    (memberCount, directoryByteCount, directoryOffset) = (numbers[1], numbers[2], numbers[3])
    guard numbers[0] == memberCount, directoryOffset.checkedAdding(directoryByteCount) == end else {
      throw .malformed(path: file.path, what: "its zip directory is not where its end record says")
    }
  }

  /// The numbers of the 64-bit end record and where it begins, when its locator stands right before the old one.
  private static func wideRecord(
    before position: Int, in file: InputFile
  ) throws(CheckpointError) -> (numbers: [Int], position: Int)? {
    let locatorPosition = position - locatorByteCount
    guard locatorPosition >= 0 else { return nil }
    var locator = ZipRecord(try file.bytes(at: locatorPosition, count: locatorByteCount)[...])
    guard locator.take(4) == 0x0706_4B50 else { return nil }
    // Its 56 bytes may be followed by some that nobody defined.
    guard locator.take(4) == 0, let start = locator.take(8), locator.take(4) == 1, start <= locatorPosition,
      (56...1 << 16).contains(locatorPosition - start)
    else { throw .malformed(path: file.path, what: "its 64-bit zip end record is not where its locator says") }
    var record = ZipRecord(try file.bytes(at: start, count: locatorPosition - start)[...])
    guard record.take(4) == 0x0606_4B50, record.take(8) == locatorPosition - start - 12, record.skip(4),
      record.take(4) == 0, record.take(4) == 0, let membersHere = record.take(8), let members = record.take(8),
      let size = record.take(8), let offset = record.take(8)
    else { throw .malformed(path: file.path, what: "its 64-bit zip end record cannot be read") }
    return ([membersHere, members, size, offset], start)
  }
}

/// The 22 bytes that end a zip archive, and a comment.
private struct ZipEndRecord {
  /// In the file.
  let position: Int
  /// Members on this disk and in all, bytes of the directory, its offset.
  let numbers: [Int]
  let commentByteCount: Int

  /// nil for bytes that no reader would take for an end record: the mark alone may occur anywhere.
  init?(_ bytes: ArraySlice<UInt8>, at position: Int) {
    var record = ZipRecord(bytes)
    guard record.take(4) == 0x0605_4B50, record.take(4) == 0, let membersHere = record.take(2),
      let members = record.take(2), let size = record.take(4), let offset = record.take(4),
      let comment = record.take(2),
      offset + size <= position || offset == 0xFFFF_FFFF || size == 0xFFFF_FFFF
    else { return nil }
    self.position = position
    numbers = [membersHere, members, size, offset]
    commentByteCount = comment
  }
}
