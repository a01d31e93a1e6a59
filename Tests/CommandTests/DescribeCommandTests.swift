import Diagnostics
import Foundation
import Testing

@Suite("mff-inspect describe")
struct DescribeCommandTests {
  @Test("Prints a report and exits 0")
  func report() throws {
    let path = goldenCheckpoint("frequency/mff-mmpretrain.pth")
    let run = try DescribePlotRun(["describe", path], in: temporaryFolder())
    #expect(run.status == 0 && run.messages.isEmpty)
    #expect(run.output.hasPrefix("mff-mmpretrain.pth\n"))
    #expect(run.output.contains("Diagnoses\n  frequency    yes\n"))
  }

  @Test("--json - prints one object and nothing else")
  func json() throws {
    let paths = ["frequency/hf-vitmae", "frequency/timm-deit.pth"].map(goldenCheckpoint)
    let run = try DescribePlotRun(["describe"] + paths + ["--json", "-", "--name", "A"], in: temporaryFolder())
    let result = try JSONDecoder().decode(DescribeResult.self, from: Data(run.output.utf8))
    #expect(run.status == 0 && result.command == "describe" && result.arguments.first == "describe")
    #expect(result.models.map(\.name) == ["A", "timm-deit.pth"])
  }

  @Test("--json FILE writes the object beside the printed report")
  func jsonFile() throws {
    let folder = try temporaryFolder()
    let run = try DescribePlotRun(["describe", goldenCheckpoint("frequency/hf-vit"), "--json", "r.json"], in: folder)
    #expect(run.status == 0 && run.output.hasPrefix("hf-vit\n"))
    let data = try Data(contentsOf: folder.appendingPathComponent("r.json"))
    #expect(try JSONDecoder().decode(DescribeResult.self, from: data).models.count == 1)
  }

  @Test("A damaged file exits 1 with its message, and the others are reported all the same")
  func damaged() throws {
    let folder = try temporaryFolder()
    let whole = try Data(contentsOf: URL(fileURLWithPath: goldenCheckpoint("frequency/mae-legacy.pth")))
    try whole.dropLast(1).write(to: folder.appendingPathComponent("cut.pth"))
    let run = try DescribePlotRun(
      ["describe", "cut.pth", goldenCheckpoint("frequency/hf-vit"), "--json", "r.json"], in: folder)
    #expect(run.status == 1)
    #expect(run.messages.hasPrefix("Error: cut.pth: the file is cut off"))
    #expect(run.output.hasPrefix("hf-vit\n"))
    #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("r.json").path))
  }

  @Test("No checkpoint is wrong usage")
  func usage() throws {
    #expect(try DescribePlotRun(["describe"], in: temporaryFolder()).status == 64)
  }
}
