/// What a container yields before it is presented as a checkpoint.
struct Contents {
  /// One tensor: its description and its place.
  struct Entry {
    let info: TensorInfo
    let place: TensorPlace
  }

  var container: Container
  var files: [String]
  var sources: [TensorSource]
  var entries: [Entry]
  var stateDictionary = ""
  var otherStateDictionaries: [String] = []
  /// The requested weights' word, when no state dictionary answers it.
  var requestedPrefix: String?
  /// The state dictionaries of the file with what they serve as, for messages; empty where there is one.
  var choices: [String] = []
  var metadata: MetadataValue
}

extension Contents {
  /// Reads whatever single file lies at a path.
  init(opening path: String, weights: WeightsSelection, checksStorages: Bool) throws(CheckpointError) {
    let file = try InputFile(opening: path)
    do throws(CheckpointError) {
      if try FileKind(of: file) == .index {
        try self.init(index: file, weights: weights, checksStorages: checksStorages)
      } else {
        try self.init(shard: file, weights: weights, checksStorages: checksStorages)
      }
    } catch {
      throw UnassembledCheckpoint.refusal(ofFile: path, failing: error) ?? error
    }
  }

  /// Reads a file that holds tensors itself: an index may not name another, least of all itself.
  init(shard file: InputFile, weights: WeightsSelection, checksStorages: Bool) throws(CheckpointError) {
    switch try FileKind(of: file) {
    case .safetensors: try self.init(safetensors: file, weights: weights)
    case .zip: try self.init(zip: file, weights: weights, checksStorages: checksStorages)
    case .legacy: try self.init(legacy: file, weights: weights)
    case .index: throw .malformed(path: file.path, what: "a shard that is itself an index, or no checkpoint at all")
    }
  }

  /// Reads a safetensors file.
  init(safetensors file: InputFile, weights: WeightsSelection) throws(CheckpointError) {
    let header = try SafetensorsHeader(of: file)
    let entries = header.entries.map { entry in
      let place = TensorPlace(
        source: 0, address: header.dataOffset + entry.begin, storageByteCount: entry.end - entry.begin)
      return Entry(info: entry.info, place: place)
    }
    self.init(
      container: .safetensors, files: [file.path], sources: [.file(file)], entries: entries,
      requestedPrefix: weights == .model ? nil : weights.rawValue, metadata: .dictionary(header.metadata))
  }
}
