import Diagnostics
import Foundation
import Testing

@Suite("Two checkpoints on the same images")
struct FrequencyComparisonTests {
  private let folder = goldenFolder.appendingPathComponent("photographs")
  private let photographs = ["grey.jpg", "lying.jpg", "palette.png", "small.png", "transparent.png", "upright.jpg"]

  private func diagnosis(_ images: [String]) -> FrequencyDiagnosis {
    let golden = goldenFolder.appendingPathComponent("frequency")
    var diagnosis = FrequencyDiagnosis(
      checkpoints: [
        CheckpointRequest(path: golden.appendingPathComponent("mae-zip.pth").path, options: .init(heads: 4)),
        CheckpointRequest(path: golden.appendingPathComponent("timm-vit.safetensors").path, options: .init(heads: 3)),
      ], images: images)
    diagnosis.layers = .last
    return diagnosis
  }

  @Test("The difference is that of the means, the second minus the first") func means() throws {
    let result = try diagnosis([folder.path]).run()
    let comparison = try #require(result.comparison)
    #expect(comparison.layers == ["1", "1"])
    let means = result.models.map { $0.layers[0].logAmplitude }
    // Means of six doubles around 5 in another order.
    #expect(distance(comparison.difference, zip(means[1], means[0]).map { $0 - $1 }) < 1e-12)
  }

  @Test("The interval is Student's over the images' own differences") func interval() throws {
    let all = diagnosis([folder.path])
    let comparison = try #require(try all.run().comparison)
    let differences = try photographs.map { name in
      try #require(try diagnosis([folder.appendingPathComponent(name).path]).run().comparison).difference
    }
    // scipy.stats.t.ppf(0.975, 5)
    let t = 2.570581835636314
    let halves = (0..<7).map { band in
      let values = differences.map { $0[band] }
      let mean = values.reduce(0, +) / 6
      return t * (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 5 / 6).squareRoot()
    }
    // A single image is divided over the cores in another way than six: the standard error of each of the two checkpoints, and so of
    // their difference, lies within rounding of the exact one, in both runs.
    let bounds = zip(try Rounding(of: all).bounds[0], try Rounding(of: all, checkpoint: 1).bounds[0]).map {
      2 * t * ($0 + $1)
    }
    #expect(excess(try #require(comparison.halfInterval), halves, bounds) < 1)
  }

  @Test("Sentences go by Holm's correction over all bands, intervals are of each band by itself")
  func together() throws {
    let result = try diagnosis([folder.path]).run()
    let comparison = try #require(result.comparison)
    let (pValues, adjusted) = (try #require(comparison.pValue), try #require(comparison.adjustedPValue))
    let half = try #require(comparison.halfInterval)
    for (band, p) in pValues.enumerated() { #expect((p <= 0.05) == (abs(comparison.difference[band]) >= half[band])) }
    #expect(adjusted == Holm.adjusted(pValues))
    let sentence = try #require(result.bandSentence)
    #expect(sentence.hasSuffix("(Student's t at 5 % for 7 bands together, by Holm's correction)"))
    #expect(result.table.hasSuffix(sentence))
  }

  @Test("The sentence names bands by their corrected p, above and below zero") func sentence() throws {
    var result = try diagnosis([folder.path]).run()
    result.comparison?.difference = [1, -1, 1, 1, -1, 1, 1]
    result.comparison?.adjustedPValue = [0.04, 0.01, 0.06, 0.05, 1, 1, 0.2]
    #expect(
      try #require(result.bandSentence).contains(
        ": higher in bands 1, 4; lower in band 2; not told apart in bands 3, 5, 6, 7 ("))
  }

  @Test("Copies of an image are counted, and what they do to errors is said") func copies() throws {
    let copy = try TemporaryFolder()
    for name in ["a.jpg", "b.jpg"] {
      try FileManager.default.copyItem(
        atPath: folder.appendingPathComponent("upright.jpg").path, toPath: copy.path(name))
    }
    let images = try #require(
      try diagnosis([copy.url.path, folder.appendingPathComponent("grey.jpg").path]).run().images)
    #expect(images.count == 3 && images.copies == 1)
    #expect(images.copyWarning?.hasPrefix("1 of 3 images is a copy of another, byte for byte") == true)
    #expect(try diagnosis([folder.path]).run().images?.copies == nil)
  }

  @Test("A checkpoint compared with itself differs by nothing") func itself() throws {
    var diagnosis = diagnosis([folder.path])
    diagnosis.checkpoints[1] = diagnosis.checkpoints[0]
    let comparison = try #require(try diagnosis.run().comparison)
    #expect(comparison.difference.allSatisfy { $0 == 0 })
    #expect(try #require(comparison.halfInterval).allSatisfy { $0 == 0 })
    #expect(comparison.adjustedPValue == Array(repeating: 1, count: 7))
  }

  @Test("One or three checkpoints are not compared") func others() throws {
    var diagnosis = diagnosis([folder.path])
    diagnosis.checkpoints.append(diagnosis.checkpoints[0])
    #expect(try diagnosis.run().comparison == nil)
    diagnosis.checkpoints.removeLast(2)
    #expect(try diagnosis.run().comparison == nil)
    diagnosis.checkpoints = []
    #expect(throws: DiagnosisError.noCheckpoints) { try diagnosis.run() }
  }
}
