import ArgumentParser
import Diagnostics
import Foundation
import OutputFiles
import Reports
import Reproduction
import Tensors

struct ReproduceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "The paper's analysis at laptop scale: trains, measures, and says what holds.",
    discussion: """
      Trains small MAE, MFF and pilot models (three seeds each), an EVA-style and a supervised one, and with --full also the \
      ablation over fused layers, on generated images; makes Fig. 1, 2, 4, 5, 6 and 8 of the MFF paper from them; and writes \
      report.html with a claim per figure: the paper's words, what was measured with its uncertainty, and whether it holds at \
      this scale. Every model and figure is made by a command line that the page tells. The seeds are --seed and the two after it.

      What is complete is kept: after Ctrl-C or a kill the same command goes on. On two cores --full takes the better part of an \
      hour, --quick less than ten minutes; a quick reproduction trains too little to settle much.

      EXAMPLES
        mff-inspect reproduce --quick
        mff-inspect reproduce -o paper --full
        mff-inspect reproduce -o paper --full --threads 2
      """)

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder (default: reproduction).", valueName: "folder"),
    completion: .directory)
  var output = "reproduction"

  @Flag(help: "An eighth of the training, no ablation.")
  var quick = false

  @Flag(help: "The training of the bundled models, with the ablation (default).")
  var full = false

  @Flag(help: "Two steps of each training: whether everything runs here, in a minute.")
  var trial = false

  @OptionGroup(title: "Run") var general: RunOptions

  func validate() throws {
    guard [quick, full, trial].count(where: \.self) <= 1 else {
      throw ValidationError("--full, --quick and --trial exclude each other.")
    }
    guard !output.isEmpty else { throw ValidationError("--output must name a folder.") }
  }

  func run() throws {
    let console = try general.console
    let plan = ReproductionPlan(trial ? .trial : quick ? .quick : .full, seeds: ReproductionSeeds(from: general.seed))
    let lock = try FolderLock(output)
    try withExtendedLifetime(lock) {
      // Everything is named from within, so that the folder can be moved and its command lines hold.
      guard FileManager.default.changeCurrentDirectoryPath(output) else {
        throw OutputError.unwritable(path: output, reason: "the folder cannot be entered")
      }
      try checkScale(plan)
      Signals.holdBack()
      do {
        try train(plan, console)
        try analyse(plan, console)
      } catch is Interruption {
        console.remark("Interrupted; what is complete is kept, and the same command goes on.")
        Signals.obey()
      }
    }
  }

  /// A folder holds the reproduction of one scale and seed.
  private func checkScale(_ plan: ReproductionPlan) throws {
    let file = "scale.txt"
    let scale = plan.scale.rawValue + (plan.seeds.first == 0 ? "" : ", seed \(plan.seeds.first)")
    let words = "\(scale)\n"
    if let stored = FileManager.default.contents(atPath: file) {
      guard stored == Data(words.utf8) else { throw OtherScale(folder: output, scale: scale) }
    } else {
      try AtomicFile.write(Array(words.utf8), to: file)
    }
  }

  private func train(_ plan: ReproductionPlan, _ console: Console) throws {
    let queue = TrainingQueue(plan.trainings)
    let workers = min(general.team.width, plan.trainings.count)
    var last: ContinuousClock.Instant?
    defer { console.clearProgress() }
    try queue.run(workers: workers) { standing, news in
      for line in news { console.remark(line) }
      let pause = console.isTerminal ? 0.2 : 60
      guard !standing.running.isEmpty, last.map({ seconds(.now - $0) >= pause }) ?? true else { return }
      last = .now
      let running = standing.running.map { "\($0.name) \(Int($0.share * 100)) %" }.joined(separator: ", ")
      let left = standing.secondsLeft.map { ", \(console.time($0)) left" } ?? ""
      console.progress("training, \(standing.complete) of \(standing.count) complete: \(running)\(left)")
    }
  }

  private func analyse(_ plan: ReproductionPlan, _ console: Console) throws {
    var runner = try AnalysisRunner(console, general)
    var results = ReproductionResults(seeds: plan.seeds)
    for analysis in plan.analyses { results.insert(try runner.result(of: analysis), analysis.name) }
    var result = ReproductionResult(plan, results, arguments: ownArguments)
    result.kernel = MatrixKernel.current.name
    try AtomicFile.write(encodeResult(result), to: "reproduce.json")
    for claim in result.claims {
      let lines = ["\(claim.figure): \(claim.verdict.words)", "  “\(claim.quote)”"] + claim.measured.map { "  \($0)" }
      try printResult(Array((lines.joined(separator: "\n") + "\n").utf8))
    }
    try AtomicFile.write(try page(plan, results), to: "report.html")
    console.remark("wrote \(output)/report.html, \(output)/reproduce.json, \(output)/figures")
  }
}

extension ReproduceCommand {
  /// The page, as the bytes of its file.
  private func page(_ plan: ReproductionPlan, _ results: ReproductionResults) throws -> [UInt8] {
    // The first seeds stand for the others, which differ in nothing that describe tells.
    let shown = plan.trainings.filter { !$0.name.contains("-seed-") }
    let models = try shown.map { try ModelReport(CheckpointRequest(path: $0.checkpoint, name: $0.title)) }
    return try ReproductionPage(plan, results).page(models: models, arguments: ownArguments).html()
  }
}

/// The folder holds a reproduction of another scale or seed.
private struct OtherScale: Error, CustomStringConvertible {
  let folder: String
  let scale: String
  var description: String {
    "\(folder): this folder holds a reproduction of another scale or seed than \(scale); give another --output"
  }
}
