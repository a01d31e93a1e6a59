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

  // MARK: Several series

  private func sample(_ step: Int, _ group: String, _ first: Double) -> String {
    #"{"\#(group)/weight_0": \#(first), "\#(group)/weight_1": \#(1 - first), "iter": \#(step)}"#
  }

  @Test("Series of one log are runs of their own, and together no independent ones")
  func series() throws {
    // Twelve records each, from which on there is an error.
    let lines = (1...12).flatMap { step in
      [
        sample(step, "val", 0.3 + 0.01 * Double(step)),
        sample(step, "train", 0.2 + (step.isMultiple(of: 2) ? 0.02 : 0.01) * Double(step)),
      ]
    }
    let path = try write(lines.joined(separator: "\n"), "log.json")
    let result = try weights([path])
    #expect(result.runs.map(\.name) == ["log.json (train)", "log.json (val)"])
    #expect(result.runs.map(\.series) == ["train", "val"])
    #expect(result.runs.map { $0.points.map(\.step) } == [Array(1...12), Array(1...12)])
    #expect(result.runs[1].points.last?.weights[0] == 0.42)
    #expect(result.runs[0].remarks.contains { $0.contains("2 series are in these logs (train, val)") })
    #expect(result.overRuns == nil)
    #expect(result.table.contains("series of the same logs: no interval over runs is given"))
    let again = try JSONDecoder().decode(WeightsResult.self, from: Data(encodeResult(result)))
    #expect(again == result)
    // What the message advises.
    var diagnosis = WeightsDiagnosis(runs: [CheckpointRequest(path: path)])
    diagnosis.overTraining = true
    diagnosis.series = "val"
    let one = try diagnosis.run()
    #expect(one.runs.map(\.name) == ["log.json"] && one.runs[0].points == result.runs[1].points)
    diagnosis.series = "test"
    let error = #expect(throws: DiagnosisError.self) { try diagnosis.run() }
    #expect(error?.description.contains("no series of its weights is named test; there are train, val") == true)
  }

  @Test("What --csv wrote of several runs is told apart by their names when it is read again")
  func ownTableOfSeries() throws {
    let path = try write([sample(1, "train", 0.25), sample(1, "val", 0.5)].joined(separator: "\n"), "log.json")
    let result = try weights([path])
    let again = try weights([write(result.csv, "own.csv")])
    #expect(again.runs.map(\.series) == ["log.json (train)", "log.json (val)"])
    #expect(again.runs.map { $0.points[0].weights } == [[0.25, 0.75], [0.5, 0.5]])
  }

  @Test("More than twelve series must be named")
  func manySeries() throws {
    let lines = (0..<13).map { sample(1, "run\($0)", 0.25) }
    let path = try write(lines.joined(separator: "\n"), "log.json")
    let error = #expect(throws: DiagnosisError.self) { try weights([path]) }
    #expect(
      error?.description.contains("its logs hold 13 series of weights, too many for one figure: run0, run1") == true)
    var diagnosis = WeightsDiagnosis(runs: [CheckpointRequest(path: path)])
    diagnosis.series = "run1"
    #expect(try diagnosis.run().runs.count == 1)
  }

  @Test("A log of MMCV 1.x: sixteen points at steps 50 to 800, validation apart")
  func mmcv() throws {
    var lines = [#"{"env_info": "x", "mmcv_version": "1.6.0"}"#]
    for epoch in 1...4 {
      for iteration in [50, 100, 150, 200] {
        lines.append(
          #"{"mode": "train", "epoch": \#(epoch), "iter": \#(iteration), "lr": 0.1, "weight_0": 0.25, "weight_1": 0.75}"#
        )
      }
      lines.append(#"{"mode": "val", "epoch": \#(epoch), "iter": 37, "weight_0": 0.5, "weight_1": 0.5}"#)
    }
    let result = try weights([write(lines.joined(separator: "\n"), "20230101_000000.log.json")])
    #expect(result.runs.map(\.series) == ["train", "val"])
    #expect(result.runs[0].points.map(\.step) == (1...16).map { $0 * 50 })
    #expect(result.runs[1].points.map(\.epoch) == [1, 2, 3, 4])
    #expect(!result.runs.flatMap(\.remarks).contains { $0.contains("earlier run") })
  }
}
