extension Contents {
  /// Reads the directory of a zip archive, and the pickle of one written by `torch.save`; no storage is touched.
  init(zip file: InputFile, weights: WeightsSelection, checksStorages: Bool) throws(CheckpointError) {
    let archive = try ZipArchive(file)
    if Self.isNumPy(archive) {
      try self.init(numPy: archive, weights: weights, checksStorages: checksStorages)
      return
    }
    let prefix = try Self.prefix(of: archive)
    try Self.checkByteOrder(archive, prefix)
    guard let index = archive.index(of: prefix + "data.pkl") else {
      throw .malformed(path: file.path, what: "zip member \(prefix)data.pkl is missing")
    }
    let stream = try archive.bytes(ofMember: index, limit: PickleInput.byteLimit)
    let pickle = try PickleMachine.decode(PickleInput(stream, path: file.path))
    let dictionary = try StateDictionary(in: pickle, weights: weights, path: file.path)
    try dictionary.checkExpansion(fileByteCount: file.byteCount, path: file.path)

    var entries: [Entry] = []
    entries.reserveCapacity(dictionary.tensors.count)
    for (name, tensor) in dictionary.tensors {
      let place = try Self.place(tensor, named: name, in: archive, prefix)
      let info = TensorInfo(name: name, elementType: tensor.elementType, shape: tensor.shape)
      entries.append(Entry(info: info, place: place))
    }
    if checksStorages { try archive.checkPresence(of: Set(entries.map(\.place.address)).sorted()) }
    self.init(
      container: .pytorchZip, files: [file.path], sources: [.archive(archive)], entries: entries,
      stateDictionary: dictionary.selection.name, otherStateDictionaries: dictionary.selection.others,
      requestedPrefix: dictionary.selection.isUnanswered ? weights.rawValue : nil,
      choices: dictionary.selection.choices,
      metadata: dictionary.metadata)
  }

  /// The folder inside the archive: what stands before `data.pkl`.
  private static func prefix(of archive: ZipArchive) throws(CheckpointError) -> String {
    let path = archive.file.path
    let names = archive.members.map(\.name)
    func malformed(_ what: String) -> CheckpointError { .malformed(path: path, what: what) }
    let prefixes = names.filter { $0.hasSuffix("/data.pkl") || $0 == "data.pkl" }.map { $0.dropLast(8) }
    // TorchScript keeps its tensors apart from its code, under constants.pkl and code/.
    if names.contains(where: { $0.hasSuffix("/constants.pkl") || $0 == "constants.pkl" }) {
      throw .unsupported(
        path: path, what: "a TorchScript archive",
        advice: "load it with torch.jit.load and save its state_dict() with torch.save")
    }
    if let first = prefixes.first {
      guard prefixes.count == 1 else { throw malformed("it holds several data.pkl") }
      // What one program reads as PyTorch's and another as NumPy's is neither's.
      guard !names.contains(where: { $0.hasSuffix(".npy") }) else {
        throw malformed("it holds data.pkl and NumPy's arrays, too")
      }
      // PyTorch finds members without regard to case.
      guard Set(names.map { $0.lowercased() }).count == names.count else {
        throw malformed("names of its zip members differ in case alone")
      }
      return String(first)
    }
    throw .notACheckpoint(
      path: path, content: "a zip archive without data.pkl", advice: "unpack it if a checkpoint lies inside")
  }

  /// Makes sure that every tensor which the archive's pickle names lies in it, selected or not.
  static func checkExtents(of archive: ZipArchive) throws(CheckpointError) {
    // Of NumPy's archives opening has checked every array.
    if isNumPy(archive) { return }
    let prefix = try prefix(of: archive)
    guard let index = archive.index(of: prefix + "data.pkl") else { return }
    let stream = try archive.bytes(ofMember: index, limit: PickleInput.byteLimit)
    var members: Set<Int> = []
    for tensor in TensorDecoder(pickle: try PickleMachine.decode(PickleInput(stream, path: archive.file.path))).all {
      members.insert(try place(tensor, named: "of storage \(tensor.storage.key)", in: archive, prefix).address)
    }
    try archive.checkPresence(of: members.sorted())
  }

  /// Bytes of the member that says `little`.
  static let byteOrderLimit = 64

  private static func checkByteOrder(_ archive: ZipArchive, _ prefix: String) throws(CheckpointError) {
    guard let index = archive.index(of: prefix + "byteorder") else { return }  // absent in older files: little
    let order = String(decoding: try archive.bytes(ofMember: index, limit: Self.byteOrderLimit), as: UTF8.self)
    guard order == "little" else {
      throw .unsupported(
        path: archive.file.path, what: "a checkpoint of byte order \(order.debugDescription)",
        advice: "save it again on a little-endian machine")
    }
  }

  private static func place(
    _ tensor: TensorReference, named name: String, in archive: ZipArchive, _ prefix: String
  ) throws(CheckpointError) -> TensorPlace {
    let path = archive.file.path
    let memberName = "\(prefix)data/\(tensor.storage.key)"
    guard let index = archive.index(of: memberName) else {
      throw .malformed(
        path: path, what: "tensor \(name.prefix(200)) needs the zip member \(memberName), which is missing")
    }
    let member = archive.members[index]
    guard member.isStored, member.compressedByteCount == member.byteCount else {
      throw .unsupported(
        path: path, what: "the compressed zip member \(memberName)",
        advice: "save the checkpoint again with torch.save")
    }
    let itemSize = tensor.storage.elementType?.byteCount ?? 1
    guard tensor.storage.count.checkedMultiplying(by: itemSize) == member.byteCount else {
      throw .malformed(
        path: path,
        what: "tensor \(name.prefix(200)) announces a storage of \(tensor.storage.count) × \(itemSize) bytes, "
          + "the zip member \(memberName) has \(member.byteCount)")
    }
    return try TensorPlace(
      of: tensor, named: name, source: 0, address: index, storageByteCount: member.byteCount, path: path)
  }
}
