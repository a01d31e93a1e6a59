import Foundation
import Testing

@Suite("frequency --features")
struct FeatureCommandTests {
  let folder: TemporaryFolder
  private let maps = GoldenFiles.frequency("../features/maps.safetensors")
  private let layers = ["embedding", "stage.0", "stage.1", "stage.2", "stage.10", "norm"]

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: [String]) throws -> Program.Outcome {
    try Program.run(["frequency", "--features"] + arguments, in: folder)
  }

  private func object(_ json: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
  }

  @Test("The JSON has the promised fields, no images and no architecture; each layer its own grid") func fields() throws
  {
    let outcome = try run([maps, "--name", "Swin", "--csv"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try folder.entries() == ["frequency.csv", "frequency.json", "frequency.png"])
    #expect(
      outcome.errorLines.first
        == "Swin: \(maps), safetensors; features of 6 layers (embedding … norm), 5 images, maps of 12 × 12 to 5 × 5")
    let result = try object(try folder.read("frequency.json"))
    #expect(Set(result.keys) == ["command", "version", "arguments", "seed", "settings", "drawing", "models"])
    let model = try #require((result["models"] as? [[String: Any]])?.first)
    #expect(
      Set(model.keys) == ["name", "path", "digest", "container", "seconds", "count", "grid", "frequencies", "layers"])
    #expect(model["name"] as? String == "Swin" && model["count"] as? Int == 5 && model["path"] as? String == maps)
    #expect((model["digest"] as? String)?.wholeMatch(of: /[0-9a-f]{64}/) != nil)
    let found = try #require(model["layers"] as? [[String: Any]])
    #expect(found.compactMap { $0["layer"] as? String } == layers)
    for layer in found {
      let bands = (layer["frequencies"] as? [Any])?.count
      #expect((layer["logAmplitude"] as? [Double])?.count == bands && (layer["grid"] as? [Int])?.count == 2)
    }
    // The rows of the table stand below the frequencies of their grid.
    let table = outcome.output.split(separator: "\n").filter { $0.hasPrefix("layer (") }
    #expect(table.count == 4 && table[0].hasPrefix("layer (12 × 12)") && table[0].hasSuffix("0.833π"))
    // 6 + 6 + 5 + 2 + 3 + 3 bands.
    #expect(try folder.read("frequency.csv").split(separator: "\n").count == 1 + 25)
  }

  @Test("Two files with --layers last are compared as in Fig. 4, and drawn again by plot to the same bytes")
  func comparison() throws {
    let outcome = try run([maps, "--features", GoldenFiles.frequency("../features/maps.npz"), "--layers", "last"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("maps.npz − maps.safetensors, log amplitude of layer stage.10, 95 % interval"))
    let comparison = try #require(try object(try folder.read("frequency.json"))["comparison"] as? [String: Any])
    #expect((comparison["difference"] as? [Double])?.allSatisfy { abs($0) < 1e-6 } == true)
    #expect(try Program.run(["plot", "frequency.json", "-o", "again.png"], in: folder).status == 0)
    #expect(try folder.bytes("again.png") == folder.bytes("frequency.png"))
  }

  @Test(
    "Against depth, radially, and some layers in an order of one's own",
    arguments: [["--against", "depth"], ["--path", "radial"]])
  func drawings(arguments: [String]) throws {
    let outcome = try run([maps, "--layers", "stage.10,stage.0", "-o", "figure.svg", "-q"] + arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let model = try #require((try object(try folder.read("figure.json"))["models"] as? [[String: Any]])?.first)
    #expect((model["layers"] as? [[String: Any]])?.compactMap { $0["layer"] as? String } == ["stage.10", "stage.0"])
    let figure = try folder.read("figure.svg")
    #expect(arguments[1] == "radial" || figure.contains("own grid"))
  }

  @Test(
    "What says nothing of features is wrong usage, before anything is read",
    arguments: [
      (["ckpt.bin"], "instead of a checkpoint"), (["--heads", "3"], "--heads"), (["--fuse", "0,1"], "--fuse"),
      (["--decoder-heads", "3"], "--decoder-heads"), (["--images", "photos"], "--images"),
      (["--image-size", "32"], "--image-size"),
      (["--crop-pct", "1"], "--crop-pct"), (["--normalize", "none"], "--normalize"),
      (["--batch-size", "4"], "--batch-size"),
      (["--positions", "subblock"], "--positions"), (["--weights-from", "ema"], "--weights-from"),
      (["--activation", "gelu"], "--activation"), (["--position-resizing", "bicubic"], "--position-resizing"),
      (["--name", "a", "--name", "b"], "--name is given 2 times for 1 files of features"),
      (["--count", "0"], "--count must"),
      (["--layers", "last", "--against", "depth"], "--against depth"),
    ] as [([String], String)])
  func wrongUsage(arguments: [String], reason: String) throws {
    let outcome = try run(["missing.safetensors"] + arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains(reason) && outcome.output.isEmpty, "\(outcome.errors)")
    #expect(try folder.entries().isEmpty)
  }

  @Test("A checkpoint given as features, and features given as a checkpoint, are told for what they are")
  func mixedUp() throws {
    let checkpoint = try run([GoldenFiles.timm[0]])
    #expect(checkpoint.status == 1 && checkpoint.errors.contains("(N, C, h, w)"), "\(checkpoint.errors)")
    let features = try Program.run(["frequency", maps, "-q"] + GoldenFiles.images, in: folder)
    #expect(features.status == 1 && features.errors.contains("give it as --features \(maps)"), "\(features.errors)")
    #expect(try folder.entries().isEmpty)
    let described = try Program.run(["describe", maps], in: folder)
    #expect(
      described.status == 0 && described.output.contains("layer stage.10   33 channels  grid 5 × 5"),
      "\(described.output)")
    #expect(described.output.contains("frequency    yes  the spectra of its features: give it as --features"))
  }

  @Test("A file far larger than the memory allowed is read all the same: an image at a time") func streams() throws {
    // 2.1 GB of zeros that take no place on the disk, where 1.5 GB of addresses are allowed.
    let (images, channels) = (2048, 1024)
    let count = images * channels * 16 * 16 * 4
    let header = #"{"0":{"dtype":"F32","shape":[\#(images),\#(channels),16,16],"data_offsets":[0,\#(count)]}}"#
    try folder.write(littleEndian(header.utf8.count, 8) + Array(header.utf8), to: "large.safetensors")
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path("large.safetensors")))
    try handle.truncate(atOffset: UInt64(8 + header.utf8.count + count))
    try handle.close()
    let outcome = try Program.run(
      ["frequency", "--features", "large.safetensors", "--count", "8", "-q", "--threads", "2"], in: folder,
      limits: Limits.memory)
    #expect(outcome.status == 0, "\(outcome.errors)")
    // ln(1e-6) everywhere.
    #expect(outcome.output.contains("0.000"))
  }
}
