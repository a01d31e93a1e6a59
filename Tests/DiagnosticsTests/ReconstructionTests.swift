import Checkpoints
import Figures
import Foundation
import Images
import Testing
import VisionTransformers

@testable import Diagnostics

/// Reconstructions of two bundled images by the bundled models, against PyTorch.
@Suite("Reconstruction")
struct ReconstructionTests {
  private struct Expected: Decodable {
    let name: String
    let loss, reconstruction, patchMean, meanColor: Double
  }

  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  private static let fixtures = tests.deletingLastPathComponent().deletingLastPathComponent().path + "/Fixtures"
  private static let golden = tests.appendingPathComponent("Golden/reconstruction")
  private static let masks = golden.appendingPathComponent("masks.safetensors").path

  private func diagnosis(_ checkpoints: [String] = ["ckpt.bin"]) -> ReconstructionDiagnosis {
    var diagnosis = ReconstructionDiagnosis(
      checkpoints: checkpoints.map { CheckpointRequest(path: "\(Self.fixtures)/\($0)") },
      images: ["leaves-000.png", "leaves-004.png"].map { "\(Self.fixtures)/images/\($0)" })
    diagnosis.masks = Self.masks
    return diagnosis
  }

  private func expected() throws -> [Expected] {
    try JSONDecoder().decode(
      [Expected].self, from: Data(contentsOf: Self.golden.appendingPathComponent("expected.json")))
  }

  /// The two images as the model sees them.
  private func images(side: Int) throws -> [Float] {
    let set = try ImageSet(paths: diagnosis().images)
    let preprocessing = Preprocessing(imageSize: side)
    return try (0..<set.count).flatMap { index in
      var pixels = [Float](repeating: 0, count: preprocessing.valueCount)
      var span = pixels.mutableSpan
      _ = try set.load(index, preprocessing: preprocessing, into: &span)
      return pixels
    }
  }

  @Test(
    "Predictions of every patch are PyTorch's, however the batch is cut, and their loss is the loss", arguments: [1, 2])
  func predictions(imagesPerPart: Int) throws {
    let model = try ModelDescription(Checkpoint(opening: "\(Self.fixtures)/ckpt.bin")).loadForLoss(
      .pixels(normalized: true))
    let a = model.architecture
    let function = try LossFunction(
      a, objective: .pixels(normalized: true), images: 2, masked: 147, products: false,
      options: LossOptions(imagesPerPart: imagesPerPart))
    try function.setBatch(
      LossBatch(images: try images(side: a.imageSize[0]), masks: try MaskFile(Self.masks).masks))
    let parameters = model.withParameterVector { values in values.indices.map { values[$0] } }
    let (found, loss) = try function.predictions(at: parameters.span)
    #expect(loss == (try function.loss(at: parameters.span)))
    let wanted = try Checkpoint(opening: Self.golden.appendingPathComponent("predictions.safetensors").path)
      .floats("predictions")
    #expect(found.count == wanted.count)
    let worst = zip(found, wanted).map { abs($0 - $1) }.max() ?? .infinity
    // Values of order 1 in single precision through fourteen blocks; PyTorch's are of double precision.
    #expect(worst <= 1e-5, "\(worst)")
    let losses = try expected().map(\.loss)
    // Single precision: about 1e-6 of the loss.
    #expect(abs(loss - (losses[0] + losses[1]) / 2) <= 5e-6)
  }

  @Test("Loss and pixel errors of each image are PyTorch's")
  func scores() throws {
    let result = try diagnosis().run()
    let details = try #require(result.models.first?.details)
    #expect(details.normPixels && details.removedPatches == 147 && details.normalize == "imagenet")
    for (image, wanted) in zip(details.images, try expected()) {
      #expect(image.name.hasSuffix(wanted.name))
      // Errors of predictions of 1e-6 change means of squares by that share of them.
      #expect(abs(image.scores.loss - wanted.loss) <= 1e-5 * wanted.loss)
      #expect(abs(image.scores.pixels.mse - wanted.reconstruction) <= 1e-5 * wanted.reconstruction)
      #expect(abs((image.scores.patchMean?.mse ?? 0) - wanted.patchMean) <= 1e-5 * wanted.patchMean)
      #expect(abs(image.scores.meanColor.mse - wanted.meanColor) <= 1e-5 * wanted.meanColor)
      #expect(image.scores.pixels.psnr == -10 * log10(image.scores.pixels.mse))
    }
    let losses = details.images.map(\.scores.loss)
    let mean = (losses[0] + losses[1]) / 2
    // One rounding of each sum.
    #expect(abs(details.summary.loss.mean - mean) <= 1e-15)
    // For two values the standard error is half their difference.
    #expect(abs((details.summary.loss.standardError ?? 0) - abs(losses[0] - losses[1]) / 2) <= 1e-15)
    #expect((details.summary.gain?.mean ?? 0) > 2)
  }

