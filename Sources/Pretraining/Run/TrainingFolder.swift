internal import OutputFiles
internal import Checkpoints
internal import Foundation
internal import VisionTransformers

/// The folder that a run writes to, held against other processes while this value lives.
///
///     config.json              the recipe
///     scalars.jsonl            a line for each logged step
///     epoch_N.safetensors      the model after N epochs
///     state/last.safetensors   what resuming needs
public final class TrainingFolder {
  /// The folder.
  public let path: String
  /// What is trained in it.
  public let recipe: Recipe
  /// Whether it held this run already.
  public let continues: Bool
  private let lock: FolderLock

  /// Begins a run in a new or empty folder, or opens the run that is there.
  ///
  /// - Parameters:
  ///   - path: The folder, which is made where it is missing.
  ///   - recipe: What shall be trained; the teacher with its digest.
  ///   - resumes: Whether a run of the same recipe that is there shall be continued.
  /// - Throws: `PretrainingError.holdsRun`, `.holdsNoRun`, `.otherRecipe`; `OutputError`.
  public init(_ path: String, recipe: Recipe, resumes: Bool) throws {
    if try resumes && Self.recipe(in: path) == nil { throw PretrainingError.holdsNoRun(path: path) }
    lock = try FolderLock(path)
    self.path = path
    self.recipe = recipe
    // Read under the lock: another process may have begun a run a moment ago.
    let stored = try Self.recipe(in: path)
    continues = stored != nil
    if let stored {
      let differences = try stored.differences(to: recipe)
      guard differences.isEmpty else { throw PretrainingError.otherRecipe(path: path, differences: differences) }
      guard resumes else { throw PretrainingError.holdsRun(path: path) }
    } else {
      if let file = Self.fileOfARun(in: path) { throw PretrainingError.holdsOther(path: path, file: file) }
      try AtomicFile.write(try recipe.json, to: "\(path)/config.json")
    }
  }

  /// The recipe of the run in a folder; nil where there is none.
  ///
  /// - Throws: `PretrainingError.damaged` for a `config.json` that is no recipe, `.unreadable` for one that cannot be read.
  public static func recipe(in path: String) throws(PretrainingError) -> Recipe? {
    let file = "\(path)/config.json"
    guard let data = FileManager.default.contents(atPath: file) else {
      if FileManager.default.fileExists(atPath: file) { throw .unreadable(path: file) }
      return nil
    }
    do {
      return try JSONDecoder().decode(Recipe.self, from: data)
    } catch {
      throw .damaged(path: file, reason: "this is no recipe of a training run")
    }
  }

  /// A file in a folder without recipe that a run there would replace.
  private static func fileOfARun(in path: String) -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().first { name in
      name == "scalars.jsonl" || name == "state"
        || (name.hasPrefix("epoch_") && (name.hasSuffix(".safetensors") || name.hasSuffix(".png")))
    }
  }

  /// Where the model after so many epochs goes.
  public func checkpointPath(epoch: Int) -> String { "\(path)/epoch_\(epoch).safetensors" }

  var logPath: String { "\(path)/scalars.jsonl" }
  private var statePath: String { "\(path)/state/last.safetensors" }

  // MARK: State

  /// Saves what resuming needs, whole or not at all.
  func save(_ trainer: Trainer) throws {
    let folder = "\(path)/state"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let (all, active) = (trainer.loss.layout.count, trainer.loss.active.count)
    let writer = SafetensorsWriter(
      tensors: [
        .init(name: "parameters", shape: [all]), .init(name: "first", shape: [active]),
        .init(name: "second", shape: [active]),
      ], metadata: ["step": "\(trainer.step)", "version": "1"])
    try trainer.withState { (w, m, v) throws(OutputError) in
      try writer.write(to: statePath) { (index, append) throws(OutputError) in
        switch index {
        case 0: try append(w)
        case 1: try append(m)
        default: try append(v)
        }
      }
    }
  }

  /// Brings a trainer to where the run was saved; false where nothing was saved yet.
  ///
  /// - Throws: `CheckpointError`, `PretrainingError.damaged`.
  func restore(_ trainer: Trainer) throws -> Bool {
    guard FileManager.default.fileExists(atPath: statePath) else { return false }
    let state = try Checkpoint(opening: statePath)
    guard let step = state.metadata["step"]?.string.flatMap({ Int($0) }), step >= 0 else {
      throw PretrainingError.damaged(path: statePath, reason: "it does not say after which step it was saved")
    }
    try trainer.restore(step: step) { w, m, v in
      try state.read("parameters", into: &w)
      try state.read("first", into: &m)
      try state.read("second", into: &v)
    }
    return true
  }
}

extension Recipe {
  /// The recipe as the text of `config.json`.
  var json: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
  }

  /// Where two recipes differ, as `key: mine, not other`.
  func differences(to other: Recipe) throws -> [String] {
    func word(_ value: MetadataValue) -> String {
      if let list = value.list { return "[" + list.map(word).joined(separator: ", ") + "]" }
      if let text = value.string { return text }
      if let flag = value.bool { return "\(flag)" }
      if let number = value.int { return "\(number)" }
      return value.double.map { "\($0)" } ?? "none"
    }
    func flat(_ recipe: Recipe) throws -> [String: String] {
      var values: [String: String] = [:]
      func add(_ name: String, _ value: MetadataValue) {
        if value.keys.isEmpty {
          values[name] = word(value)
        } else {
          for key in value.keys { if let inner = value[key] { add(name.isEmpty ? key : "\(name).\(key)", inner) } }
        }
      }
      add("", try MetadataValue(json: recipe.json, path: "config.json"))
      return values
    }
    let (mine, others) = (try flat(self), try flat(other))
    return Set(mine.keys).union(others.keys).sorted().filter { mine[$0] != others[$0] }
      .map { "\($0): \(mine[$0] ?? "none") there, \(others[$0] ?? "none") now" }
  }
}
