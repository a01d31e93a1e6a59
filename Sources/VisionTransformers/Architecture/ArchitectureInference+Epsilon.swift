internal import Checkpoints

/// ε of layer normalisation, which tensors never tell.
extension ArchitectureInference {
  mutating func epsilon() throws(ModelError) -> Double {
    let (epsilon, source) = foundEpsilon()
    guard epsilon >= 0, Float(epsilon).isFinite else {
      throw .unusableSetting(
        file: names.file, setting: "ε of layer normalisation (\(source))", value: "\(epsilon)",
        reason: "a number ≥ 0 is needed; correct it there")
    }
    note("layerNormEpsilon", epsilon, source)
    return epsilon
  }

  private func foundEpsilon() -> (Double, ValueSource) {
    if let epsilon = options.layerNormEpsilon { return (epsilon, .option("--layer-norm-eps")) }
    if let tower = settings.tower {
      for key in ["layer_norm_eps", "layer_norm_epsilon"] {
        if let epsilon = tower.value[key]?.double { return (epsilon, .file(settings.configName, key: tower.key(key))) }
      }
      if let defaults = tower.defaults {
        return (defaults.layerNormEpsilon, .file(settings.configName, key: "\(tower.key("model_type")), its usual ε"))
      }
    }
    if let timm = settings.timm { return (timm.value.layerNormEpsilon, timm.source) }
    if let epsilon = settings.mmengine?.section("backbone")?.section("norm_cfg")?.number("eps") {
      return (epsilon, .file(settings.mmengineName, key: "backbone.norm_cfg.eps"))
    }
    if let epsilon = settings.metadata["layer_norm_eps"]?.string.flatMap({ Double($0) }) {
      return (epsilon, .file("metadata", key: "layer_norm_eps"))
    }
    return usualEpsilon
  }

  /// What the families have whose naming it is.
  private var usualEpsilon: (Double, ValueSource) {
    switch names.dialect.anchor {
    case Dialect.original.anchor where names.shape(of: "embedding.norm.weight") != nil:
      return (
        1e-5,
        .assumed("timm's CLIP; its plain networks with a norm before the blocks have 1e-6", option: "--layer-norm-eps")
      )
    case Dialect.original.anchor where names.looksLikeBEiT3:
      return (1e-5, .usual("BEiT-3, told by norms inside attention and MLP"))
    case Dialect.mmpretrain.anchor where names.shape(of: "rotary.cos") != nil:
      return (1e-5, .usual("MMPretrain's EVA-02"))
    case Dialect.huggingFaceTower.anchor where names.shape(of: "class") == nil: return (1e-6, .usual("SigLIP"))
    case Dialect.huggingFace.anchor
    where names.shape(of: "blocks.0.scale1") != nil && names.shape(of: "position") != nil:
      return names.shape(of: "relative") == nil && names.shape(of: "blocks.0.attention.relative") == nil
        ? (1e-6, .usual("DINOv2, told by LayerScale")) : (names.dialect.layerNormEpsilon, .usual("BEiT"))
    case Dialect.huggingFace.anchor where !names.showsMAE && names.shape(of: "blocks.0.scale1") == nil:
      return (
        names.dialect.layerNormEpsilon,
        .assumed("ViT's; MSN's files have the same names and 1e-6", option: "--layer-norm-eps")
      )
    default: return (names.dialect.layerNormEpsilon, .usual(names.dialect.title))
    }
  }
}
