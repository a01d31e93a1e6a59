internal import Checkpoints

extension ArchitectureInference {
  /// F, the hidden width of the perceptron: half the rows of a gated perceptron's first matrix, which holds gate and value.
  mutating func hiddenWidth() throws(ModelError) -> Int {
    let rows = try matrix("blocks.0.mlp.fc1.weight", columns: width)
    isGated = names.shape(of: "blocks.0.mlp.fc2.weight").map { $0.count == 2 && rows == 2 * $0[1] } ?? false
    let hidden = isGated ? rows / 2 : rows
    note("hiddenWidth", hidden, .tensors("\(isGated ? "last" : "first") linear layer of the perceptron"))
    return hidden
  }

  /// What the network computes otherwise than a plain Vision Transformer.
  mutating func variant(_ prefix: [Architecture.PrefixToken], patch: Int) throws(ModelError) -> Architecture.Variant {
    try checkHiddenPositions()
    var variant = Architecture.Variant()
    variant.perceptron = try perceptron(prefix, patch: patch)
    variant.perceptronNorm = names.shape(of: "blocks.0.mlp.norm.weight") != nil
    variant.attentionNorm = names.shape(of: "blocks.0.attention.norm.weight") != nil
    variant.embeddingNorm = names.shape(of: "embedding.norm.weight") != nil
    variant.norms = normPlacement()
    variant.relativePositions = try relativePositions(prefix)
    variant.rotaryPositions = rotaryPositions()
    for (name, tensor) in [
      ("perceptronNorm", "blocks.0.mlp.norm.weight"), ("attentionNorm", "blocks.0.attention.norm.weight"),
      ("embeddingNorm", "embedding.norm.weight"),
    ] {
      if let tensor = names.tensor(of: tensor) { note(name, "yes", .tensors(tensor)) }
    }
    return variant
  }

  // MARK: Perceptron

  private mutating func perceptron(
    _ prefix: [Architecture.PrefixToken], patch: Int
  ) throws(ModelError) -> Architecture.Perceptron {
    let (perceptron, source) = try foundPerceptron(prefix, patch: patch)
    note("perceptron", perceptron.rawValue, source)
    return perceptron
  }

  private func foundPerceptron(
    _ prefix: [Architecture.PrefixToken], patch: Int
  ) throws(ModelError) -> (Architecture.Perceptron, ValueSource) {
    if isGated {
      let tensor = names.sources["blocks.0.mlp.fc1.weight"]?.values.sorted().joined(separator: ", ") ?? ""
      return (.swiGLU, .tensors("\(tensor), a gate and a value"))
    }
    if let perceptron = options.activation { return (perceptron, .option("--activation")) }
    if let stated = try statedActivation() { return stated }
    let hasClass = prefix.contains(.class)
    if names.dialect.anchor == Dialect.openAI.anchor {
      return (.quickGELU, .usual("OpenAI's; models trained by open_clip use gelu: then give --activation gelu"))
    }
    if names.dialect.anchor == Dialect.huggingFaceTower.anchor {
      return hasClass
        ? (.quickGELU, .usual("Hugging Face's CLIP; others use gelu: then give --activation gelu"))
        : (.tanhGELU, .usual("Hugging Face's SigLIP"))
    }
    if names.shape(of: "embedding.norm.weight") != nil {
      return (
        .gelu, .usual("timm's and MMPretrain's CLIP; OpenAI's weights want --activation quick-gelu")
      )
    }
    if names.holdsPooling, !hasClass {
      return isTanhSigLIP(patch: patch)
        ? (.tanhGELU, .usual("timm's SigLIP of this size")) : (.gelu, .usual("timm's SigLIP of this size"))
    }
    if names.dialect.hasFlaxKernels {
      return (
        .gelu,
        .usual("as timm and transformers compute with files of Flax; its own code wants --activation gelu-tanh")
      )
    }
    return (.gelu, .usual(names.dialect.title))
  }

  /// What a configuration says.
  private func statedActivation() throws(ModelError) -> (Architecture.Perceptron, ValueSource)? {
    if let activation = settings.vision?["hidden_act"]?.string {
      let perceptron = try Self.perceptron(activation, "hidden_act in config.json", names)
      return (perceptron, .file("config.json", key: "hidden_act"))
    }
    if let activation = settings.config?["model_args"]?["act_layer"]?.string {
      return (
        try Self.perceptron(activation, "model_args.act_layer in config.json", names),
        .file("config.json", key: "model_args.act_layer")
      )
    }
    if let architecture = settings.timmArchitecture {
      let source = ValueSource.file("config.json", key: "architecture")
      if architecture.contains("quickgelu") { return (.quickGELU, source) }
      let sizes = ["patch32_siglip", "so400m_patch16_siglip", "giantopt_patch16_siglip"]
      let tanh =
        sizes.contains { architecture.contains($0) }
        || (architecture.contains("large_patch16_siglip") && architecture.hasSuffix("_512"))
      return (tanh ? .tanhGELU : .gelu, source)
    }
    if let activation = settings.mmengine?.section("backbone")?.section("act_cfg")?.string("type") {
      let source = ValueSource.file("meta.cfg", key: "backbone.act_cfg")
      return (try Self.perceptron(activation, "act_cfg in meta.cfg", names), source)
    }
    if let name = settings.metadata["perceptron"]?.string, let perceptron = Architecture.Perceptron(rawValue: name) {
      return (perceptron, .file("metadata", key: "perceptron"))
    }
    return nil
  }

