/// The bytes of a pickle, read from the file only as far as decoding gets: a legacy file does not say how long its
/// pickles are, and hundreds of megabytes of storages follow them.
struct PickleInput {
  /// Pickles of checkpoints have some hundred kilobytes; the logs kept in them can reach megabytes.
  static let byteLimit = 256 << 20
  private static let firstRead = 256 << 10

  let path: String
  /// What was read so far.
  private(set) var bytes: [UInt8]
  private(set) var position = 0
  private let file: InputFile?
  private let base: Int
  private let limit: Int

  /// A pickle that lies in memory as a whole.
  init(_ bytes: [UInt8], path: String) {
    self.path = path
    self.bytes = bytes
    file = nil
    base = 0
    limit = bytes.count
  }

  /// A pickle somewhere in a file.
  init(_ file: InputFile, at base: Int) {
    path = file.path
    bytes = []
    self.file = file
    self.base = base
    limit = file.byteCount - base
  }

  /// Makes sure that `count` more bytes are there.
  private mutating func ensure(_ count: Int) throws(CheckpointError) {
    guard count > bytes.count - position else { return }
    guard count <= limit - position else {
      throw .truncated(path: path, what: "its pickle needs \(count) bytes at \(base + position), the file ends before")
    }
    guard position + count <= Self.byteLimit else {
      throw .tooLarge(path: path, what: "its pickle is longer than \(Self.byteLimit) bytes")
    }
    guard let file else { return }
    let target = min(limit, Self.byteLimit, max(position + count, 2 * bytes.count, Self.firstRead))
    bytes += try file.bytes(at: base + bytes.count, count: target - bytes.count)
  }

  mutating func byte() throws(CheckpointError) -> UInt8 {
    try ensure(1)
    defer { position += 1 }
    return bytes[position]
  }

  /// A little-endian unsigned number of 1, 2, 4 or 8 bytes.
  mutating func unsigned(byteCount: Int) throws(CheckpointError) -> UInt64 {
    try ensure(byteCount)
    var value: UInt64 = 0
    for i in 0..<byteCount { value |= UInt64(bytes[position + i]) << (8 * UInt64(i)) }
    position += byteCount
    return value
  }

  /// The next `count` bytes, as a range of the stream.
  mutating func extent(_ count: UInt64) throws(CheckpointError) -> Pickle.Extent {
    guard let count = Int(exactly: count) else {
      throw .truncated(path: path, what: "its pickle claims \(count) bytes at \(base + position)")
    }
    try ensure(count)
    defer { position += count }
    return Pickle.Extent(offset: Int32(position), count: Int32(count))
  }

  /// The bytes up to a line feed, which is taken too.
  mutating func line() throws(CheckpointError) -> Pickle.Extent {
    let start = position
    while try byte() != UInt8(ascii: "\n") {}
    return Pickle.Extent(offset: Int32(start), count: Int32(position - 1 - start))
  }

  func text(_ extent: Pickle.Extent) -> String? {
    String(validating: bytes[extent.range], as: UTF8.self)
  }
}
