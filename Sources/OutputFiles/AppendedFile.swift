internal import Foundation

/// A file that only grows, by whole pieces: a log, a journal.
///
/// One process at a time writes it.
public struct AppendedFile: ~Copyable {
  private let path: String
  private let descriptor: Int32
  private var end: off_t

  /// Opens a file, or makes one, and holds it against other processes; what is in it stays.
  ///
  /// - Throws: `OutputError.beingWritten` when another process has it; `.unwritable`.
  public init(_ path: String) throws(OutputError) {
    (descriptor, end) = try Self.open(path, creates: true)
    self.path = path
  }

  deinit { FileLock.close(descriptor) }

  /// Forgets what the file holds beyond so many bytes.
  public mutating func keep(_ length: Int) throws(OutputError) {
    guard ftruncate(descriptor, off_t(length)) == 0 else { throw Self.failure(path) }
    end = off_t(length)
  }

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

  /// Fails when another process writes the file; a file that is missing is nobody's.
  ///
  /// - Throws: `OutputError.beingWritten`; `.unwritable` for one that this process could not write.
  public static func check(_ path: String) throws(OutputError) {
    guard unsafe access(path, F_OK) == 0 else { return }
    let (descriptor, _) = try open(path, creates: false)
    FileLock.close(descriptor)
  }

  /// Removes a file, unless another process writes it by now.
  public static func remove(_ path: String) {
    guard let (descriptor, _) = try? open(path, creates: false) else { return }
    unsafe unlink(path)
    FileLock.close(descriptor)
  }

  /// The file, held against other processes, and its length.
  private static func open(_ path: String, creates: Bool) throws(OutputError) -> (descriptor: Int32, end: off_t) {
    while true {
      let descriptor = unsafe Glibc.open(path, O_RDWR | (creates ? O_CREAT : 0) | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw failure(path) }
      // Where a file system has no locks, two runs cannot be told apart.
      if FileLock.take(descriptor) == EWOULDBLOCK {
        close(descriptor)
        throw .beingWritten(path: path)
      }
      var status = stat()
      if unsafe fstat(descriptor, &status) == 0, status.st_nlink > 0 { return (descriptor, status.st_size) }
      // The process that had it removed it a moment ago.
      close(descriptor)
      guard creates else { throw failure(path) }
    }
  }

  private static func failure(_ path: String) -> OutputError {
    .unwritable(path: path, reason: systemReason())
  }
}
