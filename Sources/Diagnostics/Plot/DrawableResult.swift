public import Figures

/// A result that can be drawn again from its numbers, alone or with others of its kind.
///
/// A command's result joins `plot` by conforming and by a line in `ResultReader.kinds`.
public protocol DrawableResult: Codable, Sendable {
  /// What `command` says in the result's JSON.
  static var commandName: String { get }
  /// The version of the program that computed it.
  var version: String { get }
  /// The command line that computed it.
  var arguments: [String] { get }
  /// How its command drew it.
  var drawing: DrawingSettings? { get }
  /// Which tensors the numbers are of: each checkpoint's name and digest.
  var checkpointDigests: [String] { get }
  /// Which images the numbers are of, where images were used.
  var imagesDigest: String? { get }
  /// What figures and tables call the checkpoints or runs, in their order; setting changes the words and no number.
  var names: [String] { get set }
  /// The numbers as comma-separated values.
  var csv: String { get }
  /// The numbers as a table for a terminal.
  var table: String { get }

  /// What makes the numbers unfit for a figure, such as lists of different lengths; nil when they are fit.
  var inconsistency: String? { get }

  /// The result that shows several together, at least one, in their order.
  ///
  /// - Parameter results: Results with the files they come from.
  /// - Returns: One result.
  /// - Throws: `PlotError` when they cannot be compared.
  static func joining(_ results: [(file: String, result: Self)]) throws(PlotError) -> Self

  /// What a reader of their joint figure should know.
  ///
  /// - Parameter results: Results with the files they come from.
  /// - Returns: Sentences.
  static func remarks(on results: [(file: String, result: Self)]) -> [String]

  /// The figure.
  ///
  /// - Parameter settings: Title and axis; width and dots are for whoever renders the figure.
  /// - Returns: The figure as a value.
  /// - Throws: `PlotError` when the result has not what the axis needs.
  func figure(_ settings: DrawingSettings) throws(PlotError) -> Figure
}

extension DrawableResult {
  /// The figure, without its caption where the settings leave that out.
  ///
  /// - Parameter settings: Title, axis and caption.
  /// - Returns: The figure, and the caption that was left out.
  /// - Throws: What `figure` throws.
  public func drawn(_ settings: DrawingSettings) throws(PlotError) -> (figure: Figure, caption: String?) {
    var figure = try figure(settings)
    guard settings.hidesCaption == true else { return (figure, nil) }
    let caption = figure.note
    figure.note = nil
    return (figure, caption)
  }

  /// What the figure's file says about itself.
  public var metadata: [(String, String)] { Self.metadata(of: [self], version: version, arguments: arguments) }

  /// What the file of a joint figure says about itself.
  ///
  /// - Parameters:
  ///   - results: The results in the figure.
  ///   - version: The program's version.
  ///   - arguments: The command line that drew them.
  /// - Returns: Pairs of keys and values.
  public static func metadata(
    of results: [Self], version: String = ToolVersion.current, arguments: [String]
  ) -> [(String, String)] {
    var images: [String] = []
    for digest in results.compactMap(\.imagesDigest) where !images.contains(digest) { images.append(digest) }
    return [
      ("Software", "mff-inspect \(version)"), ("Command", "mff-inspect \(arguments.joined(separator: " "))"),
      ("Checkpoint digest", results.flatMap(\.checkpointDigests).joined(separator: "; ")),
    ] + (images.isEmpty ? [] : [("Images digest", images.joined(separator: "; "))])
  }
}