  /// timm's SigLIP 2 in the sizes whose code names the approximation.
  private func isTanhSigLIP(patch: Int) -> Bool { width == 1536 || (width == 1152 && patch == 16) || patch == 32 }

  private static func perceptron(
    _ activation: String, _ setting: String, _ names: NameResolution
  ) throws(ModelError) -> Architecture.Perceptron {
    let known: [String: Architecture.Perceptron] = [
      "gelu": .gelu, "quick_gelu": .quickGELU, "quickgelu": .quickGELU, "mmpretrain.quickgelu": .quickGELU,
      "gelu_pytorch_tanh": .tanhGELU, "gelu_tanh": .tanhGELU, "gelu_new": .tanhGELU,
    ]
    guard let perceptron = known[activation.lowercased()] else {
      throw .unusableSetting(
        file: names.file, setting: setting, value: activation,
        reason: "only gelu, quick_gelu and gelu_pytorch_tanh are supported")
    }
    return perceptron
  }

  // MARK: Norms

  private mutating func normPlacement() -> Architecture.NormPlacement {
    if let architecture = settings.timmArchitecture, architecture.hasPrefix("eva02_enormous") {
      note("norms", Architecture.NormPlacement.output.rawValue, .file("config.json", key: "architecture"))
      return .output
    }
    guard settings.timmArchitecture == nil, width == 1792, names.lacksKeyBias else { return .input }
    note("norms", Architecture.NormPlacement.output.rawValue, .usual("EVA-CLIP enormous, told by its width of 1792"))
    return .output
  }

  // MARK: Positions

  private mutating func relativePositions(
    _ prefix: [Architecture.PrefixToken]
  ) throws(ModelError) -> Architecture.RelativePositions {
    for (kind, parameter) in [
      (Architecture.RelativePositions.shared, "relative"), (.perBlock, "blocks.0.attention.relative"),
    ] {
      guard let tensor = names.tensor(of: parameter) else { continue }
      guard prefix.isEmpty || prefix == [.class] else {
        throw .unsupportedTensor(
          file: names.file, tensor: tensor, reason: "a relative position bias beside tokens other than one class token")
      }
      note("relativePositions", kind.rawValue, .tensors(tensor))
      return kind
    }
    return .none
  }

  private mutating func rotaryPositions() -> Bool {
    if let tensor = names.tensor(of: "rotary.cos") {
      note("rotaryPositions", "yes", .tensors(tensor))
      return true
    }
    if let architecture = settings.timmArchitecture {
      guard architecture.hasPrefix("eva02_"), isGated else { return false }
      note("rotaryPositions", "yes", .file("config.json", key: "architecture"))
      return true
    }
    guard isGated, names.lacksKeyBias else { return false }
    note(
      "rotaryPositions", "yes",
      .usual("EVA-02, told by a gated perceptron and keys without bias; timm's files do not hold the angles"))
    return true
  }

  /// Refuses networks whose rotary positions are neither EVA-02's nor in their files.
  private func checkHiddenPositions() throws(ModelError) {
    if let name = settings.timmArchitecture,
      ["_rope", "vit_pe_", "dinov3", "eupe", "sapiens"].contains(where: { name.contains($0) })
    {
      throw .unusableSetting(
        file: names.file, setting: "architecture in config.json", value: name,
        reason: "its rotary positions are not supported, and its tensors do not show them, so nothing was computed")
    }
    guard let tensor = names.tensor(of: "embedding.norm.weight"), names.looksLikePerceptionEncoder else { return }
    throw .unsupportedTensor(
      file: names.file, tensor: tensor,
      reason:
        "a norm before the first block in a network that looks like the Perception Encoder, whose rotary positions are "
        + "not in its file")
  }
}

extension NameResolution {
  /// Whether queries and values have biases in the file and keys have none (BEiT, EVA).
  var lacksKeyBias: Bool {
    guard let parts = sources["blocks.0.attention.qkv.bias"], partCounts["blocks.0.attention.qkv.bias"] == 3 else {
      return false
    }
    return parts[0] != nil && parts[1] == nil && parts[2] != nil
  }

  /// Whether the file holds a head that pools tokens by attention.
  var holdsPooling: Bool {
    ignored.contains { tensor in ["attn_pool.", "MAPHead_"].contains { tensor.tensor.hasPrefix(prefix + $0) } }
  }

  /// CLIP's towers end with a norm and pool by their class token; timm's Perception Encoder pools by attention or has no final norm.
  fileprivate var looksLikePerceptionEncoder: Bool {
    guard dialect.anchor == Dialect.original.anchor || dialect.anchor == Dialect.openAI.anchor else { return false }
    let pools = ignored.contains {
      $0.tensor.hasPrefix(prefix + "attn_pool.") && !$0.tensor.hasPrefix(prefix + "attn_pool.query")
    }
    return pools || (shape(of: "norm.weight") == nil && shape(of: "head.norm.weight") == nil)
  }
}
