import Foundation

/// A file that lives as long as the value.
final class TemporaryFile {
  let path: String

  init(_ bytes: [UInt8], name: String = "x.bin") throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "checkpoints-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let url = folder.appending(path: name)
    try Data(bytes).write(to: url)
    path = url.path
  }

  /// Replaces the content.
  func write(_ bytes: some Sequence<UInt8>) throws {
    try Data(bytes).write(to: URL(filePath: path))
  }

  var folder: String { URL(filePath: path).deletingLastPathComponent().path }

  deinit { try? FileManager.default.removeItem(atPath: folder) }
}

/// A safetensors file from its header's text and its data.
func safetensors(_ header: String, data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
  let text = Array(header.utf8)
  let count = length ?? UInt64(text.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * UInt64($0))) } + text + data
}

extension [UInt8] {
  /// Writes the bytes to a path.
  func write(to path: String) throws {
    try Data(self).write(to: URL(filePath: path))
  }
}
