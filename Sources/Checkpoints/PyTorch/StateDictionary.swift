/// The tensors of the selected state dictionary, by name, before their storages are placed.
struct StateDictionary {
  /// Bytes by which all tensors, read as floats, may exceed four times the file.
  static let expansionAllowance = 1 << 30

  let selection: StateDictionarySelection
  /// Sorted by name in byte order, each name once.
  let tensors: [(name: String, tensor: TensorReference)]
  let metadata: MetadataValue

  init(in pickle: Pickle, weights: WeightsSelection, path: String) throws(CheckpointError) {
    selection = try StateDictionarySelection(in: pickle, weights: weights, path: path)
    let decoder = TensorDecoder(pickle: pickle)
    var found: [(name: String, tensor: TensorReference, order: Int)] = []
    // One text may be the key of many: it is decoded and compared once.
    var places: [Pickle.NodeID: Int] = [:]
    for (order, pair) in (pickle.pairs(selection.node) ?? []).enumerated() {
      guard found.count < tensorCountLimit else {
        throw .tooLarge(path: path, what: "its state dictionary names more than \(tensorCountLimit) tensors")
      }
      guard let tensor = decoder.reference(pair.value) else {
        guard decoder.looksLikeTensor(pair.value) == nil else {
          throw Self.unreadable(pair, in: pickle, decoder, path: path)
        }
        // Packed weights of torch.ao are tuples; what is left of the layer would be taken for something else.
        if let name = pickle.text(pair.key, limit: 1 << 12) { try Quantisation.check(name: name, path: path) }
        continue
      }
      if let place = places[pair.key] {
        (found[place].tensor, found[place].order) = (tensor, order)
        continue
      }
      guard let name = pickle.text(pair.key) else {
        throw .malformed(path: path, what: "a tensor of its state dictionary has no valid name")
      }
      places[pair.key] = found.count
      found.append((name, tensor, order))
    }
    // Of two equal keys the later one counts, as in Python.
    found.sort { $0.name.precedesInBytes($1.name) || ($0.name.utf8.elementsEqual($1.name.utf8) && $0.order < $1.order) }
    var tensors: [(name: String, tensor: TensorReference)] = []
    for entry in found {
      if let last = tensors.last, last.name.utf8.elementsEqual(entry.name.utf8) { tensors.removeLast() }
      tensors.append((entry.name, entry.tensor))
    }
    self.tensors = tensors
    var metadata = MetadataDecoder(pickle, selected: selection.node)
    self.metadata = metadata.value(pickle.root)
  }

  private static func unreadable(
    _ pair: (key: Pickle.NodeID, value: Pickle.NodeID), in pickle: Pickle, _ decoder: TensorDecoder, path: String
  ) -> CheckpointError {
    let name = pickle.text(pair.key) ?? "?"
    let rebuild = decoder.looksLikeTensor(pair.value) ?? "?"
    return .unsupported(
      path: path, what: "tensor \(name.prefix(200)), rebuilt by \(rebuild) (\(decoder.kind(of: pair.value)))",
      advice: "\(decoder.advice(for: pair.value)), save the state dictionary again and give that")
  }

  /// Refuses tensors whose strides repeat so little storage so often that their values could not be held.
  func checkExpansion(fileByteCount: Int, path: String) throws(CheckpointError) {
    // Tied weights repeat honestly, and bytes become floats, so some factor is granted.
    let limit = min(fileByteCount, Int.max / 16) * 4 + Self.expansionAllowance
    var total = 0
    for (name, tensor) in tensors {
      guard let count = checkedProduct(tensor.shape),
        let bytes = count.checkedMultiplying(by: max(tensor.elementType.byteCount, 4)),
        let sum = total.checkedAdding(bytes), sum <= limit
      else {
        throw .tooLarge(
          path: path, what: "tensor \(name.prefix(200)) of shape \(tensor.shape) expands far beyond the file")
      }
      total = sum
    }
  }
}
