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
    variant.rotaryGrid = try rotaryGrid(variant.rotaryPositions)
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
    return usualActivation(hasClass: prefix.contains(.class), hasRegisters: prefix.contains(.register), patch: patch)
  }

  /// What the families have whose naming it is.
  private func usualActivation(
    hasClass: Bool, hasRegisters: Bool, patch: Int
  ) -> (Architecture.Perceptron, ValueSource) {
    let option = "--activation"
    switch names.dialect.anchor {
    case Dialect.openAI.anchor:
      return (.quickGELU, .assumed("OpenAI's; models that open_clip trained have gelu", option: option))
    case Dialect.huggingFaceTower.anchor where hasClass:
      return (.quickGELU, .assumed("CLIP's; LAION's, MetaCLIP's largest and others have gelu", option: option))
    case Dialect.huggingFaceTower.anchor: return (.tanhGELU, .usual("Hugging Face's SigLIP"))
    case _ where names.shape(of: "embedding.norm.weight") != nil:
      return (.gelu, .assumed("most of timm's and MMPretrain's CLIP; OpenAI's weights have quick-gelu", option: option))
    case Dialect.original.anchor where !hasClass && !hasRegisters && mayBeSigLIP(patch: patch):
      let perceptron = names.holdsPooling && isTanhSigLIP(patch: patch) ? Architecture.Perceptron.tanhGELU : .gelu
      return (perceptron, .assumed("SigLIP's files of such sizes have gelu or gelu-tanh", option: option))
    case _ where names.dialect.hasFlaxKernels:
      return (
        .gelu,
        .assumed("as timm and transformers compute with files of Flax; its own code has gelu-tanh", option: option)
      )
    default: return (.gelu, .usual(names.dialect.title))
    }
  }

  /// What a configuration says.
  private func statedActivation() throws(ModelError) -> (Architecture.Perceptron, ValueSource)? {
    if let tower = settings.tower {
      for key in ["hidden_act", "hidden_activation"] {
        guard let activation = tower.value[key]?.string else { continue }
        let setting = "\(tower.key(key)) in \(settings.configName)"
        return (
          try Self.perceptron(activation, setting, names), .file(settings.configName, key: tower.key(key))
        )
      }
      if let defaults = tower.defaults {
        return (
          defaults.activation, .file(settings.configName, key: "\(tower.key("model_type")), its usual activation")
        )
      }
    }
    for (arguments, name, key) in [
      (settings.config?["model_args"], settings.configName, "model_args.act_layer"),
      (settings.arguments, "args", "act_layer"),
      (settings.arguments?["model_kwargs"], "args", "model_kwargs.act_layer"),
    ] {
      guard let activation = arguments?["act_layer"]?.string else { continue }
      return (try Self.perceptron(activation, "\(key) in \(name)", names), .file(name, key: key))
    }
    if let timm = settings.timm { return (timm.value.activation, timm.source) }
    if let configuration = settings.openCLIP, let (activation, key) = configuration.activation {
      let setting = "\(key) in \(configuration.name)"
      return (try Self.perceptron(activation, setting, names), .file(configuration.name, key: key))
    }
    if let activation = settings.mmengine?.section("backbone")?.section("act_cfg")?.string("type") {
      let source = ValueSource.file(settings.mmengineName, key: "backbone.act_cfg")
      return (try Self.perceptron(activation, "act_cfg in \(settings.mmengineName)", names), source)
    }
    if let name = settings.metadata["perceptron"]?.string, let perceptron = Architecture.Perceptron(rawValue: name) {
      return (perceptron, .file("metadata", key: "perceptron"))
    }
    return nil
  }

  /// Whether a SigLIP of timm is published with such a width and patch, or no network without a class token is with such a width.
  private func mayBeSigLIP(patch: Int) -> Bool {
    isTanhSigLIP(patch: patch) || (patch == 16 && [768, 1024].contains(width)) || (patch == 14 && width == 1152)
      || !HeadsByWidth.isPublished(width) || HeadsByWidth.ofClassTokens.contains(width)
  }

  /// timm's SigLIP 2 in the sizes whose code names the approximation.
  private func isTanhSigLIP(patch: Int) -> Bool { width == 1536 || (width == 1152 && patch == 16) || patch == 32 }

  private static func perceptron(
    _ activation: String, _ setting: String, _ names: NameResolution
  ) throws(ModelError) -> Architecture.Perceptron {
    let known: [String: Architecture.Perceptron] = [
      "gelu": .gelu, "quick_gelu": .quickGELU, "quickgelu": .quickGELU, "mmpretrain.quickgelu": .quickGELU,
      "gelu_pytorch_tanh": .tanhGELU, "gelu_tanh": .tanhGELU, "gelu_new": .tanhGELU, "gelu_python": .gelu,
      "nn.gelu": .gelu, "torch.nn.gelu": .gelu,
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
    let (placement, source) = foundNormPlacement()
    if let source { note("norms", placement.rawValue, source) }
    return placement
  }

  private func foundNormPlacement() -> (Architecture.NormPlacement, ValueSource?) {
    if let stated = settings.config?["model_args"]?["use_post_norm"]?.bool {
      return (stated ? .output : .input, .file(settings.configName, key: "model_args.use_post_norm"))
    }
    if let timm = settings.timm { return (timm.value.norms, timm.value.norms == .input ? nil : timm.source) }
    if width == 1792, names.lacksKeyBias {
      return (.output, .usual("EVA-CLIP enormous, told by its width of 1792"))
    }
    // Among published files of this naming only timm's rpn network has neither class token nor LayerScale nor these biases.
    if names.dialect.anchor == Dialect.original.anchor, names.shape(of: "class") == nil,
      names.shape(of: "blocks.0.scale1") == nil, names.sources["blocks.0.attention.qkv.bias"] == nil,
      names.shape(of: "relative") == nil, names.shape(of: "blocks.0.attention.relative") == nil
    {
      return (
        .output,
        .assumed(
          "timm's vit_…_rpn_…, told by the absence of class token, LayerScale and biases of queries, keys and values",
          option: "--config")
      )
    }
    return (.input, nil)
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
    guard let source = rotarySource else {
      if let reason = doubtOfRotation { note("rotaryPositions", "no", .assumed(reason, option: "--config")) }
      return false
    }
    note("rotaryPositions", "yes", source)
    return true
  }

  /// Why a network without signs of rotary positions may have them all the same.
  private var doubtOfRotation: String? {
    guard settings.timm == nil, settings.tower == nil else { return nil }
    if names.looksLikeRotaryDeiT {
      return "DeiT-III's; timm's vit_…_rope_ape_… have the same names, and angles that their files do not hold"
    }
    let widths = width == 1152 || !HeadsByWidth.isPublished(width)
    guard names.dialect.anchor == Dialect.huggingFaceTower.anchor, names.shape(of: "class") == nil, widths,
      !names.ignored.contains(where: { $0.tensor.hasPrefix(names.prefix + "head.") })
    else { return nil }
    return "SigLIP's; PaddleOCR-VL's encoder has the same names, and angles that its files do not hold"
  }

  /// What shows rotary positions; nil for networks without.
  private var rotarySource: ValueSource? {
    if let tensor = names.tensor(of: "rotary.cos") { return .tensors(tensor) }
    if let stated = settings.config?["model_args"]?["use_rot_pos_emb"]?.bool {
      return stated ? .file(settings.configName, key: "model_args.use_rot_pos_emb") : nil
    }
    if let timm = settings.timm { return timm.value.isRotary ? timm.source : nil }
    // BEiT's gated networks have tables of offsets instead.
    guard isGated, names.shape(of: "relative") == nil, names.shape(of: "blocks.0.attention.relative") == nil else {
      return nil
    }
    if names.lacksKeyBias {
      return .usual("EVA-02, told by a gated perceptron and keys without bias; timm's files do not hold the angles")
    }
    guard names.shape(of: "blocks.0.mlp.norm.weight") != nil, names.uses(names.prefix + "blocks.0.mlp.fc1_g.weight")
    else {
      return nil
    }
    return .usual("EVA-02, told by the gate and the norm of its MLP; timm's files do not hold the angles")
  }

  /// The grid on whose scale rotary positions are counted: EVA-02's pre-training had 16 × 16 patches.
  mutating func rotaryGrid(_ isRotary: Bool) throws(ModelError) -> [Int]? {
    guard isRotary else { return nil }
    let (grid, source) = try foundRotaryGrid()
    note("rotaryGrid", grid.map { "\($0[0]) × \($0[1])" } ?? "the image's own", source)
    return grid
  }

  private func foundRotaryGrid() throws(ModelError) -> ([Int]?, ValueSource) {
    if let grid = options.rotaryGrid { return (grid, .option("--rotary-grid")) }
    let key = "model_args.ref_feat_shape"
    // timm drops arguments that are null before a network sees them.
    if let stated = settings.config?["model_args"]?["ref_feat_shape"], stated != .null {
      return (try Self.grid(stated, key, settings.configName, names), .file(settings.configName, key: key))
    }
    if let timm = settings.timm {
      // Rotation that arguments add to another network comes without a reference.
      return (timm.value.isRotary ? [16, 16] : nil, timm.source)
    }
    if settings.config?["model_args"]?["use_rot_pos_emb"] != nil {
      return (nil, .file(settings.configName, key: "model_args, without ref_feat_shape"))
    }
    if let tensor = names.tensor(of: "rotary.cos") { return ([16, 16], .tensors("\(tensor), compared with EVA-02's")) }
    return ([16, 16], .assumed("the grid of EVA-02's pre-training", option: "--rotary-grid"))
  }

  /// Sides of a grid in a configuration: two numbers, or one for both.
  private static func grid(
    _ stated: MetadataValue, _ key: String, _ file: String, _ names: NameResolution
  ) throws(ModelError) -> [Int] {
    let sides = stated.int.map { [$0, $0] } ?? stated.list?.compactMap(\.int) ?? []
    guard sides.count == 2, sides.allSatisfy({ (1...4096).contains($0) }) else {
      throw .unusableSetting(
        file: names.file, setting: "\(key) in \(file)", value: String("\(stated)".prefix(60)),
        reason: "one or two whole numbers from 1 to 4096 are needed; give --rotary-grid ROWS,COLUMNS")
    }
    return sides
  }

  /// Refuses networks whose rotary positions or windows neither their files nor EVA-02's rules give.
  private func checkHiddenPositions() throws(ModelError) {
    if let timm = settings.timm, let reason = timm.value.refusal {
      throw .unusableSetting(
        file: names.file, setting: "network (\(timm.source))", value: timm.value.name,
        reason: "\(reason), so nothing was computed")
    }
    if let tensor = names.windowedDetector, settings.timm == nil, settings.tower == nil {
      throw .unsupportedTensor(
        file: names.file, tensor: tensor,
        reason: "a part of a detector like RF-DETR, whose encoder attends within windows that tensors do not show")
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

  /// Whether the tensors may be timm's rope_ape networks, whose LayerScale and positions are named and shaped as DeiT-III's own files
  /// have them.
  fileprivate var looksLikeRotaryDeiT: Bool {
    guard uses(prefix + "blocks.0.gamma_1"), dialect.anchor == Dialect.original.anchor, shape(of: "class") != nil,
      !lacksKeyBias, shape(of: "relative") == nil, shape(of: "blocks.0.attention.relative") == nil,
      let position = shape(of: "position"), position.count >= 2
    else { return false }
    let rows = position[position.count - 2]
    let side = Int(Double(rows).squareRoot().rounded())
    return side * side == rows
  }

  /// Whether the file holds a head that pools tokens by attention.
  var holdsPooling: Bool {
    ignored.contains { tensor in ["attn_pool.", "MAPHead_"].contains { tensor.tensor.hasPrefix(prefix + $0) } }
  }

  /// CLIP's towers end with a norm and pool by their class token; timm's Perception Encoder pools by attention or has no final norm.
  var looksLikePerceptionEncoder: Bool {
    guard dialect.anchor == Dialect.original.anchor || dialect.anchor == Dialect.openAI.anchor else { return false }
    let pools = ignored.contains {
      $0.tensor.hasPrefix(prefix + "attn_pool.") && !$0.tensor.hasPrefix(prefix + "attn_pool.query")
    }
    return pools || (shape(of: "norm.weight") == nil && shape(of: "head.norm.weight") == nil)
  }
}
