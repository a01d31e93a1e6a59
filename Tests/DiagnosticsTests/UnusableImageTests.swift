import Diagnostics
import Foundation
import Images
import Testing

@Suite("Images that cannot be used")
struct UnusableImageTests {
  private let photographs = goldenFolder.appendingPathComponent("photographs")
  private let checkpoint = CheckpointRequest(
    path: goldenFolder.appendingPathComponent("frequency/timm-vit.safetensors").path, options: .init(heads: 3))

  private func diagnosis(_ images: [String]) -> FrequencyDiagnosis {
    FrequencyDiagnosis(checkpoints: [checkpoint], images: images)
  }

  @Test("They are left out, reported and counted; the others' curves are as if they had not been there") func skipped()
    throws
  {
    let folder = try TemporaryFolder()
    let good = ["lying.jpg", "small.png"]
    for name in good {
      try FileManager.default.copyItem(atPath: photographs.appendingPathComponent(name).path, toPath: folder.path(name))
    }
    try folder.write("no image", to: "a.jpg")
    try Data(contentsOf: photographs.appendingPathComponent("upright.jpg")).prefix(100)
      .write(to: folder.url.appendingPathComponent("cut.jpg"))
    var reasons: [String] = []
    let result = try diagnosis([folder.url.path]).run { event in
      if case .skipped(let reason) = event { reasons.append(reason) }
    }
    #expect(result.images?.count == 2)
    #expect(result.images?.skipped == reasons)
    #expect(reasons.count == 2)
    #expect(reasons.allSatisfy { $0.contains("a.jpg") || $0.contains("cut.jpg") })

    let others = diagnosis(good.map { photographs.appendingPathComponent($0).path })
    let alone = try others.run()
    let bounds = try Rounding(of: others).bounds
    #expect(alone.images?.digest == result.images?.digest)
    for (bounds, (a, b)) in zip(bounds, zip(alone.models[0].layers, result.models[0].layers)) {
      // Other images beside them in a batch: each result lies within rounding of the exact one.
      #expect(excess(a.logAmplitude, b.logAmplitude, bounds.map { 2 * $0 }) < 1)
    }
  }

  @Test("When none is left, the error says why") func none() throws {
    let folder = try TemporaryFolder()
    try folder.write("no image", to: "a.png")
    let error = try #require(throws: DiagnosisError.self) { try diagnosis([folder.path("a.png")]).run() }
    #expect("\(error)".contains("none of the images can be used") && "\(error)".contains("a.png"))
  }

  @Test("A crop or a size that no image can go through is one error, not one for each image")
  func preprocessing() throws {
    var diagnosis = diagnosis([photographs.path])
    diagnosis.cropPct = 1e-9
    var events = 0
    #expect(throws: ImageError.self) { try diagnosis.run { if case .skipped = $0 { events += 1 } } }
    #expect(events == 0)
  }

  @Test("An image size whose activations exceed the memory is refused, not attempted") func memory() throws {
    var diagnosis = diagnosis([photographs.path])
    // A million tokens: the attention weights of one head alone take 4 TB.
    diagnosis.imageSize = 4000
    let error = try #require(throws: DiagnosisError.self) { try diagnosis.run() }
    #expect("\(error)".contains("--image-size") && "\(error)".contains("GB"))
  }
}
