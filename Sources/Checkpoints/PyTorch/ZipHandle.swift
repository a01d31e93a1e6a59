internal import CZip

/// One libzip handle on an open file; not for two threads at once.
///
/// It reads through `InputFile`, so that many handles share one descriptor, and none sees another file when the path
/// comes to name one.
@safe
final class ZipHandle {
  private let archive: OpaquePointer
  private let path: String
  /// Whether there are checksums to compare.
  private let hasChecksums: Bool

  /// What the central directory says of a member.
  struct Member: Sendable {
    let name: String
    let byteCount: Int
    let compressedByteCount: Int
    let checksum: Int
    let method: Int
    let isStored: Bool
    let isDeflated: Bool
  }

  init(_ file: InputFile, hasChecksums: Bool = true) throws(CheckpointError) {
    path = file.path
    self.hasChecksums = hasChecksums
    var error = unsafe zip_error_t()
    unsafe zip_error_init(&error)
    defer { unsafe zip_error_fini(&error) }
    let state = unsafe Unmanaged.passRetained(ZipSourceState(file))
    guard let source = unsafe zip_source_function_create(readForZip, state.toOpaque(), &error) else {
      unsafe state.release()
      throw .unreadable(path: path, reason: "libzip has no memory for it")
    }
    guard let archive = unsafe zip_open_from_source(source, ZIP_RDONLY, &error) else {
      let message = unsafe String(cString: zip_error_strerror(&error))
      let code = unsafe zip_error_code_zip(&error)
      unsafe zip_source_free(source)
      throw code == ZIP_ER_NOZIP
        ? .truncated(path: path, what: "it begins as a zip archive and has no directory at its end")
        : .malformed(path: path, what: "zip directory: \(message)")
    }
    unsafe self.archive = unsafe archive
  }

  /// The members in the order of the directory.
  func members() throws(CheckpointError) -> [Member] {
    let count = unsafe zip_get_num_entries(archive, 0)
    guard count >= 0, count <= ZipArchive.memberLimit else {
      throw .tooLarge(path: path, what: "its zip directory has \(count) members, more than \(ZipArchive.memberLimit)")
    }
    var members: [Member] = []
    members.reserveCapacity(Int(count))
    for index in 0..<UInt64(count) {
      var status = unsafe zip_stat_t()
      unsafe zip_stat_init(&status)
      guard unsafe zip_stat_index(archive, index, zip_flags_t(ZIP_FL_ENC_RAW), &status) == 0,
        let pointer = unsafe status.name, let name = unsafe String(validatingCString: pointer),
        let size = unsafe Int(exactly: status.size), let compressed = unsafe Int(exactly: status.comp_size)
      else {
        throw .malformed(path: path, what: "zip member \(index) has no valid name or size")
      }
      let isPlain = unsafe status.encryption_method == ZIP_EM_NONE
      let isStored = unsafe isPlain && status.comp_method == ZIP_CM_STORE
      let isDeflated = unsafe isPlain && status.comp_method == ZIP_CM_DEFLATE
      members.append(
        Member(
          name: name, byteCount: size, compressedByteCount: compressed, checksum: unsafe Int(status.crc),
          method: unsafe Int(status.comp_method), isStored: isStored, isDeflated: isDeflated))
    }
    return members
  }

  // MARK: Reading a member

  private var current: OpaquePointer?
  /// The open member, while all its bytes before `position` have been read and none was left out.
  private(set) var member: Int?
  private(set) var position = 0

  /// Opens a member for reading from its first byte on.
  ///
  /// - Parameters:
  ///   - index: Which.
  ///   - name: Its name, for messages.
  ///   - packed: Whether to read its bytes as they lie in the file, without unpacking them.
  /// - Throws: `CheckpointError` for a member that cannot be opened.
  func open(_ index: Int, named name: String, packed: Bool = false) throws(CheckpointError) {
    close()
    let flags = packed ? zip_flags_t(ZIP_FL_COMPRESSED) : 0
    guard let member = unsafe zip_fopen_index(archive, UInt64(index), flags) else {
      throw .malformed(path: path, what: "zip member \(name): \(unsafe String(cString: zip_strerror(archive)))")
    }
    unsafe current = unsafe member
    if !packed { self.member = index }
    position = 0
  }

  /// Goes to a byte of a member by reading what lies before it, from where the handle stands if it stands there already.
  func advance(in index: Int, to offset: Int, named name: String) throws(CheckpointError) {
    if member != index || position > offset { try open(index, named: name) }
    var scratch = [UInt8](repeating: 0, count: min(offset - position, 64 << 10))
    while position < offset {
      if offset - position < scratch.count { scratch.removeLast(scratch.count - (offset - position)) }
      var span = scratch.mutableSpan
      var raw = unsafe span.mutableBytes
      try read(into: &raw, named: name)
    }
  }

