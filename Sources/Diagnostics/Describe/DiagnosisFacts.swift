internal import Checkpoints
internal import VisionTransformers

/// Decides which diagnoses a checkpoint allows, and why not the others.
struct DiagnosisFacts {
  private let survey: ModelSurvey
  private let path: String
  private let hasLogits: Bool
  private let fusion: FusionReport?
  private let areFeatures: Bool
  /// Why a weight cannot be read as it is stored.
  private let quantised: String?

  init(
    _ survey: ModelSurvey, path: String, hasLogits: Bool, fusion: FusionReport?, areFeatures: Bool = false,
    quantised: CheckpointError? = nil
  ) {
    self.areFeatures = areFeatures
    self.quantised = quantised.map { error in
      let text = error.description
      return text.hasPrefix("\(path): ") ? String(text.dropFirst(path.count + 2)) : text
    }
    self.survey = survey
    self.path = path
    self.hasLogits = hasLogits
    self.fusion = fusion
  }

  /// A problem in words, without the path that the report gives anyway.
  func words(for problem: ModelError) -> String {
    switch problem {
    case .unsupportedTensor(_, let tensor, let reason): return "\(tensor) is \(reason), which is not supported"
    case .unknownDialect where areFeatures: return Self.featureWords
    case .notDifferentiable(_, let tensor, let reason):
      return "\(tensor) is \(reason), whose derivatives are not known"
    case .unknownDialect: return "no Vision Transformer in a naming that is known here"
    default: break
    }
    let text = problem.description
    return text.hasPrefix("\(path): ") ? String(text.dropFirst(path.count + 2)) : text
  }

  /// A verdict on each diagnosis.
  var diagnoses: [DiagnosisReport] { [frequency, hessian, weights, reconstruct] }

  private func allowed(_ command: String, note: String? = nil) -> DiagnosisReport {
    DiagnosisReport(command: command, allowed: true, note: note)
  }

  private func refused(_ command: String, _ reason: String) -> DiagnosisReport {
    DiagnosisReport(command: command, allowed: false, reason: reason)
  }

  private var frequency: DiagnosisReport {
    if areFeatures { return allowed("frequency", note: "the spectra of its features: give it as --features") }
    guard let model = survey.description else { return refused("frequency", encoderReason) }
    if let quantised { return refused("frequency", quantised) }
    guard let fusion = model.architecture.fusion, fusion.layers == nil else { return allowed("frequency") }
    return allowed("frequency", note: "\(fuseWords(fusion)); without it name the layers, such as --layers last")
  }

  private var weights: DiagnosisReport {
    if fusion != nil { return allowed("weights") }
    return refused(
      "weights",
      hasLogits
        ? "its fusion logits are not finite: the training diverged" : "no fusion logits (proj_weights) in the file")
  }

  private var hessian: DiagnosisReport {
    guard let model = survey.description else { return refused("hessian", encoderReason) }
    if let quantised { return refused("hessian", quantised) }
    if let problem = model.differentiationProblem { return refused("hessian", words(for: problem)) }
    if model.architecture.decoder == nil, survey.decoderProblem == nil, hasClassifier {
      return allowed("hessian", note: "the loss of its classification head: --objective classification with --labels")
    }
    if let reason = decoderReason(model) { return refused("hessian", reason) }
    return allowed("hessian", note: predictsPixels(model) ? nil : "\(predictionWords(model)): give --teacher")
  }

  private var reconstruct: DiagnosisReport {
    guard let model = survey.description else { return refused("reconstruct", encoderReason) }
    if let quantised { return refused("reconstruct", quantised) }
    if let problem = model.differentiationProblem { return refused("reconstruct", words(for: problem)) }
    if let reason = decoderReason(model) { return refused("reconstruct", reason) }
    return predictsPixels(model)
      ? allowed("reconstruct") : refused("reconstruct", "\(predictionWords(model)), no pixels")
  }

  // MARK: Why not

  private var encoderReason: String {
    if areFeatures { return Self.featureWords }
    return survey.encoderProblem.map(words) ?? "its encoder cannot be computed with"
  }

  private static let featureWords = "it holds features, not the network that computed them"

  /// Why encoder and decoder together cannot be computed with.
  func decoderReason(_ model: ModelDescription) -> String? {
    if let problem = survey.decoderProblem { return "its decoder: \(words(for: problem))" }
    guard let decoder = model.architecture.decoder else {
      return "no decoder in the file, only the encoder; the release with the decoder has it "
        + "(for MAE mae_visualize_vit_….pth or mae_pretrain_vit_…_full.pth)"
    }
    if decoder.heads == nil { return "the decoder's attention heads are not in the file; give --decoder-heads" }
    if let fusion = model.architecture.fusion, fusion.layers == nil { return fuseWords(fusion) }
    return nil
  }

  private func fuseWords(_ fusion: Architecture.Fusion) -> String {
    "which \(fusion.count) layers are fused is not in the file; give --fuse"
  }

  private func predictsPixels(_ model: ModelDescription) -> Bool {
    let a = model.architecture
    return a.decoder?.outputs == 3 * a.patchSize * a.patchSize
  }

  private func predictionWords(_ model: ModelDescription) -> String {
    "its decoder predicts \(model.architecture.decoder?.outputs ?? 0) features of a patch"
  }

  private var hasClassifier: Bool {
    // The last linear layer; DINO's head is none, and its tensors have other names.
    survey.tensors.contains { use in
      use.reason == "classification head" && use.tensor.shape.count == 2
        && ["head.weight", "classifier.weight", "head/kernel"].contains { use.tensor.name.hasSuffix($0) }
    }
  }
}
