/// Bars side by side, a group at each whole number from x = 0 on.
public struct Bars: Sendable, Hashable {
  /// The bars of one colour.
  public struct Series: Sendable, Hashable {
    /// The heights at 0, 1, 2, …; `nil` leaves a gap.
    public var values: [Double?]
    /// Half the interval around each height.
    public var errors: [Double?]?
    /// The colour.
    public var color: Color
    /// The words in the legend.
    public var label: String?

    /// Bars of one colour.
    public init(_ values: [Double?], errors: [Double?]? = nil, color: Color, label: String? = nil) {
      self.values = values
      self.errors = errors
      self.color = color
      self.label = label
    }
  }

  /// The series, from left to right in each group.
  public var series: [Series]

  /// Bars of several series.
  public init(_ series: [Series]) {
    self.series = series
  }
}

/// The area between a line and a base.
public struct Area: Sendable, Hashable {
  /// The upper line.
  public var points: [Point]
  /// Where the area ends.
  public var base: Double
  /// The colour of the line; the area is a tint of it.
  public var color: Color
  /// The words in the legend.
  public var label: String?

  /// An area under a line.
  public init(_ points: [Point], base: Double = 0, color: Color, label: String? = nil) {
    self.points = points
    self.base = base
    self.color = color
    self.label = label
  }
}

/// Single values as short strokes in a lane below the plot.
public struct Rug: Sendable, Hashable {
  /// The values on the x axis.
  public var values: [Double]
  /// The colour.
  public var color: Color
  /// The lane, 0 at the top.
  public var lane: Int

  /// A rug.
  public init(_ values: [Double], color: Color, lane: Int = 0) {
    self.values = values
    self.color = color
    self.lane = lane
  }
}

/// A value with its interval in a lane below the plot, such as a mean with its 95 % interval.
public struct LaneInterval: Sendable, Hashable {
  /// The value on the x axis.
  public var value: Double
  /// The ends of its interval.
  public var interval: ClosedRange<Double>?
  /// The colour.
  public var color: Color
  /// The lane, 0 at the top.
  public var lane: Int

  /// A value with its interval.
  public init(_ value: Double, interval: ClosedRange<Double>?, color: Color, lane: Int = 0) {
    self.value = value
    self.interval = interval
    self.color = color
    self.lane = lane
  }
}

/// Single values as short strokes in a row of a category axis, with a mean and its interval if given.
public struct Strip: Sendable, Hashable {
  /// The values on the x axis.
  public var values: [Double]
  /// The row: a value on the y axis.
  public var row: Double
  /// The share of the row's height that the strokes take.
  public var height: Double
  /// The colour.
  public var color: Color
  /// The words in the legend.
  public var label: String?
  /// A value drawn as a diamond.
  public var mean: Double?
  /// The interval of the mean.
  public var interval: ClosedRange<Double>?

  /// A row of strokes.
  public init(
    _ values: [Double], row: Double, height: Double = 0.7, color: Color, label: String? = nil, mean: Double? = nil,
    interval: ClosedRange<Double>? = nil
  ) {
    self.values = values
    self.row = row
    self.height = height
    self.color = color
    self.label = label
    self.mean = mean
    self.interval = interval
  }
}

/// A straight line across the whole plot.
public struct Rule: Sendable, Hashable {
  /// Which axis the value belongs to.
  public enum Place: Sendable, Hashable {
    /// A horizontal line at this y.
    case horizontal(at: Double)
    /// A vertical line at this x.
    case vertical(at: Double)
  }

  /// Where it runs.
  public var place: Place
  /// The colour.
  public var color: Color
  /// The dashes.
  public var dash: Dash
  /// The words in the legend.
  public var label: String?

  /// A line across the plot.
  public init(_ place: Place, color: Color = .muted, dash: Dash = .solid, label: String? = nil) {
    self.place = place
    self.color = color
    self.dash = dash
    self.label = label
  }
}

/// Tinted stretches of the x axis, behind everything else.
public struct Shading: Sendable, Hashable {
  /// The stretches.
  public var stretches: [ClosedRange<Double>]
  /// The tint; choose a light one.
  public var color: Color
  /// The words in the legend.
  public var label: String?

  /// Tinted stretches.
  public init(_ stretches: [ClosedRange<Double>], color: Color, label: String? = nil) {
    self.stretches = stretches
    self.color = color
    self.label = label
  }
}

/// Words at a place in the plot.
public struct Annotation: Sendable, Hashable {
  /// The words.
  public var text: String
  /// The place.
  public var at: Point
  /// Which part of the words lies at the place.
  public var anchor: TextAnchor
  /// The colour.
  public var color: Color

  /// Words at a place.
  public init(_ text: String, at: Point, anchor: TextAnchor = .start, color: Color = .ink) {
    self.text = text
    self.at = at
    self.anchor = anchor
    self.color = color
  }
}
