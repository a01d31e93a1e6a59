import Fixtures
import Foundation
import Testing

@Suite("The bundled data")
struct BundledDataTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private struct Result: Decodable {
    struct Images: Decodable { let count: Int }
    struct Layer: Decodable { let layer: String, relativeLogAmplitude: [Double] }
    struct Model: Decodable { let name: String, grid: [Int], layers: [Layer] }
    let images: Images
    let models: [Model]
  }

  private func result() throws -> Result {
    try JSONDecoder().decode(Result.self, from: Data(try folder.bytes("frequency.json")))
  }

  @Test("With no path at all, frequency compares the bundled MAE and MFF and says so on its first line")
  func noPath() throws {
    let outcome = try Program.run(["frequency"], in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let first = try #require(outcome.errorLines.first)
    #expect(first.contains("bundled checkpoints") && first.contains("images"))
    #expect(try folder.entries() == ["frequency.json", "frequency.png"])
    let result = try result()
    #expect(result.images.count == 64)
    #expect(result.models.map(\.name) == ["MAE", "MFF"])
    // All seven bands of the paper, and the fused layers of the second.
    for model in result.models {
      #expect(model.grid == [14, 14])
      #expect(model.layers.allSatisfy { $0.relativeLogAmplitude.count == 7 })
    }
    #expect(result.models[0].layers.last?.layer == "norm")
    #expect(result.models[1].layers.last?.layer == "fused-norm")
  }

  @Test("The bundled models with other objectives say which, and draw their fusion weights beside the pilot's")
  func objectives() throws {
    let (eva, supervised) = (try #require(Fixtures.eva), try #require(Fixtures.supervised))
    for (file, objective) in [(eva, "features-masked"), (supervised, "classification")] {
      let described = try Program.run(["describe", file], in: folder)
      #expect(described.status == 0 && described.output.contains("metadata, objective"), "\(described.errors)")
      #expect(described.output.contains(objective))
    }
    let run = try #require(Fixtures.run)
    let pilot = "\(run)/epoch_6.safetensors"
    let weights = try Program.run(["weights", pilot, eva, supervised], in: folder)
    #expect(
      weights.status == 0 && weights.output.components(separatedBy: "first third").count == 4, "\(weights.output)")
  }

  @Test("A copy of the bundled checkpoint under any name is understood by its content")
  func anyName() throws {
    let checkpoint = try #require(Fixtures.mae)
    let copy = folder.path("weights.txt")
    try FileManager.default.copyItem(atPath: checkpoint, toPath: copy)
    let original = try Program.run(["frequency", checkpoint, "--json", "-", "--name", "x"], in: folder)
    let renamed = try Program.run(["frequency", copy, "--json", "-", "--name", "x"], in: folder)
    #expect(original.status == 0 && renamed.status == 0)
    let pattern = /"digest" : "[0-9a-f]{64}"/
    #expect(
      original.output.matches(of: pattern).map { String($0.output) }
        == renamed.output.matches(of: pattern).map { String($0.output) })
    #expect(original.errorLines.first?.contains("bundled images") == true)
  }

  @Test("The program and its data work together in another place, also through a link")
  func moved() throws {
    let built = URL(fileURLWithPath: Program.path).deletingLastPathComponent()
    let copy = try Process.run(
      URL(fileURLWithPath: "/bin/cp"),
      arguments: ["-R"]
        + ["mff-inspect", "mff-inspect_Fixtures.resources"].map { built.appendingPathComponent($0).path }
        + [folder.url.path])
    copy.waitUntilExit()
    try #require(copy.terminationStatus == 0)
    try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "mff-inspect")
    let process = Process()
    process.executableURL = folder.url.appendingPathComponent("link")
    process.arguments = ["frequency", "--count", "2", "-v"]
    process.currentDirectoryURL = folder.url
    process.standardOutput = try folder.create("stdout")
    process.standardError = try folder.create("stderr")
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(try folder.read("stderr").contains(folder.url.resolvingSymlinksInPath().path))
  }
}
