extension Contents {
  /// Makes sure that what no state dictionary is called is at least the beginning of tensors' names.
  func checkPrefix(of weights: WeightsSelection, path: String) throws(CheckpointError) {
    guard requestedPrefix != nil, !entries.contains(where: { weights.isPrefix(ofTensor: $0.info.name) }) else { return }
    throw .weightsMissing(path: path, requested: weights, available: choices + outerNames)
  }

  /// The first parts of the tensors' names, where those are few enough to choose from.
  private var outerNames: [String] {
    var names: [String] = []
    for entry in entries {
      guard let dot = entry.info.name.firstIndex(of: ".") else { continue }
      let name = String(entry.info.name[..<dot])
      if names.last != name { names.append(name) }
      guard names.count <= 8 else { return [] }
    }
    return names.count < 2 ? [] : names.map { "\($0)." }
  }
}
