/// What a training run left in a folder: checkpoints and logs, told apart by content.
public struct RunFolder: Sendable {
  /// A checkpoint of the run.
  public struct Member: Sendable, Hashable {
    /// The file, or a folder with a model.
    public let path: String
    /// Its name in the run's folder.
    public let name: String
    /// Whether it is a folder.
    public let isFolder: Bool

    /// Names a checkpoint of a run.
    public init(path: String, name: String, isFolder: Bool) {
      self.path = path
      self.name = name
      self.isFolder = isFolder
    }
  }

  /// The folder.
  public let path: String
  /// Checkpoints in the natural order of their names.
  public let checkpoints: [Member]
  /// Logs by format, each list in the natural order of paths: the order in which runs were started.
  public let logs: [WeightLog.Format: [String]]
  /// Configurations: Python source, as MMEngine writes them beside its logs, and `config.json`.
  public let configurations: [String]
  /// What begins as no checkpoint, though its name says it is one.
  public let remarks: [String]

  /// A log's size is not limited; so many files in one folder are a mistake.
  static let entryLimit = 200_000

  static func check(entryCount: Int, of folder: String) throws(CheckpointError) {
    guard entryCount <= entryLimit else {
      throw .tooLarge(path: folder, what: "it holds \(entryCount) entries, which is no training run")
    }
  }

  /// Looks at the first bytes of every file in the folder, and in the folders that runs make below theirs.
  ///
  /// Other folders are left alone: those of another run are not this run's restarts.
  public init(_ path: String) throws(CheckpointError) {
    var scan = Scan()
    let base = path.hasSuffix("/") && path != "/" ? String(path.dropLast()) : path
    try scan.visit(base, depth: 0)
    self.path = path
    checkpoints = scan.checkpoints.sorted { $0.name.precedesNaturally($1.name) }
    logs = scan.logs.mapValues { $0.sorted { $0.precedesNaturally($1) } }
    configurations = scan.configurations.sorted { $0.precedesNaturally($1) }
    remarks = scan.remarks
  }

  private struct Scan {
    var checkpoints: [Member] = []
    var logs: [WeightLog.Format: [String]] = [:]
    var configurations: [String] = []
    var remarks: [String] = []

    mutating func visit(_ folder: String, depth: Int) throws(CheckpointError) {
      let names = try namesInFolder(folder)
      try RunFolder.check(entryCount: names.count, of: folder)
      // MMEngine writes the same records a second time, as <timestamp>.json.
      let hasScalars = names.contains("scalars.json")
      for name in names where !name.hasPrefix(".") {
        let path = "\(folder)/\(name)"
        if isFolder(path) {
          if depth < 3, Self.isModelFolder(name), Self.holdsModel(path) {
            checkpoints.append(Member(path: path, name: name, isFolder: true))
          } else if depth < 3, Self.isPartOfRun(name) {
            try visit(path, depth: depth + 1)
          } else if let names = try? namesInFolder(path),
            let refusal = UnassembledCheckpoint.refusal(ofFolder: path, names: names)
          {
            remarks.append("skipped: \(refusal)")
          }
        } else if isRegularFile(path), !(hasScalars && name.hasSuffix(".json") && name != "scalars.json") {
          look(at: path, name)
        }
      }
    }

    private mutating func look(at path: String, _ name: String) {
      let lowered = name.lowercased()
      let file: InputFile
      do throws(CheckpointError) {
        file = try InputFile(opening: path)
      } catch {
        // Whatever it is: a log that cannot be read would be missing without a word.
        remarks.append("skipped: \(error)")
        return
      }
      if lowered.hasSuffix(".py") || name == "config.json" {
        configurations.append(path)
        return
      }
      guard file.byteCount > 0 else {
        if Self.namesCheckpoint(lowered) { remarks.append("\(name) skipped: it is empty") }
        return
      }
      if let format = try? RunFile.format(of: file) {
        if format == .table, RunFile.isOwnTable(file) { return }
        if format == .json || format == .table {
          logs[format == .json ? .jsonLines : .csv, default: []].append(path)
        } else if format == .events {
          logs[.events, default: []].append(path)
        } else {
          checkpoints.append(Member(path: path, name: name, isFolder: false))
        }
      } else if Self.namesCheckpoint(lowered) {
        remarks.append("\(name) skipped: it does not begin as a checkpoint does")
      }
    }

    private static func namesCheckpoint(_ name: String) -> Bool {
      [".pth", ".pt", ".ckpt", ".safetensors", ".pth.tar"].contains { name.hasSuffix($0) }
    }

