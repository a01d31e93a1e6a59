internal import Foundation
internal import VisionTransformers

/// How patches are removed from a checkpoint's images and what is predicted of them, each with who says so.
struct MaskedTraining {
  /// Whether the targets are patches normalised one by one.
  let normPixels: (value: Bool, source: String)
  /// The share of patches to remove.
  let ratio: (value: Double, source: String)
  /// What neither the file nor an option tells of them.
  let assumptions: [Assumption]
  /// How many patches of each image that is.
  let removed: Int

  /// What options say, then the file of masks, then the checkpoint, then what is usual.
  ///
  /// - Throws: `LossInputError.maskRatio` for a ratio that removes nothing or everything.
  init(
    of model: OpenedModel, _ training: TrainingFacts, normPixels: Bool?, maskRatio: Double?, masks: MaskFile?
  ) throws(LossInputError) {
    let usual = "usual; the file does not tell"
    assumptions = Self.assumptions(
      training, tellsTargets: normPixels != nil, tellsMasks: masks != nil || maskRatio != nil)
    self.normPixels =
      normPixels.map { ($0, "option") } ?? training.normPixels.map { ($0.value, $0.source.description) }
      ?? (true, usual)
    if let masks {
      ratio = (masks.ratio, masks.path)
      removed = masks.removed
    } else {
      ratio =
        maskRatio.map { ($0, "option --mask-ratio") } ?? training.maskRatio.map { ($0.value, $0.source.description) }
        ?? (0.75, usual)
      removed = try Self.removed(ratio, of: model.description.architecture.patches, model: model.request.name)
    }
  }

  /// What is assumed where neither the file nor an option tells.
  ///
  /// - Parameters:
  ///   - training: What the file tells.
  ///   - tellsTargets: Whether an option says what is predicted.
  ///   - tellsMasks: Whether an option or a file of masks says what is removed.
  /// - Returns: Each with the option that replaces it.
  static func assumptions(_ training: TrainingFacts, tellsTargets: Bool, tellsMasks: Bool) -> [Assumption] {
    var assumptions: [Assumption] = []
    if !tellsTargets, training.normPixels == nil {
      let why = "MAE's code defaults to raw pixels, its published weights were trained with normalised ones"
      assumptions.append(
        Assumption(what: "normalised targets", value: "yes", why: why, option: "--norm-pixels or --no-norm-pixels"))
    }
    if !tellsMasks, training.maskRatio == nil {
      assumptions.append(
        Assumption(what: "mask ratio", value: "0.75", why: "MAE's; others mask 0.4 to 0.9", option: "--mask-ratio"))
    }
    return assumptions
  }

  private static func removed(
    _ ratio: (value: Double, source: String), of patches: Int, model: String
  ) throws(LossInputError) -> Int {
    let removed =
      ratio.value > 0 && ratio.value < 1
      ? PatchMasks.removed(ratio: ratio.value, of: patches) : ratio.value > 0 ? patches : 0
    guard removed > 0, removed < patches else {
      throw .maskRatio(model: model, ratio: ratio.value, source: ratio.source, removed: removed, patches: patches)
    }
    return removed
  }

  /// How many of all patches are removed, and for which ratio; the share itself where, as patches are whole, it is another.
  func words(of patches: Int) -> String {
    let share = Double(removed) / Double(patches)
    let (asked, own) = (String(format: "%.4g", ratio.value), String(format: "%.4g", share))
    let ratioWords =
      asked == own ? "ratio \(asked)" : String(format: "that is %.4g %%, for a ratio of ", 100 * share) + asked
    return "\(removed) of \(patches) patches removed, \(ratioWords) (\(ratio.source))"
  }
}
