internal import Foundation
internal import Images
internal import Ranks
internal import Spectra
internal import VisionTransformers

extension FrequencyPass {
  /// What happens to images and position embedding before the first block, and who says so.
  var preparationWords: String {
    let architecture = opened.description.architecture
    var parts = [imageWords]
    if imageSize != architecture.imageSize {
      let source = opened.description.sources["positionResizing"]?.description ?? "unknown"
      parts.append(
        "position embedding resized from \(side(architecture.grid)) to \(side([geometry.rows, geometry.columns])), "
          + "\(architecture.positionResizing.rawValue) (\(source))")
    }
    return parts.joined(separator: "; ")
  }

  private var imageWords: String {
    guard !imageSet.isPreprocessed else { return "images of \(side(imageSize)) pixels, used as they are" }
    let source =
      settings.normalization == nil ? opened.description.pixelNormalization.source.description : "option --normalize"
    return "images resized to \(preprocessing.resizedSide), cropped to \(side(imageSize)), "
      + "normalised by \(preprocessing.normalization.rawValue) (\(source))"
  }

  private func side(_ size: [Int]) -> String { size.map(String.init).joined(separator: " × ") }

  /// Options that change nothing here.
  var warnings: [String] {
    var warnings: [String] = []
    if imageSet.isPreprocessed, settings.normalization != nil {
      warnings.append("--normalize is not used: the images come normalised")
    }
    if opened.request.options.fuse != nil, opened.description.architecture.fusion == nil {
      warnings.append("--fuse is not used: \(opened.request.name) has no fusion weights")
    }
    let ranks = settings.ranks.count
    if ranks > batchCount {
      warnings.append(
        "the images make \(batchCount) batches for \(ranks) ranks, and some have nothing to do; give a smaller --batch-size"
      )
    }
    return warnings
  }
}
