/// How values become positions along an axis.
public enum AxisScale: Sendable, Hashable {
  /// Equal differences, equal distances.
  case linear
  /// Equal ratios, equal distances; every value must be positive.
  case logarithmic
}

/// Where an axis has ticks and what they say.
public enum TickStyle: Sendable, Hashable {
  /// Multiples of 1, 2 or 5 times a power of ten (powers of ten on a logarithmic axis), as many as have room.
  case automatic
  /// As `automatic`, labelled as multiples of π: the value 0.2 reads 0.2π, the value 1 reads π.
  case multiplesOfPi
  /// As `automatic`, whole numbers only.
  case integers
  /// A name at each of 0, 1, 2, …: names that are whole numbers thin out when crowded, other names are shortened.
  case categories([String])
  /// No ticks and no labels.
  case hidden
}

/// One axis of a panel: what it says, how it maps values, which values it shows.
public struct Axis: Sendable, Hashable {
  /// The words beside the axis; long ones wrap.
  public var label: String?
  /// Linear or logarithmic.
  public var scale: AxisScale
  /// The values shown, or `nil` for those of the marks with a little room around them.
  public var range: ClosedRange<Double>?
  /// Where the ticks are.
  public var ticks: TickStyle
  /// Whether an automatic range always holds zero.
  public var includesZero: Bool
  /// Whether values grow leftwards or downwards, as rows of a list do.
  public var isReversed: Bool
  /// Whether thin grid lines cross the plot at the ticks; `nil` leaves it to the layout (horizontal lines only).
  public var showsGrid: Bool?

  /// An axis; everything has a default.
  public init(
    _ label: String? = nil, scale: AxisScale = .linear, range: ClosedRange<Double>? = nil,
    ticks: TickStyle = .automatic, includesZero: Bool = false, isReversed: Bool = false, showsGrid: Bool? = nil
  ) {
    self.label = label
    self.scale = scale
    self.range = range
    self.ticks = ticks
    self.includesZero = includesZero
    self.isReversed = isReversed
    self.showsGrid = showsGrid
  }
}