  /// Goes to a byte of the open member, which must be stored without compression.
  func seek(to offset: Int, named name: String) throws(CheckpointError) {
    member = nil
    guard let current = unsafe current, unsafe zip_fseek(current, Int64(offset), SEEK_SET) == 0 else {
      throw memberFailure(name)
    }
  }

  /// Fills `destination` with the next bytes of the open member.
  func read(into destination: inout MutableRawSpan, named name: String) throws(CheckpointError) {
    let count = destination.byteCount
    let result = unsafe destination.withUnsafeMutableBytes { buffer -> Int in
      guard let current = unsafe current else { return -1 }
      return Int(unsafe zip_fread(current, buffer.baseAddress, UInt64(count)))
    }
    guard result == count else {
      member = nil
      throw memberFailure(name)
    }
    position += count
  }

  /// Reads on to the end, where libzip compares the checksum.
  func verifyEnd(named name: String) throws(CheckpointError) {
    guard hasChecksums else { return }
    var byte: UInt8 = 0
    let result = unsafe withUnsafeMutableBytes(of: &byte) { buffer -> Int in
      guard let current = unsafe current else { return -1 }
      return Int(unsafe zip_fread(current, buffer.baseAddress, 1))
    }
    guard result == 0 else { throw memberFailure(name) }
  }

  func close() {
    if let open = unsafe current { unsafe zip_fclose(open) }
    unsafe current = nil
    member = nil
  }

  private func memberFailure(_ name: String) -> CheckpointError {
    guard let current = unsafe current else { return .malformed(path: path, what: "zip member \(name) is not open") }
    let message = unsafe String(cString: zip_file_strerror(current))
    return .malformed(path: path, what: "zip member \(name): \(message == "No error" ? "it ends too early" : message)")
  }

  deinit {
    close()
    unsafe zip_discard(archive)
  }
}

// MARK: What libzip reads through

/// The position of one handle in the file, and what libzip asks of a source.
@safe
private final class ZipSourceState {
  let file: InputFile
  var position = 0
  var error = unsafe zip_error_t()

  init(_ file: InputFile) {
    self.file = file
    unsafe zip_error_init(&error)
  }

  func fail(_ code: CInt) -> Int64 {
    unsafe zip_error_set(&error, code, 0)
    return -1
  }

  /// Fills libzip's buffer as far as the file goes.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int64 {
    let count = min(buffer.count, max(file.byteCount - position, 0))
    do throws(CheckpointError) {
      let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
      var span = unsafe MutableRawSpan(_unsafeBytes: part)
      try file.read(at: position, into: &span)
    } catch {
      return fail(ZIP_ER_READ)
    }
    position += count
    return Int64(count)
  }

  deinit { unsafe zip_error_fini(&error) }
}

/// libzip's callback: it must not throw, and frees its state when told to.
private func readForZip(
  _ data: UnsafeMutableRawPointer?, _ buffer: UnsafeMutableRawPointer?, _ length: UInt64, _ command: zip_source_cmd_t
) -> Int64 {
  guard let data = unsafe data else { return -1 }
  let state = unsafe Unmanaged<ZipSourceState>.fromOpaque(data).takeUnretainedValue()
  switch command {
  case ZIP_SOURCE_OPEN:
    state.position = 0
    return 0
  case ZIP_SOURCE_READ:
    guard let count = Int(exactly: length) else { return state.fail(ZIP_ER_INVAL) }
    return unsafe state.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: count))
  case ZIP_SOURCE_SEEK:
    let target = unsafe zip_source_seek_compute_offset(
      UInt64(state.position), UInt64(state.file.byteCount), buffer ?? data, length, &state.error)
    guard target >= 0, let position = Int(exactly: target) else { return -1 }
    state.position = position
    return 0
  case ZIP_SOURCE_TELL: return Int64(state.position)
  case ZIP_SOURCE_STAT:
    guard let buffer = unsafe buffer, unsafe length >= MemoryLayout<zip_stat_t>.size else {
      return state.fail(ZIP_ER_INVAL)
    }
    let status = unsafe buffer.assumingMemoryBound(to: zip_stat_t.self)
    unsafe zip_stat_init(status)
    unsafe status.pointee.size = UInt64(state.file.byteCount)
    unsafe status.pointee.valid |= UInt64(ZIP_STAT_SIZE)
    return Int64(unsafe MemoryLayout<zip_stat_t>.size)
  case ZIP_SOURCE_ERROR: return unsafe zip_error_to_data(&state.error, buffer ?? data, length)
  case ZIP_SOURCE_CLOSE: return 0
  case ZIP_SOURCE_FREE:
    unsafe Unmanaged<ZipSourceState>.fromOpaque(data).release()
    return 0
  case ZIP_SOURCE_SUPPORTS:
    let commands = [
      ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
      ZIP_SOURCE_CLOSE, ZIP_SOURCE_FREE, ZIP_SOURCE_SUPPORTS,
    ]
    return commands.reduce(0) { $0 | Int64(1) << Int64($1.rawValue) }
  default: return state.fail(ZIP_ER_OPNOTSUPP)
  }
}
