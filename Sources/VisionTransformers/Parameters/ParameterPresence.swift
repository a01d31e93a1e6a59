extension NameResolution {
  /// What keeps a layout's parameters from being filled.
  ///
  /// Every one must be in the file with its shape; a bias may be absent from every block.
  /// Axes of length 1 do not count: files store a class token as 1×1×D.
  func problems(with layout: ParameterLayout) -> [ModelError] {
    let patterns = patterns
    return layout.parameters.compactMap { parameter in
      guard let shape = shape(of: parameter.name) else {
        if isOptional(parameter.name, patterns) { return nil }
        if let tensor = normWithoutBias(parameter.name, patterns) {
          return .unsupportedTensor(file: file, tensor: tensor, reason: "the weight of a norm without a bias (RMSNorm)")
        }
        return .missingTensor(file: file, tensor: foreignName(of: parameter.name), dialect: dialect.title)
      }
      guard shape.filter({ $0 != 1 }) == parameter.shape.filter({ $0 != 1 }) else {
        return .shapeMismatch(
          file: file, tensor: tensor(of: parameter.name) ?? parameter.name, expected: parameter.shape, found: shape)
      }
      return nil
    }
  }

  /// The weight of a norm whose bias is missing, where no norm of the blocks has one.
  private func normWithoutBias(_ bias: ParameterName, _ patterns: Set<String>) -> String? {
    guard bias.hasSuffix("norm1.bias") || bias.hasSuffix("norm2.bias"),
      patterns.isDisjoint(with: ["blocks.#.norm1.bias", "blocks.#.norm2.bias"])
    else { return nil }
    return tensor(of: bias.replacingSuffix("bias", by: "weight"))
  }

  /// A tensor that we know but that has no place in this network.
  ///
  /// It would change the forward pass: a layer scale of one block only, a projection without its fusion weight.
  func leftOver(by layout: ParameterLayout) -> ModelError? {
    let left = sources.filter {
      !$0.key.hasPrefix("decoder.") && !$0.key.hasPrefix("head.") && !layout.contains($0.key)
    }
    guard let (parameter, parts) = left.min(by: { $0.key < $1.key }), let tensor = parts.values.min() else {
      return nil
    }
    return .unsupportedTensor(
      file: file, tensor: tensor, reason: "\(parameter) of a network that by its other tensors has none")
  }

  /// What a layout needs and the file lacks, by the names that the file would use, with the shapes needed.
  func missing(from layout: ParameterLayout) -> [(name: String, shape: [Int])] {
    let patterns = patterns
    let counts = partCountsByPattern
    return layout.parameters.filter { !isOptional($0.name, patterns) }.flatMap { parameter in
      let present = sources[parameter.name] ?? [:]
      let count = partCounts[parameter.name] ?? counts[NamePattern(parameter.name).pattern] ?? 1
      var shape = parameter.shape
      if !shape.isEmpty { shape[0] /= count }
      return (0..<count).filter { present[$0] == nil && !isOptional($0, of: parameter.name) }.map { part in
        (foreignName(of: parameter.name, part: count > 1 ? part : nil, beside: present.values.min()), shape)
      }
    }
  }

  /// How many parts parameters have, in the block that has most of them.
  private var partCountsByPattern: [String: Int] {
    Dictionary(partCounts.map { (NamePattern($0.key).pattern, $0.value) }, uniquingKeysWith: max)
  }

  private var patterns: Set<String> { Set(sources.keys.lazy.map { NamePattern($0).pattern }) }

  private static let optionalBiases: Set<String> = [
    "patch.bias", "blocks.#.attention.qkv.bias", "decoder.blocks.#.attention.qkv.bias",
  ]

  private func isOptional(_ parameter: ParameterName, _ patterns: Set<String>) -> Bool {
    let pattern = NamePattern(parameter).pattern
    // timm leaves both tables of angles to be computed.
    if pattern.hasPrefix("rotary.") { return patterns.isDisjoint(with: ["rotary.cos", "rotary.sin"]) }
    return Self.optionalBiases.contains(pattern) && !patterns.contains(pattern)
  }
}

extension String {
  /// The text with its ending replaced.
  fileprivate func replacingSuffix(_ ending: String, by other: String) -> String {
    hasSuffix(ending) ? dropLast(ending.count) + other : self
  }
}
