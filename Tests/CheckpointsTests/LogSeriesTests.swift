import Foundation
import Testing

@testable import Checkpoints

@Suite("Series of a log, told apart by what stands beside the name of their weights")
struct LogSeriesTests {
  private func logs(_ bytes: [UInt8], _ format: WeightLog.Format) throws -> [WeightLog] {
    let file = try TemporaryFile(bytes)
    #expect(try WeightLog.format(of: file.path) == format)
    return try WeightLog.series(reading: [file.path], format: format)
  }

  private func lines(_ lines: [String]) throws -> [WeightLog] {
    try logs(Array((lines.joined(separator: "\n") + "\n").utf8), .jsonLines)
  }

  /// A weight of the first of two layers, at each record.
  private func first(_ log: WeightLog) -> [Double] { log.records.map { $0.weights[0] } }

  private func isSaid(_ words: String, _ log: WeightLog) -> Bool { log.remarks.contains { $0.contains(words) } }

  // MARK: JSON lines

  @Test("A group before a slash is a series of its own, in one line and in several")
  func groups() throws {
    let side = try lines([
      #"{"train/weight_0": 0.1, "train/weight_1": 0.9, "val/weight_0": 0.3, "val/weight_1": 0.7, "step": 1}"#,
      #"{"val/weight_0": 0.4, "val/weight_1": 0.6, "step": 2}"#,
      #"{"train/weight_0": 0.2, "train/weight_1": 0.8, "step": 2}"#,
    ])
    #expect(side.map(\.series) == ["train", "val"])
    #expect(side.map(first) == [[0.1, 0.2], [0.3, 0.4]])
    #expect(side.allSatisfy { $0.records.map(\.step) == [1, 2] && $0.remarks.isEmpty })
    // Without a group, and with one.
    let bare = try lines([#"{"weight_0": 1, "step": 1}"#, #"{"ema/weight_0": 1.0, "step": 1}"#])
    #expect(bare.map(\.series) == ["", "ema"])
  }

  @Test(
    "Each series has its own group's step and epoch first, then those without, then those of a group without weights")
  func steps() throws {
    let all = try lines([
      #"{"val/step": 7, "val/weight_0": 1, "train/weight_0": 1, "step": 100, "train/epoch": 2, "trainer/global_step": 9}"#
    ])
    let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.series, $0.records) })
    #expect(byName["val"]?.map(\.step) == [7] && byName["val"]?.map(\.epoch) == [nil])
    #expect(byName["train"]?.map(\.step) == [100] && byName["train"]?.map(\.epoch) == [2])
    let lightning = try lines([#"{"train/weight_0": 1, "trainer/global_step": 9}"#])
    #expect(lightning.map(\.records)[0].map(\.step) == [9])
  }

  @Test(
    "The words of mode, split, run and their like, in any case of letters",
    arguments: ["mode", "split", "phase", "run", "Run", "name", "run_id", "seed", "rank", "tag", "fold"])
  func labels(key: String) throws {
    let number = ["seed", "rank", "fold"].contains(key)
    let (a, b) = number ? ("1", "2") : (#""a""#, #""b""#)
    let all = try lines([
      #"{"\#(key)": \#(a), "weight_0": 0.1, "weight_1": 0.9, "step": 1}"#,
      #"{"weight_0": 0.3, "weight_1": 0.7, "step": 1, "\#(key)": \#(b)}"#,
      #"{"weight_0": 0.2, "weight_1": 0.8, "step": 2, "\#(key)": \#(a)}"#,
    ])
    #expect(all.map(\.series) == (number ? ["1", "2"] : ["a", "b"]))
    #expect(all.map(first) == [[0.1, 0.2], [0.3]])
  }

  @Test("One label throughout is one series, and labels of lines without weights are none")
  func oneLabel() throws {
    let all = try lines([
      #"{"mode": "train", "weight_0": 1, "step": 1}"#, #"{"mode": "val", "accuracy": 3, "step": 1}"#,
      #"{"mode": "train", "weight_0": 1.0, "step": 2}"#,
    ])
    #expect(all.map(\.series) == ["train"] && all[0].records.count == 2 && all[0].remarks.isEmpty)
  }

  @Test("Series beyond 64 are counted")
  func limit() throws {
    let all = try lines((0..<66).map { #"{"run": "r\#($0)", "weight_0": 1, "step": 1}"# })
    #expect(all.count == 64)
    #expect(isSaid("2 records left out: of more than 64 series", all[0]))
  }

  // MARK: Iterations inside epochs

  private func mmcv(_ epochs: ClosedRange<Int>, _ iterations: [Int], validation: Bool = false, scale: Double = 1e5)
    -> [String]
  {
    var lines = [#"{"env_info": "x", "seed": 0, "mmcv_version": "1.6.0"}"#]
    for epoch in epochs {
      for iteration in iterations {
        let weight = Double(epoch * 1000 + iteration) / scale
        lines.append(
          #"{"mode": "train", "epoch": \#(epoch), "iter": \#(iteration), "weight_0": \#(weight), "weight_1": \#(1 - weight)}"#
        )
      }
      if validation {
        lines.append(#"{"mode": "val", "epoch": \#(epoch), "iter": 37, "weight_0": 0.5, "weight_1": 0.5}"#)
      }
    }
    return lines
  }

  @Test("Iterations that begin anew each epoch count on; validation lines are another series, by epoch")
  func innerIterations() throws {
    let all = try lines(mmcv(1...4, [50, 100, 150, 200], validation: true))
    #expect(all.map(\.series) == ["train", "val"])
    #expect(all[0].records.map(\.step) == (1...16).map { $0 * 50 })
    var weights: [Double] = []
    for epoch in 1...4 {
      for iteration in [50, 100, 150, 200] { weights.append(Double(epoch * 1000 + iteration) / 1e5) }
    }
    #expect(first(all[0]) == weights)
    #expect(isSaid("iterations begin anew each epoch: steps are counted with 200 iterations an epoch", all[0]))
    #expect(!isSaid("replaced", all[0]))
    #expect(all[1].records.map(\.step) == [nil, nil, nil, nil] && all[1].records.map(\.epoch) == [1, 2, 3, 4])
  }

  @Test("Whether iterations begin at 0, at 1 or at their distance, and one record an epoch")
  func innerKinds() throws {
    #expect(try lines(mmcv(1...3, [0, 50, 100, 150]))[0].records.map(\.step) == (0..<12).map { $0 * 50 })
    #expect(try lines(mmcv(1...2, [1, 51, 101]))[0].records.map(\.step) == [1, 51, 101, 151, 201, 251])
    #expect(try lines(mmcv(1...3, [200]))[0].records.map(\.step) == [200, 400, 600])
    // Epochs from 0, and a run that was taken up at epoch 5.
    #expect(try lines(mmcv(0...1, [10, 20]))[0].records.map(\.step) == [10, 20, 30, 40])
    #expect(try lines(mmcv(5...6, [10, 20]))[0].records.map(\.step) == [90, 100, 110, 120])
  }

  @Test("A restart inside such a log is a restart, and said")
  func innerRestart() throws {
    let log = try lines(mmcv(1...2, [50, 100]) + mmcv(2...3, [50, 100], scale: 2e5))[0]
    #expect(log.records.map(\.step) == [50, 100, 150, 200, 250, 300])
    #expect(first(log) == [0.0105, 0.011, 0.01025, 0.0105, 0.01525, 0.0155])
    #expect(isSaid("2 records of an earlier run replaced", log))
    let plain = try lines(mmcv(1...2, [50, 100]) + mmcv(2...3, [50, 100]))[0]
    #expect(!isSaid("replaced", plain))
  }

  @Test("Global iterations stay, restarts or not")
  func globalIterations() throws {
    func line(_ epoch: Int, _ iteration: Int, _ weight: Double = 0.5) -> String {
      #"{"epoch": \#(epoch), "iter": \#(iteration), "weight_0": \#(weight), "weight_1": \#(1 - weight)}"#
    }
    let steady = try lines([line(1, 50), line(1, 100), line(2, 150), line(2, 200)])[0]
    #expect(steady.records.map(\.step) == [50, 100, 150, 200] && steady.remarks.isEmpty)
    let restarted = try lines([line(1, 50), line(1, 100), line(2, 150), line(2, 150, 0.25), line(2, 200)])[0]
    #expect(restarted.records.map(\.step) == [50, 100, 150, 200])
    #expect(isSaid("1 record of an earlier run replaced by a later one at the same step", restarted))
    #expect(!isSaid("begin anew", restarted))
  }

  // MARK: Steps of wandb, and none

  @Test("wandb's _step is a step, unless a better one is there; records without any are said")
  func wandbSteps() throws {
    #expect(
      try lines([#"{"weight_0": 1, "_step": 3, "_runtime": 2.5}"#, #"{"weight_0": 1, "_step": 5}"#])[0].records.map(
        \.step) == [3, 5])
    #expect(try lines([#"{"weight_0": 1, "_step": 3, "global_step": 400}"#])[0].records.map(\.step) == [400])
    let log = try lines([#"{"weight_0": 0.5, "weight_1": 0.5}"#, #"{"weight_0": 0.25, "weight_1": 0.75}"#])[0]
    #expect(first(log) == [0.5, 0.25])
    #expect(isSaid("neither step nor epoch: their order in the file is taken", log))
  }

  // MARK: Tables

  @Test("Columns with groups, and rows with labels")
  func tables() throws {
    let columns = try logs(
      Array(
        "_step,train/weight_0,train/weight_1,val/weight_0,val/weight_1\n1,0.1,0.9,,\n1,,,0.3,0.7\n2,0.2,0.8,,\n".utf8),
      .csv)
    #expect(columns.map(\.series) == ["train", "val"])
    #expect(columns.map(first) == [[0.1, 0.2], [0.3]])
    #expect(columns.map { $0.records.map(\.step) } == [[1, 2], [1]])
    let rows = try logs(
      Array("mode,step,weight_0,weight_1\nval,1,0.3,0.7\ntrain,1,0.1,0.9\ntrain,2,0.2,0.8\n".utf8), .csv)
    #expect(rows.map(\.series) == ["train", "val"])
    #expect(rows.map(first) == [[0.1, 0.2], [0.3]])
  }

  @Test("wandb's tables of several runs: a column for each, with its least and its most")
  func wandbTable() throws {
    let text =
      #""Step","a 1 - weight_0","a 1 - weight_0__MIN","a 1 - weight_0__MAX","a 1 - weight_1","b - train/weight_0","b - train/weight_1""#
      + "\n" + #""1","0.1","0.0","0.2","0.9","0.3","0.7""# + "\n" + #""2","0.2","0.0","0.3","0.8","","""# + "\n"
    let all = try logs(Array(text.utf8), .csv)
    #expect(all.map(\.series) == ["a 1", "b - train"])
    #expect(all.map(first) == [[0.1, 0.2], [0.3]])
  }

  // MARK: TensorBoard

  private static func frame(_ payload: [UInt8]) -> [UInt8] {
    let head = little(payload.count, 8)
    return head + little(Int(CRC32C.masked(head[...])), 4) + payload + little(Int(CRC32C.masked(payload[...])), 4)
  }

  /// An event with one scalar.
  private static func event(_ tag: String, _ value: Float, step: Int?) -> [UInt8] {
    let scalar: [UInt8] = [0x0A, UInt8(tag.utf8.count)] + Array(tag.utf8) + [0x15] + little(Int(value.bitPattern), 4)
    let summary: [UInt8] = [0x0A, UInt8(scalar.count)] + scalar
    let place: [UInt8] = step.map { [0x10, UInt8($0)] } ?? []
    return frame(place + [0x2A, UInt8(summary.count)] + summary)
  }

  @Test("Tags with groups, at the same steps")
  func events() throws {
    var bytes: [UInt8] = []
    for step in [1, 2] {
      for (group, weight) in [("train", Float(0.25)), ("val", 0.5)] {
        bytes += Self.event("\(group)/weight_0", weight, step: step)
        bytes += Self.event("\(group)/weight_1", 1 - weight, step: step)
      }
      bytes += Self.event("epoch", Float(step) * 10, step: step)
    }
    let all = try logs(bytes, .events)
    #expect(all.map(\.series) == ["train", "val"])
    #expect(all.map(first) == [[0.25, 0.25], [0.5, 0.5]])
    #expect(
      all.allSatisfy { $0.records.map(\.step) == [1, 2] && $0.records.map(\.epoch) == [10, 20] && $0.remarks.isEmpty })
  }

  @Test("A step that comes twice in one file is a restart, and said")
  func restartedEvents() throws {
    var bytes: [UInt8] = []
    for (step, weight) in [(1, Float(0.25)), (2, 0.25), (2, 0.5), (3, 0.5)] {
      bytes += Self.event("weight_0", weight, step: step) + Self.event("weight_1", 1 - weight, step: step)
    }
    let log = try #require(logs(bytes, .events).first)
    #expect(log.records.map(\.step) == [1, 2, 3] && first(log) == [0.25, 0.5, 0.5])
    #expect(isSaid("1 record of an earlier run replaced", log))
  }

  @Test("Scalars without a step keep their order, which is said; a single one is of step 0", arguments: [true, false])
  func withoutSteps(byTag: Bool) throws {
    let weights: [Float] = [0.25, 0.5, 0.75]
    let zeroth = weights.map { Self.event("weight_0", $0, step: nil) }
    let other = weights.map { Self.event("weight_1", 1 - $0, step: nil) }
    let bytes = byTag ? (zeroth + other).flatMap(\.self) : zip(zeroth, other).flatMap { $0 + $1 }
    let log = try #require(logs(bytes, .events).first)
    #expect(first(log) == [0.25, 0.5, 0.75] && log.records.map(\.step) == [nil, nil, nil])
    #expect(isSaid("its scalars have no step", log))
    let start = zeroth[0] + other[0] + Self.event("weight_0", 0.5, step: 5) + Self.event("weight_1", 0.5, step: 5)
    let plain = try #require(logs(start, .events).first)
    #expect(plain.records.map(\.step) == [0, 5] && plain.remarks.isEmpty)
  }
}
