internal import Checkpoints
internal import Figures
internal import Foundation
internal import Images
internal import VisionTransformers

extension ReconstructionPass {
  /// The result of this checkpoint.
  ///
  /// - Parameters:
  ///   - outcome: The reconstructions.
  ///   - first: Those of the first checkpoint, whose inputs need not be written again; empty for the first itself.
  /// - Returns: Scores of all images, pictures of those shown.
  /// - Throws: `CheckpointError` for a damaged file, `FigureError` for what libpng reports.
  func model(_ outcome: Outcome, first: [Reconstruction]) throws -> ReconstructionModel {
    let description = opened.description
    let identity = CheckpointIdentity(
      name: opened.request.name, path: opened.request.path,
      digest: try opened.checkpoint.digest(of: description.encoderTensors + description.decoderTensors),
      container: opened.checkpoint.container.rawValue, dialect: description.dialect,
      architecture: description.architecture, architectureSources: description.sources.mapValues(\.description))
    let images = try outcome.items.enumerated().map { index, item in
      let isShown = index < ReconstructionResult.mostPictures
      let isKnown = index < first.count && first[index].original == item.reconstruction.original
      return ReconstructedImage(
        name: item.name, removed: item.reconstruction.removed.indices.filter { item.reconstruction.removed[$0] },
        scores: item.reconstruction.scores,
        input: isShown && !isKnown ? try item.reconstruction.original.base64() : nil,
        predicted: isShown ? try item.reconstruction.predicted.base64() : nil)
    }
    return ReconstructionModel(
      checkpoint: identity,
      details: ReconstructionModel.Details(
        seconds: outcome.seconds, imageSize: description.architecture.imageSize, grid: description.architecture.grid,
        normalize: normalization.rawValue, normPixels: masked.normPixels.value,
        normPixelsSource: masked.normPixels.source,
        maskRatio: masked.ratio.value, maskRatioSource: masked.ratio.source, removedPatches: masked.removed,
        images: images,
        summary: ReconstructionSummary(outcome.items.map(\.reconstruction.scores))))
  }

  /// What happens to the images, which patches are removed, and what is predicted: each with who says so.
  var words: [String] {
    let a = opened.description.architecture
    let size = a.imageSize.map(String.init).joined(separator: " × ")
    let source =
      settings.normalization == nil ? opened.description.pixelNormalization.source.description : "option --normalize"
    let images =
      imageSet.isPreprocessed
      ? "images of \(size) pixels, used as they are, taken as normalised by \(normalization.rawValue) (\(source))"
      : "images "
        + opened.words(of: preprocessing, cropPct: settings.cropPct, normalization: settings.normalization)
    return [
      images,
      masked.words(of: a.patches),
      masked.normPixels.value
        ? "predicts normalised patches (\(masked.normPixels.source)), shown with the true patches' mean and deviation"
        : "predicts pixels as they are (\(masked.normPixels.source))",
    ]
  }

  /// What a reader may take wrongly.
  var warnings: [String] {
    var warnings = opened.description.warnings.map { "\(opened.request.name): \($0)" }
    if settings.normPixels == nil, training.normPixels == nil {
      warnings.append(
        "\(opened.request.name) does not say whether it predicts normalised patches, which is assumed; "
          + "if it predicts pixels, as MAE's mae_visualize_… files do, give --no-norm-pixels")
    }
    if let method = training.method?.value, method.lowercased().contains("pixmim") {
      warnings.append(
        "\(opened.request.name) was trained to predict low frequencies (\(method)); loss and errors here are against the whole image"
      )
    }
    if opened.request.options.fuse != nil, opened.description.architecture.fusion == nil {
      warnings.append("--fuse is not used: \(opened.request.name) has no fusion weights")
    }
    return warnings
  }
}

extension Picture {
  /// A PNG in base64.
  fileprivate func base64() throws(FigureError) -> String { Data(try png()).base64EncodedString() }

  /// The picture that a PNG in base64 holds.
  init(base64: String, name: String) throws(ImageError) {
    guard let data = Data(base64Encoded: base64) else {
      throw .damaged(path: name, format: "PNG", reason: "no base64")
    }
    let image = try DecodedImage(decoding: Array(data), name: name)
    self.init(width: image.width, height: image.height, samples: image.samples)
  }
}
