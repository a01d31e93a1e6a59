import Diagnostics
import Foundation
import Testing

@Suite("mff-inspect describe")
struct DescribeCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("Prints a report and exits 0")
  func report() throws {
    let path = GoldenFiles.frequency("mff-mmpretrain.pth")
    let run = try Program.run(["describe", path], in: folder)
    #expect(run.status == 0 && run.errors.isEmpty)
    #expect(run.output.hasPrefix("mff-mmpretrain.pth\n"))
    #expect(run.output.contains("Diagnoses\n  frequency    yes\n"))
  }

  @Test("--json - prints one object and nothing else")
  func json() throws {
    let paths = ["hf-vitmae", "timm-deit.pth"].map(GoldenFiles.frequency)
    let run = try Program.run(["describe"] + paths + ["--json", "-", "--name", "A"], in: folder)
    let result = try JSONDecoder().decode(DescribeResult.self, from: Data(run.output.utf8))
    #expect(run.status == 0 && result.command == "describe" && result.arguments.first == "describe")
    #expect(result.models.map(\.name) == ["A", "timm-deit.pth"])
  }

  @Test("--json FILE writes the object beside the printed report")
  func jsonFile() throws {
    let run = try Program.run(["describe", GoldenFiles.frequency("hf-vit"), "--json", "r.json"], in: folder)
    #expect(run.status == 0 && run.output.hasPrefix("hf-vit\n"))
    let data = try Data(contentsOf: folder.url.appendingPathComponent("r.json"))
    #expect(try JSONDecoder().decode(DescribeResult.self, from: data).models.count == 1)
  }

  @Test("A damaged file exits 1 with its message, and the others are reported all the same")
  func damaged() throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: GoldenFiles.frequency("mae-legacy.pth")))
    try whole.dropLast(1).write(to: folder.url.appendingPathComponent("cut.pth"))
    let run = try Program.run(
      ["describe", "cut.pth", GoldenFiles.frequency("hf-vit"), "--json", "r.json"], in: folder)
    #expect(run.status == 1)
    #expect(run.errors.hasPrefix("Error: cut.pth: the file is cut off"))
    #expect(run.output.hasPrefix("hf-vit\n"))
    #expect(!FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("r.json").path))
  }

  @Test("What the diagnoses would assume stands in the report and in the JSON, as frequency says it")
  func assumed() throws {
    let path = GoldenFiles.frequency("hf-vit")
    let told = try Program.run(["describe", path, "--json", "-"], in: folder)
    let result = try JSONDecoder().decode(DescribeResult.self, from: Data(told.output.utf8))
    let values = try #require(result.assumed)
    #expect(values == result.models[0].assumed)
    #expect(values.contains { $0.option == "--normalize" && $0.model == "hf-vit" })
    let report = try Program.run(["describe", path], in: folder).output
    #expect(report.contains("\nAssumed by them\n") && report.contains("(--normalize)"))
    let strict = try Program.run(["frequency", path, "--strict", "--count", "1"], in: folder)
    for value in values { #expect(strict.errors.contains("give \(value.option)"), "\(value)") }
  }

  @Test("A checkpoint that tells all of itself assumes nothing")
  func nothingAssumed() throws {
    let path = GoldenFiles.frequency("../../../../Fixtures/ckpt.bin")
    let told = try Program.run(["describe", path, "--json", "-"], in: folder)
    #expect(told.status == 0 && !told.output.contains("\"assumed\""))
  }

  @Test("No checkpoint is wrong usage")
  func usage() throws {
    #expect(try Program.run(["describe"], in: folder).status == 64)
  }
}
