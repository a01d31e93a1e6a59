internal import Foundation

/// A place where a file shall be, examined before anything is written there.
struct Destination {
  /// The path as the user gave it, for messages.
  let given: String
  /// The path behind all links.
  let path: String
  /// The permissions of the file that is there; nil for none.
  let permissions: mode_t?
  /// Whether a new file may take the place: not that of a device or a pipe.
  let isReplaceable: Bool

  /// Examines a path.
  ///
  /// - Throws: `OutputError` when the folder is missing or read-only, or when a folder or a read-only file is there.
  init(_ given: String) throws(OutputError) {
    self.given = given
    path = URL(fileURLWithPath: given).resolvingSymlinksInPath().path
    let folder = Self.folder(of: path)
    guard let holder = Self.status(folder), Self.kind(holder) == S_IFDIR else { throw .missingFolder(path: given) }
    guard let found = Self.status(path) else {
      permissions = nil
      isReplaceable = true
      try Self.checkFolder(folder, for: given)
      return
    }
    guard Self.kind(found) != S_IFDIR else { throw .unwritable(path: given, reason: "it is a folder") }
    guard unsafe access(path, W_OK) == 0 else { throw .unwritable(path: given, reason: systemReason()) }
    permissions = found.st_mode & 0o777
    isReplaceable = Self.kind(found) == S_IFREG
    if isReplaceable { try Self.checkFolder(folder, for: given) }
  }

  /// The folder that holds the file.
  var folder: String { Self.folder(of: path) }

  /// Writes to the device or pipe at the path.
  func writeThrough(_ bytes: [UInt8]) throws(OutputError) {
    let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unwritable(path: given, reason: systemReason()) }
    defer { close(descriptor) }
    try writeAll(bytes, to: descriptor, for: given)
  }

  private static func checkFolder(_ folder: String, for given: String) throws(OutputError) {
    guard unsafe access(folder, W_OK | X_OK) == 0 else {
      throw .unwritable(path: given, reason: "no permission to write in its folder")
    }
  }

  private static func folder(of path: String) -> String {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    return folder.isEmpty ? "." : folder
  }

  private static func status(_ path: String) -> stat? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status : nil
  }

  private static func kind(_ status: stat) -> mode_t { status.st_mode & S_IFMT }
}

/// Writes all bytes to an open file.
func writeAll(_ bytes: [UInt8], to descriptor: Int32, for path: String) throws(OutputError) {
  let failure = unsafe bytes.withUnsafeBytes { raw -> OutputError? in
    do throws(OutputError) {
      unsafe try writeAll(raw, to: descriptor, for: path)
      return nil
    } catch {
      return error
    }
  }
  if let failure { throw failure }
}

/// Writes all bytes to an open file.
@unsafe func writeAll(_ raw: UnsafeRawBufferPointer, to descriptor: Int32, for path: String) throws(OutputError) {
  var written = 0
  while written < raw.count {
    let count = unsafe Glibc.write(descriptor, raw.baseAddress.map { unsafe $0 + written }, raw.count - written)
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { throw .unwritable(path: path, reason: systemReason()) }
    written += count
  }
}

/// What the system says of its last refusal.
func systemReason(_ code: Int32 = errno) -> String { unsafe String(cString: strerror(code)) }
