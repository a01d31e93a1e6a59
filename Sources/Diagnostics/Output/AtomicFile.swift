internal import Foundation

/// Why a result could not be written.
public enum OutputError: Error, Sendable, Hashable {
  case missingFolder(path: String)
  case unwritable(path: String, reason: String)
  case unknownFormat(path: String)
}

extension OutputError: CustomStringConvertible {
  /// What is wrong and what to do next.
  public var description: String {
    switch self {
    case .missingFolder(let path):
      "\(path): the folder does not exist; make it, or give another path"
    case .unwritable(let path, let reason):
      "\(path): cannot be written (\(reason)); what was there before is unchanged"
    case .unknownFormat(let path):
      "\(path): the ending tells no figure format; use .png, .pdf or .svg"
    }
  }
}

/// A file that appears whole or not at all.
public enum AtomicFile {
  /// Fails early when a file could not be written at the path: the folder is missing or read-only.
  public static func check(_ path: String) throws(OutputError) {
    let folder = Self.folder(of: path)
    guard isFolder(folder) else { throw .missingFolder(path: path) }
    guard !isFolder(path) else { throw .unwritable(path: path, reason: "it is a folder") }
    guard FileManager.default.isWritableFile(atPath: folder) else {
      throw .unwritable(path: path, reason: "no permission to write in its folder")
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    (try? URL(fileURLWithPath: path).resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory ?? false
  }

  /// Writes bytes to a file beside the path, flushes them to the disk and moves the file into place.
  public static func write(_ bytes: [UInt8], to path: String) throws(OutputError) {
    try check(path)
    let draft = folder(of: path) + "/.\(URL(fileURLWithPath: path).lastPathComponent).\(getpid()).partial"
    do throws(OutputError) {
      try writeDraft(bytes, to: draft, for: path)
      guard unsafe rename(draft, path) == 0 else { throw .unwritable(path: path, reason: lastError()) }
    } catch {
      unsafe unlink(draft)
      throw error
    }
  }

  private static func writeDraft(_ bytes: [UInt8], to draft: String, for path: String) throws(OutputError) {
    let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .unwritable(path: path, reason: lastError()) }
    defer { close(descriptor) }
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { raw in
        unsafe Glibc.write(descriptor, raw.baseAddress.map { unsafe $0 + written }, raw.count - written)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .unwritable(path: path, reason: lastError()) }
      written += count
    }
    guard fsync(descriptor) == 0 else { throw .unwritable(path: path, reason: lastError()) }
  }

  private static func folder(of path: String) -> String {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    return folder.isEmpty ? "." : folder
  }

  private static func lastError() -> String { unsafe String(cString: strerror(errno)) }
}
