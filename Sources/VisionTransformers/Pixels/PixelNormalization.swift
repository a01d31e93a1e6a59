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

  /// Samples stay in 0 … 1.
  static let none = (mean: [0.0, 0, 0], deviation: [1.0, 1, 1])

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

  /// Side of the square that a file states.
  let side: Sourced<Int>?
  /// Contradictions among files, for people.
  let warnings: [String]
  /// Why pixels cannot be normalised as a file states; nil where they can.
  private let normalizationProblem: ModelError?
  /// Why no square can be made as a file states; nil where it can.
  private let resizingProblem: ModelError?

  init(_ names: NameResolution, _ settings: Settings, _ architecture: Architecture) {
    let stated = StatedPixels(settings)
    let found =
      stated.normalization
      ?? {
        let (values, source) = Self.unstated(names, settings, architecture)
        return .init(mean: values.mean, deviation: values.deviation, source: source)
      }()
    (mean, deviation, source) = (found.mean, found.deviation, found.source)
    (isBGR, resizing, side) = (stated.isBGR, stated.resizing, stated.side)
    cropIsUsual = names.imageNetFamily(settings) != nil
    warnings = stated.warnings
    let refusal = { (problem: PixelStatement.Problem) in
      ModelError.unusableSetting(
        file: names.file, setting: problem.setting, value: problem.value, reason: problem.reason)
    }
    (normalizationProblem, resizingProblem) = (
      stated.normalizationProblem.map(refusal), stated.resizingProblem.map(refusal)
    )
  }

  /// Checks that image files can be prepared as the checkpoint's files say.
  ///
  /// - Parameters:
  ///   - normalizationIsGiven: Whether the user says how pixels are normalised.
  ///   - cropIsGiven: Whether the user says how much is cropped.
  /// - Throws: `ModelError.unusableSetting`, which names the file's step that cannot be done, for what the user does not say.
  public func check(normalizationIsGiven: Bool, cropIsGiven: Bool) throws(ModelError) {
    if !normalizationIsGiven, let normalizationProblem { throw normalizationProblem }
    if !cropIsGiven, let resizingProblem { throw resizingProblem }
  }

  /// Why images cannot be prepared as files say, in the order of finding; empty where they can.
  public var problems: [ModelError] { [normalizationProblem, resizingProblem].compactMap(\.self) }

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
    if family.hasPrefix("tips") { return none }
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
      if names.isSimMIM { return (imagenet, .usual("SimMIM, told by its decoder, one convolution")) }
      return (inception, .assumed("BEiT's; BEiT v2 has ImageNet's and SimMIM, too", option: option))
    }
    if names.lacksKeyBias { return (clip, .usual("EVA, told by keys without bias")) }
    guard a.prefix.isEmpty, names.holdsPooling else { return nil }
    return (inception, .usual("SigLIP, told by pooling without a class token"))
  }
}

extension NameResolution {
  /// Whether a decoder of one convolution to the pixels of a patch stands beside the encoder.
  fileprivate var isSimMIM: Bool {
    guard let shape = checkpoint.tensor(named: "decoder.0.weight")?.shape else { return false }
    return shape.count == 4 && shape[2] == 1 && shape[3] == 1
  }

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
