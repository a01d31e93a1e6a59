import Checkpoints
import Foundation
import Tensors
import Testing

@testable import VisionTransformers

@Suite("Features of a teacher")
struct FeatureTeacherTests {
  private let mean = [0.485, 0.456, 0.406]
  private let deviation = [0.229, 0.224, 0.225]

  /// A student with patches of that side on a grid of 4 × 6.
  private func student(patch: Int) -> Architecture {
    Architecture(imageSize: patch * 4, patchSize: patch, width: 8, depth: 1, heads: 2)
      .resized(to: [patch * 4, patch * 6])
  }

  private func goldenTeacher() throws -> ModelDescription {
    try ModelDescription(
      Checkpoint(opening: golden("teacher/model.safetensors")), options: ModelOptions(heads: 3, imageSize: [12, 18]))
  }

  @Test("Patches of other sides, another normalisation and a grid that is not square match PyTorch")
  func reference() throws {
    let truth = try Checkpoint(opening: golden("teacher/features.safetensors"))
    for patch in [4, 2] {
      for threads in [1, 3] {
        let teacher = try FeatureTeacher(
          goldenTeacher(), student: student(patch: patch), images: 2, team: Team(threads: threads))
        #expect(teacher.width == 12 && teacher.layer == .norm && teacher.imageSize == [12, 18])
        let images = try truth.floats("images.\(patch)")
        let found = teacher.features(of: images, mean: mean, deviation: deviation)
        let expected = try truth.floats("features.\(patch)")
        let scale = expected.map { abs($0) }.max() ?? 0
        // As for the tokens of the forward pass; images add a few roundings of values of size 2.
        #expect(largestDifference(found, expected) <= 20 * Float.ulpOfOne * scale, "patch \(patch)")
        // Stored in single precision, half a unit in the last place of each: 6e-8.
        let exact = teacher.exactFeatures(of: images, mean: mean, deviation: deviation)
        #expect(exact.count == expected.count)
        #expect(zip(exact, expected).allSatisfy { abs($0 - Double($1)) <= 6e-8 * abs($0) + 1e-12 }, "patch \(patch)")
        // One image alone, in a workspace for two.
        let alone = teacher.features(of: Array(images[..<(images.count / 2)]), mean: mean, deviation: deviation)
        #expect(largestDifference(alone, Array(found[..<(found.count / 2)])) <= 1e-5)
      }
    }
  }

  @Test("With the student's patches and normalisation the features are the encoder's own, bit for bit")
  func same() throws {
    let folder = try TemporaryFolder()
    let description = try ModelDescription(TinyFile.original().open(in: folder), options: ModelOptions(heads: 2))
    let model = try description.load()
    let images = TinyFile.values(3 * model.architecture.pixels, name: "images")
    let teacher = try FeatureTeacher(description, student: model.architecture, images: 3, team: .single)
    let own = tokens(of: model, images, layers: [.norm])[.norm]
    #expect(teacher.features(of: images, mean: mean, deviation: deviation) == own)
    // Statistics that went through single precision are the same statistics.
    let rounded = (mean.map { Double(Float($0)) }, deviation.map { Double(Float($0)) })
    #expect(teacher.features(of: images, mean: rounded.0, deviation: rounded.1) == own)
    // The same pixels under another normalisation give the same features, but for rounding.
    let plane = model.architecture.pixels / 3
    let others = images.enumerated().map { i, x in
      let colour = i / plane % 3
      return Float((Double(x) * deviation[colour] + mean[colour] - 0.5) / 0.25)
    }
    let found = teacher.features(of: others, mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25])
    // Values of about 1 through two roundings of pixels and the pass after them.
    #expect(largestDifference(found, own) <= 1e-5 && found != own)
  }

  @Test("A file without a final norm gives its last block")
  func noFinalNorm() throws {
    let folder = try TemporaryFolder()
    var file = TinyFile.original()
    for part in ["weight", "bias"] {
      file.shapes["norm.\(part)"] = nil
      file.shapes["fc_norm.\(part)"] = [8]
    }
    let description = try ModelDescription(file.open(in: folder), options: ModelOptions(heads: 2))
    let model = try description.load()
    let teacher = try FeatureTeacher(description, student: model.architecture, images: 1, team: .single)
    let images = TinyFile.values(model.architecture.pixels, name: "images")
    #expect(teacher.layer == .block(1))
    #expect(
      teacher.features(of: images, mean: mean, deviation: deviation)
        == tokens(of: model, images, layers: [.block(1)])[.block(1)])
  }

  @Test("Resizing mixes neighbours by their distance, repeats the border, and keeps ramps")
  func resizing() {
    let line = BilinearResizing(from: [1, 2], to: [1, 4])
    #expect(line.apply([0, 8]) == [0, 2, 6, 8])
    let column = BilinearResizing(from: [4, 1], to: [2, 1])
    #expect(column.apply([0, 2, 6, 8]) == [1, 7])
    // Height and width apart: f = 10 y + x at the centres of 2 × 3 pixels, halved to 1 × 3 and doubled to 4 × 3.
    let map: ArraySlice<Float> = [0, 1, 2, 10, 11, 12]
    #expect(BilinearResizing(from: [2, 3], to: [1, 3]).apply(map) == [5, 6, 7])
    let doubled: [Float] = [0, 1, 2, 2.5, 3.5, 4.5, 7.5, 8.5, 9.5, 10, 11, 12]
    #expect(BilinearResizing(from: [2, 3], to: [4, 3]).apply(map) == doubled)
    #expect(BilinearResizing(from: [2, 3], to: [2, 3]).apply(map) == Array(map))
    // A slice keeps its indices: the second map of two.
    let two: [Float] = [9, 9, 0, 8]
    #expect(line.apply(two[2...]) == [0, 2, 6, 8])
  }

  @Test("A decoder of another width is refused with both files and widths")
  func widths() throws {
    let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
    var file = TinyFile.original()
    let teacher = try ModelDescription(file.open(in: first), options: ModelOptions(heads: 2))
    let options = ModelOptions(heads: 2, decoderHeads: 2)
    func refusal() throws -> String {
      let student = try ModelDescription(file.open(in: second), options: options)
      let error = try #require(throws: ModelError.self) { try student.checkDecoder(predictsFeaturesOf: teacher) }
      #expect(error.description.hasPrefix(student.path))
      return error.description
    }
    #expect(try refusal().contains("decoder_embed.weight is missing"))
    file.addDecoder()
    let pixels = try refusal()
    #expect(pixels.contains("predicts for a patch is 12") && pixels.contains("teacher \(teacher.path) have 8"))
    #expect(pixels.contains("--objective pixels"))
    file.shapes["decoder_pred.weight"] = [16, 8]
    file.shapes["decoder_pred.bias"] = [16]
    #expect(try refusal().contains("give the --teacher that the checkpoint was trained with"))
    file.shapes["decoder_pred.weight"] = [8, 8]
    file.shapes["decoder_pred.bias"] = [8]
    let fitting = try ModelDescription(file.open(in: second), options: options)
    #expect(throws: Never.self) { try fitting.checkDecoder(predictsFeaturesOf: teacher) }
  }
}
