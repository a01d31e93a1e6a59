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

  /// How image files become what the network sees.
  var pixelWords: String {
    opened.words(of: preprocessing, cropPct: settings.cropPct, normalization: settings.normalization)
  }

  private var imageWords: String {
    guard !imageSet.isPreprocessed else { return "images of \(side(imageSize)) pixels, used as they are" }
    return "images " + pixelWords
  }

  private func side(_ size: [Int]) -> String { size.map(String.init).joined(separator: " × ") }

  /// What is assumed of the checkpoint for its layers' features.
  var assumptions: [Assumption] {
    var scopes: Set<AssumptionScope> = [.encoder]
    if imageSize != opened.description.architecture.imageSize { scopes.insert(.resizedPositions) }
    if layers.contains(where: { $0 == .fused || $0 == .fusedNorm }) { scopes.insert(.fusion) }
    return opened.assumptions(
      scopes, imageSet, normalization: settings.normalization, cropPct: settings.cropPct)
  }

  /// Options that change nothing here, and what was left aside.
  var warnings: [String] {
    var warnings = opened.description.warnings.map { "\(opened.request.name): \($0)" }
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
