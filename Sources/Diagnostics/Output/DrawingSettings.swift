/// How a figure of a result is drawn: kept in the result, so that the figure can be drawn again.
public struct DrawingSettings: Sendable, Hashable, Codable {
  /// A line above the figure.
  public var title: String?
  /// Inches; nil for what fits the content.
  public var width: Double?
  /// Inches; nil for what suits the width.
  public var height: Double?
  /// Whether the words below the figure are left out; nil for no.
  public var hidesCaption: Bool?
  /// Dots an inch of a PNG; nil for the usual number.
  public var dpi: Double?
  /// What the horizontal axis shows, where a result has a choice; nil for the usual.
  public var against: FigureAbscissa?
  /// What fusion weights over training are drawn against; nil for epochs where all runs know them.
  public var by: TrainingAxis?
  /// The names of all checkpoints whose figures stand together, in the order of their colours; nil for those of the figure.
  public var company: [String]?

  /// Settings; everything has a default.
  public init(
    title: String? = nil, width: Double? = nil, dpi: Double? = nil, against: FigureAbscissa? = nil,
    by: TrainingAxis? = nil, company: [String]? = nil
  ) {
    self.title = title
    self.width = width
    self.dpi = dpi
    self.against = against
    self.by = by
    self.company = company
  }

  /// These settings, and another's where they leave something open.
  public func filled(from other: DrawingSettings?) -> DrawingSettings {
    var settings = DrawingSettings(
      title: title ?? other?.title, width: width ?? other?.width, dpi: dpi ?? other?.dpi,
      against: against ?? other?.against, by: by ?? other?.by, company: company ?? other?.company)
    settings.height = height ?? other?.height
    settings.hidesCaption = hidesCaption ?? other?.hidesCaption
    return settings
  }
}

/// What the horizontal axis of a frequency figure shows.
public enum FigureAbscissa: String, Sendable, Hashable, Codable, CaseIterable {
  /// Spatial frequency, a line for each layer (Park & Kim, ICLR 2022, Fig. 2).
  case frequency
  /// Depth in the network, a line for each checkpoint at the highest frequency (the same paper, Fig. 8).
  case depth
}
