import ArgumentParser
import Diagnostics
import Foundation
import Hessian
import OutputFiles
import Reports
import Tensors

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Everything about some checkpoints on one page.",
    discussion: """
      One HTML file that loads nothing: what was examined, frequency, Hessian, fusion weights, weights over training and \
      reconstruction, side by side for all checkpoints, with every number to download, every setting and seed, and the command \
      line of each figure. What a file does not allow is left out, and the page says why. The Hessian's solver is lanczos here, \
      which needs a fraction of the products of power iteration. Without a path, the bundled MAE, MFF and run are shown.

      EXAMPLES
        mff-inspect report
        mff-inspect report mae.pth mff.pth --images photos/ -o compare.html
        mff-inspect report mff.pth --over-training work_dir/ --no-hessian
        mff-inspect report mae.pth mff.pth --batches 16 --top 5 --json all.json
      """)

  @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointOptions

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Training runs: folders of checkpoints, run folders, logs. Names end at the next option.", valueName: "run"),
    completion: .file())
  var overTraining: [String] = []

  @OptionGroup(title: "Images") var images: ImageOptions
  @OptionGroup(title: "What is computed") var scope: ReportScope

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The page. The numbers land beside it as .json.", valueName: "page"),
    completion: .file(extensions: ["html"]))
  var output = "report.html"

  @Option(
    help: ArgumentHelp(
      "Where the numbers go instead; - is standard output, and then nothing else is.", valueName: "file"))
  var json: String?

  @Option(help: ArgumentHelp("The page's title (default: the names of the checkpoints).", valueName: "text"))
  var title: String?

  @OptionGroup(title: "Run") var general: RunOptions

  func validate() throws {
    guard ["html", "htm"].contains(URL(fileURLWithPath: output).pathExtension.lowercased()) else {
      throw ValidationError("--output \(output) must end in .html.")
    }
    if output == json { throw ValidationError("--output and --json name the same file.") }
  }

  func run() throws {
    let console = try general.console
    let numbers =
      json == "-" ? nil : json ?? URL(fileURLWithPath: output).deletingPathExtension().relativePath + ".json"
    for path in [output, numbers].compactMap(\.self) { try AtomicFile.check(path) }
    sayWhatIsBundled(console)
    let inputs = try ReportInputs(checkpoints, runs: overTraining, images, scope, general, console)
    guard !inputs.isEmpty else { throw ExitCode(1) }
    let page = try page(of: inputs, console)
    var values = ReportResult(page)
    values.kernel = MatrixKernel.current.name
    let result = try encodeResult(values)
    var files = [AtomicFile.Content(path: output, bytes: try page.html())]
    if let numbers { files.append(AtomicFile.Content(path: numbers, bytes: result)) }
    try AtomicFile.write(files)
    if numbers == nil { try printResult(result) }
    console.remark("wrote \(files.map(\.path).joined(separator: ", "))")
    // The page is whole and says what is missing; a script shall notice, too.
    let lacksRuns = page.sections.contains { $0.id == "training" && !$0.gaps.isEmpty }
    guard inputs.gaps.isEmpty, !lacksRuns else { throw ExitCode(1) }
  }

  private func sayWhatIsBundled(_ console: Console) {
    let (noCheckpoint, noImages) = (checkpoints.checkpoints.isEmpty, images.paths.isEmpty)
    if noCheckpoint, overTraining.isEmpty {
      console.remark(BundledData.remark(checkpoints: true, images: noImages))
      console.remark("Using the bundled run for the weights over training.")
    } else if !noCheckpoint, noImages {
      console.remark(BundledData.remark(checkpoints: false, images: true))
    }
  }

  private func page(of inputs: ReportInputs, _ console: Console) throws -> ReportPage {
    let names = inputs.models.map(\.name)
    let sections = try ReportSections(inputs, console).all()
    var page = ReportPage(
      title: title ?? (names.isEmpty ? "Training runs" : "\(names.formatted()), layer by layer"),
      introduction: [inputs.words], models: inputs.models, gaps: inputs.gaps, sections: sections, seed: general.seed,
      arguments: ownArguments)
    page.sharesColors = true
    return page
  }
}

/// What `report` computes.
struct ReportScope: ParsableArguments {
  @Option(help: ArgumentHelp("Images of the frequency analysis, chosen by --seed (default: 64).", valueName: "n"))
  var count: Int?

  @Option(help: ArgumentHelp("Batches of the Hessian (default: 8).", valueName: "n"))
  var batches: Int?

  @Option(help: ArgumentHelp("Eigenvalues of each batch (default: 5; without a checkpoint 3).", valueName: "k"))
  var top: Int?

  @Option(help: ArgumentHelp("Images of a batch of the Hessian (default: 16).", valueName: "n"))
  var batchSize: Int?

  @Option(help: "How eigenvalues are found.")
  var solver: HessianSolver = .lanczos

  @Option(
    help: ArgumentHelp(
      "Classes of the images, for checkpoints with a classification head: folder, or a file of labels.",
      valueName: "folder|file"))
  var labels: String?

  @Option(
    help: ArgumentHelp(
      "The checkpoint whose features are predicted, for EVA- and MILAN-style ones.", valueName: "ckpt"),
    completion: .file())
  var teacher: String?

  @Flag(inversion: .prefixedNo, exclusivity: .exclusive, help: "The frequency analysis.")
  var frequency = true

  @Flag(inversion: .prefixedNo, exclusivity: .exclusive, help: "The Hessian, which takes most of the time.")
  var hessian = true

  @Flag(inversion: .prefixedNo, exclusivity: .exclusive, help: "The reconstructions.")
  var reconstruction = true

  func validate() throws {
    for (value, name) in [(count, "--count"), (batches, "--batches"), (top, "--top"), (batchSize, "--batch-size")] {
      if let value, value < 1 { throw ValidationError("\(name) must be at least 1.") }
    }
  }
}
