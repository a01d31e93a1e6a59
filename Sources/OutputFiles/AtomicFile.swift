internal import Foundation
internal import Synchronization

/// Files that appear whole or not at all.
///
/// The bytes go to a hidden draft in the same folder, are flushed to the disk, and the draft takes the file's place by one `rename`.
/// Nobody ever sees half a file, and one that was there before stays until the new one is complete.
public enum AtomicFile {
  /// A file to be and its content.
  public struct Content: Sendable {
    /// Where the file shall be.
    public let path: String
    /// What it shall hold.
    public let bytes: [UInt8]

    /// Content for a path.
    public init(path: String, bytes: [UInt8]) {
      self.path = path
      self.bytes = bytes
    }
  }

  /// Fails early when a file could not be written at the path: its folder is missing or read-only, or something else is there.
  public static func check(_ path: String) throws(OutputError) { _ = try Destination(path) }

  /// Writes one file.
  public static func write(_ bytes: [UInt8], to path: String) throws(OutputError) {
    try write([Content(path: path, bytes: bytes)])
  }

  /// Writes files that belong together: when one cannot be written, those that were there before are all unchanged.
  ///
  /// A device or a pipe, such as `/dev/null`, is written to and never replaced. A link is followed. A file that is replaced hands
  /// its permissions on.
  public static func write(_ files: [Content]) throws(OutputError) {
    var drafts: [Draft] = []
    do throws(OutputError) {
      var others: [(Destination, Content)] = []
      for file in files {
        let destination = try Destination(file.path)
        if destination.isReplaceable {
          drafts.append(try Draft(file.bytes, for: destination))
        } else {
          others.append((destination, file))
        }
      }
      for (destination, file) in others { try destination.writeThrough(file.bytes) }
      try Draft.publish(drafts)
    } catch {
      drafts.forEach(Draft.remove)
      throw error
    }
  }

  /// Writes one file piece by piece: what `produce` appends is never in memory as a whole.
  ///
  /// - Throws: `OutputError`; what was at the path is then unchanged.
  public static func write(
    to path: String, _ produce: (inout FileSink) throws(OutputError) -> Void
  ) throws(OutputError) {
    let destination = try Destination(path)
    guard destination.isReplaceable else { throw .unwritable(path: path, reason: "it is no regular file") }
    let draft = try Draft(for: destination) { (descriptor) throws(OutputError) in
      var sink = FileSink(descriptor, path)
      try produce(&sink)
      try sink.flush()
    }
    do throws(OutputError) {
      try Draft.publish([draft])
    } catch {
      Draft.remove(draft)
      throw error
    }
  }

  /// Removes the drafts of a program that is about to be ended by a signal; no draft can be written or published from now on.
  public static func abandonDrafts() { Draft.abandonAll() }
}
