/// Turns decoded pickle nodes into metadata values: trees without references, bounded in depth and size.
struct MetadataDecoder {
  /// Deeper nesting is left out and marked; recursion stays far below the stack's size.
  static let depthLimit = 64
  /// A stream can name one list many times; each use counts here, so that sharing cannot multiply into exhaustion.
  static let valueLimit = 1 << 20
  /// Uses of each decoded node on average, beyond some thousands: real files share keys and a few settings, and a stream of some
  /// kilobytes shall not keep a reader busy with a million values.
  static let usesPerNode = 16

  /// Characters of a NumPy type's name.
  static let typeNameLimit = 64

  private let pickle: Pickle
  /// Recognises tensors among calls.
  private let tensors: TensorDecoder
  private let limit: Int
  /// Made once for each file: they may stand in many places.
  private let tooMany: MetadataValue
  private let tooDeep = MetadataValue.omitted("nested deeper than \(depthLimit)")
  private var remaining: Int
  /// Text and bytes decoded before, which later uses share.
  private var shared: [Pickle.NodeID: MetadataValue] = [:]
  /// Bytes of arrays, likewise; nil for text that stands for none.
  private var sharedBytes: [Pickle.NodeID: [UInt8]] = [:]
  private var sharedLatin1: [Pickle.NodeID: [UInt8]?] = [:]
  /// Keys of one dictionary that are not to be decoded.
  private let selected: Pickle.NodeID?

  /// - Parameters:
  ///   - pickle: What was decoded.
  ///   - selected: The dictionary whose tensors are the checkpoint's: they are no metadata.
  init(_ pickle: Pickle, selected: Pickle.NodeID?) {
    self.pickle = pickle
    self.selected = selected
    limit = min(Self.valueLimit, 4096 + Self.usesPerNode * pickle.nodes.count)
    remaining = limit
    tooMany = .omitted("more than \(limit) values")
    tensors = TensorDecoder(pickle: pickle)
  }

  mutating func value(_ id: Pickle.NodeID, depth: Int = 0) -> MetadataValue {
    guard remaining > 0 else { return tooMany }
    remaining -= 1
    guard depth < Self.depthLimit else { return tooDeep }
    switch pickle[id] {
    case .none: return .null
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .double(let value): return .double(value)
    case .global(let index): return .global(pickle.names[Int(index)])
    case .ownedText(let index): return .string(pickle.ownedText[Int(index)])
    case .text, .bytes, .largeInteger: return leaf(id)
    case .list(let index), .tuple(let index), .set(let index):
      return .list(list(pickle.sequences[Int(index)], depth: depth))
    case .dictionary: return .dictionary(entries(pickle.pairs(id) ?? [], of: id, depth: depth))
    case .persistent: return .omitted("a storage")
    case .call(let index): return object(pickle.calls[Int(index)], id, depth: depth)
    }
  }

  // MARK: Leaves

  private mutating func leaf(_ id: Pickle.NodeID) -> MetadataValue {
    if let known = shared[id] { return known }
    let value: MetadataValue =
      switch pickle[id] {
      case .text(let extent): .string(String(decoding: pickle.bytes[extent.range], as: UTF8.self))
      case .bytes: .bytes(latin1Bytes(id) ?? [])
      case .largeInteger(let extent): .largeInteger(Self.hexadecimal(pickle.bytes[extent.range]))
      default: .null
      }
    shared[id] = value
    return value
  }

