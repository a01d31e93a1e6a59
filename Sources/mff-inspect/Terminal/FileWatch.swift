import Foundation

/// Looks at files and folders twice a second, until a signal ends the program.
struct FileWatch {
  private let paths: [String]
  /// What the program itself writes is no change.
  private let ignored: Set<String>
  private static let interval: UInt32 = 500_000

  init(_ paths: [String], ignoring ignored: [String]) {
    self.paths = paths
    self.ignored = Set(ignored.map(Self.resolved))
  }

  private static func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }

  /// Calls `body` at once, and again after every change.
  ///
  /// A change is a new, missing, larger, smaller or newer file below the paths; links and network drives need no kernel events for that.
  func forEachChange(_ body: () throws -> Void) throws -> Never {
    var last: [String: Stamp]?
    while true {
      let now = stamps
      if now != last {
        last = now
        try body()
      }
      usleep(Self.interval)
    }
  }

  private struct Stamp: Equatable {
    let size: Int64
    let seconds: Int
    let nanoseconds: Int
  }

  private var stamps: [String: Stamp] {
    var stamps: [String: Stamp] = [:]
    for path in paths {
      stamps[path] = Self.stamp(path)
      guard let names = FileManager.default.enumerator(atPath: path) else { continue }
      for case let name as String in names {
        let file = "\(path)/\(name)"
        guard !name.contains(".mff-inspect-"), !ignored.contains(Self.resolved(file)) else { continue }
        stamps[file] = Self.stamp(file)
      }
    }
    return stamps
  }

  private static func stamp(_ path: String) -> Stamp? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    // The time of a folder changes with our own drafts in it; what matters of it are its files.
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Stamp(size: Int64(status.st_size), seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
  }
}
