import Fixtures
import Foundation
import Testing

/// Networks so small that a batch takes some hundredths of a second; the numbers themselves are tested in `DiagnosticsTests`.
@Suite("mff-inspect hessian")
struct HessianCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Trains a network of three blocks for one epoch of 32 pictures of 16 pixels.
  private func train(_ name: String, _ more: [String] = []) throws -> String {
    let outcome = try Program.run(
      [
        "pretrain", "-o", name, "-q", "--synthetic", "dead-leaves", "--count", "32", "--batch-size", "8",
        "--image-size", "16", "--patch-size", "4", "--width", "16", "--depth", "3", "--heads", "2", "--decoder-width",
        "8", "--decoder-depth", "1", "--decoder-heads", "2", "--threads", "2", "--seed", "5", "--epochs", "1",
      ] + more, in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return "\(name)/epoch_1.safetensors"
  }

  private let small = ["--batches", "2", "--batch-size", "2", "--top", "2", "--solver", "lanczos", "--threads", "2"]

  private func hessian(_ arguments: [String]) throws -> Program.Outcome {
    try Program.run(["hessian"] + arguments, in: folder)
  }

  private func result(_ name: String) throws -> HessianOutput {
    try JSONDecoder().decode(HessianOutput.self, from: Data(try folder.bytes(name)))
  }

  // MARK: The result

  @Test("With no path it compares the bundled MAE and MFF, and every value of the result has its evidence")
  func noPath() throws {
    let outcome = try hessian(small + ["--csv"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let first = try #require(outcome.errorLines.first)
    #expect(first.contains("bundled checkpoints") && first.contains("images"))
    #expect(try folder.entries() == ["hessian.csv", "hessian.json", "hessian.png"])
    let result = try result("hessian.json")
    #expect(result.command == "hessian" && result.seed == 0 && result.images.count == 4)
    #expect(result.images.digest.count == 64 && result.arguments.first == "hessian" && !result.version.isEmpty)
    #expect(result.settings.protocolWords.count > 3 && result.settings.solver == "lanczos")
    #expect(result.models.map(\.name) == ["MAE", "MFF"])
    for model in result.models {
      #expect(model.digest.count == 64 && model.objective == "pixels" && model.architecture.depth == 12)
      #expect(model.blocks == nil && model.density == nil && model.trace == nil)
      let batches = try #require(model.batches)
      #expect(batches.map(\.index) == [0, 1])
      for batch in batches { expectSound(batch, values: 2) }
      let summary = try #require(model.summary)
      // Sums of four numbers of double precision.
      #expect(abs(summary.mean - batches.flatMap(\.eigenvalues).map(\.value).reduce(0, +) / 4) < 1e-9)
      #expect(
        summary.interval?.count == 2 && summary.standardError != nil && summary.quantiles["0.5"] == summary.median)
      #expect(summary.negativeShare == 0 && summary.meanPositive == summary.mean)
    }
    let comparison = try #require(result.comparison)
    let means = result.models.compactMap { $0.summary?.mean }
    #expect(abs(comparison.difference - (means[1] - means[0])) < 1e-9)
    // Two batches: half of all signs are the same.
    #expect(comparison.interval?.count == 2 && comparison.signedRank >= 0.5 && !comparison.settled)
    for words in ["147 of 196 patches removed", "normalised patches", "memory", "wrote hessian.png"] {
      #expect(outcome.errors.contains(words) || outcome.output.contains(words), "\(words)")
    }
    for words in ["95 % interval", "signed rank", "ranks checked", "MFF − MAE", "it takes 6 at least, 4 more"] {
      #expect(outcome.output.contains(words), "\(words)")
    }
    // A heading and a row for each eigenvalue.
    #expect(try folder.read("hessian.csv").split(separator: "\n").count == 1 + 2 * 2 * 2)
  }

  private func expectSound(_ batch: HessianOutput.Batch, values: Int) {
    #expect(batch.loss > 0 && batch.products > 0 && batch.checkProducts > 0 && batch.images.count == 2)
    #expect(batch.primalSeconds > 0 && batch.seconds > 0)
    #expect(batch.rankChecked && batch.eigenvalues.count == values)
    #expect(batch.excluded?.probability == 0.99 && (batch.excluded?.share ?? 1) < 0.5 && (batch.rankMargin ?? 0) > 0)
    for value in batch.eigenvalues {
      #expect(value.converged && value.iterations > 0 && value.bound > value.residual)
      #expect(value.residual <= 1e-3 * abs(value.value))
    }
    let magnitudes = batch.eigenvalues.map { abs($0.value) }
    #expect(magnitudes == magnitudes.sorted(by: >))
  }

  @Test("--json - writes the result to standard output and nothing else")
  func standardOutput() throws {
    let mae = try train("mae")
    let outcome = try hessian([mae, "--json", "-"] + small)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let result = try JSONDecoder().decode(HessianOutput.self, from: Data(outcome.output.utf8))
    #expect(result.models.count == 1 && result.comparison == nil)
    #expect(outcome.output.hasPrefix("{") && outcome.output.hasSuffix("}\n"))
    #expect(try folder.entries() == ["hessian.png", "mae"])
  }

  @Test("per-block gives a spectrum for each block, and none for the whole") func perBlock() throws {
    let mae = try train("mae")
    let outcome = try hessian([mae, "--parameters", "per-block", "-o", "blocks.svg"] + small)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let model = try #require(try result("blocks.json").models.first)
    #expect(model.batches == nil && model.summary == nil)
    let blocks = try #require(model.blocks)
    #expect(blocks.map(\.block) == [0, 1, 2])
    #expect(blocks.allSatisfy { $0.batches.count == 2 && $0.summary.quantiles["0.5"] == $0.summary.median })
    // Two norms, attention and perceptron of width 16.
    #expect(blocks.allSatisfy { $0.parameters == 4 * 16 + 16 * 48 + 48 + 16 * 16 + 16 + 2 * 16 * 64 + 64 + 16 })
    #expect(model.parameters == blocks.map(\.parameters).reduce(0, +))
    #expect(try folder.read("blocks.svg").contains(">Block<"))
  }

  @Test("--trace, --density and --save-vectors add what they name, the vectors in the naming of MAE's code")
  func more() throws {
    let mae = try train("mae")
    let outcome = try hessian([mae, "--trace", "--density", "--save-vectors", "v.safetensors"] + small)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let model = try #require(try result("hessian.json").models.first)
    let density = try #require(model.density)
    #expect(density.eigenvalues.count == density.weights.count && !density.weights.isEmpty)
    // Weights of each probe sum to 1 in double precision.
    #expect(abs(density.weights.reduce(0, +) - 1) < 1e-9)
    #expect(model.trace?.standardError != nil && outcome.output.contains("trace"))
    #expect(outcome.errors.contains("v-MODEL-BATCH.safetensors"))
    for batch in 0..<2 {
      let bytes = try folder.bytes("v-0-\(batch).safetensors")
      let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      let header = try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as? [String: Any]
      let tensors = try #require(header).filter { $0.key != "__metadata__" }
      #expect(tensors["0.blocks.2.attn.qkv.weight"] != nil && tensors["1.mask_token"] != nil)
      // Four bytes for each entry of two vectors.
      #expect(bytes.count == 8 + length + 2 * 4 * model.parameters)
    }
  }

  // MARK: Losses

  @Test("A classifier's Hessian needs labels, by folder") func classification() throws {
    let supervised = try train("supervised", ["--method", "supervised"])
    let images = try #require(Fixtures.images)
    let names = try FileManager.default.contentsOfDirectory(atPath: images).sorted()
    // The head has ten classes: one folder for each.
    for (index, name) in names.prefix(20).enumerated() {
      let place = folder.url.appendingPathComponent("classes/c\(index % 10)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: "\(images)/\(name)", toPath: place.appendingPathComponent(name).path)
    }
    let options = [supervised, "--images", "classes"] + small
    let outcome = try hessian(options + ["--labels", "folder"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("cross-entropy of 10 classes"))
    let model = try #require(try result("hessian.json").models.first)
    #expect(model.objective == "classification" && model.normPixels == nil && model.maskRatio == nil)
    for batch in model.batches ?? [] { expectSound(batch, values: 2) }
    let missing = try hessian(options)
    #expect(missing.status == 1 && missing.errors.contains("--labels folder"), "\(missing.errors)")
    let verbose = try hessian(options + ["--labels", "folder", "-v", "--dry-run"])
    #expect(verbose.status == 0 && !verbose.errors.contains("not used: head"), "\(verbose.errors)")
  }

  @Test("A network trained on features needs its teacher; one trained on pixels has no use for one")
  func teacher() throws {
    let teacher = try train("supervised", ["--method", "supervised"])
    let student = try train("eva", ["--method", "eva", "--teacher", teacher])
    let outcome = try hessian([student, "--teacher", teacher] + small)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let result = try result("hessian.json")
    #expect(result.models.first?.objective == "features-masked")
    #expect(result.settings.teacher == teacher && result.settings.teacherDigest?.count == 64)
    let missing = try hessian([student] + small)
    #expect(missing.status == 1 && missing.errors.contains("give --teacher"), "\(missing.errors)")
    let pixels = try train("mae")
    let unused = try hessian([pixels, "--teacher", teacher] + small)
    #expect(unused.status == 1 && unused.errors.contains("no use for --teacher"), "\(unused.errors)")
  }

  @Test("A file without decoder is refused with the release that has it and what can be run instead")
  func encoderOnly() throws {
    let outcome = try hessian([GoldenFiles.frequency("dino-run.pth"), "--heads", "3"])
    #expect(outcome.status == 1)
    for words in ["dino-run.pth", "no decoder", "mae_visualize", "`mff-inspect frequency`"] {
      #expect(outcome.errors.contains(words), "\(words): \(outcome.errors)")
    }
    #expect(try folder.entries().isEmpty)
  }

  // MARK: How a run goes

  @Test("--dry-run says memory, time and the protocol in full, and leaves no file") func dryRun() throws {
    let mae = try train("mae")
    let outcome = try hessian([mae, "--dry-run", "--protocol", "park2022"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    for words in ["memory", "products a batch", "at most", "random resized crop", "0.05 · ‖w‖²", "unsquared norms"] {
      #expect(outcome.output.contains(words), "\(words): \(outcome.output)")
    }
    let json = try hessian([mae, "--dry-run", "--json", "-"])
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect(object?["dryRun"] as? Bool == true)
    #expect(try folder.entries() == ["mae"])
  }

  @Test("A cap that is reached is a result: status 0, marked in the JSON, said in words with what would settle it")
  func cap() throws {
    let mae = try train("mae")
    let options = [mae, "--batches", "1", "--batch-size", "2", "--top", "2", "--max-iterations", "2", "-q"]
    let outcome = try hessian(options)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let batch = try #require(try result("hessian.json").models.first?.batches?.first)
    #expect(batch.eigenvalues.contains { !$0.converged && $0.residual > 1e-3 * abs($0.value) })
    #expect(outcome.output.contains("not settled") && outcome.output.contains("--solver lanczos would settle them"))
    // Where standard output is the result's, the words go to standard error.
    let bare = try hessian(options + ["--json", "-"])
    #expect(bare.status == 0 && bare.errors.contains("--solver lanczos would settle them"))
  }

  @Test("A run that fails before its first batch leaves nothing behind") func failure() throws {
    let mae = try train("mae")
    let outcome = try hessian([mae, "--count", "1"] + small)
    #expect(outcome.status == 1 && outcome.errors.contains("only 1 can be used"), "\(outcome.errors)")
    #expect(try folder.entries() == ["mae"])
  }

  @Test("plot draws the same file again from the JSON, and two results together") func plot() throws {
    let mae = try train("mae")
    let fused = try train("mff", ["--fuse", "0,2"])
    for (name, file) in [("a", mae), ("b", fused)] {
      let options = ["--name", name, "-o", "\(name).png", "--title", "T", "--dpi", "90", "-q"]
      #expect(try hessian([file] + options + small).status == 0)
    }
    let again = try Program.run(["plot", "a.json", "-o", "again.png"], in: folder)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try folder.bytes("again.png") == folder.bytes("a.png"))
    let both = try Program.run(["plot", "a.json", "b.json", "-o", "both.svg"], in: folder)
    #expect(both.status == 0, "\(both.errors)")
    let svg = try folder.read("both.svg")
    #expect(svg.contains(">a<") && svg.contains(">b<"))
  }

  @Test("Without a path eight batches are compared") func bundledBatches() throws {
    let forecast = try hessian(["--dry-run", "--json", "-", "--batch-size", "2"])
    #expect(forecast.status == 0, "\(forecast.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(forecast.output.utf8)) as? [String: Any]
    let settings = try #require(object?["settings"] as? [String: Any])
    #expect(settings["batches"] as? Int == 8 && settings["top"] as? Int == 3)
  }

  @Test("A ratio that removes no whole number of patches is told with what it removes") func maskRatio() throws {
    let mae = try train("mae")
    let outcome = try hessian([mae, "--mask-ratio", "0.01"] + small)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      outcome.errors.contains("1 of 16 patches removed, that is 6.25 %, for a ratio of 0.01 (option --mask-ratio)"))
    #expect(outcome.output.contains("6.25 % of patches removed"))
  }

  // MARK: Usage

  @Test(
    "Wrong usage is status 64",
    arguments: [
      (["--top", "0"], "--top must"), (["--batches", "0"], "--batches must"),
      (["--batch-size", "0"], "--batch-size must"),
      (["--count", "0"], "--count must"), (["--max-iterations", "0"], "--max-iterations must"),
      (["--tolerance", "1"], "--tolerance must"), (["--tolerance", "nan"], "--tolerance must"),
      (["--basis", "20"], "belongs to --solver lanczos"),
      (["--basis", "6", "--solver", "lanczos"], "--basis must be at least 7"),
      (["--rank-check-products", "0"], "--rank-check-products must be at least 1"),
      (["--prove-ranks", "--no-rank-check"], "--no-rank-check excludes"),
      (["--solver", "qr"], "--solver"), (["--which", "smallest"], "--which"), (["--protocol", "x"], "--protocol"),
      (["--parameters", "nonsense"], "--parameters"), (["--parameters", "block:x"], "--parameters"),
      (["--objective", "gan"], "--objective"), (["--labels", ""], "--labels must"),
      (["--mask-ratio", "1"], "--mask-ratio must"), (["--mask-ratio", "nan"], "--mask-ratio must"),
      (["--masks", "m.safetensors", "--mask-ratio", "0.5"], "leave out --mask-ratio"),
      (["--weight-decay", "-1"], "--weight-decay"), (["--save-vectors", "v.pt"], ".safetensors"),
      (["--resume", "--dry-run"], "exclude each other"), (["--norm-pixels", "--no-norm-pixels"], "--no-norm-pixels"),
    ] as [([String], String)])
  func wrongUsage(arguments: [String], reason: String) throws {
    // The checkpoint does not exist: usage comes first.
    let outcome = try hessian(["missing.pth"] + arguments)
    #expect(outcome.status == 64 && outcome.errors.contains(reason), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
    #expect(try folder.entries().isEmpty)
  }

  @Test("The help lists every option of the contract") func help() throws {
    let help = try hessian(["--help"]).output
    let options = [
      "--images", "--objective", "--teacher", "--labels", "--mask-ratio", "--masks", "--norm-pixels/--no-norm-pixels",
      "--parameters", "--weight-decay", "--protocol", "--top", "--batches", "--batch-size", "--count", "--which",
      "--solver", "--tolerance", "--max-iterations", "--basis", "--warm-start", "--density", "--trace",
      "--save-vectors", "--dry-run", "--resume",
    ]
    for option in options { #expect(help.contains("  \(option)"), "\(option)") }
  }
}