  @Test("The input is shown as it is, and visible patches stay in the completed picture")
  func pictures() throws {
    let result = try diagnosis().run()
    let image = try #require(result.models.first?.details.images.first)
    let input = try Picture(base64: try #require(image.input), name: "input")
    // The file is 64 pixels wide and resized to 64, so the crop is its middle, bit for bit.
    let file = try DecodedImage(
      decoding: Array(Data(contentsOf: URL(fileURLWithPath: diagnosis().images[0]))), name: "file")
    try #require(file.width == 64 && input.width == 56)
    var (wrong, removed) = (0, [Bool](repeating: false, count: 196))
    for y in 0..<56 {
      for i in 0..<168 where input.samples[y * 168 + i] != file.samples[(y + 4) * 192 + 12 + i] { wrong += 1 }
    }
    #expect(wrong == 0)
    for patch in image.removed { removed[patch] = true }
    let item = Reconstruction(
      grid: [14, 14], removed: removed, original: input,
      predicted: try Picture(base64: try #require(image.predicted), name: "predicted"), scores: image.scores)
    for (x, y) in [(0, 0), (17, 3), (55, 55), (23, 40), (8, 31)] {
      let (start, isRemoved) = (3 * (y * 56 + x), removed[y / 4 * 14 + x / 4])
      let part = start..<start + 3
      #expect(item.completed.samples[part] == (isRemoved ? item.predicted : item.original).samples[part])
      #expect(item.masked.samples[part] == (isRemoved ? [128, 128, 128] : item.original.samples[part]))
    }
  }

  @Test("A model in memory gives the same as its file, and a figure")
  func inMemory() throws {
    let model = try ModelDescription(Checkpoint(opening: "\(Self.fixtures)/ckpt.bin")).loadForLoss(
      .pixels(normalized: true))
    let a = model.architecture
    let parameters = model.withParameterVector { values in values.indices.map { values[$0] } }
    let (figure, items) = try ReconstructionPanel.figure(
      a, parameters: parameters.span, images: try images(side: 56), masks: try MaskFile(Self.masks).masks,
      normalizedPixels: true, names: ["a", "b"], title: "epoch 3")
    let file = try #require(try diagnosis().run().models.first)
    #expect(items.map(\.scores) == file.details.images.map(\.scores))
    #expect(figure.panels.count == 8 && figure.columns == 4)
    let titles = figure.panels.prefix(4).map { $0.title?.replacing("\u{AD}", with: "") }
    #expect(titles == ["input", "masked", "reconstruction", "reconstruction + visible"])
    #expect(try figure.render(as: .png(dpi: 72)).count > 10_000)
  }

  @Test("Masks are drawn alike for all checkpoints and batches, and inputs stand in the result once")
  func seeds() throws {
    var one = diagnosis(["ckpt.bin", "mff.bin"])
    one.masks = nil
    one.images = ["\(Self.fixtures)/images"]
    (one.count, one.batchSize, one.seed) = (3, 8, 5)
    let together = try one.run()
    one.batchSize = 2
    let cut = try one.run()
    let removed = together.models.map { $0.details.images.map(\.removed) }
    #expect(removed[0] == removed[1] && removed[0] == cut.models[0].details.images.map(\.removed))
    #expect(Set(removed[0]).count == 3)
    #expect(removed[0].allSatisfy { $0.count == 147 })
    for (a, b) in zip(together.models[0].details.images, cut.models[0].details.images) {
      // Another batch size divides matrix products otherwise: rounding in single precision.
      #expect(abs(a.scores.loss - b.scores.loss) <= 1e-5)
    }
    #expect(together.models[1].details.images.allSatisfy { $0.input == nil && $0.predicted != nil })
    #expect(together.models[0].checkpoint.digest != together.models[1].checkpoint.digest)
    one.seed = 6
    #expect(try one.run().models[0].details.images.map(\.removed) != removed[0])
    // Two columns for input and mask, two for each checkpoint.
    #expect(try together.figure(DrawingSettings()).columns == 6)
    one.maskRatio = 0.5
    #expect(try one.run().models[0].details.removedPatches == 98)
  }

  @Test("A model of plain pixels is measured as such")
  func plainPixels() throws {
    var plain = diagnosis()
    plain.normPixels = false
    let details = try #require(try plain.run().models.first?.details)
    #expect(!details.normPixels && details.summary.patchMean == nil && details.summary.gainOverPatchMean == nil)
    // Mistaken for plain pixels, normalised ones are far off.
    #expect((details.summary.gain?.mean ?? 0) < 0)
  }

  @Test("A result survives its JSON, and a damaged one is refused")
  func roundTrip() throws {
    let result = try diagnosis(["ckpt.bin", "mff.bin"]).run()
    let data = Data(try encodeResult(result))
    let read = try JSONDecoder().decode(ReconstructionResult.self, from: data)
    #expect(read == result && read.inconsistency == nil)
    #expect(try read.figure(DrawingSettings()) == result.figure(DrawingSettings()))
    var damaged = read
    damaged.models[1].details.images[0].removed[0] = 196
    #expect(damaged.inconsistency?.contains("patch 196") == true)
    damaged = read
    damaged.models[0].details.images[1].predicted = "AAAA"
    #expect(damaged.inconsistency?.contains("leaves-004.png") == true)
    damaged = read
    damaged.models[0].details.grid = [14, 15]
    #expect(damaged.inconsistency != nil)
    #expect(read.csv.split(separator: "\n").count == 5)
  }

  @Test("Without a decoder nothing is reconstructed, and the refusal says what to take and what else can be run")
  func encoderOnly() throws {
    let folder = try TemporaryFolder()
    try folder.writeTensors(tinyShapes(), to: "encoder.safetensors")
    var encoder = diagnosis()
    encoder.checkpoints = [CheckpointRequest(path: folder.path("encoder.safetensors"))]
    let error = #expect(throws: LossInputError.self) { try encoder.run() }
    let words = error?.description ?? ""
    #expect(words.hasPrefix(folder.path("encoder.safetensors")))
    #expect(
      words.contains("no decoder") && words.contains("mae_visualize") && words.contains("`mff-inspect frequency`"))
  }

  @Test("What is assumed of a file that tells nothing is said, and an option silences it")
  func assumptions() throws {
    let folder = try TemporaryFolder()
    try folder.writeTensors(tinyShapes().merging(tinyDecoderShapes(outputs: 48)) { $1 }, to: "mae.safetensors")
    var tiny = diagnosis()
    tiny.masks = nil
    let options = ModelOptions(decoderHeads: 2)
    tiny.checkpoints = [CheckpointRequest(path: folder.path("mae.safetensors"), options: options)]
    var (warnings, words): ([String], [String]) = ([], [])
    func listen(_ event: ReconstructionDiagnosis.Event) {
      guard case .prepared(_, let said, let warned) = event else { return }
      (words, warnings) = (said, warned)
    }
    let details = try #require(try tiny.run(listen).models.first?.details)
    #expect(details.normPixels && details.removedPatches == 12 && details.maskRatio == 0.75)
    #expect(warnings.count == 1 && warnings[0].contains("--no-norm-pixels"))
    #expect(words.contains { $0.contains("12 of 16 patches removed, ratio 0.75 (usual; the file does not tell)") })
    // Weights of zero predict zero, which for normalised patches is their mean.
    #expect(details.images.allSatisfy { $0.scores.pixels == $0.scores.patchMean })
    tiny.normPixels = true
    _ = try tiny.run(listen)
    #expect(warnings.isEmpty)
  }

  @Test("Ratios, sizes and masks that do not fit are refused")
  func refusals() throws {
    var ratio = diagnosis()
    (ratio.masks, ratio.maskRatio) = (nil, 0.001)
    // MAE keeps ⌊196 · 0.999⌋ = 195 patches, so one is removed.
    #expect(try ratio.run().models[0].details.removedPatches == 1)
    ratio.maskRatio = 0.999
    let error = #expect(throws: LossInputError.self) { try ratio.run() }
    #expect(error?.description.contains("removes 196 of 196 patches") == true)
    var size = diagnosis()
    size.imageSize = 64
    #expect(throws: LossInputError.untrainedSize(model: "ckpt.bin", size: [64, 64], trained: [56, 56])) {
      try size.run()
    }
    var few = diagnosis()
    few.images = ["\(Self.fixtures)/images"]
    few.count = 3
    #expect(throws: MaskFileError.self) { try few.run() }
  }
}
