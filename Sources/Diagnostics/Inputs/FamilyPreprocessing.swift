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
  ///   - cropPct: `--crop-pct`; with it, the short side is resized and nothing squashed.
  ///   - normalization: What pixels become.
  init(of description: ModelDescription, imageSize: Int, cropPct: Double?, normalization: Normalization) {
    let stated = description.pixelNormalization.resizing?.value
    self.init(
      imageSize: imageSize, cropPct: cropPct ?? stated?.crop ?? Self.usualCrop, normalization: normalization,
      interpolation: stated.flatMap { Interpolation(rawValue: $0.filter.rawValue) } ?? .bicubic)
    isSquashed = cropPct == nil && stated?.isSquashed ?? false
  }
}

/// The crop of several checkpoints, where it is one.
func commonCrop(of preprocessings: [Preprocessing]) -> Double? {
  let crops = Set(preprocessings.map(\.cropPct))
  return crops.count == 1 ? crops.first : nil
}

extension OpenedModel {
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
    let resized =
      preprocessing.isSquashed
      ? "\(preprocessing.resizedSide) × \(preprocessing.resizedSide)" : "\(preprocessing.resizedSide)"
    let filter = preprocessing.interpolation == .bicubic ? "" : ", \(preprocessing.interpolation.rawValue)"
    let source = normalization == nil ? pixels.source.description : "option --normalize"
    return "resized to \(resized)\(filter), cropped to \(side) × \(side) (\(cropSource)), "
      + "normalised by \(preprocessing.normalization.rawValue) (\(source))"
  }

  /// The crop, where neither file nor option nor family tells it.
  func cropAssumption(cropPct: Double?) -> [Assumption] { description.cropAssumption(cropPct: cropPct) }
}

extension ModelDescription {
  /// The crop, where neither file nor option nor family tells it.
  func cropAssumption(cropPct: Double?) -> [Assumption] {
    let pixels = pixelNormalization
    guard cropPct == nil, pixels.resizing == nil, !pixels.cropIsUsual else { return [] }
    return [
      Assumption(
        what: "crop", value: "\(Preprocessing.usualCrop)",
        why: "the share of torchvision's and MAE's evaluation; timm's differ from network to network",
        option: "--crop-pct")
    ]
  }
}
