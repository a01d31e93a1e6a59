import Checkpoints
import Diagnostics
import Foundation
import Hessian
import Tensors
import Testing
import VisionTransformers

/// A bundled model, the parameters that vary, and the eigenvalues that another program got in double precision.
struct TrueEigenvalues: Sendable, Decodable, CustomTestStringConvertible {
  /// Which of the models; the checkpoint's path is within the folder `Fixtures`.
  let model, checkpoint: String
  let parameters: String
  let weightDecay: Double
  let normPixels: Bool
  let loss: Double
  let parameterCount: Int
  /// The 12 of largest magnitude, and the 8 largest, each foremost first.
  let magnitude, largest: [Double]

  var testDescription: String {
    "\(model), \(parameters)" + (normPixels ? "" : ", raw pixels") + (weightDecay == 0 ? "" : ", decay \(weightDecay)")
  }

  /// All cases; none when the file cannot be read, which the test of their number notices.
  static let all: [TrueEigenvalues] = {
    struct File: Decodable { let cases: [TrueEigenvalues] }
    guard let data = try? Data(contentsOf: folder.appendingPathComponent("eigenvalues.json")) else { return [] }
    return (try? JSONDecoder().decode(File.self, from: data))?.cases ?? []
  }()

  /// Those of the loss alone.
  static let ofTheLoss = all.filter { $0.weightDecay == 0 }

  private static let folder = goldenFolder.appendingPathComponent("Hessian")
  /// The eight images as the models see them, and their masks.
  static let images = folder.appendingPathComponent("images.safetensors").path
  static let masks = folder.appendingPathComponent("masks.safetensors").path
  /// Where the bundled models are.
  static let fixtures = goldenFolder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures").path

  func values(_ which: SpectrumEnd) -> [Double] { which == .magnitude ? magnitude : largest }

  /// The Hessian on the eight images and masks that the other program used.
  func hessian(team: Team) throws -> LossHessian {
    let file = try Checkpoint(opening: "\(Self.fixtures)/\(checkpoint)")
    let model = try ModelDescription(file).loadForLoss(.pixels(normalized: true))
    let images = try Checkpoint(opening: Self.images).floats("images")
    let removed = try Checkpoint(opening: Self.masks).floats("mask")
    let patches = model.architecture.patches
    let masks = stride(from: 0, to: removed.count, by: patches).map { start in
      removed[start..<start + patches].map { $0 != 0 }
    }
    let function = try LossFunction(
      model.architecture, objective: .pixels(normalized: normPixels), images: masks.count,
      masked: masks[0].count { $0 }, selection: ParameterSelection(parameters) ?? .all, fixed: model.fixedParameters,
      options: LossOptions(team: team))
    try function.setBatch(LossBatch(images: images, masks: masks))
    return try LossHessian(of: function, at: model)
  }

  /// The diagnosis of the case: its eight images as one batch, its masks, Lanczos.
  func diagnosis() throws -> HessianDiagnosis {
    var diagnosis = HessianDiagnosis(
      checkpoints: [CheckpointRequest(path: Self.fixtures + "/" + checkpoint)],
      images: [Self.images])
    diagnosis.masks = Self.masks
    (diagnosis.batchSize, diagnosis.batches, diagnosis.solver) = (8, 1, .lanczos)
    diagnosis.parameters = try #require(HessianParameters(parameters))
    diagnosis.weightDecay = weightDecay
    diagnosis.normPixels = normPixels ? nil : false
    return diagnosis
  }

  /// Loss, number of parameters and the five foremost eigenvalues of a diagnosis are those of the other program.
  func expectAgreement(_ result: HessianResult) throws {
    let details = try #require(result.models.first).details
    let batch = try #require(details.batches?.first)
    #expect(details.parameters == parameterCount)
    // Single precision through fourteen blocks: about 1e-6.
    #expect(abs(batch.loss - loss) <= 5e-6 * loss)
    #expect(batch.rankChecked)
    for (j, value) in batch.eigenvalues.enumerated() {
      let truth = magnitude[j]
      // What is promised for Lanczos at its default settings.
      #expect(abs(value.value - truth) <= 2e-3 * abs(truth), "eigenvalue \(j): \(value.value), true \(truth)")
      #expect(magnitude.contains { abs($0 - value.value) <= value.bound })
    }
  }
}
