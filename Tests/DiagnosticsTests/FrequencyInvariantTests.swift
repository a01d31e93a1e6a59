import Diagnostics
import Foundation
import Tensors
import Testing

@Suite("What does not change a diagnosis")
struct FrequencyInvariantTests {
  private let photographs = goldenFolder.appendingPathComponent("photographs").path

  private func request(_ name: String, heads: Int) -> CheckpointRequest {
    CheckpointRequest(
      path: goldenFolder.appendingPathComponent("frequency/\(name)").path, options: .init(heads: heads))
  }

  private var mae: CheckpointRequest { request("mae-zip.pth", heads: 4) }
  private var timm: CheckpointRequest { request("timm-vit.safetensors", heads: 3) }

  /// The result without what may differ between two runs: time, and how the work was divided.
  private func comparable(_ diagnosis: FrequencyDiagnosis) throws -> FrequencyResult {
    var result = try diagnosis.run()
    for index in result.models.indices { result.models[index].seconds = 0 }
    result.settings.threads = 0
    result.settings.batchSize = 0
    return result
  }

  /// Sums in single precision in another order: each result lies within rounding of the exact one.
  private func expectRoundingOnly(_ a: FrequencyResult, _ b: FrequencyResult, _ bounds: [[Double]]) {
    #expect(a.images == b.images)
    for (bounds, (x, y)) in zip(bounds, zip(a.models[0].layers, b.models[0].layers)) {
      #expect(excess(x.logAmplitude, y.logAmplitude, bounds.map { 2 * $0 }) < 1, "\(x.layer)")
      #expect(excess(x.standardError ?? [], y.standardError ?? [], bounds.map { 2 * $0 }) < 1, "\(x.layer)")
    }
  }

  @Test("Two runs give the same bits") func twoRuns() throws {
    let diagnosis = FrequencyDiagnosis(checkpoints: [mae, timm], images: [photographs])
    #expect(try comparable(diagnosis) == comparable(diagnosis))
  }

  @Test("The number of threads changes rounding only", arguments: [1, 2, 3, 16])
  func threads(count: Int) throws {
    var diagnosis = FrequencyDiagnosis(checkpoints: [mae], images: [photographs])
    diagnosis.team = Team(threads: 4)
    let reference = try comparable(diagnosis)
    diagnosis.team = Team(threads: count)
    expectRoundingOnly(reference, try comparable(diagnosis), try Rounding(of: diagnosis).bounds)
  }

  @Test("The batch size changes rounding only", arguments: [1, 4, 100])
  func batchSize(size: Int) throws {
    var diagnosis = FrequencyDiagnosis(checkpoints: [timm], images: [photographs])
    let reference = try comparable(diagnosis)
    diagnosis.batchSize = size
    expectRoundingOnly(reference, try comparable(diagnosis), try Rounding(of: diagnosis).bounds)
  }

  @Test("A smaller count takes the same images as the beginning of a larger one, another seed takes others")
  func count() throws {
    var diagnosis = FrequencyDiagnosis(checkpoints: [timm], images: [photographs])
    diagnosis.count = 2
    let first = try comparable(diagnosis)
    #expect(first.images?.count == 2)
    #expect(try comparable(diagnosis) == first)
    let digests = try (UInt64(1)...8).map { seed in
      diagnosis.seed = seed
      return try comparable(diagnosis).images?.digest
    }
    #expect(Set(digests).count > 1)
  }

  @Test("Selected layers have the curves they have among all, in the order of computation") func selection() throws {
    var diagnosis = FrequencyDiagnosis(checkpoints: [timm], images: [photographs])
    let all = try comparable(diagnosis).models[0].layers
    diagnosis.layers = try #require(LayerSelection("norm,0,embedding,0"))
    #expect(try comparable(diagnosis).models[0].layers == all.filter { ["embedding", "0", "norm"].contains($0.layer) })
    diagnosis.layers = .last
    #expect(try comparable(diagnosis).models[0].layers == all.filter { $0.layer == "1" })
  }

  @Test(
    "A name that can be no layer's is no selection", arguments: ["", ",", "0,", "foo", "-1", "all,last", "01", "0.mlp"])
  func unknownLayers(text: String) { #expect(LayerSelection(text) == nil) }

  @Test("A layer that this model lacks is refused, and the message lists those it has") func missingLayer() throws {
    var diagnosis = FrequencyDiagnosis(checkpoints: [timm], images: [photographs])
    diagnosis.layers = try #require(LayerSelection("2"))
    let error = try #require(throws: (any Error).self) { try diagnosis.run() }
    #expect("\(error)".contains("no layer 2; it has embedding, 0, 1, norm"))
  }

  @Test("One image has curves and no standard errors") func oneImage() throws {
    var diagnosis = FrequencyDiagnosis(checkpoints: [mae, timm], images: [photographs])
    diagnosis.count = 1
    let result = try diagnosis.run()
    #expect(
      result.models.allSatisfy { $0.layers.allSatisfy { $0.standardError == nil && $0.relativeStandardError == nil } })
    #expect(result.comparison?.halfInterval == nil)
    #expect(result.comparison?.difference.count == 7)
  }
}
