import ArgumentParser
import Diagnostics

struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draws results again, alone or together, without computing.",
    discussion: """
      A single result gives the figure that its command drew, unless options say otherwise. Several results of one command \
      share a figure, each checkpoint with its own panel or curve; a difference between checkpoints with its interval is paired \
      by image, so only the command that computed both can draw it.

      EXAMPLES
        mff-inspect plot frequency.json -o frequency.pdf --width 6.8
        mff-inspect plot mae.json mff.json -o both.svg
        mff-inspect plot subblock.json --against depth -o depth.pdf --width 3.3
      """)

  @Argument(
    help: ArgumentHelp("Results as .json; - is standard input.", valueName: "result"),
    completion: .file(extensions: ["json"]))
  var results: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The figure; its ending picks PNG, PDF or SVG (default: the command's name as .png here).", valueName: "figure"),
    completion: .file())
  var output: String?

  @Flag(help: "Write the numbers beside the figure as .csv, too.")
  var csv = false

  @Option(help: "Dots an inch of a PNG (default: those of the result's own figure, or 150).")
  var dpi: Double?

  @Option(
    help: "Width of the figure in inches: 3.3 is a column, 6.8 a page (default: that of the result's own figure).")
  var width: Double?

  @Option(help: "Height of the figure in inches (default: that of the result's own figure, or what suits the width).")
  var height: Double?

  @Option(help: "A line above the figure.")
  var title: String?

  @Option(
    name: .customLong("name"),
    help: ArgumentHelp(
      "Label of the first, second, … checkpoint or run, instead of the results' own; repeatable.", valueName: "label"))
  var names: [String] = []

  @Flag(
    inversion: .prefixedNo, exclusivity: .exclusive,
    help: "The words below the figure, which are printed where they are left out (default: as the result's own figure)."
  )
  var caption: Bool?

  @Option(help: "Frequency results: frequency, or depth for the highest band along the network.")
  var against: FigureAbscissa?

  @Option(help: "Fusion weights over training: the axis, epoch or step.")
  var by: TrainingAxis?

  @OptionGroup(title: "Run") var general: RunOptions

  func validate() throws {
    if let dpi, !(dpi >= 10 && dpi <= 2400) { throw ValidationError("--dpi must lie between 10 and 2400.") }
    if let width, !(width >= 1 && width <= 100) { throw ValidationError("--width must lie between 1 and 100 inches.") }
    if let height, !(height >= 1 && height <= 100) {
      throw ValidationError("--height must lie between 1 and 100 inches.")
    }
    guard !names.contains("") else { throw ValidationError("--name must not be empty.") }
    if let output, !ResultFiles.canDraw(output) {
      throw ValidationError("--output \(output) ends in no figure format; use .png, .pdf or .svg.")
    }
    guard results.count(where: { $0 == "-" }) <= 1 else {
      throw ValidationError("Standard input can be read once only.")
    }
  }

  func run() throws {
    let console = Console(quiet: general.quiet)
    var settings = DrawingSettings(title: title, width: width, dpi: dpi, against: against, by: by)
    settings.height = height
    settings.hidesCaption = caption.map { !$0 }
    let plotted = try ResultReader.plot(results, settings: settings, names: names, arguments: ownArguments)
    for remark in plotted.remarks { console.warn(remark) }
    // The numbers have their files already: `-` keeps them from being written once more.
    let files = try ResultFiles(
      figure: output ?? "\(plotted.command).png", json: "-", csv: csv,
      dpi: plotted.settings.dpi ?? FigureOptions.usualDPI)
    try files.write(
      json: [], csv: plotted.csv, figure: plotted.figure, width: plotted.settings.width,
      height: plotted.settings.height,
      metadata: plotted.metadata)
    if let caption = plotted.caption { try printResult(Array((caption + "\n").utf8)) }
    console.remark("wrote \([files.figure, files.csv].compactMap(\.self).joined(separator: ", "))")
  }
}
