internal import Foundation

/// A folder held against other processes while this value lives.
///
/// An advisory lock on the file `.lock` in it, which the system lifts however the process ends.
public final class FolderLock: Sendable {
  private let descriptor: Int32

  /// Takes the folder.
  ///
  /// - Parameter path: The folder, which is made where it is missing.
  /// - Throws: `OutputError.inUse` when another process has it; `.unwritable`.
  public init(_ path: String) throws(OutputError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .unwritable(path: path, reason: "the folder cannot be made")
    }
    let descriptor = unsafe open("\(path)/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .unwritable(path: path, reason: systemReason()) }
    let code = FileLock.take(descriptor)
    guard code == 0 else {
      close(descriptor)
      // A drive that knows no locks cannot keep two runs apart, which is not the same as another run.
      throw code == EWOULDBLOCK
        ? .inUse(path: path) : .unwritable(path: path, reason: "its drive has no locks: \(systemReason(code))")
    }
    self.descriptor = descriptor
  }

  deinit { FileLock.close(descriptor) }
}
