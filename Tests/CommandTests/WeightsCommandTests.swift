import Fixtures
import Foundation
import Testing

@Suite("mff-inspect weights")
struct WeightsCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let isThere = Fixtures.folder.map { FileManager.default.fileExists(atPath: $0 + "/mff.bin") } ?? false

  private struct Result: Decodable {
    struct Point: Decodable {
      let epoch: Double?
      let step: Int?
      let weights: [Double]
      let source: String
    }
    struct Run: Decodable {
      let name: String
      let positions: [Int]
      let layers: [Int]?
      let points: [Point]
      let digest: String?
      let remarks: [String]
    }
    let command: String
    let version: String
    let arguments: [String]
    let seed: UInt64
    let runs: [Run]
  }

  private func decode(_ text: String) throws -> Result { try JSONDecoder().decode(Result.self, from: Data(text.utf8)) }

  private func line(_ step: Int) -> String {
    #"{"loss": 1, "weight_0": 0.25, "weight_1": 0.75, "epoch": \#(step), "iter": \#(step * 10)}"# + "\n"
  }

  @Test("With no path it shows the bundled MFF, says so first, and leaves figure and numbers", .enabled(if: isThere))
  func bundledCheckpoint() throws {
    let outcome = try Program.run(["weights"], in: folder)
    #expect(outcome.status == 0 && outcome.errorLines.first?.contains("bundled MFF") == true, "\(outcome.errors)")
    #expect(try folder.entries() == ["weights.json", "weights.png"])
    let run = try #require(try decode(folder.read("weights.json")).runs.first)
    #expect(run.layers == [0, 2, 4, 6, 8, 11] && run.points.count == 1 && run.digest?.count == 64)
    // The README of the bundled data states 0.215, rounded.
    #expect(abs(run.points[0].weights[0] - 0.215) < 5e-4)
    #expect(outcome.output.contains("first third"))
  }

  @Test("With no path --over-training shows all 151 records of the bundled run", .enabled(if: isThere))
  func bundledRun() throws {
    let outcome = try Program.run(["weights", "--over-training", "--json", "-", "-o", "w.svg", "--csv"], in: folder)
    #expect(outcome.status == 0 && outcome.errorLines.first?.contains("bundled run") == true, "\(outcome.errors)")
    let result = try decode(outcome.output)
    let run = try #require(result.runs.first)
    #expect(result.command == "weights" && result.seed == 0 && result.arguments.first == "weights")
    #expect(run.points.count == 151 && run.layers == Array(0..<12) && run.positions == Array(0..<12))
    #expect(run.points.first?.step == 0 && run.points.last?.step == 3000 && run.points.last?.epoch == 6)
    // Logged with every digit: one rounding for each weight.
    #expect(run.points.allSatisfy { abs($0.weights.reduce(0, +) - 1) < 1e-14 })
    #expect(run.points[0].weights.allSatisfy { abs($0 - 1 / 12) < 1e-15 })
    #expect(try folder.entries() == ["w.csv", "w.svg"])
    let drawing = try folder.read("w.svg")
    for word in ["Epoch", "Fusion weight", "Layer"] { #expect(drawing.contains(word), "\(word)") }
  }

  @Test("The bundled checkpoints end where the bundled log ends", .enabled(if: isThere))
  func checkpointsAgreeWithLog() throws {
    let run = try #require(Fixtures.run)
    for name in ["epoch_6.safetensors", "epoch_2.safetensors", "epoch_4.safetensors"] {
      try FileManager.default.copyItem(atPath: "\(run)/\(name)", toPath: folder.path(name))
    }
    let log = try decode(Program.run(["weights", "--over-training", "--json", "-"], in: folder).output)
    let files = try decode(Program.run(["weights", "--over-training", ".", "--json", "-"], in: folder).output)
    #expect(files.runs[0].points.map(\.epoch) == [2, 4, 6])
    let ends = zip(files.runs[0].points[2].weights, log.runs[0].points[150].weights)
    // The checkpoint is in half precision: 11 bits of logits near 1.
    #expect(ends.allSatisfy { abs($0 - $1) < 1e-4 })
  }

  @Test("A plain MAE is refused with what was looked for, and nothing is written", .enabled(if: isThere))
  func plain() throws {
    let checkpoint = try #require(Fixtures.mae)
    for arguments in [["weights", checkpoint], ["weights", "--over-training", checkpoint]] {
      let outcome = try Program.run(arguments, in: folder)
      #expect(outcome.status == 1 && outcome.errors.contains("proj_weights") && outcome.output.isEmpty)
      #expect(try folder.entries().isEmpty)
    }
  }

  @Test("A half-written last checkpoint is said and the others are drawn", .enabled(if: isThere))
  func halfWritten() throws {
    let run = try #require(Fixtures.run)
    let (whole, half) = ("epoch_2.safetensors", "epoch_4.safetensors")
    try FileManager.default.copyItem(atPath: "\(run)/\(whole)", toPath: folder.path(whole))
    try folder.write([UInt8](Data(contentsOf: URL(fileURLWithPath: "\(run)/\(half)")).dropLast(5000)), to: half)
    let outcome = try Program.run(["weights", "--over-training", "."], in: folder)
    #expect(
      outcome.status == 0 && outcome.errors.contains("warning: ") && outcome.errors.contains("\(half) skipped"))
    #expect(try decode(folder.read("weights.json")).runs[0].remarks.count == 1)
  }

  @Test("plot draws the same picture again, also against steps")
  func plot() throws {
    try folder.write((1...5).map(line).joined(), to: "scalars.json")
    #expect(try Program.run(["weights", "--over-training", "scalars.json", "--width", "3.3"], in: folder).status == 0)
    #expect(try Program.run(["plot", "weights.json", "-o", "again.png"], in: folder).status == 0)
    #expect(try folder.bytes("again.png") == folder.bytes("weights.png"))
    #expect(try Program.run(["plot", "weights.json", "--by", "step", "-o", "step.svg"], in: folder).status == 0)
    #expect(try folder.read("step.svg").contains("Step"))
  }

  @Test("--follow draws again when the log grows, and Ctrl-C ends it with whole files")
  func follow() throws {
    try folder.write(line(1) + line(2) + #"{"weight_0": 0.2"#, to: "scalars.json")
    let running = try Program.Running(["weights", "--over-training", "scalars.json", "--follow"], in: folder)
    func points() -> Int { (try? decode(folder.read("weights.json")).runs[0].points.count) ?? 0 }
    #expect(running.wait { points() == 2 })
    try folder.write((1...4).map(line).joined(), to: "scalars.json")
    #expect(running.wait { points() == 4 })
    // Its own files are no change: after the second drawing it waits.
    running.process.interrupt()
    let outcome = try running.wait()
    #expect(outcome.signal == SIGINT)
    #expect(outcome.errors.contains("half written"))
    #expect(try folder.entries() == ["scalars.json", "weights.json", "weights.png"])
  }

  @Test(
    "Wrong usage is status 64 and leaves nothing",
    arguments: [
      ["--by", "step"], ["--over-training", "--by", "loss"], ["--over-training", "--follow", "--json", "-"],
      ["--fuse", "0,x"], ["--name", "a", "--name", "b"], ["-o", "x.gif"],
    ])
  func wrongUsage(arguments: [String]) throws {
    let outcome = try Program.run(["weights"] + arguments, in: folder)
    #expect(outcome.status == 64 && outcome.output.isEmpty && outcome.errors.contains("Usage: mff-inspect weights"))
    #expect(try folder.entries().isEmpty)
  }

  @Test("A log is never replaced by the numbers read from it, also inside a run folder")
  func inputIsKept() throws {
    try folder.write(line(1), to: "scalars.json")
    for path in ["scalars.json", "."] {
      let outcome = try Program.run(["weights", "--over-training", path, "-o", "scalars.png"], in: folder)
      #expect(outcome.status == 1 && outcome.errors.contains("would replace"))
      #expect(try folder.read("scalars.json") == line(1) && folder.entries() == ["scalars.json"])
    }
  }

  @Test("An axis that a run does not know is refused, and a missing file named")
  func refusals() throws {
    try folder.write(#"{"weight_0": 1.0, "iter": 1}"# + "\n", to: "log.json")
    let outcome = try Program.run(["weights", "--over-training", "log.json", "--by", "epoch"], in: folder)
    #expect(outcome.status == 1 && outcome.errors.contains("--by step"))
    let missing = try Program.run(["weights", "missing.pth"], in: folder)
    #expect(missing.status == 1 && missing.errors.contains("missing.pth"))
  }
}
