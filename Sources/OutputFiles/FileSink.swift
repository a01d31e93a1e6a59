internal import Foundation

/// What a file takes, piece by piece.
public struct FileSink: ~Copyable {
  private let descriptor: Int32
  private let path: String
  private var buffer: [UInt8] = []
  /// One system call for so many bytes of small pieces.
  private static let capacity = 1 << 20

  init(_ descriptor: Int32, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  /// Appends bytes.
  public mutating func append(_ bytes: RawSpan) throws(OutputError) {
    if buffer.count + bytes.byteCount > Self.capacity { try flush() }
    let isLarge = bytes.byteCount > Self.capacity
    let failure = unsafe bytes.withUnsafeBytes { raw -> OutputError? in
      guard isLarge else {
        unsafe buffer.append(contentsOf: raw)
        return nil
      }
      do throws(OutputError) {
        unsafe try writeAll(raw, to: descriptor, for: path)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  mutating func flush() throws(OutputError) {
    try writeAll(buffer, to: descriptor, for: path)
    buffer.removeAll(keepingCapacity: true)
  }
}
