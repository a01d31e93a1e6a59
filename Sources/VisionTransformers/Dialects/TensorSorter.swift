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

  /// What stands before `weight` and `bias` of the classification head, by the user's word.
  private let headPrefix: String?
  /// Tensors below the encoder's prefix that no table knows.
  private(set) var unknown: [String] = []

  init(file: String, dialect: Dialect, prefix: String, headPrefix: String? = nil) {
    self.headPrefix = headPrefix
    self.file = file
    self.dialect = dialect
    self.prefix = prefix
    root = dialect.root(of: prefix)
    decoderBlocks = dialect.decoderBlocks
  }

  mutating func sort(_ name: String) {
    // `#` stands for an index in our tables; a name that holds one is in none of them.
    if name.hasPrefix(prefix), !name.contains("#") {
      let local = NamePattern(Self.unwrapped(name.dropFirst(prefix.count)))
      if let destination = dialect.encoder[local.pattern] {
        return add(name, destination, local.index)
      }
    }
    if name.hasPrefix(root), !name.contains("#") {
      let local = NamePattern(Self.unwrapped(name.dropFirst(root.count)))
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
          file: file, tensor: name,
          reason: ["running_mean", "running_var", "num_batches_tracked"].contains { name.hasSuffix($0) }
            ? "batch normalisation before the linear layer of a classification head, as MAE's linear probe has it"
            : "a part of a classification head that is not one linear layer"))
    }
    ignored.append(IgnoredTensor(tensor: name, reason: reason))
  }

  /// The parameter of the head that a tensor is: the norm after pooling stands beside the blocks in some files.
  private func headDestination(_ name: String) -> Dialect.Destination? {
    if let headPrefix {
      for scope in [root, prefix, ""] where name.hasPrefix(scope + headPrefix) {
        switch name.dropFirst(scope.count + headPrefix.count) {
        case "weight": return .whole("head.weight")
        case "bias": return .whole("head.bias")
        default: break
        }
      }
      // The head that is named is the only one.
      return dialect.head.first {
        scopedName($0.key, is: name) && !["head.weight", "head.bias"].contains(target($0.value))
      }?.value
    }
    for scope in [root, prefix] where name.hasPrefix(scope) {
      if let destination = dialect.head[String(name.dropFirst(scope.count))] { return destination }
    }
    return nil
  }

  private func scopedName(_ local: String, is name: String) -> Bool { name == root + local || name == prefix + local }

  private func target(_ destination: Dialect.Destination) -> String {
    if case .whole(let parameter) = destination { parameter } else { "" }
  }

  /// A name without what wrappers put between its parts: torch.compile's `_orig_mod`, the wrapper of FSDP and of checkpointing.
  private static func unwrapped(_ name: Substring) -> String {
    guard name.contains("_") else { return String(name) }
    let wrappers: Set<Substring> = ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"]
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.contains(where: wrappers.contains) else { return String(name) }
    return parts.filter { !wrappers.contains($0) }.joined(separator: ".")
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
        return unsupported(
          name, TensorMeanings.ofBlock(local) ?? "a part of an encoder block with no place in our block")
      }
      for (beginning, meaning) in dialect.ignored where local.hasPrefix(beginning) { return meaning }
    }
    let local = name.dropFirst(name.hasPrefix(root) ? root.count : 0)
    for beginning in decoderBlocks where local.hasPrefix(beginning) {
      return unsupported(
        name, TensorMeanings.ofBlock(local) ?? "a part of a decoder block with no place in our block", isDecoder: true)
    }
    for (beginning, meaning) in dialect.ignored where local.hasPrefix(beginning) { return meaning }
    if name.hasPrefix("keypoint_head.") {
      return unsupported(
        name,
        "the head of a ViTPose, whose position table has a row for a class token that it lacks, and whose patches overlap"
      )
    }
    guard name.hasPrefix(prefix) else { return "outside the model at \(prefix)" }
    let below = name.dropFirst(prefix.count)
    if !decoderBlocks.contains(where: { below.hasPrefix($0) }), let meaning = TensorMeanings.besideBlocks(below) {
      return unsupported(name, meaning)
    }
    unknown.append(name)
    return "not part of the encoder or decoder"
  }
}
