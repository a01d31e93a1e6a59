/// A part of a page: words, a claim, figures, tables.
public struct ReportSection: Sendable {
  /// The anchor, such as `frequency`: lower-case letters, digits and hyphens, unlike those of other sections.
  public var id: String
  /// The heading.
  public var title: String
  /// What stands before the figures.
  public var paragraphs: [String]
  /// What a paper says about it, and whether that holds here.
  public var claim: ReportClaim?
  /// Tables before the figures.
  public var tables: [ReportTable]
  /// The figures.
  public var figures: [ReportFigure]
  /// What should be here and is not, with the reason: models left out, diagnoses that failed.
  public var gaps: [String]

  /// A section.
  public init(
    id: String, title: String, paragraphs: [String] = [], claim: ReportClaim? = nil, tables: [ReportTable] = [],
    figures: [ReportFigure] = [], gaps: [String] = []
  ) {
    self.id = id
    self.title = title
    self.paragraphs = paragraphs
    self.claim = claim
    self.tables = tables
    self.figures = figures
    self.gaps = gaps
  }
}
