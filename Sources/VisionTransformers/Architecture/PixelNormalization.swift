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

  init(_ names: NameResolution, _ settings: Settings) {
    if let mean = settings.preprocessing?["image_mean"]?.doubles, let deviation = settings.preprocessing?["image_std"]?.doubles
    {
      self.init(mean: mean, deviation: deviation, source: .file("preprocessor_config.json", key: "image_mean"))
    } else if let pretrained = settings.config?["pretrained_cfg"], let mean = pretrained["mean"]?.doubles,
      let deviation = pretrained["std"]?.doubles
    {
      self.init(mean: mean, deviation: deviation, source: .file("config.json", key: "pretrained_cfg.mean"))
    } else if let family = settings.huggingFaceModel {
      let values = family == "vit" ? Self.inception : Self.imagenet
      self.init(mean: values.mean, deviation: values.deviation, source: .usual("model_type \(family)"))
    } else {
      self.init(
        mean: Self.imagenet.mean, deviation: Self.imagenet.deviation,
        source: .usual("ImageNet, as MAE, DeiT, DINO and MMPretrain; weights do not tell"))
    }
  }

  private init(mean: [Double], deviation: [Double], source: ValueSource) {
    self.mean = mean
    self.deviation = deviation
    self.source = source
  }
}
