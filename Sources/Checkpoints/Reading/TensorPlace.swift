/// Where a tensor's elements lie.
struct TensorPlace: Sendable {
  /// Position in the checkpoint's list of sources.
  var source: Int
  /// Of its storage: the first byte in a plain file, the member's index in an archive.
  var address: Int
  /// Bytes of the storage.
  var storageByteCount: Int
  /// Bytes of the storage before its first element: a header that stands in the same member.
  var dataOffset = 0
  /// Elements of the storage before the tensor's first.
  var elementOffset = 0
  /// In elements, 0 where the extent is 1; nil when the elements lie one after the other in row-major order.
  var strides: [Int]?
  /// Whether the values are the negated elements, as of a lazy view that was saved.
  var isNegated = false
}

extension TensorPlace {
  /// Places a strided tensor in its storage.
  ///
  /// - Throws: `malformed` when any element would lie outside.
  init(
    of tensor: TensorReference, named name: String, source: Int, address: Int, storageByteCount: Int, path: String
  ) throws(CheckpointError) {
    func malformed(_ what: String) -> CheckpointError {
      .malformed(path: path, what: "tensor \(name.prefix(200)) \(what)")
    }
    guard tensor.shape.count == tensor.strides.count, tensor.shape.count <= tensorRankLimit else {
      throw malformed("has \(tensor.shape.count) extents and \(tensor.strides.count) strides")
    }
    let itemSize = tensor.elementType.byteCount
    guard let count = checkedProduct(tensor.shape), count.checkedMultiplying(by: itemSize) != nil else {
      throw malformed("of shape \(tensor.shape) exceeds 64 bits")
    }
    // The window of a legacy view, or the whole storage.
    let windowOffset = tensor.storage.window?.offset ?? 0
    let available = tensor.storage.window?.count ?? storageByteCount / itemSize
    guard let first = windowOffset.checkedAdding(tensor.offset), windowOffset >= 0, tensor.offset >= 0,
      available >= 0, let windowEnd = windowOffset.checkedAdding(available), windowEnd <= storageByteCount / itemSize
    else { throw malformed("begins outside its storage") }
    var last = tensor.offset
    if count > 0 {
      for (extent, stride) in zip(tensor.shape, tensor.strides) where extent > 1 {
        guard stride >= 0, let reach = stride.checkedMultiplying(by: extent - 1), let next = last.checkedAdding(reach)
        else { throw malformed("has the strides \(tensor.strides), which no storage can hold") }
        last = next
      }
      guard last < available else {
        throw malformed(
          "of shape \(tensor.shape), strides \(tensor.strides) and offset \(tensor.offset) reaches element \(last), "
            + "its storage has \(available)")
      }
    }
    self.init(
      source: source, address: address, storageByteCount: storageByteCount, elementOffset: count > 0 ? first : 0,
      strides: Self.isContiguous(tensor.shape, tensor.strides)
        ? nil : zip(tensor.shape, tensor.strides).map { $0 > 1 ? $1 : 0 }, isNegated: tensor.isNegated)
  }

  /// Whether strides are those of row-major order; those of extents of 1 are arbitrary, an empty tensor has none.
  private static func isContiguous(_ shape: [Int], _ strides: [Int]) -> Bool {
    if shape.contains(0) { return true }
    var expected = 1
    for (extent, stride) in zip(shape, strides).reversed() where extent != 1 {
      guard stride == expected else { return false }
      expected *= extent
    }
    return true
  }
}
