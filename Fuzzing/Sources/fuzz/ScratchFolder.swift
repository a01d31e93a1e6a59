import Foundation

/// A folder in memory for readers that look at what lies beside a file; it goes when the process ends by itself.
enum ScratchFolder {
  static let path: String = {
    let path = "/dev/shm/fuzz-\(getpid())"
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      fatalError("no folder in memory: \(error)")
    }
    atexit { try? FileManager.default.removeItem(atPath: ScratchFolder.path) }
    return path
  }()

  /// Writes a file into it.
  ///
  /// - Returns: Its path.
  static func write(_ bytes: [UInt8], as name: String) -> String {
    let file = "\(path)/\(name)"
    guard FileManager.default.createFile(atPath: file, contents: Data(bytes)) else {
      fatalError("\(file) cannot be written")
    }
    return file
  }
}
