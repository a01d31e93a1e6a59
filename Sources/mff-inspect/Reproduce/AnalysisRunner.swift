import Diagnostics
import Digests
import Foundation
import OutputFiles
import Reproduction

/// Makes the figures of a plan, or takes over those that are there and still true.
struct AnalysisRunner {
  private let console: Console
  /// For the progress of single commands.
  private let steps: Console
  /// What the figures' command lines are given beside the plan's own words.
  private let general: RunOptions
  /// Which files each figure was made from, by their digests.
  private(set) var origins: [String: [String]]

  private static let originsFile = "figures/origins.json"

  /// A runner in the current folder.
  ///
  /// - Parameters:
  ///   - console: Where progress goes.
  ///   - general: What the command was given, which each figure's command is given, too; the seed is the plan's.
  /// - Throws: What the system says when the folder of figures cannot be made.
  init(_ console: Console, _ general: RunOptions) throws {
    self.console = console
    steps = Console(quiet: console.isQuiet, terse: !general.verbose)
    self.general = general
    try FileManager.default.createDirectory(atPath: "figures", withIntermediateDirectories: true)
    let stored = FileManager.default.contents(atPath: Self.originsFile)
    // Where it cannot be read, every figure is made again.
    origins = stored.flatMap { try? JSONDecoder().decode([String: [String]].self, from: $0) } ?? [:]
  }

  /// The result of an analysis.
  mutating func result(of analysis: PlannedAnalysis) throws -> any DrawableResult {
    switch analysis.command {
    case "weights": try result(WeightsCommand.self, analysis)
    case "frequency": try result(FrequencyCommand.self, analysis)
    case "hessian": try result(HessianCommand.self, analysis)
    case "reconstruct": try result(ReconstructCommand.self, analysis)
    default: preconditionFailure("\(analysis.command) makes no figure")
    }
  }

  private mutating func result<Command: DiagnosisCommand>(
    _: Command.Type, _ analysis: PlannedAnalysis
  ) throws -> Command.Result {
    let origin = try digests(of: analysis.inputs)
    if origins[analysis.name] == origin, let stored = stored(Command.Result.self, analysis) { return stored }
    if Signals.isInterrupted { throw Interruption() }
    let journal = analysis.numbers + ".partial"
    let isResumable = analysis.command == "hessian" && FileManager.default.fileExists(atPath: journal)
    let result: Command.Result
    do {
      result = try compute(Command.self, analysis, journal, resumes: isResumable)
    } catch let error as JournalError where isResumable {
      if case .foreign = error { throw error }
      // Another number of cores, or another version: this command has no --resume to leave out.
      console.warn("\(journal): of a run with other settings; \(analysis.name) begins anew")
      result = try compute(Command.self, analysis, journal, resumes: false)
    }
    let files = try ResultFiles(figure: analysis.figure, json: nil, csv: false, dpi: FigureOptions.usualDPI)
    try files.write(
      json: encodeResult(result), csv: "", figure: result.figure(result.drawing ?? DrawingSettings()), width: nil,
      metadata: result.metadata)
    AppendedFile.remove(journal)
    origins[analysis.name] = origin
    try AtomicFile.write(encodeResult(origins), to: Self.originsFile)
    steps.clearProgress()
    console.remark("wrote \(analysis.figure), \(analysis.numbers)")
    return result
  }

  private func compute<Command: DiagnosisCommand>(
    _: Command.Type, _ analysis: PlannedAnalysis, _ journal: String, resumes: Bool
  ) throws -> Command.Result {
    let extra = general.wordsButSeed + (resumes ? ["--resume"] : [])
    let command = try Command.parsed(analysis.arguments + extra)
    return try command.result(arguments: analysis.arguments, journal: journal, steps)
  }

  /// The numbers of an earlier run, where this version made them by the same command line.
  private func stored<Result: DrawableResult>(_: Result.Type, _ analysis: PlannedAnalysis) -> Result? {
    guard FileManager.default.fileExists(atPath: analysis.figure),
      let data = FileManager.default.contents(atPath: analysis.numbers),
      let result = try? JSONDecoder().decode(Result.self, from: data), result.inconsistency == nil,
      result.version == ToolVersion.current, result.arguments == analysis.arguments
    else { return nil }
    return result
  }

  /// SHA-256 of the files that decide about a figure: checkpoints, and the logs of run folders.
  private func digests(of inputs: [String]) throws -> [String] {
    try inputs.map { input in
      let file = input.hasSuffix(".safetensors") ? input : "\(input)/scalars.jsonl"
      let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: file)))
      var digest = SHA256()
      digest.update(unsafe bytes.span.bytes)
      return digest.finish().hex
    }
  }
}
