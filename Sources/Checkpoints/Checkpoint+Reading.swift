extension Checkpoint {
  /// Reads a weight's elements in row-major order, converted to `Float`.
  ///
  /// Integers, truth values and scaled 8-bit floats are refused: as weights they are quantised, and their numbers mean nothing
  /// without a scale. `floats(_:)` reads masks and labels. Several threads may read at once. Little-endian `f32` without gaps goes straight into `destination`; other types
  /// pass through a small buffer, strided ones through one as large as the stretch of storage they span.
  ///
  /// - Parameters:
  ///   - name: The tensor's name as stored.
  ///   - destination: Receives the elements; holds exactly as many.
  /// - Throws: `CheckpointError` for an unknown name, a wrong count, quantised or complex elements, or a damaged file.
  public func read(_ name: String, into destination: inout MutableSpan<Float>) throws(CheckpointError) {
    let (info, place, source) = try located(name)
    try checkWeight(info)
    try copy(info, at: place, from: source, into: &destination)
  }

  /// A tensor's elements of any real type in row-major order, converted to `Float`.
  ///
  /// For what is no weight: masks, labels, buffers. `checkWeight(_:)` tells whether it may be one.
  ///
  /// - Parameter name: The tensor's name as stored.
  /// - Returns: As many values as the tensor has elements.
  /// - Throws: `CheckpointError` for an unknown name, complex elements, or a damaged file.
  public func floats(_ name: String) throws(CheckpointError) -> [Float] {
    let (info, place, source) = try located(name)
    var values = [Float](repeating: 0, count: info.count)
    var span = values.mutableSpan
    try copy(info, at: place, from: source, into: &span)
    return values
  }

  /// The first of a tensor's elements in row-major order, converted to `Float`; of one without gaps no others are read.
  ///
  /// - Parameters:
  ///   - name: The tensor's name as stored.
  ///   - count: How many at most.
  /// - Returns: As many, or all of a tensor that has fewer.
  /// - Throws: As `floats(_:)` does.
  public func floats(_ name: String, first count: Int) throws(CheckpointError) -> [Float] {
    let (info, place, source) = try located(name)
    guard place.strides == nil, count < info.count else { return Array(try floats(name).prefix(count)) }
    let part = TensorInfo(name: name, elementType: info.elementType, shape: [count])
    var values = [Float](repeating: 0, count: count)
    var span = values.mutableSpan
    try copy(part, at: place, from: source, into: &span)
    return values
  }

  /// Reads a tensor, or a part of one that its description and place stand for.
  func copy(
    _ info: TensorInfo, at place: TensorPlace, from source: TensorSource, into destination: inout MutableSpan<Float>
  ) throws(CheckpointError) {
    guard info.elementType.isReal else {
      throw .notReal(path: source.path, tensor: info.name, elementType: info.elementType)
    }
    if try copyBytes(info, at: place, from: source, storedAs: .f32, into: &destination) { return }
    var done = 0
    try ElementStream.forEachChunk(of: info, at: place, in: source, into: &destination) {
      (chunk, destination) throws(CheckpointError) in
      FloatConversion.convert(chunk, of: info.elementType, into: &destination, at: done)
      done += chunk.byteCount / info.elementType.byteCount
    }
  }

  /// Copies a tensor as it lies in the file, where that is how it is wanted: of this element type and without gaps.
  ///
  /// - Returns: Whether nothing is left to do.
  private func copyBytes<Element: BitwiseCopyable>(
    _ info: TensorInfo, at place: TensorPlace, from source: TensorSource, storedAs type: ElementType,
    into destination: inout MutableSpan<Element>
  ) throws(CheckpointError) -> Bool {
    guard info.count == destination.count else {
      throw .wrongCount(path: source.path, tensor: info.name, expected: info.count, found: destination.count)
    }
    guard info.count > 0 else { return true }
    guard info.elementType == type, place.strides == nil, !place.isNegated else { return false }
    var reader = try StorageReader(source, place, from: place.elementOffset * type.byteCount, count: info.byteCount)
    var raw = unsafe destination.mutableBytes
    try reader.read(into: &raw)
    try reader.verify()
    return true
  }

  /// The same of a double-precision tensor, whose elements stay as they are.
  func copy(
    _ info: TensorInfo, at place: TensorPlace, from source: TensorSource, into destination: inout MutableSpan<Double>
  ) throws(CheckpointError) {
    precondition(info.elementType == .f64, "\(info.elementType.rawValue) elements are read as Float")
    if try copyBytes(info, at: place, from: source, storedAs: .f64, into: &destination) { return }
    var done = 0
    try ElementStream.forEachChunk(of: info, at: place, in: source, into: &destination) {
      (chunk, destination) throws(CheckpointError) in
      for offset in stride(from: 0, to: chunk.byteCount, by: 8) {
        destination[done] = unsafe Double(
          bitPattern: chunk.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        done += 1
      }
    }
  }
}
