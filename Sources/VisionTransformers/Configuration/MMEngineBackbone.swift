/// The backbone of an MMEngine or MMCV configuration: sizes by name, and what a plain block does not have.
struct MMEngineBackbone {
  private let section: PythonConfig
  private let name: String

  /// The first `backbone=dict(…)` of a configuration; nil where there is none.
  init?(_ config: PythonConfig, called name: String) {
    guard let section = config.section("backbone") else { return nil }
    (self.section, self.name) = (section, name)
  }

  /// Sizes that MMPretrain has names for.
  ///
  /// Source: `arch_zoo` of its VisionTransformer and MoCoV3ViT.
  private static let sizes: [String: (width: Int, depth: Int, heads: Int)] = {
    var sizes: [String: (width: Int, depth: Int, heads: Int)] = [:]
    for (names, size) in [
      (["s", "small"], (768, 8, 8)), (["b", "base"], (768, 12, 12)), (["l", "large"], (1024, 24, 16)),
      (["h", "huge"], (1280, 32, 16)), (["eva-g", "eva-giant"], (1408, 40, 16)),
      (["deit-t", "deit-tiny"], (192, 12, 3)),
      (["deit-s", "deit-small", "dinov2-s", "dinov2-small"], (384, 12, 6)), (["deit-b", "deit-base"], (768, 12, 12)),
      (["dinov2-b", "dinov2-base"], (768, 12, 12)), (["dinov2-l", "dinov2-large"], (1024, 24, 16)),
      (["dinov2-g", "dinov2-giant"], (1536, 40, 24)), (["mocov3-s", "mocov3-small"], (384, 12, 12)),
    ] { for name in names { sizes[name] = size } }
    return sizes
  }()

  /// Blocks of the network that MMPretrain calls so; nil for other names.
  static func depth(named name: String) -> Int? { sizes[name]?.depth }

  private var arch: (width: Int, depth: Int, heads: Int)? { section.string("arch").flatMap { Self.sizes[$0] } }

  /// Heads that it states, or that the size it names has.
  func heads(width: Int, depth: Int) -> (Int, ValueSource)? {
    if let heads = section.integer("num_heads") { return (heads, .file(name, key: "backbone.num_heads")) }
    if let heads = section.section("arch")?.integer("num_heads") {
      return (heads, .file(name, key: "backbone.arch.num_heads"))
    }
    guard let arch, arch.width == width, arch.depth == depth else { return nil }
    return (arch.heads, .file(name, key: "backbone.arch"))
  }

  /// Backbones whose blocks are those known here.
  private static let known: Set<String> = [
    "VisionTransformer", "MAEViT", "MFFViT", "BEiTViT", "BEiTPretrainViT", "ViTEVA02", "SimMIMViT",
    "DistilledVisionTransformer",
    "MIMVisionTransformer", "CAEPretrainViT", "MoCoV3ViT", "MILANViT", "BEiT", "MAE", "ViT", "MFFViTLowFreq",
    "CLIPVisionTransformer",
  ]

  /// What speaks against computing.
  ///
  /// - Parameters:
  ///   - sizes: What the tensors show.
  ///   - file: The checkpoint's path.
  /// - Returns: The setting that does; nil where none does.
  func problem(_ sizes: ShownSizes, file: String) -> ModelError? {
    if let (key, value) = strangePatches(sizes.patch) {
      return .unusableSetting(
        file: file, setting: "backbone.patch_cfg.\(key) in \(name)", value: value,
        reason: "only patches that lie side by side, \(sizes.patch) pixels each and without padding, are computed here")
    }
    if let type = section.string("type"), !Self.known.contains(type.split(separator: ".").last.map(String.init) ?? type)
    {
      return .unusableSetting(
        file: file, setting: "backbone.type in \(name)", value: type,
        reason:
          "what its blocks compute is not known here and does not show in tensors, so nothing was computed; compute features "
          + "with its own library and give them by --features")
    }
    if let norm = section.section("norm_cfg")?.string("type"), !["LN", "LayerNorm"].contains(norm) {
      return .unusableSetting(
        file: file, setting: "backbone.norm_cfg.type in \(name)", value: norm, reason: "only LN is supported")
    }
    return contradiction(sizes, file: file)
  }

  private func strangePatches(_ patch: Int) -> (String, String)? {
    let section = section.section("patch_cfg")
    for (key, usual) in [("stride", patch), ("kernel_size", patch), ("padding", 0), ("dilation", 1)] {
      if let values = section?.integers(key), values.contains(where: { $0 != usual }) {
        return (key, values.map(String.init).joined(separator: ", "))
      }
      if let word = section?.string(key), !["corner", "same", "valid"].contains(word) { return (key, word) }
    }
    return nil
  }

  private func contradiction(_ sizes: ShownSizes, file: String) -> ModelError? {
    let inner = section.section("arch")
    let width = section.integer("embed_dims") ?? inner?.integer("embed_dims") ?? arch?.width
    let depth = section.integer("num_layers") ?? inner?.integer("num_layers") ?? arch?.depth
    let stated = [width.map { "\($0) wide" }, depth.map { "\($0) blocks" }].compactMap(\.self).joined(separator: ", ")
    switch sizes.agreement(width: width, depth: depth, patch: section.integer("patch_size")) {
    case .agrees: return nil
    case .fewerBlocks, .otherNetwork:
      return .unusableSetting(
        file: file, setting: "backbone in \(name)", value: stated,
        reason:
          "the tensors are those of \(sizes.depth) blocks × \(sizes.width), patches of \(sizes.patch): the file may have lost "
          + "its last blocks, or the configuration is another's; take a complete file, or give its own by --config")
    }
  }
}
