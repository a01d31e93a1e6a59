internal import Checkpoints
internal import Foundation
internal import Tensors
internal import VisionTransformers

/// The bundled MAE compared with what `Scripts/reference_selftest.py` computed of it in double precision.
struct GoldenComparison {
  let folder: String
  let team: Team

  /// What the script wrote.
  private struct Golden: Decodable {
    let checkpoint: String
    let loss, gradientNorm, curvature, productNorm: Double
    let images: [String]
    let layers: [Layer]

    struct Layer: Decodable {
      let layer: String
      let relativeLogAmplitude: [Double]
    }

    static func load() throws -> Golden {
      try JSONDecoder().decode(Golden.self, from: Data(PackageResources.golden_json))
    }
  }

  /// The curves of all layers, from image files on.
  func spectra() throws -> (check: SelfTestCheck, images: ImagesUsed?, checkpoint: CheckpointIdentity) {
    let golden = try Golden.load()
    var diagnosis = FrequencyDiagnosis(
      checkpoints: [CheckpointRequest(path: "\(folder)/\(golden.checkpoint)")],
      images: golden.images.map { "\(folder)/images/\($0)" })
    diagnosis.team = team
    let result = try diagnosis.run()
    guard let model = result.models.first else { throw DiagnosisError.noCheckpoints }
    var difference = 0.0
    for (expected, found) in zip(golden.layers, model.layers) {
      for (a, b) in zip(expected.relativeLogAmplitude, found.relativeLogAmplitude) {
        // NaN is no difference that a maximum would keep.
        difference = abs(a - b) <= difference ? difference : abs(a - b)
      }
    }
    let isWhole = golden.layers.map(\.layer) == model.layers.map(\.layer)
    // Single precision through twelve blocks: 3e-6 at most with each of OpenBLAS' kernels; what is wrong shows in the second digit.
    let check = verdict(
      "spectra", "\(golden.layers.count) layers of \(golden.images.count) images",
      isWhole ? difference : .infinity, allowed: 5e-5)
    return (check, result.images, model.checkpoint)
  }

  /// The pre-training loss, its gradient, and the Hessian's product with it.
  func derivatives() throws -> SelfTestCheck {
    let golden = try Golden.load()
    let checkpoint = try Checkpoint(opening: "\(folder)/\(golden.checkpoint)")
    let description = try ModelDescription(checkpoint)
    let model = try description.loadForLoss(.pixels(normalized: true), team: team)
    let a = model.architecture
    let (images, removed) = (2, a.patches * 3 / 4)
    let function = try LossFunction(
      a, objective: .pixels(normalized: true), images: images, masked: removed, fixed: model.fixedParameters,
      options: LossOptions(team: team))
    try function.setBatch(Self.batch(of: images, removed: removed, a))
    var gradient = [Float](repeating: 0, count: function.active.count)
    _ = try model.withParameterVector { (parameters) throws(LossError) in
      var span = gradient.mutableSpan
      return try function.gradient(at: parameters, into: &span)
    }
    let length = norm(gradient)
    let hessian = try LossHessian(of: function, at: model)
    let direction = gradient.map { Float(Double($0) / length) }
    var product = direction
    do {
      var span = product.mutableSpan
      hessian.apply(to: direction.span, into: &span)
    }
    let curvature = zip(direction, product).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let differences: [Double] = [
      abs(hessian.loss - golden.loss) / golden.loss,
      abs(length - golden.gradientNorm) / golden.gradientNorm,
      abs(norm(product) - golden.productNorm) / golden.productNorm,
      abs(curvature - golden.curvature) / golden.productNorm,
    ]
    // Sums over all parameters, whose errors cancel: 4e-7 at most. `max` of NaN would depend on the order.
    return verdict(
      "derivatives", "loss, gradient and Hessian-vector product",
      differences.reduce(0) { $1 <= $0 ? $0 : $1 }, allowed: 5e-5)
  }

  /// Images and masks by the formulas of the script.
  private static func batch(of images: Int, removed: Int, _ a: Architecture) -> LossBatch {
    let pixels = (0..<images * a.pixels).map { i in Float(sin(0.013 * Double(i) + 0.6 * sin(0.0021 * Double(i)))) }
    let masks = (0..<images).map { image in (0..<a.patches).map { ($0 * 7 + image * 3) % a.patches < removed } }
    return LossBatch(images: pixels, masks: masks)
  }

  private func norm(_ x: [Float]) -> Double { x.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }

  private func verdict(_ name: String, _ subject: String, _ difference: Double, allowed: Double) -> SelfTestCheck {
    let words = "differ from double precision by \(String(format: "%.1e", difference)) at most"
    let isRight = difference <= allowed
    return SelfTestCheck(
      name: name, passed: isRight, found: "\(subject) of the bundled MAE \(words)",
      advice: isRight
        ? nil
        : "more than \(allowed) is no rounding: try OPENBLAS_CORETYPE=Haswell or Nehalem, report it with this output, and trust no result"
    )
  }
}
