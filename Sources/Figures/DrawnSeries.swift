/// What a part of a drawing stands for, where a reader may want to ask it: files of all formats look the same with it.
public enum DrawingTag: Sendable, Hashable {
  /// Marks of one name.
  case series(DrawnSeries)
  /// What explains the marks of this name: an entry of a legend, a step of a colour bar.
  case key(String)
}

/// Marks with the values that they show.
public struct DrawnSeries: Sendable, Hashable {
  /// A value with its place.
  public struct Reading: Sendable, Hashable {
    /// The place on the page, in points.
    public var place: Point
    /// A word for each of the series' fields, none where a value is not known.
    public var values: [String]
  }

  /// As in the legend or the colour bar; empty for marks that nothing names.
  public var name: String
  /// What the values of a reading are, such as the titles of the axes.
  public var fields: [String]
  /// The values, in the order of the mark: all, or of a long mark `mostReadings` that are spread evenly.
  public var readings: [Reading]

  /// Most readings of a series: a reader cannot point at more.
  public static let mostReadings = 120
}

/// Which name the marks of a figure have.
struct SeriesNames {
  private var labels: [(color: Color, label: String)] = []

  init(_ figure: Figure) {
    if let bar = figure.colorBar { labels += zip(bar.colors, bar.labels).map { ($0, $1) } }
    labels += figure.panels.flatMap(\.marks).flatMap(\.namedColors)
  }

  /// The mark's own label, or that of others in its colour.
  func name(_ label: String?, _ color: Color) -> String {
    label ?? labels.first { $0.color == color.opacity(1) }?.label ?? ""
  }
}

extension Mark {
  fileprivate var namedColors: [(color: Color, label: String)] {
    func one(_ color: Color, _ label: String?) -> [(color: Color, label: String)] {
      label.map { [(color.opacity(1), $0)] } ?? []
    }
    switch self {
    case .curve(let curve): return one(curve.color, curve.label)
    case .points(let points): return one(points.color, points.label)
    case .bars(let bars): return bars.series.flatMap { one($0.color, $0.label) }
    case .area(let area): return one(area.color, area.label)
    case .strip(let strip): return one(strip.color, strip.label)
    case .rule, .shading, .rug, .interval, .annotation, .picture: return []
    }
  }
}

extension Sketch {
  /// Draws what stands for something.
  mutating func tagged(_ tag: DrawingTag, _ draw: (inout Sketch) -> Void) {
    var inner = Sketch(measurer: measurer)
    draw(&inner)
    if !inner.operations.isEmpty { operations.append(.tagged(tag, inner.operations)) }
  }
}
