internal import VisionTransformers

extension ModelReport {
  /// What the diagnoses that a file allows would assume of it for image files at the size it was trained at, each once.
  static func assumptions(_ survey: ModelSurvey, _ diagnoses: [DiagnosisReport], name: String) -> [AssumedValue]? {
    guard let model = survey.description else { return nil }
    let allowed = Set(diagnoses.filter(\.allowed).map(\.command))
    var scopes: Set<AssumptionScope> = []
    var masked: [Assumption] = []
    if allowed.contains("frequency") { scopes.formUnion([.encoder, .fusion, .pixels]) }
    if allowed.contains("hessian") { scopes.formUnion([.encoder, .fusion, .pixels, .parameters]) }
    let hasLossOfDecoder = model.architecture.decoder != nil && survey.decoderProblem == nil
    if allowed.contains("hessian") || allowed.contains("reconstruct") {
      scopes.insert(hasLossOfDecoder ? .decoder : .head)
      if hasLossOfDecoder {
        masked = MaskedTraining.assumptions(survey.training, tellsTargets: false, tellsMasks: false)
          .filter { allowed.contains("reconstruct") || $0.what == "mask ratio" }
      }
    }
    let crop = scopes.contains(.pixels) ? model.cropAssumption(cropPct: nil) : []
    var seen: Set<String> = []
    let values = (model.assumptions(scopes) + crop + masked).map { AssumedValue($0, of: name) }
      .filter { seen.insert($0.words).inserted }
    return values.isEmpty ? nil : values
  }
}
