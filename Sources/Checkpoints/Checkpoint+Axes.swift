extension TensorInfo {
  /// The shape with axes in another order, or joined to one.
  ///
  /// - Parameter axes: For each axis of the result the stored axes that it joins, outermost first; each stored axis once.
  /// - Returns: The product of the joined extents for each.
  public func shape(joining axes: [[Int]]) -> [Int] {
    // The product of all extents is representable, so these are, except where another extent is 0.
    axes.map { $0.reduce(1) { $0 &* shape[$1] } }
  }
}

extension Checkpoint {
  /// Reads a tensor's elements in another order of axes, converted to `Float`.
  ///
  /// A kernel of shape [in, out] becomes a matrix [out, in] by `[[1], [0]]`; of shape [in, heads, values] by `[[1, 2], [0]]`.
  ///
  /// - Parameters:
  ///   - name: The tensor's name as stored.
  ///   - axes: For each axis of the result the stored axes that it joins, outermost first; each stored axis once.
  ///   - destination: Receives the elements in row-major order of the new axes; holds exactly as many.
  /// - Throws: As `read(_:into:)` does.
  public func read(
    _ name: String, axes: [[Int]], into destination: inout MutableSpan<Float>
  ) throws(CheckpointError) {
    let (info, place, source) = try located(name)
    try checkWeight(info)
    let order = axes.flatMap(\.self)
    precondition(order.sorted() == Array(info.shape.indices), "each axis of \(info.shape) once")
    let strides = place.strides ?? Self.rowMajorStrides(info.shape)
    let arranged = TensorInfo(name: name, elementType: info.elementType, shape: order.map { info.shape[$0] })
    var arrangedPlace = place
    // Axes in their stored order need no gathering: joining them changes nothing in the file.
    if order != Array(info.shape.indices) { arrangedPlace.strides = order.map { strides[$0] } }
    try copy(arranged, at: arrangedPlace, from: source, into: &destination)
  }

  private static func rowMajorStrides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] &* shape[axis + 1] }
    return strides
  }
}
