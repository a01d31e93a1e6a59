import Foundation
import Hessian
import Tensors
import Testing
import VisionTransformers

@testable import Diagnostics

/// Tiny networks that are hard for single precision, against dense spectra in double precision; `Golden/README.md` says which.
@Suite("Certificates of networks that are hard for single precision")
struct CertificateTests {
  private static let folder =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .path + "/Golden/certificates"
  static let models = ["cluster", "large-token-mean", "massive-channel", "large-logits"]

  private struct Spectrum: Decodable { let eigenvaluesByMagnitude: [Double] }

  private func spectrum(_ model: String) throws -> [Double] {
    let data = try Data(contentsOf: URL(fileURLWithPath: Self.folder + "/expected.json"))
    return try JSONDecoder().decode([String: Spectrum].self, from: data)[model]?.eigenvaluesByMagnitude ?? []
  }

  private func batch(_ model: String, _ solver: HessianSolver, seed: UInt64) throws -> HessianBatch {
    var diagnosis = HessianDiagnosis(
      checkpoints: [CheckpointRequest(path: "\(Self.folder)/\(model).safetensors")],
      images: ["\(Self.folder)/images.safetensors"])
    diagnosis.masks = "\(Self.folder)/masks.safetensors"
    (diagnosis.batches, diagnosis.batchSize, diagnosis.top, diagnosis.solver) = (1, 4, 3, solver)
    (diagnosis.seed, diagnosis.team) = (seed, Team(threads: 2))
    let batches = try diagnosis.run().models[0].details.batches
    return try #require(batches?.first)
  }

  @Test(
    "An eigenvalue of the loss's Hessian lies within each bound", arguments: models, [HessianSolver.lanczos, .power])
  func bounds(model: String, solver: HessianSolver) throws {
    let truth = try spectrum(model)
    for seed in 0..<5 as Range<UInt64> {
      let batch = try batch(model, solver, seed: seed)
      for value in batch.eigenvalues {
        let distance = truth.map { abs($0 - value.value) }.min() ?? .infinity
        // The truth is known to 1e-13 of the largest.
        #expect(distance <= value.bound + 1e-12 * abs(truth[0]), "\(model), seed \(seed): \(value), \(distance) away")
      }
    }
  }

  /// Losses whose target is computed itself: of a filter of the images, of another network.
  @Test(
    "What single precision rounds in a target is in no bound, because nothing rounds it there",
    arguments: [(ObjectiveChoice.pixmim, "low-pass-target", 3), (.featuresMasked, "teacher-target", 4)],
    [HessianSolver.lanczos, .power])
  func targets(target: (objective: ObjectiveChoice, name: String, images: Int), solver: HessianSolver) throws {
    let folder = "\(Self.folder)/\(target.name)"
    var options = ModelOptions()
    options.positionEmbedding = .fixed
    var diagnosis = HessianDiagnosis(
      checkpoints: [CheckpointRequest(path: "\(folder)/model.safetensors", options: options)],
      images: ["\(folder)/images.safetensors"])
    diagnosis.masks = "\(folder)/masks.safetensors"
    diagnosis.objective = target.objective
    if target.objective == .featuresMasked {
      diagnosis.teacher = CheckpointRequest(path: "\(folder)/teacher.safetensors")
    }
    (diagnosis.batches, diagnosis.batchSize, diagnosis.top, diagnosis.solver) = (1, target.images, 3, solver)
    (diagnosis.tolerance, diagnosis.team) = (1e-6, Team(threads: 2))
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/expected.json"))
    let truth = try JSONDecoder().decode(Spectrum.self, from: data).eigenvaluesByMagnitude
    let batch = try #require(try diagnosis.run().models[0].details.batches?.first)
    #expect(batch.targetRounded == nil && batch.eigenvalues.count == 3)
    for value in batch.eigenvalues {
      let distance = truth.map { abs($0 - value.value) }.min() ?? .infinity
      #expect(distance <= value.bound + 1e-12 * abs(truth[0]), "\(value), \(distance) away")
    }
  }

  @Test("Products in double precision are of the loss: a bound is little more than its residual")
  func sharp() throws {
    for value in try batch("massive-channel", .lanczos, seed: 0).eigenvalues {
      #expect(value.bound >= value.residual && value.bound <= value.residual * (1 + 1e-3) + 1e-9)
    }
  }
}