  /// Little-endian two's complement as hexadecimal text.
  private static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
    let digits = bytes.prefix(64).reversed().map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return "0x" + (bytes.count > 64 ? "…" : "") + digits.joined()
  }

  // MARK: Containers

  private mutating func list(_ ids: [Pickle.NodeID], depth: Int) -> [MetadataValue] {
    var values: [MetadataValue] = []
    for id in ids {
      guard remaining > 0 else {
        values.append(tooMany)
        break
      }
      values.append(value(id, depth: depth + 1))
    }
    return values
  }

  private mutating func entries(
    _ pairs: [(key: Pickle.NodeID, value: Pickle.NodeID)], of id: Pickle.NodeID, depth: Int
  ) -> [MetadataEntry] {
    var entries: [MetadataEntry] = []
    for pair in pairs where remaining > 0 {
      // The checkpoint's own tensors are listed elsewhere, and an emptied state dictionary says nothing.
      if id == selected, tensors.isTensor(pair.value) {
        remaining -= 1
        continue
      }
      if pair.value == selected {
        let rest = value(pair.value, depth: depth + 1)
        if case .dictionary(let left) = rest, left.isEmpty { continue }
        entries.append(MetadataEntry(key: value(pair.key, depth: depth + 1), value: rest))
        continue
      }
      let key = value(pair.key, depth: depth + 1)
      entries.append(MetadataEntry(key: key, value: value(pair.value, depth: depth + 1)))
    }
    return entries
  }

  // MARK: Calls

  private mutating func object(_ call: Pickle.Call, _ id: Pickle.NodeID, depth: Int) -> MetadataValue {
    if let tensor = tensors.reference(id) { return .tensor(elementType: tensor.elementType, shape: tensor.shape) }
    let type = pickle.globalName(call.callable) ?? pickle.summary(call.callable)
    let arguments = pickle.elements(call.arguments) ?? [call.arguments]
    switch type {
    case _ where Pickle.dictionaryTypes.contains(type):
      return .dictionary(entries(pickle.pairs(id) ?? [], of: id, depth: depth))
    case "torch.Size", "builtins.list", "builtins.set", "builtins.frozenset", "builtins.tuple":
      if let first = arguments.first, let elements = setElements(first) {
        return .list(list(elements, depth: depth))
      }
    case "_codecs.encode":
      if let bytes = latin1Bytes(id) { return .bytes(bytes) }
    case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
      if let scalar = numpyScalar(arguments) { return scalar }
    case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
      "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer":
      if let array = numpyArray(call, arguments) { return .array(array) }
    case "copyreg._reconstructor":
      if let first = arguments.first, let name = pickle.globalName(first) {
        return .object(type: name, arguments: [], state: state(call, id, depth: depth))
      }
    default: break
    }
    let values = list(arguments, depth: depth)
    return .object(type: type, arguments: values, state: state(call, id, depth: depth))
  }

  /// Attributes, items and appended elements of an object in one value.
  private mutating func state(_ call: Pickle.Call, _ id: Pickle.NodeID, depth: Int) -> MetadataValue {
    let attributes = call.state.map { value($0, depth: depth + 1) } ?? .null
    if !call.items.isEmpty {
      var all = entries(pickle.pairs(id) ?? [], of: id, depth: depth)
      if case .dictionary(let more) = attributes { all += more }
      return .dictionary(all)
    }
    if attributes == .null, !call.elements.isEmpty { return .list(list(call.elements, depth: depth)) }
    return attributes
  }

  private func setElements(_ id: Pickle.NodeID) -> [Pickle.NodeID]? {
    if case .set(let index) = pickle[id] { return pickle.sequences[Int(index)] }
    return pickle.elements(id)
  }

  // MARK: NumPy

  /// Bytes that protocol 2 carries as text, each character one byte.
  private mutating func latin1Bytes(_ id: Pickle.NodeID) -> [UInt8]? {
    if case .bytes(let extent) = pickle[id] {
      if let known = sharedBytes[id] { return known }
      sharedBytes[id] = Array(pickle.bytes[extent.range])
      return sharedBytes[id]
    }
    guard let call = pickle.call(id), pickle.globalName(call.callable) == "_codecs.encode",
      let arguments = pickle.elements(call.arguments), let first = arguments.first
    else { return nil }
    if let known = sharedLatin1[first] { return known }
    let scalars = pickle.text(first)?.unicodeScalars
    let bytes = scalars?.compactMap { UInt8(exactly: $0.value) }
    let isLatin1 = bytes?.count == scalars?.count
    sharedLatin1.updateValue(isLatin1 ? bytes : nil, forKey: first)
    return isLatin1 ? bytes : nil
  }

  /// The element type with its byte order, such as `<f8`.
  private func numpyType(_ id: Pickle.NodeID) -> String? {
    guard let call = pickle.call(id), pickle.globalName(call.callable) == "numpy.dtype",
      let arguments = pickle.elements(call.arguments), let first = arguments.first,
      let kind = pickle.text(first, limit: Self.typeNameLimit)
    else { return nil }
    // State: (version, byte order, …); types of one byte have none.
    guard let state = call.state, let parts = pickle.elements(state), parts.count > 1,
      let order = pickle.text(parts[1], limit: 1)
    else { return kind }
    return order + kind
  }

  private mutating func numpyScalar(_ arguments: [Pickle.NodeID]) -> MetadataValue? {
    guard arguments.count == 2, let type = numpyType(arguments[0]), let bytes = latin1Bytes(arguments[1]) else {
      return nil
    }
    let array = MetadataArray(numpyType: type, shape: [], isFortranOrder: false, bytes: bytes)
    guard let value = array.doubles?.first else { return .array(array) }
    let kind = type.drop { "<>|=".contains($0) }.first
    if kind == "b" || kind == "?" { return .bool(value != 0) }
    if kind == "i" || kind == "u", let exact = Int(exactly: value) { return .int(exact) }
    return .double(value)
  }

  private mutating func numpyArray(_ call: Pickle.Call, _ arguments: [Pickle.NodeID]) -> MetadataArray? {
    if let state = call.state, let parts = pickle.elements(state), parts.count == 5 {
      // State: (version, shape, type, is_fortran, bytes).
      guard let shape = tensors.extents(parts[1]), let type = numpyType(parts[2]),
        case .bool(let isFortran) = pickle[parts[3]], let bytes = latin1Bytes(parts[4])
      else { return nil }
      return MetadataArray(numpyType: type, shape: shape, isFortranOrder: isFortran, bytes: bytes)
    }
    // Protocol 5: _frombuffer(bytes, type, shape, order).
    guard arguments.count == 4, let bytes = latin1Bytes(arguments[0]), let type = numpyType(arguments[1]),
      let shape = tensors.extents(arguments[2])
    else { return nil }
    return MetadataArray(
      numpyType: type, shape: shape, isFortranOrder: pickle.text(arguments[3], limit: 1) == "F", bytes: bytes)
  }
}
