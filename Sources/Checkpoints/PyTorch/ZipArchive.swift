internal import Synchronization

/// A zip archive that several threads read at once, each with a handle of its own.
final class ZipArchive: Sendable {
  /// Far more than a checkpoint's storages; bounds the directory in memory.
  static let memberLimit = 1 << 20

  let file: InputFile
  let members: [ZipHandle.Member]
  /// Whether its members have checksums: `torch.save` leaves zeros on request (`set_crc32_options(False)`).
  let hasChecksums: Bool
  private let indices: [String: Int]
  private let idle: Mutex<IdleHandles>

  /// Handles that nobody uses at the moment.
  ///
  /// Unchecked: a handle may change threads but not be used by two; the mutex around this list sees to that.
  private struct IdleHandles: @unchecked Sendable {
    var handles: [ZipHandle]

    mutating func takeLast() -> LentHandle? { handles.popLast().map { LentHandle(value: $0) } }

    /// The handle that has least to read to a byte of a member; else one that does not stand in it.
    ///
    /// Those beyond the byte stay for the threads that left them there, unless there are many.
    mutating func take(standingIn member: Int, before offset: Int) -> LentHandle? {
      let behind = handles.indices.filter { handles[$0].member == member && handles[$0].position <= offset }
      let best = behind.max { handles[$0].position < handles[$1].position }
      guard let index = best ?? handles.firstIndex(where: { $0.member != member }) else {
        return handles.count < 64 ? nil : takeLast()
      }
      return LentHandle(value: handles.remove(at: index))
    }
  }

  init(_ file: InputFile) throws(CheckpointError) {
    self.file = file
    let structure = try ZipStructure(of: file)
    let handle = try ZipHandle(file)
    members = try handle.members()
    try Self.compare(members, with: structure, path: file.path)
    var indices: [String: Int] = [:]
    for (index, member) in members.enumerated() {
      guard indices.updateValue(index, forKey: member.name) == nil else {
        throw .malformed(path: file.path, what: "two zip members are named \(member.name)")
      }
    }
    self.indices = indices
    hasChecksums = !Self.lacksChecksums(members)
    idle = Mutex(IdleHandles(handles: hasChecksums ? [handle] : []))
  }

  /// Whether no member that has bytes has a checksum, and all are stored as `torch.save` stores them.
  ///
  /// A sum of 0 is that of one stretch of bytes in four thousand million; where all sums are 0, nobody computed them.
  private static func lacksChecksums(_ members: [ZipHandle.Member]) -> Bool {
    let filled = members.filter { $0.byteCount > 0 }
    return filled.count > 1 && filled.allSatisfy { $0.checksum == 0 && $0.isStored }
  }

  /// Makes sure that libzip sees what the records say.
  private static func compare(
    _ members: [ZipHandle.Member], with structure: ZipStructure, path: String
  ) throws(CheckpointError) {
    let isSame = zip(members, structure.members).allSatisfy { member, record in
      member.name.utf8.elementsEqual(record.name) && member.byteCount == record.byteCount
        && member.compressedByteCount == record.compressedByteCount && member.method == record.method
        && member.checksum == record.checksum
    }
    guard isSame, members.count == structure.members.count else {
      throw .malformed(path: path, what: "its zip directory can be read in two ways")
    }
  }

  func index(of name: String) -> Int? { indices[name] }

  /// Lends a handle; it must come back by `giveBack`.
  func lend() throws(CheckpointError) -> ZipHandle {
    if let handle = idle.withLock({ $0.takeLast() }) { return handle.value }
    return try ZipHandle(file, hasChecksums: hasChecksums)
  }

  /// Lends the handle that comes soonest to a byte of a compressed member; it must come back by `giveBack`.
  ///
  /// Several threads that read the same member from front to back then unpack it once each, however small their pieces.
  func lend(standingIn member: Int, before offset: Int) throws(CheckpointError) -> ZipHandle {
    if let handle = idle.withLock({ $0.take(standingIn: member, before: offset) }) { return handle.value }
    return try ZipHandle(file, hasChecksums: hasChecksums)
  }

  func giveBack(_ handle: ZipHandle, keepingPlace: Bool = false) {
    if !keepingPlace { handle.close() }
    let wrapped = LentHandle(value: handle)
    idle.withLock { $0.handles.append(wrapped.value) }
  }

  /// A handle on its way into or out of the list.
  ///
  /// Unchecked: it has one owner at any time.
  private struct LentHandle: @unchecked Sendable {
    let value: ZipHandle
  }

  /// Makes sure that the members' bytes lie inside the file, without reading them.
  func checkPresence(of indices: some Sequence<Int>) throws(CheckpointError) {
    let handle = try lend()
    defer { giveBack(handle) }
    for index in indices {
      let member = members[index]
      // Of a compressed member the packed bytes are what must be there.
      try handle.open(index, named: member.name, packed: !member.isStored)
      guard member.compressedByteCount > 0 else { continue }
      try handle.seek(to: member.compressedByteCount - 1, named: member.name)
      var last: [UInt8] = [0]
      var span = last.mutableSpan
      var raw = unsafe span.mutableBytes
      try handle.read(into: &raw, named: member.name)
    }
  }

  /// A member's first bytes: all of a shorter one, whose checksum is not compared.
  func beginning(ofMember index: Int, limit: Int) throws(CheckpointError) -> [UInt8] {
    let member = members[index]
    let handle = try lend()
    defer { giveBack(handle) }
    var bytes = [UInt8](repeating: 0, count: min(member.byteCount, limit))
    try handle.open(index, named: member.name)
    var span = bytes.mutableSpan
    var raw = unsafe span.mutableBytes
    try handle.read(into: &raw, named: member.name)
    return bytes
  }

  /// All bytes of a small member.
  func bytes(ofMember index: Int, limit: Int) throws(CheckpointError) -> [UInt8] {
    let member = members[index]
    guard member.byteCount <= min(limit, file.byteCount) else {
      throw .tooLarge(
        path: file.path,
        what: "its member \(member.name) unpacks to \(member.byteCount) bytes, more than a file of \(file.byteCount) "
          + "bytes may")
    }
    let handle = try lend()
    defer { giveBack(handle) }
    var bytes = [UInt8](repeating: 0, count: member.byteCount)
    try handle.open(index, named: member.name)
    var span = bytes.mutableSpan
    var raw = unsafe span.mutableBytes
    try handle.read(into: &raw, named: member.name)
    try handle.verifyEnd(named: member.name)
    return bytes
  }
}
