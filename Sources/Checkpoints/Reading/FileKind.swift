/// What a file is, judged by its first bytes alone: extensions prove nothing.
enum FileKind {
  case safetensors, zip, legacy, index

  /// The protocol-2 pickle of PyTorch's magic integer, with which legacy files begin.
  private static let legacyMagic: [UInt8] = [
    0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]

  init(of file: InputFile) throws(CheckpointError) {
    let path = file.path
    guard file.byteCount > 0 else { throw .empty(path: path) }
    let start = try file.bytes(at: 0, count: min(file.byteCount, 512))
    // First, because a header's length may look like any mark: about one length in two thousand begins like a pickle.
    if Self.isSafetensors(start) {
      self = .safetensors
    } else if Self.isZip(start) {
      if start.starts(with: [0x50, 0x4B, 0x05, 0x06]) {
        throw .notACheckpoint(path: path, content: "an empty zip archive", advice: "save the checkpoint again")
      }
      self = .zip
    } else if start.first == 0x80, Self.isPickle(start) {
      // Protocol 2 to 5; the magic integer follows at once, after a frame from protocol 4 on.
      let body = start.dropFirst(2)
      let unframed = body.first == 0x95 ? body.dropFirst(9) : body
      guard unframed.starts(with: Self.legacyMagic) else {
        guard !Self.legacyMagic.starts(with: unframed) else {
          throw .truncated(path: path, what: "it ends inside PyTorch's magic number")
        }
        throw .unsupported(
          path: path, what: "a plain pickle (not written by torch.save)",
          advice: "load it where it comes from and write it with torch.save or as safetensors")
      }
      self = .legacy
    } else if let kind = try Self.foreign(start, of: file) {
      throw kind
    } else if Self.mayBeIndex(start) {
      self = .index
    } else if Self.mayBeSafetensors(start) {
      self = .safetensors
    } else if let kind = Self.text(start, path: path) {
      throw kind
    } else {
      throw .notACheckpoint(
        path: path, content: "a file of unknown content",
        advice: "give a PyTorch (.pth, .pt, .bin) or safetensors file")
    }
  }

  /// The mark of a first member or of an empty archive, as far as the file goes.
  private static func isZip(_ start: [UInt8]) -> Bool {
    let mark = Array(start.prefix(4))
    return mark.count > 1
      && [[0x50, 0x4B, 0x03, 0x04], [0x50, 0x4B, 0x05, 0x06]].contains { $0.starts(with: mark) }
  }

  private static func isPickle(_ start: [UInt8]) -> Bool {
    start.count < 2 || (2...5).contains(start[1])
  }

  /// A JSON object at the very beginning.
  private static func mayBeIndex(_ start: [UInt8]) -> Bool {
    // The length at the beginning of a safetensors file has zeros, which no JSON text has.
    start.first { !JSONScanner.isBlank($0) } == UInt8(ascii: "{") && !start.prefix(8).contains(0)
  }

  /// A header length that a reader accepts, and behind it the beginning of a JSON object: no other kind has both.
  ///
  /// Pickles, zip and gzip files have something else at byte 8 wherever bytes 4 to 7 are zeros.
  private static func isSafetensors(_ start: [UInt8]) -> Bool {
    guard start.count > 9, start[4..<8].allSatisfy({ $0 == 0 }) else { return false }
    var rest = start[8...].drop(while: JSONScanner.isBlank)
    guard rest.popFirst() == UInt8(ascii: "{") else { return false }
    let next = rest.first { !JSONScanner.isBlank($0) }
    return next == UInt8(ascii: "\"") || next == UInt8(ascii: "}") || (next == nil && rest.endIndex == start.endIndex)
  }

  /// A header length followed by JSON, or too short to tell.
  private static func mayBeSafetensors(_ start: [UInt8]) -> Bool {
    if start.count > 8 {
      return start[8] == UInt8(ascii: "{") || (JSONScanner.isBlank(start[8]) && start[4..<8].allSatisfy { $0 == 0 })
    }
    // Cut off inside the length: headers below 16 MiB leave zeros in its upper bytes.
    return start.count > 4 ? start[4...].allSatisfy { $0 == 0 } : start.contains { $0 < 0x09 }
  }

  // MARK: What it may be instead

  private static func foreign(_ start: [UInt8], of file: InputFile) throws(CheckpointError) -> CheckpointError? {
    let path = file.path
    if start.count > 262, start[257..<262].elementsEqual("ustar".utf8) {
      return .unsupported(
        path: path, what: "a tar archive (PyTorch before 0.1.10 wrote such checkpoints)",
        advice: "unpack it if it holds a checkpoint file; an old checkpoint must be saved again by a newer PyTorch")
    }
    let known: [(bytes: [UInt8], content: String, advice: String)] = [
      ([0x1F, 0x8B], "a gzip file", "unpack it first (gunzip)"),
      ([0x93] + Array("NUMPY".utf8), "a NumPy array", "give the checkpoint it belongs to"),
      ([0x89] + Array("HDF".utf8), "an HDF5 file (Keras)", "convert the weights to safetensors"),
      ([0x89] + Array("PNG".utf8), "a PNG image", "give it as --images"),
      ([0xFF, 0xD8, 0xFF], "a JPEG image", "give it as --images"),
      (Array("version https://git-lfs".utf8), "a Git LFS pointer", "fetch the file itself with git lfs pull"),
      (Array("GGUF".utf8), "a GGUF file", "convert the weights to safetensors"),
      ([0x28, 0xB5, 0x2F, 0xFD], "a Zstandard file", "unpack it first (unzstd)"),
      ([0xFD] + Array("7zXZ".utf8), "an xz file", "unpack it first (unxz)"),
    ]
    for kind in known where start.starts(with: kind.bytes) {
      return .notACheckpoint(path: path, content: kind.content, advice: kind.advice)
    }
    return nil
  }

  private static func text(_ start: [UInt8], path: String) -> CheckpointError? {
    guard start.allSatisfy({ $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D || $0 == 0x0C }) else { return nil }
    // The last character may be cut in two.
    guard (0..<4).contains(where: { String(validating: start.dropLast($0), as: UTF8.self) != nil }) else { return nil }
    let lowered = String(decoding: start, as: UTF8.self).lowercased()
    if lowered.contains("<html") || lowered.contains("<!doctype") || lowered.hasPrefix("<?xml") {
      return .notACheckpoint(
        path: path, content: "a web page (often an error page saved under the checkpoint's name)",
        advice: "download the file itself")
    }
    return .notACheckpoint(
      path: path, content: "a text file", advice: "give a PyTorch (.pth, .pt, .bin) or safetensors file")
  }
}
