internal import Foundation
internal import Synchronization

/// Removes the drafts that programs left behind which were killed, or lost power, while they wrote.
///
/// A draft is left behind when nobody holds its lock. Where a lock is not seen from other machines (some network drives), that
/// proves something only of drafts of this machine; one of another is removed when it is a day older than a draft made now, by the
/// file system's own clock: writing takes seconds.
enum DraftSweep {
  private static let swept = Mutex<Set<String>>([])
  private static let secondsOfForeign = 86_400

  /// Looks at a folder the first time that this program writes there.
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - own: A draft just made in it.
  ///   - descriptor: The draft, open.
  static func once(in folder: String, beside own: String, _ descriptor: Int32) {
    guard swept.withLock({ $0.insert(folder).inserted }) else { return }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0,
      let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
    else { return }
    for name in names where DraftName.isDraft(name) && "\(folder)/\(name)" != own {
      let age = DraftName.isOfThisHost(name) ? nil : secondsOfForeign
      remove("\(folder)/\(name)", now: status.st_mtim.tv_sec, age: age)
    }
  }

  /// Removes a draft that nobody holds.
  private static func remove(_ path: String, now: Int, age: Int?) {
    // Not blocking: whatever bears the name.
    let descriptor = unsafe open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      age.map({ now - status.st_mtim.tv_sec > $0 }) ?? true, FileLock.take(descriptor) == 0
    else { return }
    unsafe unlink(path)
  }
}
