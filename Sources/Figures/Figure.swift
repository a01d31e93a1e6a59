/// A figure as a plain value: panels in rows and columns, words above and below them, a legend, a colour bar.
///
/// ```swift
/// let figure = Figure(
///   panels: [Panel(x: Axis("Frequency", ticks: .multiplesOfPi), y: Axis("Log amplitude"), marks: curves)],
///   colorBar: ColorBar("Layer", labels: layers, colors: Palette.sequence(layers.count)))
/// let bytes = try figure.render(as: .png(dpi: 150))
/// ```
public struct Figure: Sendable, Hashable {
  /// The words over everything.
  public var title: String?
  /// Smaller words below the title.
  public var subtitle: String?
  /// Small words below everything, such as how many images an interval rests on.
  public var note: String?
  /// The panels, row by row.
  public var panels: [Panel]
  /// How many panels stand side by side; `nil` fits them to the width.
  public var columns: Int?
  /// Whether all panels show the same x range, with tick labels below the lowest ones only.
  public var sharesX: Bool
  /// Whether all panels show the same y range, with tick labels left of the first ones only.
  public var sharesY: Bool
  /// Where the labels of the marks are explained.
  public var legend: Legend
  /// What the colours of ordered marks stand for.
  public var colorBar: ColorBar?
  /// Height over width of a plot; `nil` picks one that suits the panels.
  public var aspect: Double?
  /// What the figure shows, for readers who cannot see it; `nil` describes axes and labels.
  public var summary: String?

  /// A figure; only the panels are needed.
  public init(
    title: String? = nil, subtitle: String? = nil, note: String? = nil, panels: [Panel], columns: Int? = nil,
    sharesX: Bool = false, sharesY: Bool = false, legend: Legend = Legend(), colorBar: ColorBar? = nil,
    aspect: Double? = nil, summary: String? = nil
  ) {
    self.title = title
    self.subtitle = subtitle
    self.note = note
    self.panels = panels
    self.columns = columns
    self.sharesX = sharesX
    self.sharesY = sharesY
    self.legend = legend
    self.colorBar = colorBar
    self.aspect = aspect
    self.summary = summary
  }
}

/// One plot with its two axes.
public struct Panel: Sendable, Hashable {
  /// The words over the plot; long ones wrap.
  public var title: String?
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis
  /// What is drawn.
  public var marks: [Mark]
  /// The height compared with other panels, where the panels stand in one column.
  public var relativeHeight: Double
  /// Whether lines are drawn where the axes are.
  public var showsAxes = true

  /// A panel.
  public init(
    title: String? = nil, x: Axis = Axis(), y: Axis = Axis(), marks: [Mark], relativeHeight: Double = 1
  ) {
    self.title = title
    self.x = x
    self.y = y
    self.marks = marks
    self.relativeHeight = relativeHeight
  }
}

/// Where the labels of the marks are explained.
///
/// Marks of all panels with the same label share one entry.
public struct Legend: Sendable, Hashable {
  /// Where the entries stand.
  public enum Placement: Sendable, Hashable {
    /// Right of the panels when there are many entries and room, otherwise above.
    case automatic
    /// In rows above the panels.
    case top
    /// In a list right of the panels.
    case right
    /// At the end of each curve; above the panels where that does not fit.
    case direct
    /// Nowhere.
    case hidden
  }

  /// Words before the entries.
  public var title: String?
  /// Where the entries stand.
  public var placement: Placement

  /// A legend.
  public init(_ title: String? = nil, placement: Placement = .automatic) {
    self.title = title
    self.placement = placement
  }
}

/// A bar of colours that explains an ordered palette, such as depth in a network: one step for each label.
///
/// It stands right of the panels, the first label on top, and above them on narrow pages.
public struct ColorBar: Sendable, Hashable {
  /// Words over the bar.
  public var title: String?
  /// What each step stands for; labels thin out when crowded, names stay before numbers.
  public var labels: [String]
  /// The colour of each step.
  public var colors: [Color]

  /// A colour bar with one colour for each label, by default those of `Palette.sequence`.
  public init(_ title: String? = nil, labels: [String], colors: [Color]? = nil) {
    self.title = title
    self.labels = labels
    self.colors = colors ?? Palette.sequence(labels.count)
  }
}
