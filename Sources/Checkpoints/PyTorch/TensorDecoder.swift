/// A storage as a pickle names it: the address of a tensor's elements, not the elements.
struct StorageReference {
  /// The storage's key; the storage's own when it is a window of another.
  var key: String
  /// nil for untyped storages, which count bytes.
  var elementType: ElementType?
  /// Elements, or bytes of an untyped storage.
  var count: Int
  /// Elements of the root storage before this one begins, and how many are its own; nil when it is the root itself.
  var window: (offset: Int, count: Int)?
}

/// A tensor as a pickle describes it.
struct TensorReference {
  var storage: StorageReference
  var elementType: ElementType
  /// In elements from the storage's beginning.
  var offset: Int
  var shape: [Int]
  /// In elements.
  var strides: [Int]
  /// Whether its values are those of the storage with the other sign: PyTorch's negative bit.
  var isNegated = false
}

/// Recognises the calls by which PyTorch rebuilds tensors.
///
/// A class, because shapes are decoded once: a stream can use one tuple for millions of tensors.
final class TensorDecoder {
  let pickle: Pickle
  private var extents: [Pickle.NodeID: [Int]] = [:]
  private var bits: [Pickle.NodeID: Bits?] = [:]

  init(pickle: Pickle) { self.pickle = pickle }

  /// Parameters wrap tensors, subclasses wrap parameters; nothing real wraps deeper.
  static let wrapperLimit = 8
  /// Bytes of a storage's key: PyTorch's are numbers.
  static let keyLimit = 255

  /// Every tensor in the pickle: those of all state dictionaries, of optimisers and whatever else it holds.
  var all: some Sequence<TensorReference> { pickle.nodes.indices.lazy.compactMap { self.reference(Int32($0)) } }

  /// Whether a node rebuilds a tensor.
  func isTensor(_ id: Pickle.NodeID) -> Bool { reference(id) != nil }

  /// The tensor that a node rebuilds; nil when it rebuilds none, or one of a kind that is not read.
  func reference(_ id: Pickle.NodeID, wrappers: Int = 0) -> TensorReference? {
    guard wrappers < Self.wrapperLimit, let call = pickle.call(id), let name = pickle.globalName(call.callable),
      let arguments = pickle.elements(call.arguments)
    else { return nil }
    return tensor(rebuiltBy: name, arguments, wrappers: wrappers)
  }

  private func tensor(rebuiltBy name: String, _ arguments: [Pickle.NodeID], wrappers: Int) -> TensorReference? {
    switch name {
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
      "torch.nn.parameter.Parameter":
      return arguments.first.flatMap { reference($0, wrappers: wrappers + 1) }
    case "torch._tensor._rebuild_from_type_v2", "torch._tensor._rebuild_from_type":
      // (function, type, arguments, state): the function rebuilds the tensor inside.
      guard wrappers < Self.wrapperLimit, arguments.count >= 3, let inner = pickle.globalName(arguments[0]),
        let innerArguments = pickle.elements(arguments[2])
      else { return nil }
      return tensor(rebuiltBy: inner, innerArguments, wrappers: wrappers + 1)
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2":
      guard let storage = arguments.first.flatMap({ self.storage($0) }), let type = storage.elementType else {
        return nil
      }
      return plain(storage, type, arguments, metadata: arguments.dropFirst(6).first)
    case "torch._utils._rebuild_tensor_v3":
      guard arguments.count >= 7, let storage = storage(arguments[0]), let type = type(arguments[6]) else { return nil }
      return plain(storage, type, arguments, metadata: arguments.dropFirst(7).first)
    default: return nil
    }
  }

  private func plain(
    _ storage: StorageReference, _ type: ElementType, _ arguments: [Pickle.NodeID], metadata: Pickle.NodeID?
  ) -> TensorReference? {
    guard arguments.count >= 4, let offset = pickle.int(arguments[1]), let shape = extents(arguments[2]),
      let strides = extents(arguments[3]), let isNegated = isNegated(metadata, of: type)
    else { return nil }
    return TensorReference(
      storage: storage, elementType: type, offset: offset, shape: shape, strides: strides, isNegated: isNegated)
  }

  /// Bits of a lazy view that was saved: how its values differ from the storage's.
  private struct Bits {
    var isNegative = false
    var isConjugate = false
  }

