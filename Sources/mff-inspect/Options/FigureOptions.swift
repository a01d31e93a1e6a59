import ArgumentParser
import Diagnostics

/// What every command that draws says of its figure.
struct FigureOptions: ParsableArguments {
  /// Dots an inch of a PNG unless told otherwise.
  static let usualDPI = 150.0

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The figure; its ending picks PNG, PDF or SVG. The numbers land beside it as .json (default: the command's name as .png here).",
      valueName: "figure"),
    completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Where the numbers go instead; - is standard output, and then nothing else is.", valueName: "file"))
  var json: String?

  @Flag(help: "Write the numbers beside the figure as .csv, too.")
  var csv = false

  @Option(help: "Dots an inch of a PNG.")
  var dpi: Double = usualDPI

  @Option(
    help: ArgumentHelp(
      "Width of the figure: 3.3 is a column, 6.8 a page (default: fits the content).", valueName: "inches"))
  var width: Double?

  @Option(help: ArgumentHelp("Height of the figure (default: suits the width).", valueName: "inches"))
  var height: Double?

  @Option(help: ArgumentHelp("A line above the figure.", valueName: "text"))
  var title: String?

  @Flag(help: "Leave out the words below the figure, and print them instead.")
  var noCaption = false

  func validate() throws {
    if let output, !ResultFiles.canDraw(output) {
      throw ValidationError("--output \(output) ends in no figure format; use .png, .pdf or .svg.")
    }
    if let output, output == json { throw ValidationError("--output and --json name the same file.") }
    guard dpi >= 10, dpi <= 2400 else { throw ValidationError("--dpi must lie between 10 and 2400.") }
    if let width, !(width >= 1 && width <= 100) { throw ValidationError("--width must lie between 1 and 100 inches.") }
    if let height, !(height >= 1 && height <= 100) {
      throw ValidationError("--height must lie between 1 and 100 inches.")
    }
  }

  /// How the figure is drawn.
  var settings: DrawingSettings {
    var settings = DrawingSettings(title: title, width: width, dpi: dpi)
    settings.height = height
    settings.hidesCaption = noCaption ? true : nil
    return settings
  }

  /// The files to write, checked before anything is computed.
  func files(default figure: String) throws -> ResultFiles {
    try ResultFiles(figure: output ?? figure, json: json, csv: csv, dpi: dpi)
  }
}
