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

  /// Whether the network's first channel is blue.
  public let isBGR: Bool
  /// What a file says of resizing and cropping; nil where none does.
  public let resizing: Sourced<PixelResizing>?
  /// Whether the usual crop is that of all the family's models, so that none need be stated.
  public let cropIsUsual: Bool

  init(_ names: NameResolution, _ settings: Settings, _ architecture: Architecture) throws(ModelError) {
    let stated = StatedPixels(settings)
    if let problem = stated.problem {
      throw .unusableSetting(file: names.file, setting: problem.key, value: problem.value, reason: problem.reason)
    }
    if let mean = stated.mean, let deviation = stated.deviation, let source = stated.source {
      guard mean.count == 3, deviation.count == 3, (mean + deviation).allSatisfy(\.isFinite),
        deviation.allSatisfy({ $0 > 0 })
      else {
        throw .unusableSetting(
          file: names.file, setting: "normalisation of pixels (\(source))", value: "mean \(mean), std \(deviation)",
          reason: "three means and three positive deviations are needed; correct them there")
      }
      self.init(
        mean: mean, deviation: deviation, source: source, isBGR: stated.isBGR, resizing: stated.resizing,
        cropIsUsual: names.imageNetFamily(settings) != nil)
    } else {
      let (values, source) =
        stated.isUnsaid
        ? (
          Self.imagenet,
          .assumed("ImageNet's; \(settings.mmengineName) prepares pixels and states no mean", option: "--normalize")
        )
        : Self.unstated(names, settings, architecture)
      self.init(
        mean: values.mean, deviation: values.deviation, source: source, isBGR: stated.isBGR, resizing: stated.resizing,
        cropIsUsual: names.imageNetFamily(settings) != nil)
    }
  }

  /// What is taken where no file tells.
  private static func unstated(
    _ names: NameResolution, _ settings: Settings, _ architecture: Architecture
  ) -> (values: (mean: [Double], deviation: [Double]), source: ValueSource) {
    let option = "--normalize"
    if let family = settings.huggingFaceModel {
      let values = usual(ofModel: family)
      let agreed = ["vit_mae", "clip", "siglip", "dinov2", "tips"]
      if agreed.contains(where: family.hasPrefix) { return (values, .usual("model_type \(family)")) }
      let reason = "the usual one of model_type \(family), which no preprocessor_config.json states"
      return (values, .assumed(reason, option: option))
    }
    if let (values, source) = usual(names, architecture) { return (values, source) }
    if names.dialect.hasFlaxKernels { return (inception, .usual("pixels in −1 … 1, as Google's code has them")) }
    if let family = names.imageNetFamily(settings) { return (imagenet, .usual("ImageNet, as all of \(family)")) }
    let reason =
      "ImageNet's, as MAE, DeiT, DINO and MMPretrain; timm's augreg and others have one half, and weights do not tell"
    return (imagenet, .assumed(reason, option: option))
  }

  private static func usual(ofModel family: String) -> (mean: [Double], deviation: [Double]) {
    if family.hasPrefix("clip") { return clip }
    if family.hasPrefix("tips") { return (mean: [0, 0, 0], deviation: [1, 1, 1]) }
    return family == "vit" || family == "beit" || family == "data2vec-vision" || family.hasPrefix("siglip")
      ? inception : imagenet
  }

  /// What families use whose tensors show them.
  private static func usual(
    _ names: NameResolution, _ a: Architecture
  ) -> (values: (mean: [Double], deviation: [Double]), source: ValueSource)? {
    // MMPretrain normalises as for ImageNet whatever the network.
    guard names.dialect.anchor != Dialect.mmpretrain.anchor else { return nil }
    let option = "--normalize"
    if a.variant.embeddingNorm {
      return (clip, .assumed("CLIP's; some that LAION trained have one half", option: option))
    }
    if names.isOwnDINOv2 {
      return (imagenet, .assumed("DINOv2's; TIPS' files have the same names and pixels in 0 … 1", option: option))
    }
    if a.variant.rotaryPositions { return (clip, .usual("EVA-02")) }
    if a.variant.relativePositions != .none {
      return (inception, .assumed("BEiT's; BEiT v2 has ImageNet's and SimMIM, too", option: option))
    }
    if names.lacksKeyBias { return (clip, .usual("EVA, told by keys without bias")) }
    guard a.prefix.isEmpty, names.holdsPooling else { return nil }
    return (inception, .usual("SigLIP, told by pooling without a class token"))
  }

  private init(
    mean: [Double], deviation: [Double], source: ValueSource, isBGR: Bool, resizing: Sourced<PixelResizing>?,
    cropIsUsual: Bool
  ) {
    self.mean = mean
    self.deviation = deviation
    self.source = source
    self.isBGR = isBGR
    self.resizing = resizing
    self.cropIsUsual = cropIsUsual
  }
}

extension NameResolution {
  /// A family among those in this naming whose published models all have ImageNet's statistics; nil where the tensors show none.
  fileprivate func imageNetFamily(_ settings: Settings) -> String? {
    if showsMAE { return "MAE and its kin" }
    if isDINO { return "DINO" }
    if shape(of: "distillation") != nil { return "distilled DeiT" }
    if shape(of: "fusion.logits") != nil { return "MFF" }
    if dialect.anchor == Dialect.mmpretrain.anchor { return "MMPretrain" }
    if dialect.anchor == Dialect.torchvision.anchor { return "torchvision" }
    return settings.isOurs ? "the models that pretrain makes" : nil
  }
}
