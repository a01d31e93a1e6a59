/// What Hugging Face's image processors do where a file leaves a key out.
///
/// Source: transformers 5.23, the attributes of each class.
struct ImageProcessorClass: Sendable, Hashable {
  /// The class without `ImageProcessor`.
  let name: String
  /// Side that both sides get, or the short one.
  let side: Int
  /// Whether it is the short side.
  let isShortest: Bool
  /// Whether a number alone for `size` means the short side.
  let numberIsShortest: Bool
  /// Side of the centre crop, whether it is made or not; 0 where there is none.
  let crop: Int
  let crops: Bool
  /// Pillow's number of the filter.
  let filter: Int
  let mean: [Double]
  let deviation: [Double]
  let normalizes: Bool
  /// What samples of 0 … 255 are multiplied by.
  let factor: Double
  /// What is added after that.
  let offset: Double
  let flipsChannels: Bool

  /// A line each: class, `size` (`s` for the short side), crop (in parentheses where it is not made), filter, statistics, and
  /// whether a number alone is the short side.
  private static let table = """
    Beit 224 (224) 3 inception
    Bit s224 224 3 clip short
    Blip 384 0 3 clip
    ChineseCLIP s224 224 3 clip short
    CLIP s224 224 3 clip short
    DeiT 256 224 3 inception
    DINOv3ViT 224 0 2 imagenet
    EfficientNet 346 (289) 3 inception
    Flava 224 224 3 clip
    LayoutLMv3 224 0 2 inception
    MobileViT s224 256 3 none short
    OwlViT 768 (768) 3 clip
    Pvt 224 0 3 imagenet
    Segformer 512 0 2 imagenet
    Siglip 224 0 3 inception short
    Timesformer s224 224 2 imagenet short
    Tipsv2 448 0 2 none
    VideoMAE s224 224 2 inception short
    ViT 224 0 2 inception
    Vivit s256 224 2 inception short
    """

  private static let known: [String: ImageProcessorClass] = Dictionary(
    uniqueKeysWithValues: table.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").map(String.init)
      guard words.count >= 5, let side = Int(words[1].drop { $0 == "s" }), let filter = Int(words[3]),
        let crop = Int(words[2].filter(\.isNumber))
      else { return nil }
      return (words[0], Self(words, side: side, crop: crop, filter: filter))
    })

  private init(_ words: [String], side: Int, crop: Int, filter: Int) {
    let statistics = [
      "inception": PixelNormalization.inception, "clip": PixelNormalization.clip,
      "imagenet": PixelNormalization.imagenet,
      "none": PixelNormalization.none,
    ]
    (name, self.side, self.crop, self.filter) = (words[0], side, crop, filter)
    (isShortest, numberIsShortest) = (words[1].hasPrefix("s"), words.last == "short")
    crops = crop > 0 && !words[2].hasPrefix("(")
    (mean, deviation) = statistics[words[4]] ?? PixelNormalization.none
    normalizes = words[4] != "none"
    (factor, offset) = name == "Vivit" ? (1 / 127.5, -1) : (1.0 / 255, 0)
    flipsChannels = name == "MobileViT"
  }

  /// Classes that do more to an image than resize and crop it, by the beginning of their names.
  private static let special = [
    "Aria", "BridgeTower", "ConvNext", "Deepseek", "DPT", "Detr", "ConditionalDetr", "DeformableDetr", "Donut", "Emu3",
    "Eomt",
    "Ernie", "Fuyu", "GLPN", "Glm", "GotOcr2", "GroundingDino", "Idefics", "ImageGPT", "Janus", "Lfm2Vl", "Levit",
    "Llama4",
    "LlavaNext", "LlavaOnevision", "Mask2Former", "MaskFormer", "MiniCPM", "Mllama", "Nougat", "OneFormer", "Ovis2",
    "Owlv2",
    "Perceiver", "Phi4", "Pix2Struct", "Pixtral", "PoolFormer", "PromptDepthAnything", "Qwen", "RTDetr", "RfDetr",
    "Sam", "SegGpt",
    "Siglip2", "SmolVLM", "Swin2SR", "Tvp", "Vilt", "VitMatte", "VitPose", "Yolos", "ZoeDepth",
  ]

  /// The class's name without what says which library it uses.
  static func shortName(_ title: String) -> String {
    var name = title
    for ending in ["Fast", "Pil", "ImageProcessor", "FeatureExtractor", "VideoProcessor"] where name.hasSuffix(ending) {
      name = String(name.dropLast(ending.utf8.count))
    }
    return name
  }

  /// The class of that name, or of one that computes the same; nil for others.
  static func named(_ title: String) -> ImageProcessorClass? {
    let name = shortName(title)
    return known[["Llava": "CLIP", "OwlVit": "OwlViT", "VIT": "ViT", "Deit": "DeiT"][name] ?? name]
  }

  /// Whether a class of that name does more than resize, crop and normalise.
  static func isSpecial(_ title: String) -> Bool {
    let name = shortName(title)
    return known[name] == nil && special.contains { name.hasPrefix($0) }
  }

  /// The class that transformers takes for a model of that family where no file names one; nil for families that are not known.
  static func ofModel(_ family: String) -> ImageProcessorClass? {
    let families = [
      ("vit", "ViT"), ("vit_mae", "ViT"), ("vit_msn", "ViT"), ("ijepa", "ViT"), ("vit_hybrid", "ViT"),
      ("clipseg", "ViT"),
      ("deit", "DeiT"), ("beit", "Beit"), ("data2vec-vision", "Beit"), ("dinov2", "Bit"),
      ("dinov2_with_registers", "Bit"),
      ("dinov3_vit", "DINOv3ViT"), ("clip", "CLIP"), ("clip_vision_model", "CLIP"), ("altclip", "CLIP"),
      ("metaclip_2", "CLIP"),
      ("aimv2", "CLIP"), ("aimv2_vision_model", "CLIP"), ("chinese_clip", "ChineseCLIP"), ("siglip", "Siglip"),
      ("siglip_vision_model", "Siglip"), ("blip", "Blip"), ("blip-2", "Blip"), ("flava", "Flava"),
      ("videomae", "VideoMAE"),
      ("vivit", "Vivit"), ("timesformer", "VideoMAE"), ("tipsv2", "Tipsv2"),
    ]
    return families.first { $0.0 == family }.flatMap { known[$0.1] }
  }
}
