internal import Foundation
internal import Synchronization

/// A complete file under a hidden name, waiting to take its place.
///
/// While a program has a draft it holds a lock on it, which the system lifts however the program ends: a draft without one was
/// left behind, and `DraftSweep` removes it.
struct Draft {
  private let path: String
  private let destination: Destination

  /// The drafts that exist with their descriptors; nil once the program has given up.
  private static let pending = Mutex<[String: Int32]?>([:])
  private static let serial = Atomic<Int>(0)

  /// Writes and flushes a draft beside its destination.
  init(_ bytes: [UInt8], for destination: Destination) throws(OutputError) {
    try self.init(for: destination) { (descriptor) throws(OutputError) in
      try writeAll(bytes, to: descriptor, for: destination.given)
    }
  }

  /// Flushes a draft beside its destination after `write` has filled it.
  init(for destination: Destination, _ write: (Int32) throws(OutputError) -> Void) throws(OutputError) {
    self.destination = destination
    let descriptor: Int32
    (path, descriptor) = try Self.create(for: destination)
    do throws(OutputError) {
      // Before anything is written: what a dead program left may be what fills the disk.
      DraftSweep.once(in: destination.folder, beside: path, descriptor)
      if let permissions = destination.permissions { fchmod(descriptor, permissions) }
      try write(descriptor)
      guard fsync(descriptor) == 0 else { throw .unwritable(path: destination.given, reason: systemReason()) }
    } catch {
      Self.remove(self)
      throw error
    }
  }

  /// Makes an empty draft that this program alone holds.
  private static func create(for destination: Destination) throws(OutputError) -> (path: String, descriptor: Int32) {
    while true {
      let number = serial.wrappingAdd(1, ordering: .relaxed).newValue
      let path = destination.folder + "/" + DraftName.make(serial: number)
      let opened = pending.withLock { drafts -> (descriptor: Int32, code: Int32)? in
        guard drafts != nil else { return nil }
        // Never a file that is there: in another container a program may have the same process number.
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        if descriptor >= 0 { drafts?[path] = descriptor }
        return (descriptor, errno)
      }
      guard let opened else { throw .unwritable(path: destination.given, reason: "interrupted") }
      if opened.descriptor < 0 && opened.code == EEXIST { continue }
      guard opened.descriptor >= 0 else {
        throw .unwritable(path: destination.given, reason: systemReason(opened.code))
      }
      // A file system without locks lets the draft be; nothing there is taken for left behind.
      flock(opened.descriptor, LOCK_EX)
      var status = stat()
      if unsafe fstat(opened.descriptor, &status) == 0, status.st_nlink == 0 {
        // Between its making and its lock another program took it for one left behind.
        forget(path)
        continue
      }
      return (path, opened.descriptor)
    }
  }

  private static func forget(_ path: String) {
    pending.withLock { drafts in
      if let descriptor = drafts?.removeValue(forKey: path) { close(descriptor) }
    }
  }

  /// Puts drafts in their places; an interruption finds either none or all of them there.
  ///
  /// When it returns, the disk has the new names, too: what is removed or overwritten next is no longer needed.
  static func publish(_ drafts: [Draft]) throws(OutputError) {
    let failure = pending.withLock { paths -> OutputError? in
      for draft in drafts {
        guard paths != nil else { return .unwritable(path: draft.destination.given, reason: "interrupted") }
        guard unsafe rename(draft.path, draft.destination.path) == 0 else {
          return .unwritable(path: draft.destination.given, reason: systemReason())
        }
        if let descriptor = paths?.removeValue(forKey: draft.path) { close(descriptor) }
      }
      return nil
    }
    for folder in Set(drafts.map(\.destination.folder)) { flush(folder: folder) }
    if let failure { throw failure }
  }

  /// Waits until the disk has the names in a folder; some file systems cannot be asked, and lose nothing by it.
  private static func flush(folder: String) {
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// Removes a draft that will not be published.
  static func remove(_ draft: Draft) {
    pending.withLock { paths in
      guard let descriptor = paths?.removeValue(forKey: draft.path) else { return }
      unsafe unlink(draft.path)
      close(descriptor)
    }
  }

  /// Removes all drafts for good.
  static func abandonAll() {
    pending.withLock { paths in
      for path in (paths ?? [:]).keys { unsafe unlink(path) }
      paths = nil
    }
  }
}
