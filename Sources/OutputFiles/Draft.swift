internal import Foundation
internal import Synchronization

/// A complete file under a hidden name, waiting to take its place.
struct Draft {
  private let path: String
  private let destination: Destination

  /// The drafts that exist; nil once the program has given up.
  private static let pending = Mutex<Set<String>?>([])
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
    let number = Self.serial.wrappingAdd(1, ordering: .relaxed).newValue
    // A name of fixed length: the file's own may already be as long as the system allows.
    path = destination.folder + "/.mff-inspect-\(getpid())-\(number).partial"
    let descriptor = try Self.create(path, for: destination)
    do throws(OutputError) {
      defer { close(descriptor) }
      if let permissions = destination.permissions { fchmod(descriptor, permissions) }
      try write(descriptor)
      guard fsync(descriptor) == 0 else { throw .unwritable(path: destination.given, reason: systemReason()) }
    } catch {
      Self.remove(self)
      throw error
    }
  }

  private static func create(_ path: String, for destination: Destination) throws(OutputError) -> Int32 {
    let descriptor = pending.withLock { drafts -> Int32? in
      guard drafts != nil else { return nil }
      let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
      if descriptor >= 0 { drafts?.insert(path) }
      return descriptor
    }
    guard let descriptor else { throw .unwritable(path: destination.given, reason: "interrupted") }
    guard descriptor >= 0 else { throw .unwritable(path: destination.given, reason: systemReason()) }
    return descriptor
  }

  /// Puts drafts in their places; an interruption finds either none or all of them there.
  static func publish(_ drafts: [Draft]) throws(OutputError) {
    let failure = pending.withLock { paths -> OutputError? in
      for draft in drafts {
        guard paths != nil else { return .unwritable(path: draft.destination.given, reason: "interrupted") }
        guard unsafe rename(draft.path, draft.destination.path) == 0 else {
          return .unwritable(path: draft.destination.given, reason: systemReason())
        }
        paths?.remove(draft.path)
      }
      return nil
    }
    if let failure { throw failure }
  }

  /// Removes a draft that will not be published.
  static func remove(_ draft: Draft) {
    pending.withLock { paths in
      guard paths?.remove(draft.path) != nil else { return }
      unsafe unlink(draft.path)
    }
  }

  /// Removes all drafts for good.
  static func abandonAll() {
    pending.withLock { paths in
      for path in paths ?? [] { unsafe unlink(path) }
      paths = nil
    }
  }
}
