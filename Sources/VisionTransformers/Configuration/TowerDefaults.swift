/// What a family of Hugging Face's library has where a `config.json` says nothing: its files hold what differs from these values only.
///
/// The blocks of the families listed are the plain block or one of the variants known here; a family that is not listed may compute
/// what its tensors do not show.
/// Source: the configuration classes of transformers 5.23.
struct TowerDefaults: Sendable {
  let width: Int
  let depth: Int
  let heads: Int
  let patch: Int
  let layerNormEpsilon: Double
  let activation: Architecture.Perceptron

  /// The families with an image encoder that is computed here, by `model_type`.
  static let families: [String: TowerDefaults] = [
    "vit": plain(1e-12), "vit_mae": plain(1e-12), "vit_msn": plain(1e-6), "ijepa": plain(1e-12), "deit": plain(1e-12),
    "dpt": plain(1e-12), "beit": plain(1e-12), "data2vec-vision": plain(1e-12), "flava_image_model": plain(1e-12),
    "dinov2": plain(1e-6, patch: 14), "dinov2_with_registers": plain(1e-6),
    "tipsv2_vision_model": plain(1e-6, patch: 14),
    "clip_vision_model": clip(32), "clipseg_vision_model": clip(32), "chinese_clip_vision_model": clip(32),
    "altclip_vision_model": clip(32), "metaclip_2_vision_model": clip(32), "git_vision_model": clip(16),
    "owlvit_vision_model": clip(32), "owlv2_vision_model": clip(16), "kosmos_2_vision_model": large(.quickGELU, 1e-5),
    "idefics_vision": TowerDefaults(768, 32, 16, 14, 1e-5, .gelu),
    "idefics": TowerDefaults(768, 32, 16, 14, 1e-5, .gelu),
    "siglip_vision_model": siglip(16), "granite_docling_vision": siglip(16), "idefics2_vision": siglip(32),
    "idefics2": siglip(32), "idefics3_vision": TowerDefaults(1152, 12, 16, 32, 1e-6, .tanhGELU),
    "idefics3": TowerDefaults(1152, 12, 16, 32, 1e-6, .tanhGELU),
    "smolvlm_vision": TowerDefaults(1152, 12, 16, 32, 1e-6, .tanhGELU),
    "smolvlm": TowerDefaults(1152, 12, 16, 32, 1e-6, .tanhGELU),
    "phi4_multimodal_vision": TowerDefaults(1152, 27, 16, 14, 1e-6, .tanhGELU),
  ]

  /// The family of the image encoder inside a model whose section for it names none.
  static func family(inside model: String) -> String? {
    if families[model] != nil { return model }
    let known = [
      "clip": "clip_vision_model", "clipseg": "clipseg_vision_model", "chinese_clip": "chinese_clip_vision_model",
      "altclip": "altclip_vision_model", "metaclip_2": "metaclip_2_vision_model", "git": "git_vision_model",
      "owlvit": "owlvit_vision_model", "owlv2": "owlv2_vision_model", "kosmos-2": "kosmos_2_vision_model",
      "siglip": "siglip_vision_model", "flava": "flava_image_model", "vision-text-dual-encoder": "clip_vision_model",
    ]
    return known[model]
  }

  private init(
    _ width: Int, _ depth: Int, _ heads: Int, _ patch: Int, _ epsilon: Double, _ activation: Architecture.Perceptron
  ) {
    (self.width, self.depth, self.heads, self.patch) = (width, depth, heads, patch)
    (layerNormEpsilon, self.activation) = (epsilon, activation)
  }

  private static func plain(_ epsilon: Double, patch: Int = 16) -> TowerDefaults {
    TowerDefaults(768, 12, 12, patch, epsilon, .gelu)
  }

  private static func clip(_ patch: Int) -> TowerDefaults { TowerDefaults(768, 12, 12, patch, 1e-5, .quickGELU) }

  private static func siglip(_ patch: Int) -> TowerDefaults { TowerDefaults(768, 12, 12, patch, 1e-6, .tanhGELU) }

  private static func large(_ activation: Architecture.Perceptron, _ epsilon: Double) -> TowerDefaults {
    TowerDefaults(1024, 24, 16, 14, epsilon, activation)
  }
}
