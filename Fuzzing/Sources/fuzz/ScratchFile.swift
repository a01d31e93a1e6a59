import Glibc

/// A file in memory under a fixed path: readers open files by path, and a disk would be the slowest part of a run.
enum ScratchFile {
  private static let descriptor: CInt = {
    let name = "/dev/shm/fuzz-input-\(getpid())"
    let descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { fatalError("no file in memory: \(String(cString: strerror(errno)))") }
    // Without a name it is gone with the process, however that ends.
    unlink(name)
    return descriptor
  }()

  /// Replaces the file's content.
  ///
  /// - Parameters:
  ///   - bytes: The beginning.
  ///   - zeros: How many zeros follow; they take no memory.
  /// - Returns: Its path.
  static func holding(_ bytes: [UInt8], extendedBy zeros: Int = 0) -> String {
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count,
      ftruncate(descriptor, off_t(bytes.count + zeros)) == 0
    else {
      fatalError("the file in memory cannot be written: \(String(cString: strerror(errno)))")
    }
    return "/proc/self/fd/\(descriptor)"
  }
}
