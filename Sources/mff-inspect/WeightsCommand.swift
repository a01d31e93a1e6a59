import ArgumentParser
import Checkpoints
import Diagnostics
import Fixtures
import Foundation
import OutputFiles
import VisionTransformers

struct WeightsCommand: DiagnosisCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights",
    abstract: "Fusion weights of checkpoints, or over training.",
    discussion: """
      The weights with which MFF fuses layers: the softmax of proj_weights, a bar for each layer and checkpoint (Fig. 6 of the \
      MFF paper). With --over-training, a line for each layer along a run (Fig. 1 and 8). A run is a folder of checkpoints, a \
      run folder, an MMEngine log (scalars.json), a TensorBoard event file, a table with columns weight_0, weight_1, … , or \
      one MMEngine checkpoint, which keeps the history of every iteration. Of checkpoints only headers and the fusion logits are \
      read. Slope and change of a run of at least 12 records have errors that allow for records that resemble their neighbours; \
      several runs have an interval over runs. Without a path, a bundled MFF is shown, or a bundled run.

      EXAMPLES
        mff-inspect weights mff.pth
        mff-inspect weights mff-mae.pth mff-eva.pth -o figure6.pdf
        mff-inspect weights --over-training work_dir/
        mff-inspect weights --over-training a/ b/ --by step -o figure8.pdf
        mff-inspect weights --over-training scalars.json --follow
      """)

  @OptionGroup(title: "Checkpoints and runs") var checkpoints: CheckpointOptions

  @Flag(help: "Every point of a run, not only its end.")
  var overTraining = false

  @Option(help: "The axis over training (default: epochs where all runs know them, else steps).")
  var by: TrainingAxis?

  @Option(
    help: ArgumentHelp(
      "The one series to draw of logs that hold several: train of train/weight_0, or the word of a column mode or run (default: all).",
      valueName: "name"))
  var series: String?

  @Flag(help: "Draw again whenever the files change; Ctrl-C ends it.")
  var follow = false

  @OptionGroup(title: "Figure and numbers") var figure: FigureOptions
  @OptionGroup(title: "Run") var general: RunOptions

  func validate() throws {
    try checkpoints.checkNames(for: max(paths.count, 1), "paths")
    if by != nil, !overTraining { throw ValidationError("--by needs --over-training.") }
    if follow, figure.json == "-" { throw ValidationError("--follow writes again and again; give --json a file.") }
  }

  private var paths: [String] { checkpoints.checkpoints }

  func run() throws {
    let console = Console(quiet: general.quiet)
    let files = try figure.files(default: "weights.png")
    let diagnosis = try diagnosis()
    if paths.isEmpty {
      console.remark("Using the bundled \(overTraining ? "run" : "MFF checkpoint") \(diagnosis.runs[0].path).")
    }
    guard follow else { return try draw(diagnosis, files, console) }
    let written = [files.figure, files.json, files.csv].compactMap(\.self)
    try FileWatch(diagnosis.runs.map(\.path), ignoring: written).forEachChange {
      // A file that is just being written may be unreadable for a moment: say so, and look again.
      do {
        try draw(diagnosis, files, console)
      } catch let error as OutputError {
        throw error
      } catch let error as StandardOutputError {
        throw error
      } catch let error as InputWouldBeLost {
        throw error
      } catch {
        console.warn("\(error); waiting for a change")
      }
    }
  }

  private func diagnosis() throws -> WeightsDiagnosis {
    var bundled: [String] {
      get throws {
        guard let path = overTraining ? Fixtures.run : Fixtures.mff else { throw BundledDataMissing() }
        return [path]
      }
    }
    let given = try paths.isEmpty ? bundled : paths
    var diagnosis = WeightsDiagnosis(
      runs: given.enumerated().map { index, path in
        checkpoints.request(path, index, label: paths.isEmpty ? (overTraining ? "bundled run" : "MFF") : nil)
      })
    diagnosis.overTraining = overTraining
    diagnosis.axis = by
    diagnosis.isStrict = general.strict
    diagnosis.series = series
    diagnosis.seed = general.seed
    diagnosis.team = general.team
    diagnosis.arguments = ownArguments
    return diagnosis
  }

  private func draw(_ diagnosis: WeightsDiagnosis, _ files: ResultFiles, _ console: Console) throws {
    let result = try result(of: diagnosis, console)
    try checkInputs(of: result, files)
    let written = try files.deliver(result)
    console.remark("wrote \(written.joined(separator: ", "))")
  }

  func result(arguments: [String], journal: String?, _ console: Console) throws -> WeightsResult {
    var diagnosis = try diagnosis()
    diagnosis.arguments = arguments
    return try result(of: diagnosis, console)
  }

  private func result(of diagnosis: WeightsDiagnosis, _ console: Console) throws -> WeightsResult {
    var result = try diagnosis.run { event in
      switch event {
      case .read(let run): say(run, console)
      }
    }
    result.drawing = figure.settings
    result.drawing?.by = by
    return result
  }

  /// `-o scalars.png` would put the numbers where the log `scalars.json` is.
  private func checkInputs(of result: WeightsResult, _ files: ResultFiles) throws(InputWouldBeLost) {
    func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
    let read = Set(Set(result.runs.flatMap { [$0.path] + $0.points.map(\.source) }).map(resolved))
    for path in [files.figure, files.json, files.csv].compactMap(\.self) where read.contains(resolved(path)) {
      throw InputWouldBeLost(path: path)
    }
  }

  private func say(_ run: WeightsRun, _ console: Console) {
    let layers = run.layers.map { $0.map(String.init).joined(separator: ",") }
    console.remark(
      "\(run.name): \(run.path), \(run.positions.count) fusion weights from \(run.source.title); layers "
        + (layers.map { "\($0) (\(run.layersSource ?? "unknown"))" } ?? "unknown, positions are shown (--fuse tells)"))
    for remark in run.remarks { console.warn("\(run.name): \(remark)") }
  }
}

/// The result would replace what it was read from.
private struct InputWouldBeLost: Error, CustomStringConvertible {
  let path: String
  var description: String { "\(path): the result would replace the file it is read from; give another -o or --json" }
}
