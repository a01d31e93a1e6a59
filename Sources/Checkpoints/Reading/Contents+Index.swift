extension Contents {
  /// Reads an index (`*.index.json`) and the headers of the shards it names.
  init(index file: InputFile, weights: WeightsSelection, checksStorages: Bool) throws(CheckpointError) {
    let index = try ShardIndex(of: file)
    let base = folder(of: file.path)
    var shards: [Contents] = []
    var identities: Set<InputFile.Identity> = []
    for name in index.shardNames {
      let path = base == "." && !file.path.hasPrefix("./") ? name : "\(base)/\(name)"
      let shard = try InputFile(opening: path)
      // Links would make one file's tensors count many times.
      guard identities.insert(shard.identity).inserted else {
        throw .malformed(path: file.path, what: "its shard \(name.prefix(200)) is the same file as another")
      }
      shards.append(try Contents(shard: shard, weights: weights, checksStorages: checksStorages))
    }
    if let shard = shards.first(where: { $0.container == .npz }) {
      throw .unsupported(
        path: shard.files[0], what: "a NumPy archive as a shard", advice: "convert the weights to safetensors")
    }
    let kinds = Set(shards.map { $0.container == .safetensors })
    guard kinds.count == 1 else {
      throw .malformed(path: file.path, what: "its shards are of different kinds, or there are none")
    }
    self.init(
      container: kinds == [true] ? .shardedSafetensors : .shardedPyTorch,
      files: [file.path] + shards.flatMap(\.files), sources: shards.flatMap(\.sources),
      entries: try Self.entries(of: index, in: shards, path: file.path),
      stateDictionary: shards.first?.stateDictionary ?? "", requestedPrefix: shards.first?.requestedPrefix,
      metadata: .dictionary([
        MetadataEntry(key: .string("index"), value: index.metadata),
        MetadataEntry(key: .string("shards"), value: .list(shards.map(\.metadata))),
      ]))
  }

  /// Looks up every tensor of the index in the shard that is to hold it.
  private static func entries(
    of index: ShardIndex, in shards: [Contents], path: String
  ) throws(CheckpointError) -> [Entry] {
    var entries: [Entry] = []
    entries.reserveCapacity(index.tensors.count)
    for (name, shard) in index.tensors {
      guard let found = shards[shard].entry(named: name) else {
        throw .malformed(
          path: path, what: "tensor \(name.prefix(200)) is not in \(index.shardNames[shard]), where the index puts it")
      }
      var place = found.place
      place.source = shard
      entries.append(Entry(info: found.info, place: place))
    }
    return entries
  }

  /// The entry of a name, found by halving.
  func entry(named name: String) -> Entry? {
    position(of: name, in: entries.indices) { entries[$0].info.name }.map { entries[$0] }
  }
}

/// The position of a name among names sorted by their bytes.
func position(of name: String, in indices: Range<Int>, _ nameAt: (Int) -> String) -> Int? {
  let place = place(of: name, in: indices, nameAt)
  guard place < indices.upperBound, nameAt(place).utf8.elementsEqual(name.utf8) else { return nil }
  return place
}

/// The position of the first name that does not precede another, among names sorted by their bytes.
func place(of name: String, in indices: Range<Int>, _ nameAt: (Int) -> String) -> Int {
  var low = indices.lowerBound
  var high = indices.upperBound
  while low < high {
    let middle = low + (high - low) / 2
    if nameAt(middle).precedesInBytes(name) { low = middle + 1 } else { high = middle }
  }
  return low
}
