internal import Foundation

/// The advisory lock on an open file, which keeps two programs from writing one thing.
enum FileLock {
  /// Takes the lock if nobody has it.
  ///
  /// - Returns: Zero, or the system's error: `EWOULDBLOCK` when another has it, others where a drive knows no locks.
  static func take(_ descriptor: Int32) -> Int32 {
    flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno
  }

  /// Gives the lock back and closes the file.
  ///
  /// A child process that is just being started shares the open file until it becomes its program: closing alone would leave
  /// the lock taken for that moment, and the next to ask would be refused for nothing.
  static func close(_ descriptor: Int32) {
    _ = flock(descriptor, LOCK_UN)
    _ = Glibc.close(descriptor)
  }
}
