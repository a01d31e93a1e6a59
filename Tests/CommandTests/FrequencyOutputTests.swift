import Foundation
import Testing

@Suite("What frequency writes")
struct FrequencyOutputTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: [String], checkpoint: [String] = GoldenFiles.mae) throws -> Program.Outcome {
    try Program.run(["frequency"] + checkpoint + GoldenFiles.images + arguments, in: folder)
  }

  private func object(_ json: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
  }

  @Test("Without options: frequency.png and frequency.json here, a table on standard output, remarks on standard error")
  func defaults() throws {
    let outcome = try run([])
    #expect(outcome.status == 0)
    #expect(try folder.entries() == ["frequency.json", "frequency.png"])
    let table = outcome.output.split(separator: "\n")
    #expect(table.first == "mae-zip.pth: relative log amplitude")
    #expect(table.dropFirst(2).map { $0.split(separator: " ")[0] } == ["embedding", "0", "1", "norm"])
    #expect(outcome.errors.contains("4 heads (option --heads)"))
    #expect(outcome.errorLines.last == "3 images, seed 0; wrote frequency.png, frequency.json")
    #expect(!outcome.errors.contains("\u{1B}") && !outcome.errors.contains("\r"))
  }

  @Test("The JSON has every field that is promised, and no others at its top") func fields() throws {
    let arguments = ["--csv", "--seed", "7", "--name", "Größe, \"A\""]
    #expect(try run(arguments).status == 0)
    #expect(try folder.entries() == ["frequency.csv", "frequency.json", "frequency.png"])
    let result = try object(try folder.read("frequency.json"))
    let fields = [
      "command", "version", "arguments", "seed", "kernel", "images", "settings", "drawing", "models",
    ]
    #expect(result.keys.sorted() == fields.sorted())
    #expect((result["kernel"] as? String)?.isEmpty == false)
    #expect(result["command"] as? String == "frequency")
    #expect((result["version"] as? String)?.wholeMatch(of: /\d+\.\d+\.\d+/) != nil)
    #expect(result["arguments"] as? [String] == ["frequency"] + GoldenFiles.mae + GoldenFiles.images + arguments)
    #expect(result["seed"] as? Int == 7)
    let images = try #require(result["images"] as? [String: Any])
    #expect(images["count"] as? Int == 3)
    #expect((images["digest"] as? String)?.wholeMatch(of: /[0-9a-f]{64}/) != nil)
    let models = try #require(result["models"] as? [[String: Any]])
    try #require(models.count == 1)
    try expectModel(models[0], name: "Größe, \"A\"")
    let csv = try folder.read("frequency.csv").split(separator: "\n")
    #expect(csv.count == 1 + 4 * 7)
    #expect(csv[1].hasPrefix("\"Größe, \"\"A\"\"\",embedding,1,0.0,"))
  }

  private func expectModel(_ model: [String: Any], name: String) throws {
    #expect(model["name"] as? String == name)
    #expect(model["path"] as? String == GoldenFiles.mae[0])
    #expect((model["digest"] as? String)?.wholeMatch(of: /[0-9a-f]{64}/) != nil)
    #expect((model["architecture"] as? [String: Any])?["heads"] as? Int == 4)
    #expect(try #require(model["seconds"] as? Double) > 0)
    #expect(model["grid"] as? [Int] == [14, 14])
    let frequencies = try #require(model["frequencies"] as? [Double])
    #expect(zip(frequencies, 0...).allSatisfy { abs($0 - Double(2 * $1) / 14) < 1e-15 } && frequencies.count == 7)
    let layers = try #require(model["layers"] as? [[String: Any]])
    #expect(layers.map { $0["layer"] as? String } == ["embedding", "0", "1", "norm"])
    for layer in layers {
      #expect(
        Set(layer.keys) == ["layer", "logAmplitude", "relativeLogAmplitude", "standardError", "relativeStandardError"])
      let amplitudes = try #require(layer["logAmplitude"] as? [Double])
      let relative = try #require(layer["relativeLogAmplitude"] as? [Double])
      #expect(amplitudes.count == 7 && relative.count == 7 && relative[0] == 0)
      // Means of differences against differences of means, in double precision.
      #expect(zip(amplitudes, relative).allSatisfy { abs($0 - amplitudes[0] - $1) < 1e-12 })
    }
  }

  @Test("--json - writes the object and nothing else to standard output") func standardOutput() throws {
    let outcome = try run(["--json", "-"])
    #expect(outcome.status == 0)
    #expect(outcome.output.hasPrefix("{") && outcome.output.hasSuffix("}\n"))
    #expect(try object(outcome.output)["command"] as? String == "frequency")
    #expect(try folder.entries() == ["frequency.png"])
    #expect(outcome.errorLines.last?.hasSuffix("wrote frequency.png") == true)
  }

  @Test("Values that could not be had are absent, not null, 0 or NaN") func absent() throws {
    let outcome = try run(["--json", "-", "--count", "1"])
    let model = try #require((try object(outcome.output)["models"] as? [[String: Any]])?.first)
    for layer in try #require(model["layers"] as? [[String: Any]]) {
      #expect(Set(layer.keys) == ["layer", "logAmplitude", "relativeLogAmplitude"])
    }
    #expect(!outcome.output.contains("null") && !outcome.output.lowercased().contains("nan"))
  }

  @Test("-q leaves standard error empty and the results as they are") func quiet() throws {
    let loud = try run([])
    let quiet = try run(["-q"])
    #expect(quiet.status == 0)
    #expect(quiet.errors.isEmpty)
    #expect(quiet.output == loud.output)
  }

  @Test("-v says where each value of the architecture comes from and which tensors are not used") func verbose() throws
  {
    let outcome = try run(["-v"], checkpoint: GoldenFiles.timm)
    for word in ["heads: option --heads", "pixels: mean", "not used: head.weight"] {
      #expect(outcome.errors.contains(word), "\(word)")
    }
  }

  @Test(
    "A progress line needs a terminal: without one there is neither colour nor cursor movement",
    arguments: [[], ["-v"]])
  func noEscapes(arguments: [String]) throws {
    let outcome = try Program.run(
      ["frequency"] + GoldenFiles.mae + ["--images", GoldenFiles.photographs, "--image-size", "112"] + arguments,
      in: folder)
    #expect(outcome.status == 0)
    #expect(!(outcome.errors + outcome.output).unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
  }

  @Test("The ending of the figure picks its format; the numbers land beside it", arguments: ["PNG", "pdf", "svg"])
  func formats(ending: String) throws {
    #expect(try run(["-o", "out/figure.one.\(ending)"]).status == 1)
    try FileManager.default.createDirectory(atPath: folder.path("out"), withIntermediateDirectories: false)
    #expect(try run(["-o", "out/figure.one.\(ending)", "--csv"]).status == 0)
    #expect(
      Set(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")))
        == ["figure.one.\(ending)", "figure.one.json", "figure.one.csv"])
    let magic = ["PNG": "\u{89}PNG", "pdf": "%PDF", "svg": "<?xml"][ending] ?? "?"
    #expect(try folder.bytes("out/figure.one.\(ending)").starts(with: magic.unicodeScalars.map { UInt8($0.value) }))
  }

  @Test("Two checkpoints with --layers last are compared, each under its label") func comparison() throws {
    let outcome = try Program.run(
      [
        "frequency", GoldenFiles.frequency("mmpretrain-mae.pth"), GoldenFiles.frequency("hf-vit"), "--name", "A",
        "--name", "B",
      ]
        + ["--images", GoldenFiles.frequency("images-36x36.safetensors"), "--layers", "last"], in: folder)
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("B − A, log amplitude of layer 1, 95 % interval"))
    let result = try object(try folder.read("frequency.json"))
    let models = try #require(result["models"] as? [[String: Any]])
    #expect(models.map { $0["name"] as? String } == ["A", "B"])
    let comparison = try #require(result["comparison"] as? [String: Any])
    let means = models.map { (($0["layers"] as? [[String: Any]])?.first?["logAmplitude"] as? [Double]) ?? [] }
    let difference = try #require(comparison["difference"] as? [Double])
    #expect(difference.count == 5 && means[0].count == 5)
    #expect(zip(difference, zip(means[1], means[0])).allSatisfy { abs($0 - ($1.0 - $1.1)) < 1e-12 })
  }

  @Test("The same command gives the same numbers; --threads changes their last digits only") func repeatable() throws {
    func numbers(_ threads: String) throws -> [Double] {
      let outcome = try run(["--json", "-", "-q", "--threads", threads])
      let model = try #require((try object(outcome.output)["models"] as? [[String: Any]])?.first)
      return try #require(model["layers"] as? [[String: Any]]).flatMap { $0["logAmplitude"] as? [Double] ?? [] }
    }
    let first = try numbers("2")
    #expect(try numbers("2") == first)
    // Another order of summation in single precision.
    #expect(zip(try numbers("1"), first).allSatisfy { abs($0 - $1) < 5e-6 })
  }
}
