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
      if place.isNegated { chunk.negate(info.elementType) }
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
    if place.isNegated { stretch.negate(info.elementType) }

    var chunk = [UInt8](repeating: 0, count: min(info.byteCount, chunkByteCount))
    var filled = 0
    let columns = info.shape.last ?? 1
    let columnStride = strides.last ?? 0
    var rows = StridedIndices(shape: info.shape.dropLast(), strides: strides.dropLast())
    while let row = rows.next() {
      var column = 0
      while column < columns {
        let count = min(columns - column, (chunk.count - filled) / itemSize)
        let run = StridedRun(first: row + column * columnStride, stride: columnStride, count: count, itemSize: itemSize)
        run.copy(from: stretch, into: &chunk, at: filled)
        column += count
        filled += count * itemSize
        if filled == chunk.count {
          try unsafe body(chunk.span.bytes, &receiver)
          filled = 0
        }
      }
    }
    if filled > 0 {
      chunk.removeLast(chunk.count - filled)
      try unsafe body(chunk.span.bytes, &receiver)
    }
  }
}

/// Elements at a constant distance from each other.
struct StridedRun {
  let first: Int
  let stride: Int
  let count: Int
  let itemSize: Int

  /// Copies the elements to consecutive places.
  func copy(from source: [UInt8], into target: inout [UInt8], at start: Int) {
    switch itemSize {
    case 1: copy(UInt8.self, from: source, into: &target, at: start)
    case 2: copy(UInt16.self, from: source, into: &target, at: start)
    case 4: copy(UInt32.self, from: source, into: &target, at: start)
    case 8: copy(UInt64.self, from: source, into: &target, at: start)
    default: copy(UInt128.self, from: source, into: &target, at: start)
    }
  }

  private func copy<Item: BitwiseCopyable>(
    _: Item.Type, from source: [UInt8], into target: inout [UInt8], at start: Int
  ) {
    let size = MemoryLayout<Item>.size
    guard count > 0 else { return }
    // One check for the run instead of one for each element.
    precondition(first >= 0 && stride >= 0 && (first + (count - 1) * stride + 1) * size <= source.count)
    precondition(start >= 0 && start + count * size <= target.count)
    unsafe source.withUnsafeBytes { source in
      unsafe target.withUnsafeMutableBytes { target in
        for i in 0..<count {
          let item = unsafe source.loadUnaligned(fromByteOffset: (first + i * stride) * size, as: Item.self)
          unsafe target.storeBytes(of: item, toByteOffset: start + i * size, as: Item.self)
        }
      }
    }
  }
}

/// The storage positions of a strided tensor's elements in row-major order.
struct StridedIndices: IteratorProtocol {
  private let shape: [Int]
  private let strides: [Int]
  private var counters: [Int]
  private var position = 0
  private var isDone: Bool

  init(shape: some Sequence<Int>, strides: some Sequence<Int>) {
    self.shape = Array(shape)
    self.strides = Array(strides)
    counters = [Int](repeating: 0, count: self.shape.count)
    isDone = self.shape.contains(0)
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
