internal import Glibc

/// A regular file open for reading at any position, from any thread.
@safe
final class InputFile: Sendable {
  let path: String
  /// Bytes in the file when it was opened: every number in it is judged by this.
  let byteCount: Int
  /// What tells it from other files, whatever they are called.
  let identity: Identity
  private let descriptor: CInt

  struct Identity: Hashable {
    let device: UInt64
    let node: UInt64
  }

  init(opening path: String) throws(CheckpointError) {
    // Not blocking: opening a named pipe must not wait for a writer.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.failure(errno, path) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      let reason = systemMessage(errno)
      close(descriptor)
      throw .unreadable(path: path, reason: reason)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .unreadable(path: path, reason: "not a regular file")
    }
    self.path = path
    self.descriptor = descriptor
    self.byteCount = Int(status.st_size)
    identity = Identity(device: UInt64(status.st_dev), node: UInt64(status.st_ino))
  }

  /// Why a path cannot be opened.
  private static func failure(_ number: CInt, _ path: String) -> CheckpointError {
    number == ENOENT || number == ENOTDIR
      ? .missing(path: path, advice: MissingPath(path).advice)
      : .unreadable(path: path, reason: systemMessage(number))
  }

  /// Fills `destination` with the bytes from `offset` on.
  func read(at offset: Int, into destination: inout MutableRawSpan) throws(CheckpointError) {
    let count = destination.byteCount
    guard offset >= 0, let end = offset.checkedAdding(count), end <= byteCount else {
      throw .truncated(path: path, what: "\(count) bytes at \(offset) are announced, it has \(byteCount) in all")
    }
    var failure: CheckpointError?
    unsafe destination.withUnsafeMutableBytes { buffer in
      var done = 0
      while done < count, failure == nil {
        let target = unsafe buffer.baseAddress?.advanced(by: done)
        let result = unsafe pread(descriptor, target, count - done, off_t(offset + done))
        if result > 0 {
          done += result
        } else if result == 0 {
          failure = .truncated(path: path, what: "it became shorter while it was read")
        } else if errno != EINTR {
          failure = .unreadable(path: path, reason: systemMessage(errno))
        }
      }
    }
    if let failure { throw failure }
  }

  /// A copy of the bytes in a range of positions.
  func bytes(at offset: Int, count: Int) throws(CheckpointError) -> [UInt8] {
    guard count >= 0, offset >= 0, let end = offset.checkedAdding(count), end <= byteCount else {
      throw .truncated(path: path, what: "\(count) bytes at \(offset) are announced, it has \(byteCount) in all")
    }
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var raw = unsafe span.mutableBytes
    try read(at: offset, into: &raw)
    return bytes
  }

  deinit {
    close(descriptor)
  }
}

/// The system's sentence for an error number.
func systemMessage(_ number: CInt) -> String {
  unsafe String(cString: strerror(number))
}

/// Whether a path leads to a folder.
func isFolder(_ path: String) -> Bool {
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Whether a path leads to a regular file.
func isRegularFile(_ path: String) -> Bool {
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

/// The names in a folder, in byte order, without `.` and `..`.
func namesInFolder(_ path: String) throws(CheckpointError) -> [String] {
  guard let folder = unsafe opendir(path) else {
    let number = errno
    throw number == ENOENT
      ? .missing(path: path, advice: MissingPath(path).advice)
      : .unreadable(path: path, reason: systemMessage(number))
  }
  defer { unsafe closedir(folder) }
  var names: [String] = []
  while let entry = unsafe readdir(folder) {
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted { $0.precedesInBytes($1) }
}

/// The last component of a path, without slashes at its end.
func lastComponent(of path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}

/// A path as one word of a shell's command line.
func shellWord(_ path: String) -> String {
  let isPlain = path.utf8.allSatisfy { byte in
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "/._-+=@:,".utf8.contains(byte)
  }
  let safe = path.hasPrefix("-") ? "./\(path)" : path
  return isPlain && !path.isEmpty
    ? safe : "'\(safe.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
}

/// The folder part of a path, `.` when there is none.
func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
