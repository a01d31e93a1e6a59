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

/// The share of the weights on the first third of the fused layers, K / 3 rounded, at least one.
public struct FirstThird: Sendable, Hashable, Codable {
  /// How many layers that is.
  public var count: Int
  /// The share at the first point.
  public var start: Double
  /// The share at the last point.
  public var end: Double
  /// Least-squares slope of the share; absent for a single moment.
  public var slope: Double?
  /// What the slope is per; absent without one.
  public var per: TrainingAxis?

  /// Sums up points.
  ///
  /// - Parameters:
  ///   - points: At least one; all with the same number of weights.
  ///   - abscissa: Their places along the axis, nil where unknown.
  ///   - axis: The axis.
  init(_ points: [WeightsPoint], abscissa: [Double?], axis: TrainingAxis?) {
    let positions = points.first?.weights.count ?? 1
    let count = max(1, (positions + 1) / 3)
    let shares = points.map { $0.weights.prefix(count).reduce(0, +) }
    self.count = count
    start = shares.first ?? 0
    end = shares.last ?? 0
    let known = zip(abscissa, shares).compactMap { x, y in x.map { ($0, y) } }
    let n = Double(known.count)
    let (meanX, meanY) = (known.reduce(0) { $0 + $1.0 } / n, known.reduce(0) { $0 + $1.1 } / n)
    let variance = known.reduce(0) { $0 + ($1.0 - meanX) * ($1.0 - meanX) }
    guard let axis, variance > 0 else { return }
    slope = known.reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) } / variance
    per = axis
  }
}
