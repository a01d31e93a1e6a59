public import Diagnostics

/// A page that says everything about some checkpoints and stands alone: one HTML file that loads nothing.
public struct ReportPage: Sendable {
  /// The title.
  public var title: String
  /// What the page is about, a paragraph each.
  public var introduction: [String]
  /// What was examined.
  public var models: [ModelReport]
  /// What should have been examined and could not be, with the reason.
  public var gaps: [String]
  /// The parts of the page.
  public var sections: [ReportSection]
  /// Whether what was examined stands after the sections, where these are what a reader came for.
  public var endsWithModels = false
  /// Whether a checkpoint has one colour on the whole page: that of its place among the models, by its name.
  public var sharesColors = false
  /// The version of the program that made the page.
  public var version: String
  /// The seed of everything random.
  public var seed: UInt64
  /// What follows the program's name in the command line that made the page.
  public var arguments: [String]

  /// A page.
  public init(
    title: String, introduction: [String] = [], models: [ModelReport] = [], gaps: [String] = [],
    sections: [ReportSection],
    version: String = ToolVersion.current, seed: UInt64, arguments: [String]
  ) {
    self.title = title
    self.introduction = introduction
    self.models = models
    self.gaps = gaps
    self.sections = sections
    self.version = version
    self.seed = seed
    self.arguments = arguments
  }

  /// The page as one HTML file, UTF-8: the same page gives the same bytes.
  ///
  /// - Throws: `ReportError` for a figure that cannot be drawn, and for sections with the same anchor.
  public func html() throws(ReportError) -> [UInt8] { try PageWriter(page: self).bytes() }
}
