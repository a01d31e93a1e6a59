import Fixtures
import Foundation
import Testing

@Suite("mff-inspect reconstruct")
struct ReconstructCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private struct Result: Decodable {
    struct Mean: Decodable { let mean: Double, standardError: Double? }
    struct Errors: Decodable { let mse: Mean, psnr: Mean }
    struct Summary: Decodable { let loss, gain: Mean, pixels, meanColor: Errors }
    struct Image: Decodable { let name: String, removed: [Int], input: String?, predicted: String? }
    struct Model: Decodable {
      let name: String, digest: String, normPixels: Bool, removedPatches: Int, images: [Image], summary: Summary
    }
    let command: String
    let seed: Int
    let models: [Model]
  }

  private func result(_ name: String) throws -> Result {
    try JSONDecoder().decode(Result.self, from: Data(try folder.bytes(name)))
  }

  @Test("With no path at all it compares the bundled MAE and MFF, both clearly better than the mean colour")
  func noPath() throws {
    let outcome = try Program.run(["reconstruct", "--csv"], in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let first = try #require(outcome.errorLines.first)
    #expect(first.contains("bundled checkpoints") && first.contains("images"))
    #expect(try folder.entries() == ["reconstruct.csv", "reconstruct.json", "reconstruct.png"])
    let result = try result("reconstruct.json")
    #expect(result.command == "reconstruct" && result.models.map(\.name) == ["MAE", "MFF"])
    for model in result.models {
      #expect(model.images.count == 8 && model.removedPatches == 147 && model.normPixels)
      #expect(model.images.allSatisfy { $0.removed.count == 147 })
      // Three standard errors.
      #expect(model.summary.gain.mean > 3 * (model.summary.gain.standardError ?? .infinity))
      #expect(model.summary.pixels.mse.mean < model.summary.meanColor.mse.mean)
    }
    #expect(outcome.output.contains("better than the mean colour by") && outcome.output.contains("MFF: PSNR"))
    let remarks = [
      "147 of 196 patches removed", "normalised patches (metadata, norm_pix_loss)", "wrote reconstruct.png",
    ]
    for words in remarks { #expect(outcome.errors.contains(words), "\(words)") }
    #expect(try folder.bytes("reconstruct.csv").split(separator: UInt8(ascii: "\n")).count == 17)
  }

  @Test("plot draws the same file again from the JSON, in any format, and several results together")
  func plot() throws {
    let (mae, mff) = (try #require(Fixtures.mae), try #require(Fixtures.mff))
    let options = ["--count", "2", "--seed", "3", "-q", "--title", "T", "--dpi", "90"]
    for (name, file) in [("a", mae), ("b", mff)] {
      #expect(
        try Program.run(["reconstruct", file, "--name", name, "-o", "\(name).png"] + options, in: folder).status == 0)
    }
    let again = try Program.run(["plot", "a.json", "-o", "again.png"], in: folder)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try folder.bytes("again.png") == folder.bytes("a.png"))
    #expect(try Program.run(["plot", "a.json", "b.json", "-o", "both.svg"], in: folder).status == 0)
    let svg = String(decoding: try folder.bytes("both.svg"), as: UTF8.self)
    #expect(svg.components(separatedBy: "<image ").count == 1 + 2 * 6)
    #expect(svg.contains(">masked<") && svg.contains(">leaves-"))
    #expect(try Program.run(["reconstruct", mae, "-o", "a.pdf"] + options, in: folder).status == 0)
    #expect(try folder.bytes("a.pdf").starts(with: Array("%PDF".utf8)))
  }

  @Test("Results of other images do not share a figure")
  func otherImages() throws {
    let mae = try #require(Fixtures.mae)
    for seed in ["1", "2"] {
      let run = try Program.run(
        ["reconstruct", mae, "--count", "1", "--seed", seed, "-o", "\(seed).png", "-q"], in: folder)
      #expect(run.status == 0)
    }
    let run = try Program.run(["plot", "1.json", "2.json", "-o", "x.png"], in: folder)
    #expect(run.status == 1 && run.errors.contains("different images"))
  }

  @Test("--json - writes the result to standard output and nothing else")
  func standardOutput() throws {
    let mae = try #require(Fixtures.mae)
    let run = try Program.run(
      ["reconstruct", mae, "--count", "1", "--mask-ratio", "0.5", "--no-norm-pixels", "--json", "-"], in: folder)
    #expect(run.status == 0)
    let result = try JSONDecoder().decode(Result.self, from: Data(run.output.utf8))
    #expect(result.models[0].removedPatches == 98 && !result.models[0].normPixels)
    #expect(!run.errors.contains("does not say whether"))
    #expect(try folder.entries() == ["reconstruct.png"])
  }

  @Test("A checkpoint without a decoder is refused with what to take instead, and no file is written")
  func encoderOnly() throws {
    let run = try Program.run(
      ["reconstruct", GoldenFiles.frequency("timm-vit.safetensors"), "--heads", "3"], in: folder)
    #expect(run.status == 1)
    for words in ["timm-vit.safetensors", "no decoder", "mae_visualize", "`mff-inspect frequency`"] {
      #expect(run.errors.contains(words), "\(words): \(run.errors)")
    }
    #expect(try folder.entries().isEmpty)
  }

  @Test(
    "Wrong usage is status 64",
    arguments: [
      (["--mask-ratio", "1"], "--mask-ratio must"), (["--mask-ratio", "nan"], "--mask-ratio must"),
      (["--count", "0"], "--count must"), (["--batch-size", "0"], "--batch-size must"),
      (["--masks", "m.safetensors", "--mask-ratio", "0.5"], "leave out --mask-ratio"),
      (["--norm-pixels", "--no-norm-pixels"], "--no-norm-pixels"),
    ] as [([String], String)])
  func wrongUsage(arguments: [String], reason: String) throws {
    let run = try Program.run(["reconstruct", "missing.pth"] + arguments, in: folder)
    #expect(run.status == 64 && run.errors.contains(reason), "\(run.errors)")
  }

  @Test("A missing file of masks is named")
  func missingMasks() throws {
    let run = try Program.run(["reconstruct", "--masks", "none.safetensors"], in: folder)
    #expect(run.status == 1 && run.errors.contains("none.safetensors"))
    #expect(try folder.entries().isEmpty)
  }

  @Test("The help lists every option with its default")
  func help() throws {
    let help = try Program.run(["reconstruct", "--help"], in: folder)
    let options = [
      "--images", "--count", "--mask-ratio", "--masks", "--norm-pixels/--no-norm-pixels", "--decoder-heads", "--seed",
      "-o, --output", "--json",
    ]
    for option in options { #expect(help.output.contains("  \(option)"), "\(option)") }
    #expect(help.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }
}
