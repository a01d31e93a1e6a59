import Diagnostics
import Foundation
import Testing

@Suite("Logs that are not as they should be")
struct WeightsLogTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ text: String, _ name: String) throws -> String {
    let url = URL(fileURLWithPath: folder.path(name))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  private func line(_ step: Int, _ first: String = "0.25") -> String {
    #"{"loss": 1.0, "weight_0": \#(first), "weight_1": 0.75, "iter": \#(step), "step": \#(step)}"#
  }

  private func read(_ text: String, _ name: String = "log.json") throws -> WeightsRun {
    try #require(try weights([write(text, name)]).runs.first)
  }

  @Test("Damaged lines are counted, a half-written last one is said, validation records are no concern")
  func damaged() throws {
    let run = try read(
      [
        line(10), "}{", #"{"accuracy/top1": 12.5, "step": 1}"#, #"{"weight_0": 0.5, "we"#, "", line(20),
        line(30, "NaN"),
        line(40, "1e400"), line(50, "-7"), line(60), String(line(70).dropLast(9)),
      ].joined(separator: "\n"))
    #expect(run.points.map(\.step) == [10, 20, 60])
    #expect(run.remarks.contains { $0.contains("2 damaged lines") })
    #expect(run.remarks.contains { $0.contains("half written") })
    #expect(run.remarks.contains { $0.contains("1 record left out: some of their weights are missing or NaN") })
    #expect(run.remarks.contains { $0.contains("negative or do not sum to 1") })
    #expect(run.remarks.contains { $0.contains("NaN or infinite") })
  }

  @Test("A whole last line without a line break counts")
  func lastLine() throws { #expect(try read(line(1) + "\n" + line(2)).points.map(\.step) == [1, 2]) }

  @Test("Other keys, however deep, however named, and with quotes and braces in them, are skipped")
  func otherKeys() throws {
    let noise = #""a\"}": {"b": [1, {"weight_0": 9}, "]}"]}, "weight_x": 3, "weight_00": 4, "epoch_time": 2"#
    let run = try read("{\(noise), \"train/weight_0\": 0.25, \"train/weight_1\": 0.75, \"epoch\": 2, \"iter\": 7}\n")
    #expect(run.points.map(\.weights) == [[0.25, 0.75]])
    #expect(run.points[0].epoch == 2 && run.points[0].step == 7 && run.remarks.isEmpty)
  }

  @Test("A line longer than any buffer is skipped, counted, and what follows is read")
  func longLine() throws {
    let long = "{\"x\": \"" + String(repeating: "y", count: 17 << 20) + "\"}"
    let run = try read([line(1), long, line(2)].joined(separator: "\n") + "\n")
    #expect(run.points.map(\.step) == [1, 2])
    #expect(run.remarks.contains { $0.contains("1 damaged line") })
  }

  @Test("Restarts are merged by step, the later run wins, the natural order of names tells which is later")
  func restarts() throws {
    _ = try write(
      [1, 2, 3].map { line($0 * 10) }.joined(separator: "\n") + "\n", "run/20260101_000000/vis_data/scalars.json")
    _ = try write(
      [3, 4].map { #"{"weight_0": 0.5, "weight_1": 0.5, "iter": \#($0 * 10)}"# }.joined(separator: "\n") + "\n",
      "run/20260102_000000/vis_data/scalars.json")
    let run = try #require(try weights([folder.path("run")]).runs.first)
    #expect(run.points.map(\.step) == [10, 20, 30, 40])
    #expect(run.points.map { $0.weights[0] } == [0.25, 0.25, 0.5, 0.5])
    #expect(run.remarks.contains { $0.contains("1 record of an earlier run replaced") })
  }

  @Test("A table with a header is read, quoted fields, other columns and Windows' line ends included")
  func table() throws {
    let run = try read(
      "Step,note,run/weight_1,run/weight_0,epoch\r\n10,\"a, \"\"b\"\"\",0.75,0.25,1\r\n20,,0.5,0.5,2\r\n30,x,y,z,3\r\n40,x,0.5,0.4",
      "t.csv")
    #expect(run.source == .csv && run.points.map(\.step) == [10, 20] && run.points.map(\.epoch) == [1, 2])
    #expect(run.points.map(\.weights) == [[0.25, 0.75], [0.5, 0.5]])
    #expect(
      run.remarks.contains { $0.contains("1 damaged line") } && run.remarks.contains { $0.contains("half written") })
  }

  @Test("What --csv wrote can be read as a run, with the same numbers")
  func ownTable() throws {
    let result = try weights([write([1, 2, 3].map { line($0) }.joined(separator: "\n"), "log.json")])
    let again = try read(result.csv, "own.csv")
    #expect(again.points.map(\.weights) == result.runs[0].points.map(\.weights))
    #expect(again.points.map(\.step) == [1, 2, 3])
  }

  @Test("Gaps and another number of layers are said")
  func uneven() throws {
    let odd = #"{"weight_0": 0.5, "weight_1": 0.25, "weight_2": 0.25, "iter": 55}"#
    let run = try read(([10, 20, 30, 40, 80, 90].map { line($0) } + [odd]).joined(separator: "\n"))
    #expect(run.points.count == 6)
    #expect(run.remarks.contains { $0.contains("gap between steps 40 and 80") })
    #expect(run.remarks.contains { $0.contains("3 weights instead of 2") })
  }

  @Test("The share of the first third and its slope are those of the closed form")
  func verdict() throws {
    // w₀ = 0.2 + 0.001 · step: the share of the first of two positions, slope 0.001 per step.
    let lines = (1...50).map {
      #"{"weight_0": \#(0.2 + 0.001 * Double($0)), "weight_1": \#(0.8 - 0.001 * Double($0)), "iter": \#($0)}"#
    }
    let run = try read(lines.joined(separator: "\n"))
    #expect(run.firstThird.count == 1 && run.firstThird.per == .step)
    // Rounding of sums of 50 doubles.
    #expect(abs(run.firstThird.start - 0.201) < 1e-12 && abs(run.firstThird.end - 0.25) < 1e-12)
    #expect(abs((run.firstThird.slope ?? 0) - 0.001) < 1e-12)
  }

  @Test("A log without weights is refused with what was looked for")
  func without() throws {
    let error = #expect(throws: DiagnosisError.self) { try weights([write(#"{"loss": 1.0, "iter": 1}"#, "log.json")]) }
    #expect(error.map { "\($0)" }?.contains("weight_0") == true)
  }

  @Test("A result survives its JSON, draws itself again, and contradictions are found")
  func result() throws {
    var result = try weights([write([1, 2, 3].map { line($0) }.joined(separator: "\n"), "log.json")])
    let again = try JSONDecoder().decode(WeightsResult.self, from: Data(encodeResult(result)))
    #expect(again == result && again.inconsistency == nil)
    #expect(try again.figure(DrawingSettings()) == result.figure(DrawingSettings()))
    #expect(throws: PlotError.axisMissing(run: "log.json", axis: .epoch)) {
      try again.figure(DrawingSettings(by: .epoch))
    }
    result.runs[0].points[0].weights = [1]
    #expect(result.inconsistency?.contains("1 weights for 2 positions") == true)
  }
}
