extension Contents {
  /// Reads the pickles of a legacy PyTorch file and computes where its storages lie; none of them is read.
  init(legacy file: InputFile, weights: WeightsSelection) throws(CheckpointError) {
    let layout = try LegacyLayout(of: file)
    let dictionary = try StateDictionary(in: layout.pickle, weights: weights, path: file.path)
    try dictionary.checkExpansion(fileByteCount: file.byteCount, path: file.path)

    var entries: [Entry] = []
    entries.reserveCapacity(dictionary.tensors.count)
    for (name, tensor) in dictionary.tensors {
      guard let storage = layout.storages[tensor.storage.key] else {
        throw .malformed(
          path: file.path, what: "tensor \(name.prefix(200)) needs storage \(tensor.storage.key), which is not listed")
      }
      let place = try TensorPlace(
        of: tensor, named: name, source: 0, address: storage.offset, storageByteCount: storage.byteCount,
        path: file.path)
      let info = TensorInfo(name: name, elementType: tensor.elementType, shape: tensor.shape)
      entries.append(Entry(info: info, place: place))
    }
    self.init(
      container: .pytorchLegacy, files: [file.path], sources: [.file(file)], entries: entries,
      stateDictionary: dictionary.selection.name, otherStateDictionaries: dictionary.selection.others,
      requestedPrefix: dictionary.selection.isUnanswered ? weights.rawValue : nil,
      choices: dictionary.selection.choices,
      metadata: dictionary.metadata)
  }
}

/// The five pickles of a legacy file, and the storages behind them.
struct LegacyLayout {
  /// The bytes of one storage in the file.
  struct Storage {
    let offset: Int
    let byteCount: Int
  }

  /// The fourth pickle: the object.
  let pickle: Pickle
  private(set) var storages: [String: Storage] = [:]

  init(of file: InputFile) throws(CheckpointError) {
    let path = file.path
    var offset = 0
    let magic = try Self.next(in: file, &offset)
    guard case .largeInteger = magic[magic.root] else { throw Self.malformed(path, "its magic number is no integer") }
    let version = try Self.next(in: file, &offset)
    guard version.int(version.root) == 1001 else { throw Self.malformed(path, "its protocol version is not 1001") }
    let system = try Self.next(in: file, &offset)
    try Self.checkByteOrder(system, path)
    pickle = try Self.next(in: file, &offset)
    let keys = try Self.next(in: file, &offset)
    try locate(try Self.keys(in: keys, path), after: offset, in: file)
  }

  private static func next(in file: InputFile, _ offset: inout Int) throws(CheckpointError) -> Pickle {
    let pickle = try PickleMachine.decode(PickleInput(file, at: offset))
    offset += pickle.byteCount
    return pickle
  }

  private static func malformed(_ path: String, _ what: String) -> CheckpointError {
    .malformed(path: path, what: what)
  }

  private static func checkByteOrder(_ system: Pickle, _ path: String) throws(CheckpointError) {
    guard let little = system.value(system.root, "little_endian"), case .bool(let isLittle) = system[little] else {
      throw malformed(path, "it does not say its byte order")
    }
    guard isLittle else {
      throw .unsupported(
        path: path, what: "a big-endian checkpoint", advice: "save it again on a little-endian machine")
    }
  }

  private static func keys(in pickle: Pickle, _ path: String) throws(CheckpointError) -> [String] {
    guard let elements = pickle.elements(pickle.root) else { throw malformed(path, "its list of storages is no list") }
    let keys = elements.compactMap { pickle.text($0) }
    guard keys.count == elements.count else { throw malformed(path, "its list of storages holds something else") }
    return keys
  }

  /// Bytes per element of every storage that the object names: the trailer does not repeat it.
  private func storageTypes(_ path: String) throws(CheckpointError) -> [String: (itemSize: Int, count: Int)] {
    let decoder = TensorDecoder(pickle: pickle)
    var types: [String: (itemSize: Int, count: Int)] = [:]
    for id in pickle.nodes.indices {
      guard let storage = decoder.storage(Int32(id)) else { continue }
      let found = (itemSize: storage.elementType?.byteCount ?? 1, count: storage.count)
      if let known = types.updateValue(found, forKey: storage.key), known != found {
        throw Self.malformed(path, "storage \(storage.key) is announced in two ways")
      }
    }
    return types
  }

  /// Walks the trailer: an element count of 8 bytes before each storage's bytes, in the order of the list.
  private mutating func locate(_ keys: [String], after start: Int, in file: InputFile) throws(CheckpointError) {
    let types = try storageTypes(file.path)
    var offset = start
    for key in keys {
      guard let type = types[key] else {
        throw Self.malformed(file.path, "storage \(key.prefix(60)) is listed, but of unknown type")
      }
      let count = try file.bytes(at: offset, count: 8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard count == UInt64(bitPattern: Int64(type.count)), type.count >= 0 else {
        throw Self.malformed(
          file.path, "storage \(key.prefix(60)) has \(count) elements where \(type.count) were announced")
      }
      guard let byteCount = type.count.checkedMultiplying(by: type.itemSize),
        let end = (offset + 8).checkedAdding(byteCount), end <= file.byteCount
      else {
        throw .truncated(path: file.path, what: "storage \(key.prefix(60)) ends behind its last byte")
      }
      guard storages.updateValue(Storage(offset: offset + 8, byteCount: byteCount), forKey: key) == nil else {
        throw Self.malformed(file.path, "storage \(key.prefix(60)) is listed twice")
      }
      offset = end
    }
    guard offset == file.byteCount else {
      throw Self.malformed(file.path, "\(file.byteCount - offset) bytes follow its last storage")
    }
  }

  /// Makes sure that every tensor which the file's pickle names lies in its storage, selected or not.
  func checkExtents(path: String) throws(CheckpointError) {
    for tensor in TensorDecoder(pickle: pickle).all {
      guard let storage = storages[tensor.storage.key] else {
        throw Self.malformed(path, "a tensor needs storage \(tensor.storage.key.prefix(60)), which is not listed")
      }
      _ = try TensorPlace(
        of: tensor, named: "of storage \(tensor.storage.key)", source: 0, address: storage.offset,
        storageByteCount: storage.byteCount, path: path)
    }
  }
}
