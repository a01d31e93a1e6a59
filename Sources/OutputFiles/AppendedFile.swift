internal import Foundation

/// A file that only grows, by whole pieces: a log, a journal.
public struct AppendedFile: ~Copyable {
  private let path: String
  private let descriptor: Int32
  private var end: off_t

  /// Opens a file, or makes one, and forgets what it holds beyond `length` bytes.
  ///
  /// - Throws: `OutputError`.
  public init(_ path: String, keeping length: Int) throws(OutputError) {
    self.path = path
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    end = off_t(length)
    guard descriptor >= 0, ftruncate(descriptor, end) == 0 else { throw Self.failure(path) }
  }

  deinit { close(descriptor) }

  /// Appends bytes; when the disk is full none of them stays.
  public mutating func append(_ bytes: [UInt8]) throws(OutputError) {
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { raw in
        unsafe pwrite(
          descriptor, raw.baseAddress.map { unsafe $0 + written }, raw.count - written, end + off_t(written))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        let failure = Self.failure(path)
        ftruncate(descriptor, end)
        throw failure
      }
      written += count
    }
    end += off_t(bytes.count)
  }

  /// Waits until the disk has what was appended.
  public func flush() throws(OutputError) {
    guard fsync(descriptor) == 0 else { throw Self.failure(path) }
  }

  private static func failure(_ path: String) -> OutputError {
    .unwritable(path: path, reason: unsafe String(cString: strerror(errno)))
  }
}
