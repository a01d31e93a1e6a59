import Diagnostics
import Foundation
import Testing
import VisionTransformers

/// What `Scripts/reference_runs.py` wrote down beside the files.
private struct ExpectedRuns: Decodable {
  let history: [[Double]]
  let log: [[Double]]
  let checkpoints: [[Double]]
  let mixed: [[Double]]
  let events: [[Double]]
}

private let goldenRuns = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
  "Golden/runs")

private func expected() throws -> ExpectedRuns {
  try JSONDecoder().decode(
    ExpectedRuns.self, from: Data(contentsOf: goldenRuns.appendingPathComponent("expected.json")))
}

func weights(_ paths: [String], overTraining: Bool = true, fuse: [Int]? = nil) throws -> WeightsResult {
  var diagnosis = WeightsDiagnosis(
    runs: paths.map { CheckpointRequest(path: $0, options: ModelOptions(fuse: fuse)) })
  diagnosis.overTraining = overTraining
  return try diagnosis.run()
}

private func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}

@Suite("Fusion weights of runs that the libraries themselves wrote")
struct WeightsRunTests {
  private func run(_ name: String) throws -> WeightsRun {
    try #require(try weights([goldenRuns.appendingPathComponent(name).path]).runs.first)
  }

  @Test("One MMEngine checkpoint tells every iteration of its run")
  func history() throws {
    let run = try run("checkpoints/epoch_3.pth")
    let expected = try expected()
    #expect(run.source == .history)
    let steps: [Int?] = Array(1...24)
    #expect(run.points.map(\.step) == steps)
    let epochs: [Double?] = (0..<24).map { index in Double(index / 8 + 1) }
    #expect(run.points.map(\.epoch) == epochs)
    #expect(run.layers == [0, 2, 4, 6, 8, 11])
    // The buffer's doubles are read as they are.
    for (point, weights) in zip(run.points, expected.history) { #expect(point.weights == weights) }
  }

  @Test("MMEngine's log gives epoch, iteration and the very numbers of its lines")
  func log() throws {
    let run = try run("scalars.json")
    let expected = try expected().log
    #expect(run.source == .jsonLines && run.points.count == expected.count)
    for (point, row) in zip(run.points, expected) {
      #expect(point.epoch == row[0] && point.step == Int(row[1]) && point.weights == Array(row[2...]))
    }
    // A log beside no configuration tells no depth: six weights could be of any six layers.
    #expect(run.layers == nil && run.positions == [0, 1, 2, 3, 4, 5])
  }

  @Test("A folder of MMEngine checkpoints gives PyTorch's softmax of the stored logits")
  func checkpoints() throws {
    let run = try run("checkpoints")
    let expected = try expected().checkpoints
    #expect(run.source == .checkpoints)
    #expect(run.points.map(\.epoch) == [1, 2, 3] && run.points.map(\.step) == [8, 16, 24])
    for (point, weights) in zip(run.points, expected) {
      // PyTorch's softmax is in single precision: 6e-8 of values up to 0.4, some operations.
      #expect(largestDifference(point.weights, weights) < 1e-6)
      #expect(abs(point.weights.reduce(0, +) - 1) < 1e-12)
    }
  }

  @Test(
    "Namings, containers and types may be mixed: the file's own epoch counts before its name, and a plain model is said"
  )
  func mixed() throws {
    let run = try run("mixed")
    let expected = try expected().mixed
    #expect(run.points.map(\.epoch) == [9, 10, 11, 12] && run.points.map(\.step) == [nil, nil, 1100, 1200])
    // float32, float16, bfloat16, float32: PyTorch rounds the softmax to the stored type, which has 11 or 8 bits.
    for (point, (weights, tolerance)) in zip(run.points, zip(expected, [1e-6, 1e-3, 4e-3, 1e-6])) {
      #expect(largestDifference(point.weights, weights) < tolerance)
    }
    #expect(run.remarks.contains { $0.contains("plain.pth") && $0.contains("no fusion weights") })
    #expect(run.remarks.contains { $0.contains("epoch_2.pth") && $0.contains("not believed") })
    #expect(run.layersSource?.contains("Table 8") == true)
  }

  @Test("TensorBoard scalars of both styles are read with their steps")
  func events() throws {
    let run = try run("events.out.tfevents.golden")
    let expected = try expected().events
    #expect(run.source == .events && run.points.map { Double($0.step ?? -1) } == expected.map { $0[0] })
    for (point, row) in zip(run.points, expected) { #expect(point.weights == Array(row[1...])) }
  }

  @Test("A damaged record of an event file is counted, a cut one said, the others stay", arguments: [true, false])
  func damagedEvents(isCut: Bool) throws {
    var bytes = try Data(contentsOf: goldenRuns.appendingPathComponent("events.out.tfevents.golden"))
    if isCut { bytes.removeLast(5) } else { bytes[bytes.count / 2] ^= 0xFF }
    let folder = try TemporaryFolder()
    let path = folder.path("events")
    try bytes.write(to: URL(fileURLWithPath: path))
    let run = try #require(try weights([path]).runs.first)
    #expect(run.points.count >= 2 && run.points.count < 6)
    #expect(!run.remarks.isEmpty)
    #expect(run.remarks.contains { $0.contains(isCut ? "half written" : "left out") || $0.contains("cannot be read") })
    for point in run.points { #expect(abs(point.weights.reduce(0, +) - 1) < 1e-6) }
  }

  @Test("Without --over-training a run shows its end, and a checkpoint itself rather than its history")
  func end() throws {
    let paths = ["checkpoints/epoch_3.pth", "scalars.json", "checkpoints"].map {
      goldenRuns.appendingPathComponent($0).path
    }
    let result = try weights(paths, overTraining: false)
    let expected = try expected()
    #expect(result.runs.allSatisfy { $0.points.count == 1 })
    #expect(largestDifference(result.runs[0].points[0].weights, expected.checkpoints[2]) < 1e-6)
    #expect(result.runs[1].points[0].weights == Array(expected.log.last?[2...] ?? []))
    #expect(result.runs[2].points[0].epoch == 3)
  }

  @Test("Checkpoints of one folder named one by one are one run")
  func globbed() throws {
    let paths = [3, 1, 2].map { goldenRuns.appendingPathComponent("checkpoints/epoch_\($0).pth").path }
    let result = try weights(paths)
    #expect(result.runs.count == 1 && result.runs[0].points.map(\.epoch) == [1, 2, 3])
    #expect(result.runs[0].name == "checkpoints")
  }

  @Test("--fuse names the layers, and a wrong list is refused")
  func fuse() throws {
    let path = goldenRuns.appendingPathComponent("scalars.json").path
    #expect(try weights([path], fuse: [1, 2, 3, 4, 5, 6]).runs[0].layers == [1, 2, 3, 4, 5, 6])
    #expect(throws: DiagnosisError.self) { try weights([path], fuse: [0, 1]) }
  }
}
