/// Streams a tensor's elements in row-major order, as stored, in chunks of bounded size.
enum ElementStream {
  /// A multiple of every element size; small enough for the cache, large enough for fast reads.
  static let chunkByteCount = 256 << 10

  /// Calls `body` with consecutive pieces of the tensor, each a whole number of elements, and what receives them.
  static func forEachChunk<Receiver: ~Copyable & ~Escapable>(
    of info: TensorInfo, at place: TensorPlace, in source: TensorSource, into receiver: inout Receiver,
    _ body: (RawSpan, inout Receiver) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    guard info.count > 0 else { return }
    if let strides = place.strides {
      try forEachGatheredChunk(of: info, strides: strides, at: place, in: source, into: &receiver, body)
    } else {
      try forEachContiguousChunk(of: info, at: place, in: source, into: &receiver, body)
    }
  }

  private static func forEachContiguousChunk<Receiver: ~Copyable & ~Escapable>(
    of info: TensorInfo, at place: TensorPlace, in source: TensorSource, into receiver: inout Receiver,
    _ body: (RawSpan, inout Receiver) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let byteCount = info.byteCount
    var reader = try StorageReader(
      source, place, from: place.elementOffset * info.elementType.byteCount, count: byteCount)
    var chunk = [UInt8](repeating: 0, count: min(byteCount, chunkByteCount))
    var done = 0
    while done < byteCount {
      // Only the last chunk is shorter.
      if byteCount - done < chunk.count { chunk.removeLast(chunk.count - (byteCount - done)) }
      var span = chunk.mutableSpan
      var raw = unsafe span.mutableBytes
      try reader.read(into: &raw)
      try unsafe body(chunk.span.bytes, &receiver)
      done += chunk.count
    }
    try reader.verify()
  }

  /// Strided tensors: the stretch of storage they span is read once, then gathered.
  private static func forEachGatheredChunk<Receiver: ~Copyable & ~Escapable>(
    of info: TensorInfo, strides: [Int], at place: TensorPlace, in source: TensorSource, into receiver: inout Receiver,
    _ body: (RawSpan, inout Receiver) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let itemSize = info.elementType.byteCount
    // Checked when the tensor was placed: the last element lies inside the storage.
    let reach = zip(info.shape, strides).reduce(0) { $1.0 > 1 ? $0 + ($1.0 - 1) * $1.1 : $0 }
    var stretch = [UInt8](repeating: 0, count: (reach + 1) * itemSize)
    var reader = try StorageReader(source, place, from: place.elementOffset * itemSize, count: stretch.count)
    var span = stretch.mutableSpan
    var raw = unsafe span.mutableBytes
    try reader.read(into: &raw)
    try reader.verify()

    var gathering = StridedIndices(shape: info.shape, strides: strides)
    var chunk: [UInt8] = []
    chunk.reserveCapacity(min(info.byteCount, chunkByteCount))
    while let index = gathering.next() {
      chunk.append(contentsOf: stretch[index * itemSize..<(index + 1) * itemSize])
      if chunk.count == chunkByteCount {
        try unsafe body(chunk.span.bytes, &receiver)
        chunk.removeAll(keepingCapacity: true)
      }
    }
    if !chunk.isEmpty { try unsafe body(chunk.span.bytes, &receiver) }
  }
}

/// The storage positions of a strided tensor's elements in row-major order.
struct StridedIndices: IteratorProtocol {
  private let shape: [Int]
  private let strides: [Int]
  private var counters: [Int]
  private var position = 0
  private var isDone: Bool

  init(shape: [Int], strides: [Int]) {
    self.shape = shape
    self.strides = strides
    counters = [Int](repeating: 0, count: shape.count)
    isDone = shape.contains(0)
  }

  mutating func next() -> Int? {
    guard !isDone else { return nil }
    let result = position
    // An odometer, last index fastest.
    var axis = shape.count - 1
    while axis >= 0 {
      counters[axis] += 1
      if counters[axis] < shape[axis] {
        position += strides[axis]
        return result
      }
      // Wrapping: the stride of an extent of 1 is arbitrary and was never walked.
      position -= (shape[axis] - 1) &* (shape[axis] > 1 ? strides[axis] : 0)
      counters[axis] = 0
      axis -= 1
    }
    isDone = true
    return result
  }
}
