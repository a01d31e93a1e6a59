/// Something drawn in a panel, in the coordinates of its axes.
///
/// Later marks lie over earlier ones of the same kind.
public enum Mark: Sendable, Hashable {
  /// A line through points, with markers and an interval if given.
  case curve(Curve)
  /// Separate points, with intervals in either direction.
  case points(Points)
  /// Groups of vertical bars.
  case bars(Bars)
  /// A filled area between a line and a base, such as a density.
  case area(Area)
  /// Short strokes at single values, in a lane below the plot.
  case rug(Rug)
  /// A mean with its interval, in a lane below the plot.
  case interval(LaneInterval)
  /// Single values as short strokes in a row of a category axis.
  case strip(Strip)
  /// A straight line across the plot.
  case rule(Rule)
  /// A tinted stretch of the x axis.
  case shading(Shading)
  /// Words at a place in the plot.
  case annotation(Annotation)
  /// Pixels, from 0 to the picture's width and height in the axes' coordinates; its proportions are kept.
  case picture(Picture)
}

/// The dashes of a line.
public enum Dash: Sendable, Hashable {
  /// No gaps.
  case solid
  /// Long strokes.
  case dashed
  /// Dots.
  case dotted

  /// Stroke and gap lengths in points for a line of this width.
  func pattern(width: Double) -> [Double] {
    switch self {
    case .solid: []
    case .dashed: [4 * width, 2.2 * width]
    case .dotted: [width, 1.8 * width]
    }
  }
}

/// The shape at each point of a curve.
public enum Marker: Sendable, Hashable {
  /// No shape.
  case none
  /// A disc.
  case circle
  /// A square.
  case square
  /// A square on its corner.
  case diamond
  /// A triangle that points up.
  case triangle
  /// A circle that is white inside, for a value that is less certain than others.
  case ring

  /// The shape of the i-th unordered thing, so that it need not be told apart by colour alone.
  public static func category(_ index: Int) -> Marker {
    let shapes: [Marker] = [.circle, .square, .triangle, .diamond]
    return shapes[((index % shapes.count) + shapes.count) % shapes.count]
  }
}

/// How far each value may be off, as distances below and above it.
public struct Uncertainty: Sendable, Hashable {
  /// How an interval is drawn.
  public enum Style: Sendable, Hashable {
    /// A tinted band along the curve.
    case band
    /// A vertical bar at each point.
    case bars
  }

  /// Distances down from each value, not negative.
  public var below: [Double]
  /// Distances up from each value, not negative.
  public var above: [Double]
  /// Band or bars.
  public var style: Style

  /// Distances that may differ on the two sides.
  public init(below: [Double], above: [Double], style: Style = .band) {
    self.below = below
    self.above = above
    self.style = style
  }

  /// ± the same distance on both sides.
  public static func symmetric(_ distances: [Double], style: Style = .band) -> Uncertainty {
    Uncertainty(below: distances, above: distances, style: style)
  }
}

/// A line through points.
public struct Curve: Sendable, Hashable {
  /// The points in the order of the line.
  public var points: [Point]
  /// The colour of line, markers and interval.
  public var color: Color
  /// The words in the legend; `nil` leaves the curve out of it.
  public var label: String?
  /// The width in points, or `nil` for the width that suits the page.
  public var width: Double?
  /// The dashes.
  public var dash: Dash
  /// The shape at each point.
  public var marker: Marker
  /// The interval of each y value.
  public var uncertainty: Uncertainty?

  /// A curve through `points`.
  public init(
    _ points: [Point], color: Color, label: String? = nil, width: Double? = nil, dash: Dash = .solid,
    marker: Marker = .none, uncertainty: Uncertainty? = nil
  ) {
    self.points = points
    self.color = color
    self.label = label
    self.width = width
    self.dash = dash
    self.marker = marker
    self.uncertainty = uncertainty
  }

  /// A curve through (x₀, y₀), (x₁, y₁), …; of lists of different lengths the shorter one counts.
  public init(
    x: [Double], y: [Double], color: Color, label: String? = nil, width: Double? = nil, dash: Dash = .solid,
    marker: Marker = .none, uncertainty: Uncertainty? = nil
  ) {
    self.init(
      zip(x, y).map { Point($0, $1) }, color: color, label: label, width: width, dash: dash, marker: marker,
      uncertainty: uncertainty)
  }
}

/// Separate points with intervals.
public struct Points: Sendable, Hashable {
  /// A point and the ends of its intervals.
  public struct Item: Sendable, Hashable {
    /// The place.
    public var at: Point
    /// The ends of the horizontal interval.
    public var horizontal: ClosedRange<Double>?
    /// The ends of the vertical interval.
    public var vertical: ClosedRange<Double>?

    /// A point, with intervals where they are known.
    public init(
      _ x: Double, _ y: Double, horizontal: ClosedRange<Double>? = nil, vertical: ClosedRange<Double>? = nil
    ) {
      self.at = Point(x, y)
      self.horizontal = horizontal
      self.vertical = vertical
    }
  }

  /// The points.
  public var items: [Item]
  /// Their colour.
  public var color: Color
  /// The words in the legend.
  public var label: String?
  /// Their shape.
  public var marker: Marker

  /// Points of one colour and shape.
  public init(_ items: [Item], color: Color, label: String? = nil, marker: Marker = .circle) {
    self.items = items
    self.color = color
    self.label = label
    self.marker = marker
  }
}
