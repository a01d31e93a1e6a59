internal import Checkpoints

/// OpenCLIP's `open_clip_config.json`, which describes both towers of a CLIP and how pixels are prepared.
///
/// Source: open_clip 3.3, `CLIPVisionCfg`, `PreprocessCfg`.
struct OpenCLIPConfiguration: Sendable {
  /// What to call it in messages.
  let name: String
  /// `preprocess_cfg`; empty where there is none, so that OpenCLIP's defaults hold.
  let preprocessing: MetadataValue
  private let model: MetadataValue
  private let vision: MetadataValue

  /// Wraps a JSON object; nil for another library's.
  init?(_ value: MetadataValue?, called name: String) {
    guard let value, value["model_type"] == nil, value["architecture"] == nil,
      let model = value["model_cfg"] ?? (value["vision_cfg"] == nil ? nil : value),
      let vision = model["vision_cfg"]
    else { return nil }
    (self.name, self.model, self.vision) = (name, model, vision)
    preprocessing = value["preprocess_cfg"] ?? .dictionary([])
  }

  /// Whether timm builds the tower for images.
  private var isOfTimm: Bool { vision.stated("timm_model_name") != nil }

  /// What it is to the tensors.
  func agreement(_ sizes: ShownSizes?) -> ShownSizes.Agreement {
    guard let sizes, !isOfTimm else { return .agrees }
    return sizes.agreement(width: vision["width"]?.int, depth: vision["layers"]?.int, patch: vision["patch_size"]?.int)
  }

  /// Its size in a few words.
  var title: String {
    let words = [vision["width"]?.int.map { "\($0) wide" }, vision["layers"]?.int.map { "\($0) blocks" }]
    return words.compactMap(\.self).joined(separator: ", ")
  }

  /// Heads: the width in parts of 64 where it says nothing.
  var heads: (Int, ValueSource)? {
    guard !isOfTimm, let width = vision["width"]?.int else { return nil }
    let part = vision["head_width"]?.int ?? 64
    guard part > 0, width.isMultiple(of: part), width >= part else { return nil }
    return (width / part, .file(name, key: "vision_cfg.\(vision["head_width"] == nil ? "width" : "head_width")"))
  }

  /// The activation's name in PyTorch; nil for a tower of timm's.
  var activation: (String, String)? {
    guard !isOfTimm else { return nil }
    if model["quick_gelu"]?.lenientBool == true { return ("quick_gelu", "quick_gelu") }
    if vision["act_kwargs"]?["approximate"]?.string == "tanh" { return ("gelu_tanh", "vision_cfg.act_kwargs") }
    return ("gelu", "quick_gelu")
  }
}
