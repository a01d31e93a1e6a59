internal import Checkpoints

/// The mean and deviation by which a family normalises pixels in 0 … 1, for red, green and blue.
public struct PixelNormalization: Sendable, Hashable {
  /// Means.
  public let mean: [Double]
  /// Standard deviations.
  public let deviation: [Double]
  /// Where they are from.
  public let source: ValueSource

  /// ImageNet's statistics, used by MAE, DeiT, DINO, MMPretrain.
  static let imagenet = (mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
  /// One half for everything, as Google's ViT and Hugging Face's defaults.
  static let inception = (mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])

  /// CLIP's training data, also used by EVA and EVA-02.
  static let clip = (
    mean: [0.48145466, 0.4578275, 0.40821073], deviation: [0.26862954, 0.26130258, 0.27577711]
  )

  init(_ names: NameResolution, _ settings: Settings, _ architecture: Architecture) throws(ModelError) {
    if let (mean, deviation, source) = Self.configured(settings) {
      guard mean.count == 3, deviation.count == 3, (mean + deviation).allSatisfy(\.isFinite),
        deviation.allSatisfy({ $0 > 0 })
      else {
        throw .unusableSetting(
          file: names.file, setting: "normalisation of pixels (\(source))", value: "mean \(mean), std \(deviation)",
          reason: "three means and three positive deviations are needed; correct them there")
      }
      self.init(mean: mean, deviation: deviation, source: source)
    } else if let family = settings.huggingFaceModel {
      let values =
        family.hasPrefix("clip")
        ? Self.clip
        : family == "vit" || family == "beit" || family.hasPrefix("siglip") ? Self.inception : Self.imagenet
      self.init(mean: values.mean, deviation: values.deviation, source: .usual("model_type \(family)"))
    } else if let (values, reason) = Self.usual(names, architecture) {
      self.init(mean: values.mean, deviation: values.deviation, source: .usual(reason))
    } else if names.dialect.hasFlaxKernels {
      self.init(
        mean: Self.inception.mean, deviation: Self.inception.deviation,
        source: .usual("pixels in −1 … 1, as Google's code has them"))
    } else {
      self.init(
        mean: Self.imagenet.mean, deviation: Self.imagenet.deviation,
        source: .usual("ImageNet, as MAE, DeiT, DINO and MMPretrain; weights do not tell"))
    }
  }

  /// What families use whose tensors show them.
  private static func usual(
    _ names: NameResolution, _ a: Architecture
  ) -> (values: (mean: [Double], deviation: [Double]), reason: String)? {
    // MMPretrain normalises as for ImageNet whatever the network.
    guard names.dialect.anchor != Dialect.mmpretrain.anchor else { return nil }
    if a.variant.embeddingNorm { return (clip, "CLIP") }
    if a.variant.rotaryPositions { return (clip, "EVA-02") }
    if a.variant.relativePositions != .none {
      return (inception, "BEiT; BEiT v2 wants --normalize imagenet, weights do not tell them apart")
    }
    if names.lacksKeyBias { return (clip, "EVA, told by keys without bias") }
    return a.prefix.isEmpty && names.holdsPooling ? (inception, "SigLIP, told by pooling without a class token") : nil
  }

  /// What the configuration files beside the weights say, Hugging Face's before timm's.
  private static func configured(_ settings: Settings) -> ([Double], [Double], ValueSource)? {
    if let mean = settings.preprocessing?["image_mean"]?.doubles,
      let deviation = settings.preprocessing?["image_std"]?.doubles
    {
      return (mean, deviation, .file("preprocessor_config.json", key: "image_mean"))
    }
    if let mean = settings.config?["pretrained_cfg"]?["mean"]?.doubles,
      let deviation = settings.config?["pretrained_cfg"]?["std"]?.doubles
    {
      return (mean, deviation, .file("config.json", key: "pretrained_cfg.mean"))
    }
    return nil
  }

  private init(mean: [Double], deviation: [Double], source: ValueSource) {
    self.mean = mean
    self.deviation = deviation
    self.source = source
  }
}
