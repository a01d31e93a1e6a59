internal import Digests
internal import Glibc

/// A file open for reading.
@safe
struct ImageFile: ~Copyable {
  private let descriptor: CInt
  private let path: FilePath
  private let byteCount: Int

  /// Opens a regular file.
  init(opening path: FilePath) throws(ImageError) {
    // Not blocking: opening a named pipe must not wait for a writer.
    let descriptor = unsafe path.withSystemPath { unsafe open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { throw path.failure(errno) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.isRegularFile else {
      close(descriptor)
      throw .notAFile(path: path.text)
    }
    self.descriptor = descriptor
    self.path = path
    byteCount = Int(status.st_size)
  }

  deinit {
    close(descriptor)
  }

  /// The first bytes, at most `count`.
  func beginning(_ count: Int) throws(ImageError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: min(count, byteCount))
    let read = try read(at: 0, into: &bytes, range: bytes.indices)
    return Array(bytes.prefix(read))
  }

  /// All bytes, and their digest, taken while they are in the cache.
  ///
  /// - Throws: `ImageError.unknownFormat` before the rest is read when the beginning is of no image.
  func contents() throws(ImageError) -> (bytes: [UInt8], digest: SHA256Digest) {
    guard byteCount <= PixelLimit.fileBytes else {
      throw .fileTooLarge(path: path.text, bytes: byteCount, limit: PixelLimit.fileBytes)
    }
    let start = try beginning(16)
    guard ImageFormat(content: start.span) != nil else {
      throw .unknownFormat(path: path.text, found: ImageFormat.describe(start.span))
    }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    var hash = SHA256()
    var position = 0
    while position < byteCount {
      let piece = position..<min(position + Self.pieceBytes, byteCount)
      let count = try read(at: position, into: &bytes, range: piece)
      guard count > 0 else { throw .unreadable(path: path.text, reason: "it became shorter while it was read") }
      hash.update(unsafe bytes.span.extracting(position..<position + count).bytes)
      position += count
    }
    return (bytes, hash.finish())
  }

  private static let pieceBytes = 1 << 18

  /// Reads into part of an array; returns how many bytes came, 0 at the end.
  private func read(at offset: Int, into bytes: inout [UInt8], range: Range<Int>) throws(ImageError) -> Int {
    while true {
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe pread(descriptor, buffer.baseAddress?.advanced(by: range.lowerBound), range.count, off_t(offset))
      }
      if count >= 0 { return count }
      let code = errno
      if code != EINTR { throw .unreadable(path: path.text, reason: systemReason(code)) }
    }
  }
}
