/// Sorts tensors one by one.
struct TensorSorter {
  let file: String
  let dialect: Dialect
  let prefix: String
  /// What stands before the names of decoder and heads.
  let root: String
  private let decoderBlocks: Set<String>
  private(set) var sources: [ParameterName: [Int: String]] = [:]
  /// How many parts the parameters have that are not one tensor.
  private(set) var partCounts: [ParameterName: Int] = [:]
  /// Tensors that repeat a parameter, by its name.
  private(set) var copies: [ParameterName: [String]] = [:]
  private(set) var ignored: [IgnoredTensor] = []
  private(set) var obstacles: [ModelError] = []
  private(set) var decoderObstacles: [ModelError] = []
  private(set) var headObstacles: [ModelError] = []

  init(file: String, dialect: Dialect, prefix: String) {
    self.file = file
    self.dialect = dialect
    self.prefix = prefix
    root = dialect.root(of: prefix)
    decoderBlocks = dialect.decoderBlocks
  }

  mutating func sort(_ name: String) {
    // `#` stands for an index in our tables; a name that holds one is in none of them.
    if name.hasPrefix(prefix), !name.contains("#") {
      let local = NamePattern(String(name.dropFirst(prefix.count)))
      if let destination = dialect.encoder[local.pattern] {
        return add(name, destination, local.index)
      }
    }
    if name.hasPrefix(root), !name.contains("#") {
      let local = NamePattern(String(name.dropFirst(root.count)))
      if let destination = dialect.decoder[local.pattern] {
        return add(name, destination, local.index)
      }
    }
    let reason = reasonToIgnore(name)
    if let destination = headDestination(name) {
      // Features do not need the head: its tensors stay ignored, too.
      add(name, destination, nil)
    } else if reason == "classification head" {
      headObstacles.append(
        .unsupportedTensor(
          file: file, tensor: name, reason: "a part of a classification head that is not one linear layer"))
    }
    ignored.append(IgnoredTensor(tensor: name, reason: reason))
  }

  /// The parameter of the head that a tensor is: the norm after pooling stands beside the blocks in some files.
  private func headDestination(_ name: String) -> Dialect.Destination? {
    for scope in [root, prefix] where name.hasPrefix(scope) {
      if let destination = dialect.head[String(name.dropFirst(scope.count))] { return destination }
    }
    return nil
  }

  private mutating func add(_ name: String, _ destination: Dialect.Destination, _ index: Int?) {
    let (pattern, part, count): (String, Int, Int)
    switch destination {
    case .whole(let parameter): (pattern, part, count) = (parameter, 0, 1)
    case .part(let parameter, let thePart, let theCount): (pattern, part, count) = (parameter, thePart, theCount)
    case .copy(let parameter):
      copies[parameter, default: []].append(name)
      return ignored.append(IgnoredTensor(tensor: name, reason: "repeats what all blocks share"))
    case .derived(let reason): return ignored.append(IgnoredTensor(tensor: name, reason: reason))
    }
    let parameter = NamePattern.name(pattern, index)
    // A whole and a part contradict each other as two wholes do.
    let isOtherwise = partCounts[parameter].map { $0 != count } ?? false
    if let other = sources[parameter]?[part] ?? (isOtherwise ? sources[parameter]?.values.min() : nil) {
      let obstacle = ModelError.severalTensors(file: file, parameter: parameter, tensors: [other, name])
      guard !parameter.hasPrefix("head.") else { return headObstacles.append(obstacle) }
      obstacles.append(obstacle)
      if parameter.hasPrefix("decoder.") { decoderObstacles.append(obstacle) }
      ignored.append(IgnoredTensor(tensor: name, reason: "\(other) claims to be the same parameter"))
      return
    }
    partCounts[parameter] = count
    sources[parameter, default: [:]][part] = name
  }

  private mutating func unsupported(_ name: String, _ reason: String, isDecoder: Bool = false) -> String {
    let obstacle = ModelError.unsupportedTensor(file: file, tensor: name, reason: reason)
    if isDecoder { decoderObstacles.append(obstacle) } else { obstacles.append(obstacle) }
    return "not supported: \(reason)"
  }

  /// Why a tensor that no table holds is not used; one that changes a forward pass is an obstacle to it.
  private mutating func reasonToIgnore(_ name: String) -> String {
    if name.hasPrefix(prefix) {
      let local = name.dropFirst(prefix.count)
      for (beginning, meaning) in dialect.refused where local.hasPrefix(beginning) { return unsupported(name, meaning) }
      for beginning in dialect.blocks where local.hasPrefix(beginning) {
        return unsupported(name, Self.blockMeaning(local) ?? "a part of an encoder block with no place in our block")
      }
      for (beginning, meaning) in dialect.ignored where local.hasPrefix(beginning) { return meaning }
    }
    let local = name.dropFirst(name.hasPrefix(root) ? root.count : 0)
    for beginning in decoderBlocks where local.hasPrefix(beginning) {
      return unsupported(
        name, Self.blockMeaning(local) ?? "a part of a decoder block with no place in our block", isDecoder: true)
    }
    for (beginning, meaning) in dialect.ignored where local.hasPrefix(beginning) { return meaning }
    return name.hasPrefix(prefix) ? "not part of the encoder or decoder" : "outside the model at \(prefix)"
  }

  /// What well-known tensors of blocks are that ours have no place for, by a part of their names.
  private static func blockMeaning(_ local: Substring) -> String? {
    let meanings = [
      ("relative_position", "a relative position bias"), ("rope", "a rotary position embedding"),
      ("rotary", "a rotary position embedding"), ("q_norm", "a normalisation of queries"),
      ("k_norm", "a normalisation of keys"), ("q_bias", "a bias of queries alone (BEiT, EVA)"),
      ("v_bias", "a bias of values alone (BEiT, EVA)"), ("k_bias", "a bias of keys alone (BEiT, EVA)"),
      ("w12", "a part of a gated perceptron (SwiGLU)"), ("w1.", "a part of a gated perceptron (SwiGLU)"),
      ("w2.", "a part of a gated perceptron (SwiGLU)"), ("w3.", "a part of a gated perceptron (SwiGLU)"),
      ("fc1_g", "a part of a gated perceptron (SwiGLU)"), ("fc1_x", "a part of a gated perceptron (SwiGLU)"),
      ("attn.kv.", "attention with queries of its own (MILAN)"),
      ("attn.q.", "attention with queries of its own (MILAN)"),
    ]
    return meanings.first { local.contains($0.0) }?.1
  }
}
