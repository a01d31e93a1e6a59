import Checkpoints
import Images

/// A reader of files that strangers send.
enum FuzzTarget: String, CaseIterable {
  /// Whole files, told apart by their first bytes.
  case safetensors, shards, zip, legacy
  /// The object inside a PyTorch archive whose checksums are right.
  case pickle
  /// An array inside a NumPy archive whose checksums are right.
  case npy
  /// The value reader behind configurations, histories and results.
  case json
  /// Logs with fusion weights: JSON lines (MAE's and MMEngine's), TensorBoard's frames, their contents, tables.
  case jsonlines, events, summary, csv
  /// MMEngine's text log and whatever else lies in a run's folder.
  case runfolder
  case png, jpeg, webp
  /// What a network's tensors say of its architecture.
  case describe
  /// Configurations in Python's syntax, which are searched and not run.
  case configuration
  /// Results, drawn again.
  case result

  /// Reads one input to the end.
  ///
  /// Errors are what a reader may answer; anything else ends the process.
  func read(_ input: [UInt8]) {
    switch self {
    case .safetensors, .zip, .legacy: CheckpointTarget.open(ScratchFile.holding(input))
    case .shards: ShardTarget.open(index: input)
    case .pickle: CheckpointTarget.open(ScratchFile.holding(PickleTarget.archive(around: input)))
    case .npy: CheckpointTarget.open(ScratchFile.holding(StoredZip.archive([("w.npy", input)])))
    case .json: LogTarget.readValue(input)
    case .jsonlines: LogTarget.read(ScratchFile.holding(input), as: .jsonLines)
    case .events: LogTarget.read(ScratchFile.holding(input), as: .events)
    case .summary: LogTarget.read(ScratchFile.holding(EventFrames.framed(input)), as: .events)
    case .csv: LogTarget.read(ScratchFile.holding(input), as: .csv)
    case .runfolder: LogTarget.readFolder(input)
    case .png:
      ImageTarget.decode(input)
      ImageTarget.decode(PNGChecksums.mended(input))
    case .jpeg, .webp: ImageTarget.decode(input)
    case .describe: DescribeTarget.describe(input)
    case .configuration: ConfigurationTarget.describe(input)
    case .result: ResultTarget.draw(ScratchFile.holding(input))
    }
  }
}
