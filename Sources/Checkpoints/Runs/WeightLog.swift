/// Fusion weights at one moment of a training run.
public struct WeightRecord: Sendable, Hashable {
  /// The epoch as its source counts, where it says so.
  public var epoch: Double?
  /// The optimiser step, where the source says so.
  public var step: Int?
  /// The weights by position, as the source has them: they sum to 1 within its rounding.
  public var weights: [Double]
  /// The file.
  public var source: String
}

/// The fusion weights that a log tells of, in the order of steps (or epochs, or lines).
public struct WeightLog: Sendable, Hashable {
  /// What a log is written in.
  public enum Format: String, Sendable, Hashable, Codable, CaseIterable {
    /// An object in each line: MMEngine's `scalars.json`, our own `scalars.jsonl`, `log.txt` of facebookresearch's MAE.
    case jsonLines
    /// TensorBoard event files.
    case events
    /// Comma-separated values with a header.
    case csv
    /// The `message_hub` of an MMEngine checkpoint.
    case history
  }

  /// The format of its files.
  public let format: Format
  /// What tells this series from others of the same files: what stands before the names of its weights (`train` of `train/weight_0`), the
  /// words of columns such as `mode` and `run`; empty where there is nothing.
  public let series: String
  /// The files, in the order in which they were merged.
  public let files: [String]
  /// The weights.
  public let records: [WeightRecord]
  /// What a reader should know: damaged lines, records left out, restarts.
  public let remarks: [String]
  /// How many records were merged before restarts and repeats were taken out.
  public let recordCount: Int
}
