internal import Images
internal import VisionTransformers

extension Normalization {
  /// The normalisation that a checkpoint was trained with, or is assumed to have been.
  init(of description: ModelDescription) {
    let pixels = description.pixelNormalization
    self =
      Normalization(
        mean: pixels.mean.map { Float($0) }, std: pixels.deviation.map { Float($0) }, isBGR: pixels.isBGR
      ).named
  }
}

extension Preprocessing {
  /// The centre crop's share where neither file nor option tells: 256 for 224, as torchvision's and MAE's evaluation.
  static let usualCrop = 0.875

  /// The way from an image file to what a checkpoint was trained on.
  ///
  /// - Parameters:
  ///   - description: The checkpoint.
  ///   - imageSize: Side of the square.
  ///   - cropPct: `--crop-pct`: the square's share of the side that is resized; which side that is stays the checkpoint's.
  ///   - normalization: What pixels become.
  init(of description: ModelDescription, imageSize: Int, cropPct: Double?, normalization: Normalization) {
    let stated = description.pixelNormalization.resizing?.value
    self.init(
      imageSize: imageSize, cropPct: cropPct ?? stated?.crop(forSide: imageSize) ?? Self.usualCrop,
      normalization: normalization)
    guard let stated else { return }
    interpolation = Interpolation(stated.filter)
    fitting = Fitting(stated.fitting)
    // A share of an image that is not resized means nothing.
    if cropPct != nil, fitting == .kept { fitting = .shortest }
    cropRounding = stated.cropRoundsDown ? .down : .halfToEven
    border = stated.border
  }
}

extension Interpolation {
  /// The filter that a checkpoint's files name.
  fileprivate init(_ filter: PixelResizing.Filter) {
    self =
      switch filter {
      case .bicubic: .bicubic
      case .bilinear: .bilinear
      case .lanczos: .lanczos
      case .box: .box
      case .hamming: .hamming
      case .nearest: .nearest
      case .opencvBilinear: .opencvBilinear
      case .opencvBicubic: .opencvBicubic
      }
  }
}

extension Fitting {
  /// The fitting that a checkpoint's files name.
  fileprivate init(_ fitting: PixelResizing.Fitting) {
    self =
      switch fitting {
      case .shortest: .shortest
      case .longest: .longest
      case .squashed: .squashed
      case .kept: .kept
      }
  }

  /// What happens to an image whose side becomes `side`, for people.
  fileprivate func words(side: Int) -> String {
    switch self {
    case .shortest: "resized to \(side)"
    case .longest: "resized to \(side) by the long side"
    case .squashed: "resized to \(side) × \(side)"
    case .kept: "not resized"
    }
  }
}

/// The crop of several checkpoints, where it is one.
func commonCrop(of preprocessings: [Preprocessing]) -> Double? {
  let crops = Set(preprocessings.map(\.cropPct))
  return crops.count == 1 ? crops.first : nil
}

extension OpenedModel {
  /// Checks that image files can be prepared as the checkpoint's files say.
  ///
  /// - Parameters:
  ///   - images: The images; those that come normalised are used as they are.
  ///   - normalization: `--normalize`.
  ///   - cropPct: `--crop-pct`.
  /// - Throws: `ModelError.unusableSetting` for a step that cannot be done and that no option replaces.
  func checkPixels(_ images: ImageSet, normalization: Normalization?, cropPct: Double?) throws(ModelError) {
    guard !images.isPreprocessed else { return }
    try description.pixelNormalization.check(
      normalizationIsGiven: normalization != nil, cropIsGiven: cropPct != nil)
  }

  /// How image files become what the network sees, and who says so.
  ///
  /// - Parameters:
  ///   - preprocessing: The way.
  ///   - cropPct: `--crop-pct`.
  ///   - normalization: `--normalize`.
  /// - Returns: A sentence without its beginning, such as `resized to 256, cropped to 224 × 224 (…), normalised by imagenet (…)`.
  func words(of preprocessing: Preprocessing, cropPct: Double?, normalization: Normalization?) -> String {
    let pixels = description.pixelNormalization
    let side = preprocessing.imageSize
    let cropSource =
      cropPct != nil
      ? "option --crop-pct" : pixels.resizing?.source.description ?? "the usual share of \(Preprocessing.usualCrop)"
    let resized = preprocessing.fitting.words(side: preprocessing.resizedSide)
    let filter = preprocessing.interpolation == .bicubic ? "" : ", \(preprocessing.interpolation.rawValue)"
    let source = normalization == nil ? pixels.source.description : "option --normalize"
    return "\(resized)\(filter), cropped to \(side) × \(side) (\(cropSource)), "
      + "normalised by \(preprocessing.normalization.rawValue) (\(source))"
  }

  /// The crop, where neither file nor option nor family tells it.
  func cropAssumption(cropPct: Double?) -> [Assumption] { description.cropAssumption(cropPct: cropPct) }
}

extension ModelDescription {
  /// The crop, where neither file nor option nor family tells it.
  func cropAssumption(cropPct: Double?) -> [Assumption] {
    let pixels = pixelNormalization
    guard cropPct == nil else { return [] }
    if let resizing = pixels.resizing {
      return [Assumption("crop", value: resizing.value.crop, source: resizing.source)].compactMap(\.self)
    }
    guard !pixels.cropIsUsual else { return [] }
    return [
      Assumption(
        what: "crop", value: "\(Preprocessing.usualCrop)",
        why: "the share of torchvision's and MAE's evaluation; timm's differ from network to network",
        option: "--crop-pct")
    ]
  }
}
