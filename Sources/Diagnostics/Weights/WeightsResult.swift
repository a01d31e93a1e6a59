public import VisionTransformers

/// What `weights` found: the fusion weights of checkpoints, or of runs over their training.
public struct WeightsResult: Sendable, Hashable, Codable {
  /// Always `weights`.
  public var command = "weights"
  /// The program's version.
  public var version: String
  /// The command line after the program's name.
  public var arguments: [String]
  /// Kept for the form of all results; nothing here is random.
  public var seed: UInt64
  /// Whether every point of the runs is there, or the end of each only.
  public var overTraining: Bool
  /// Checkpoints or runs in the order given.
  public var runs: [WeightsRun]
  /// Over training, of at least two runs that fuse equally many layers: what they show together.
  public var overRuns: ChangeOverRuns?
  /// What neither files nor options told; absent for nothing.
  public var assumed: [AssumedValue]?
  /// How the command drew it.
  public var drawing: DrawingSettings?
}

/// What fusion weights are drawn against.
public enum TrainingAxis: String, Sendable, Hashable, Codable, CaseIterable {
  /// Epochs.
  case epoch
  /// Optimiser steps.
  case step
}

/// Where the weights of a run were read.
public enum WeightsSource: String, Sendable, Hashable, Codable, CaseIterable {
  /// One checkpoint's logits.
  case checkpoint
  /// The logits of several checkpoints.
  case checkpoints
  /// The history inside an MMEngine checkpoint.
  case history
  /// JSON lines.
  case jsonLines
  /// TensorBoard event files.
  case events
  /// A table.
  case csv
}

/// A checkpoint or a run.
public struct WeightsRun: Sendable, Hashable, Codable {
  /// The label in figures.
  public var name: String
  /// The path as given.
  public var path: String
  /// Where the weights are from.
  public var source: WeightsSource
  /// What tells them from other weights in the same logs: `train` of `train/weight_0`, the words of a column `mode` or `run`.
  public var series: String?
  /// A single checkpoint: SHA-256 over the fusion logits: name, type, shape, bytes.
  public var digest: String?
  /// A single checkpoint: the network's shape, where all of it is known.
  public var architecture: Architecture?
  /// 0 … K − 1: the places among the fused layers.
  public var positions: [Int]
  /// The fused blocks' indices; absent when unknown.
  public var layers: [Int]?
  /// Where the layers are from.
  public var layersSource: String?
  /// The weights in the order of training.
  public var points: [WeightsPoint]
  /// How much the shallow layers weigh.
  public var firstThird: FirstThird
  /// Over training, by position: the mean weight over the last third of the points less that over the first; absent for a single point.
  public var changes: [DependentRecords.Estimate]?
  /// What a reader should know: gaps, duplicates, damaged lines, skipped files.
  public var remarks: [String]
}

/// Fusion weights at one moment.
public struct WeightsPoint: Sendable, Hashable, Codable {
  /// The epoch as its source counts; absent when unknown.
  public var epoch: Double?
  /// The optimiser step; absent when unknown.
  public var step: Int?
  /// By position; their sum is 1 (within the rounding of a log).
  public var weights: [Double]
  /// The file.
  public var source: String
  /// For a checkpoint: SHA-256 over its fusion logits.
  public var digest: String?
}
