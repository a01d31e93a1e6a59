extension Checkpoint {
  /// Reads some of a tensor's rows, converted to `Float`: the elements whose first index lies in a range.
  ///
  /// Only those rows are read, so that images of a large batch can be taken one by one. (A zip member's checksum is
  /// compared only where all of it is read.) Several threads may read at once.
  ///
  /// - Parameters:
  ///   - name: The tensor's name as stored. It has one extent at least.
  ///   - rows: Which rows; must lie within the first extent.
  ///   - destination: Receives the elements; holds exactly as many as the rows have.
  /// - Throws: As `floats(_:)` does.
  public func read(
    _ name: String, rows: Range<Int>, into destination: inout MutableSpan<Float>
  ) throws(CheckpointError) {
    let rows = try part(name, rows, expected: destination.count)
    try copy(rows.info, at: rows.place, from: rows.source, into: &destination)
  }

  /// Reads some of a double-precision tensor's rows as they are.
  ///
  /// - Parameters:
  ///   - name: The name of a tensor of type `f64`. It has one extent at least.
  ///   - rows: Which rows; must lie within the first extent.
  ///   - destination: Receives the elements; holds exactly as many as the rows have.
  /// - Throws: As `floats(_:)` does.
  public func read(
    _ name: String, rows: Range<Int>, into destination: inout MutableSpan<Double>
  ) throws(CheckpointError) {
    let rows = try part(name, rows, expected: destination.count)
    try copy(rows.info, at: rows.place, from: rows.source, into: &destination)
  }

  /// Some rows of a tensor as one of their own.
  private func part(
    _ name: String, _ rows: Range<Int>, expected count: Int
  ) throws(CheckpointError) -> (info: TensorInfo, place: TensorPlace, source: TensorSource) {
    let (info, place, source) = try located(name)
    guard let extent = info.shape.first else {
      throw .wrongCount(path: source.path, tensor: name, expected: info.count, found: count)
    }
    precondition(rows.lowerBound >= 0 && rows.upperBound <= extent, "rows \(rows) of a tensor that has \(extent)")
    let rowShape = Array(info.shape.dropFirst())
    let part = TensorInfo(name: name, elementType: info.elementType, shape: [rows.count] + rowShape)
    var partPlace = place
    // Elements from one row to the next; places were checked when the file was opened, so neither product overflows.
    let rowStride = place.strides?.first ?? rowShape.reduce(1, *)
    partPlace.elementOffset += rows.isEmpty || part.count == 0 ? 0 : rows.lowerBound * rowStride
    return (part, partPlace, source)
  }
}
