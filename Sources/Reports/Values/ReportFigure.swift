public import Diagnostics

/// A figure with everything behind it: its numbers, its settings, and the command line that makes it again.
public struct ReportFigure: Sendable {
  /// What is drawn.
  public var result: any DrawableResult
  /// How it is drawn; the width is the page's affair.
  public var settings: DrawingSettings
  /// What a reader sees, in one or two sentences.
  public var caption: String
  /// What follows the program's name in the command line that makes the figure.
  public var arguments: [String]
  /// What the files to download are called, without ending.
  public var fileName: String

  /// A figure.
  ///
  /// - Parameters:
  ///   - result: What is drawn.
  ///   - settings: How; nil for how its command drew it.
  ///   - caption: What a reader sees.
  ///   - arguments: What follows the program's name in the command line that makes it; nil for the result's own.
  ///   - fileName: What the files to download are called, without ending; nil for the name of the result's command.
  public init(
    _ result: any DrawableResult, settings: DrawingSettings? = nil, caption: String, arguments: [String]? = nil,
    fileName: String? = nil
  ) {
    self.result = result
    self.settings = settings ?? result.drawing ?? DrawingSettings()
    self.caption = caption
    self.arguments = arguments ?? result.arguments
    self.fileName = fileName ?? type(of: result).commandName
  }
}