    /// `checkpoint-500`, `epoch_3`, `step_1000`.
    private static func isModelFolder(_ name: String) -> Bool {
      let words = NameWords(name, isFolder: true)
      return words.epoch != nil || words.step != nil || words.looseStep != nil
    }

    private static func holdsModel(_ path: String) -> Bool { (try? ModelFolder.weights(in: path)) != nil }

    /// Folders that training code makes below a run's own.
    private static func isPartOfRun(_ name: String) -> Bool {
      let lowered = name.lowercased()
      let known = [
        "vis_data", "tf_logs", "tensorboard", "tb", "tb_logs", "logs", "log", "summary", "checkpoints", "ckpts",
      ]
      let isTimestamp =
        name.count == 15
        && name.utf8.enumerated().allSatisfy { index, byte in
          index == 8 ? byte == UInt8(ascii: "_") : (0x30...0x39).contains(byte)
        }
      return isTimestamp || known.contains(lowered) || lowered.hasPrefix("version_")
    }
  }
}

/// What one file of a run is.
enum RunFile {
  case checkpoint, json, table, events

  /// Judged by content; a table only where its name or its header speaks for it.
  ///
  /// - Throws: `CheckpointError` for a file that is none of them.
  static func format(of file: InputFile) throws(CheckpointError) -> RunFile {
    let start = try file.bytes(at: 0, count: min(file.byteCount, 1 << 16))
    if start.first(where: { !JSONScanner.isBlank($0) }) == UInt8(ascii: "{"), !start.prefix(8).contains(0) {
      // The index of a sharded checkpoint is a JSON object, too.
      if contains(start, "\"weight_map\"") { return .checkpoint }
      let line = start.prefix { $0 != 0x0A }
      // Of a first line longer than the piece only its beginning can be judged; a damaged first line does not hide the weights below.
      if line.count == start.count || ScalarLine.record(Array(line).span) != nil || contains(start, "weight_0\"") {
        return .json
      }
      throw .notACheckpoint(path: file.path, content: "a JSON text", advice: "give a log with an object in each line")
    }
    if EventFile.isEventFile(file) { return .events }
    let header = Array(start.prefix { $0 != 0x0A })
    let names = CSVLine.fields(header.span, separator: CSVLine.separator(of: header.span))
    if names.contains(where: { if case .weight? = ScalarKey($0)?.role { true } else { false } }) { return .table }
    do throws(CheckpointError) {
      _ = try FileKind(of: file)
    } catch .notACheckpoint(let path, "a text file", _) {
      throw .notACheckpoint(
        path: path, content: "a text file",
        advice: "give a checkpoint, a JSON log, a TensorBoard event file, or a table with columns weight_0, weight_1, …"
      )
    }
    return .checkpoint
  }

  /// What `weights --csv` left in the folder is a result, not the run's log.
  static func isOwnTable(_ file: InputFile) -> Bool {
    let header = Array("name,source,layers,".utf8)
    return (try? file.bytes(at: 0, count: min(header.count, file.byteCount))) == header
  }

  private static func contains(_ start: [UInt8], _ word: String) -> Bool {
    let mark = Array(word.utf8)
    return (0..<max(start.count - mark.count, 0)).contains {
      start[$0] == mark[0] && start[$0..<$0 + mark.count].elementsEqual(mark)
    }
  }
}

extension WeightLog {
  /// Reads the logs of a format, a log for each series in them, later files winning where they tell of the same step; records are in the
  /// order of steps.
  ///
  /// - Parameters:
  ///   - paths: The files in the order of the runs.
  ///   - format: Their format; not `history`.
  /// - Returns: One at least, that of training first.
  /// - Throws: `CheckpointError` where a file cannot be read.
  /// - Complexity: A pass over the bytes; memory holds the weights and one piece of a file.
  public static func series(reading paths: [String], format: Format) throws(CheckpointError) -> [WeightLog] {
    var builder = WeightLogBuilder(format)
    for path in paths {
      switch format {
      case .jsonLines: try builder.read(jsonLines: path)
      case .events: try builder.read(events: path)
      case .csv: try builder.read(csv: path)
      case .history: preconditionFailure("a history lies in a checkpoint")
      }
    }
    return builder.logs()
  }

  /// The format of a single file; nil for a checkpoint.
  ///
  /// - Throws: `CheckpointError` for a file that is neither log nor checkpoint, or cannot be read.
  public static func format(of path: String) throws(CheckpointError) -> Format? {
    let file = try InputFile(opening: path)
    guard file.byteCount > 0 else { throw .empty(path: path) }
    return switch try RunFile.format(of: file) {
    case .checkpoint: nil
    case .json: .jsonLines
    case .table: .csv
    case .events: .events
    }
  }
}
