public import Tensors
internal import Foundation
internal import VisionTransformers

/// Fusion weights of checkpoints, or of runs over their training.
///
/// - Source: Fig. 1, 6 and 8 of the MFF paper.
public struct WeightsDiagnosis: Sendable {
  /// Checkpoints, folders of checkpoints, run folders, or logs; heads are not needed.
  public var runs: [CheckpointRequest]
  /// Whether to keep every point of a run, or its end only.
  public var overTraining = false
  /// The axis of figure and slope; nil for epochs where all runs know them, else steps.
  public var axis: TrainingAxis?
  /// The one series to take of logs that hold several, by what tells it from the others; nil for all, each as a run.
  public var series: String?
  /// The cores to use.
  public var team = Team()
  /// Whether to refuse what would have to be assumed.
  public var isStrict = false
  /// Kept for the result.
  public var seed: UInt64 = 0
  /// The command line, for the result.
  public var arguments: [String] = []

  /// A diagnosis with the defaults of the command.
  public init(runs: [CheckpointRequest]) { self.runs = runs }

  /// What is happening, for a progress line.
  public enum Event: Sendable {
    /// A run was read.
    case read(WeightsRun)
  }

  /// Reads the weights.
  ///
  /// - Parameter report: Called from this thread as the work goes on.
  /// - Returns: The weights of all runs.
  /// - Throws: `CheckpointError`, `ModelError`, `DiagnosisError`.
  /// - Complexity: Of a checkpoint its headers, pickle and one small tensor; a pass over a log's bytes, of which only the
  ///   weights are kept.
  public func run(_ report: (Event) -> Void = { _ in }) throws -> WeightsResult {
    guard !runs.isEmpty else { throw DiagnosisError.noCheckpoints }
    let reader = RunReader(team: team, series: series)
    var result = WeightsResult(
      version: ToolVersion.current, arguments: arguments, seed: seed, overTraining: overTraining, runs: [])
    for group in overTraining ? grouped : runs.map({ [$0] }) {
      let runs =
        try group.count > 1
        ? [reader.run(checkpoints: group)] : reader.runs(group[0], overTraining: overTraining)
      for var run in runs {
        run.remarks += RunGaps.remarks(run.points)
        if !overTraining, run.points.count > 1 { run.points.removeFirst(run.points.count - 1) }
        result.runs.append(run)
      }
    }
    let axis = try result.axis(axis)
    for index in result.runs.indices {
      result.runs[index].sumUp(along: axis)
      report(.read(result.runs[index]))
    }
    if overTraining { result.overRuns = ChangeOverRuns(result.runs) }
    var assumptions = Assumptions()
    for run in result.runs { assumptions.add(run.assumptions, of: run.name) }
    try assumptions.check(strict: isStrict)
    result.assumed = assumptions.listed
    return result
  }

  /// Checkpoint files of one folder, as a shell's `run/*.pth` gives them, are one run.
  private var grouped: [[CheckpointRequest]] {
    var groups: [[CheckpointRequest]] = []
    for request in runs {
      if let last = groups.last?.last, RunReader.isCheckpointFile(request.path), RunReader.isCheckpointFile(last.path),
        RunReader.folder(of: request.path) == RunReader.folder(of: last.path)
      {
        groups[groups.count - 1].append(request)
      } else {
        groups.append([request])
      }
    }
    return groups
  }
}

extension WeightsRun {
  /// Which blocks are fused, where a default says so.
  fileprivate var assumptions: [Assumption] {
    guard let layers, let source = layersSource, let why = ValueSource.assumedReason(in: source) else { return [] }
    let value = layers.map(String.init).joined(separator: ",")
    return [Assumption(what: "fused layers", value: value, why: why, option: "--fuse")]
  }
}