  /// Whether a tensor's metadata has the negative bit; nil for a bit that this type cannot have, and for an unknown one.
  ///
  /// The conjugate bit changes no real number, and complex elements are read nowhere.
  private func isNegated(_ metadata: Pickle.NodeID?, of type: ElementType) -> Bool? {
    guard let metadata else { return false }
    let bits = bits[metadata] ?? decodedBits(metadata)
    self.bits[metadata] = .some(bits)
    guard let bits, !bits.isConjugate || !type.isReal else { return nil }
    return bits.isNegative && (type == .bool || type == .f8e8m0) ? nil : bits.isNegative
  }

  private func decodedBits(_ metadata: Pickle.NodeID) -> Bits? {
    if case .none = pickle[metadata] { return Bits() }
    guard let pairs = pickle.pairs(metadata) else { return nil }
    var bits = Bits()
    for pair in pairs {
      guard case .bool(let isSet) = pickle[pair.value] else { return nil }
      switch pickle.text(pair.key, limit: 16) {
      case "neg": bits.isNegative = isSet
      case "conj": bits.isConjugate = isSet
      default: if isSet { return nil }
      }
    }
    return bits
  }

  /// The integers of a shape or of strides; nil for anything else, and for more than any tensor has.
  func extents(_ id: Pickle.NodeID) -> [Int]? {
    if let known = extents[id] { return known }
    guard let elements = pickle.elements(id), elements.count <= tensorRankLimit, let values = pickle.ints(id) else {
      return nil
    }
    extents[id] = values
    return values
  }

  private func type(_ id: Pickle.NodeID) -> ElementType? {
    guard let name = pickle.globalName(id), name.hasPrefix("torch.") else { return nil }
    return ElementType(torchType: String(name.dropFirst("torch.".count)))
  }

  /// The storage behind a persistent id: `('storage', class, key, location, count[, view])`.
  func storage(_ id: Pickle.NodeID) -> StorageReference? {
    guard case .persistent(let inner) = pickle[id], let parts = pickle.elements(inner), parts.count >= 5,
      pickle.text(parts[0], limit: 7) == "storage", let name = pickle.globalName(parts[1]),
      let key = pickle.text(parts[2], limit: Self.keyLimit), let count = pickle.int(parts[4]), name.hasPrefix("torch."),
      let last = name.split(separator: ".").last
    else { return nil }
    let type = ElementType(torchStorage: String(last))
    guard type != nil || last == "UntypedStorage" else { return nil }
    var storage = StorageReference(key: key, elementType: type, count: count)
    // A view is (key, offset, count): a window of the storage named by the outer key.
    if parts.count > 5, let view = pickle.elements(parts[5]), view.count == 3 {
      guard let offset = pickle.int(view[1]), let count = pickle.int(view[2]) else { return nil }
      storage.window = (offset, count)
    }
    return storage
  }

  /// Whether a node is a call by which PyTorch rebuilds some tensor, of whatever kind.
  func looksLikeTensor(_ id: Pickle.NodeID) -> String? {
    guard let call = pickle.call(id), let name = pickle.globalName(call.callable),
      name.hasPrefix("torch._utils._rebuild") || name.hasPrefix("torch._tensor._rebuild")
    else { return nil }
    return name
  }
  /// What a tensor that is not read is, as far as its call tells.
  func kind(of id: Pickle.NodeID) -> String {
    guard let call = pickle.call(id), let name = looksLikeTensor(id) else { return "damaged" }
    switch name {
    case "torch._utils._rebuild_qtensor": return "quantised"
    case "torch._utils._rebuild_sparse_tensor", "torch._utils._rebuild_sparse_csr_tensor": return "sparse"
    case "torch._utils._rebuild_meta_tensor_no_storage": return "on the device meta, without values"
    case "torch._utils._rebuild_nested_tensor": return "nested"
    default:
      // A subclass: quantised weights of torchao and bitsandbytes, shards of torch.distributed.
      let type = pickle.elements(call.arguments).flatMap { $0.prefix(2).compactMap { pickle.globalName($0) } } ?? []
      let foreign = type.first { !$0.hasPrefix("torch._utils") && !$0.hasPrefix("torch._tensor") }
      return foreign.map { "an object of \($0.prefix(200))" } ?? "quantised, sparse or damaged"
    }
  }

  /// What makes a plain tensor of it.
  func advice(for id: Pickle.NodeID) -> String {
    switch kind(of: id) {
    case "quantised": "dequantise it (tensor.dequantize())"
    case "sparse": "make it dense (tensor.to_dense())"
    case "on the device meta, without values": "load the model's weights first"
    case let kind where kind.contains("DTensor"): "gather it (tensor.full_tensor())"
    case let kind where kind.hasPrefix("an object"): "dequantise it or otherwise make it a plain torch.Tensor"
    default: "convert it to a dense floating-point tensor"
    }
  }
}
