internal import Foundation
internal import Images
internal import VisionTransformers

/// The loss that a user asks for.
public enum ObjectiveChoice: String, Sendable, Hashable, CaseIterable {
  /// What the checkpoint was trained for.
  case auto
  /// Pixels of removed patches.
  case pixels
  /// Low-pass filtered pixels of removed patches.
  case pixmim
  /// A teacher's features of removed patches.
  case featuresMasked = "features-masked"
  /// A teacher's features of all patches.
  case featuresAll = "features-all"
  /// Classes.
  case classification
}

/// The loss of a checkpoint, decided.
struct ChosenLoss {
  /// What it is.
  let objective: Objective
  /// Who says so.
  let source: String
  /// Masks and targets; nil for objectives that remove nothing.
  let masked: MaskedTraining?
  /// Whether it predicts pixels.
  let predictsPixels: Bool
  /// The radius of PixMIM's filter.
  let lowPassRadius: Double?
  /// Whether a teacher's features are predicted.
  var wantsTeacher: Bool { ["features-masked", "features-all"].contains(objective.name) }
  /// Whether labels are needed.
  var wantsLabels: Bool { objective.classes != nil }

  /// Decides on the loss, and refuses what the file or the user does not give.
  init(
    of opened: OpenedModel, _ survey: ModelSurvey, _ diagnosis: HessianDiagnosis, normalization: Normalization,
    masks: MaskFile?
  ) throws {
    let (name, training) = (opened.request.name, survey.training)
    try Self.checkNetwork(opened, survey)
    let (kind, source) = try Self.kind(opened, survey, diagnosis.objective)
    self.source = source
    if kind == .classification {
      objective = try opened.description.classification()
      (masked, lowPassRadius, predictsPixels) = (nil, nil, false)
    } else {
      try Self.checkDecoder(opened, survey)
      let masked = try MaskedTraining(
        of: opened, training, normPixels: diagnosis.normPixels, maskRatio: diagnosis.maskRatio, masks: masks)
      self.masked = masked
      var radius: Double?
      switch kind {
      case .pixels, .classification: objective = .pixels(normalized: masked.normPixels.value)
      case .pixmim(let known):
        // The published radius belongs to 224 pixels.
        let own = known ?? 40 * Double(opened.description.architecture.imageSize[0]) / 224
        radius = own
        objective = .lowFrequencies(
          radius: own, normalized: masked.normPixels.value, mean: normalization.mean.map(Double.init),
          deviation: normalization.std.map(Double.init))
      case .featuresMasked: objective = .maskedFeatures
      case .featuresAll: objective = .allFeatures
      }
      lowPassRadius = radius
      predictsPixels = kind != .featuresAll && kind != .featuresMasked
    }
    try checkInputs(name, diagnosis)
  }

  private static func kind(
    _ opened: OpenedModel, _ survey: ModelSurvey, _ choice: ObjectiveChoice
  ) throws(LossInputError) -> (TrainedObjective, String) {
    let trained = survey.training.objective
    let option = "option --objective"
    switch choice {
    case .pixels: return (.pixels, option)
    case .pixmim:
      if let trained, case .pixmim = trained.value { return (trained.value, option) }
      return (.pixmim(radius: nil), option)
    case .featuresMasked: return (.featuresMasked, option)
    case .featuresAll: return (.featuresAll, option)
    case .classification: return (.classification, option)
    case .auto:
      if let trained { return (trained.value, trained.source.description) }
      try checkDecoder(opened, survey)
      throw .unknownObjective(model: opened.request.name, outputs: opened.description.architecture.decoder?.outputs)
    }
  }

  /// Derivatives of every layer must be known.
  private static func checkNetwork(_ opened: OpenedModel, _ survey: ModelSurvey) throws(LossInputError) {
    let path = opened.request.path
    guard let problem = opened.description.differentiationProblem else { return }
    let facts = DiagnosisFacts(survey, path: path, hasLogits: false, fusion: nil)
    throw .refused(
      command: "compute the loss", file: path, reason: facts.words(for: problem),
      allowed: facts.diagnoses.filter { $0.allowed && ToolVersion.diagnoses.contains($0.command) }.map(\.command))
  }

  /// The decoder must be there and whole.
  private static func checkDecoder(_ opened: OpenedModel, _ survey: ModelSurvey) throws(LossInputError) {
    let path = opened.request.path
    let facts = DiagnosisFacts(survey, path: path, hasLogits: false, fusion: nil)
    guard let reason = facts.decoderReason(opened.description) else { return }
    let hasFusion = opened.description.architecture.fusion != nil
    let others = facts.diagnoses.filter {
      $0.allowed && $0.command != "hessian" && ToolVersion.diagnoses.contains($0.command)
    }.map(\.command)
    let classification = opened.description.head == nil ? [] : ["hessian --objective classification --labels folder"]
    throw .refused(
      command: "compute the loss", file: path, reason: reason,
      allowed: others + (hasFusion ? ["weights"] : []) + classification)
  }

  /// A teacher and labels are given where they are needed.
  private func checkInputs(_ model: String, _ diagnosis: HessianDiagnosis) throws(LossInputError) {
    if wantsTeacher, diagnosis.teacher == nil {
      throw .missingInput(
        model: model, objective: objective.name, source: source,
        missing: "the network whose features it predicts: give --teacher")
    }
    if wantsLabels, diagnosis.labels == nil {
      throw .missingInput(
        model: model, objective: objective.name, source: source,
        missing: "the class of each image: give --labels folder (the sub-folder is the class) or --labels FILE")
    }
  }

  /// The loss in words, each with who says so.
  var words: [String] {
    var words: [String] = []
    switch objective.name {
    case "pixels": words.append("loss: squared error of removed patches' pixels (\(source))")
    case "pixmim":
      let radius = String(format: "%.4g", lowPassRadius ?? 0)
      words.append("loss: squared error of removed patches' low-pass filtered pixels, radius \(radius) (\(source))")
    case "features-masked": words.append("loss: 2 − 2 cos to the teacher's features of removed patches (\(source))")
    case "features-all": words.append("loss: 2 − 2 cos to the teacher's features of all patches (\(source))")
    default: words.append("loss: cross-entropy of \(objective.classes ?? 0) classes, no label smoothing (\(source))")
    }
    guard let masked else { return words }
    if predictsPixels {
      words[0] +=
        masked.normPixels.value
        ? ", targets normalised patch by patch (\(masked.normPixels.source))"
        : ", targets as they are (\(masked.normPixels.source))"
    }
    return words
  }
}
