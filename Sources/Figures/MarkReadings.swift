import Glibc

/// The values that a mark shows, in the words of its axes.
struct MarkReadings {
  let panel: PanelDrawing
  let names: SeriesNames

  private var xField: String { panel.frame.panel.x.label ?? "x" }
  private var yField: String { panel.frame.panel.y.label ?? "y" }

  /// The tag of a mark without values, for its parts that lie below or above others.
  func tag(_ mark: Mark) -> DrawingTag? {
    switch mark {
    case .curve(let curve): tag(curve.label, curve.color)
    case .points(let points): tag(points.label, points.color)
    case .area(let area): tag(area.label, area.color)
    case .strip(let strip): tag(strip.label, strip.color)
    case .rug(let rug): tag(nil, rug.color)
    case .interval(let lane): tag(nil, lane.color)
    case .bars, .rule, .shading, .annotation, .picture: nil
    }
  }

  private func tag(_ label: String?, _ color: Color) -> DrawingTag {
    .series(DrawnSeries(name: names.name(label, color), fields: [], readings: []))
  }

  // MARK: Marks with values

  func tag(_ curve: Curve) -> DrawingTag {
    let indices = Self.spread(curve.points.indices)
    let spread = curve.uncertainty
    return series(curve.label, curve.color, fields: [xField, yField] + (spread == nil ? [] : ["interval"])) {
      indices.compactMap { index in
        let point = curve.points[index]
        let ends = spread.map { [point.y - $0.below[index], point.y + $0.above[index]] }
        return reading(point, [x(point.x), y(point.y)] + (ends.map { [interval($0.map(y))] } ?? []))
      }
    }
  }

  func tag(_ area: Area) -> DrawingTag {
    series(area.label, area.color, fields: [xField, yField]) {
      Self.spread(area.points.indices).compactMap {
        reading(area.points[$0], [x(area.points[$0].x), y(area.points[$0].y)])
      }
    }
  }

  func tag(_ points: Points) -> DrawingTag {
    series(points.label, points.color, fields: [xField, yField, "interval"]) {
      Self.spread(points.items.indices).compactMap { index in
        let item = points.items[index]
        let ends =
          item.vertical.map { [y($0.lowerBound), y($0.upperBound)] }
          ?? item.horizontal.map { [x($0.lowerBound), x($0.upperBound)] }
        return reading(item.at, [x(item.at.x), y(item.at.y)] + (ends.map { [interval($0)] } ?? []))
      }
    }
  }

  /// The readings of one series of bars, at their upper ends.
  func tag(_ bars: Bars.Series, places: [Double]) -> DrawingTag {
    series(bars.label, bars.color, fields: [xField, yField, "interval"]) {
      bars.values.enumerated().compactMap { index, value in
        guard let value else { return nil }
        let ends = bars.errors?[index].map { [value - $0, value + $0] }
        let words = [x(Double(index)), y(value)] + (ends.map { [interval($0.map(y))] } ?? [])
        return reading(Point(places[index], value), words)
      }
    }
  }

  func tag(_ strip: Strip) -> DrawingTag {
    series(strip.label, strip.color, fields: [xField, yField]) {
      Self.spread(strip.values.indices).compactMap { index in
        reading(Point(strip.values[index], strip.row), [x(strip.values[index]), y(strip.row)])
      }
    }
  }

  /// Strokes at a height of the page.
  func tag(_ rug: Rug, height: Double) -> DrawingTag {
    series(nil, rug.color, fields: [xField]) {
      Self.spread(rug.values.indices).compactMap { index in
        let value = rug.values[index]
        guard panel.frame.xRange.contains(value) else { return nil }
        return DrawnSeries.Reading(place: Point(panel.x(value), height), values: [x(value)])
      }
    }
  }

  func tag(_ lane: LaneInterval, height: Double) -> DrawingTag {
    series(nil, lane.color, fields: ["mean", "interval"]) {
      guard panel.frame.xRange.contains(lane.value) else { return [] }
      let ends = lane.interval.map { [interval([x($0.lowerBound), x($0.upperBound)])] } ?? []
      return [DrawnSeries.Reading(place: Point(panel.x(lane.value), height), values: [x(lane.value)] + ends)]
    }
  }

  // MARK: Parts

  private func series(
    _ label: String?, _ color: Color, fields: [String], _ readings: () -> [DrawnSeries.Reading]
  ) -> DrawingTag {
    .series(DrawnSeries(name: names.name(label, color), fields: fields, readings: readings()))
  }

  /// A reading where the place shows.
  private func reading(_ point: Point, _ values: [String]) -> DrawnSeries.Reading? {
    let place = Point(panel.x(point.x), panel.y(point.y))
    guard panel.inner.inset(by: -0.01).contains(place) else { return nil }
    return DrawnSeries.Reading(place: place, values: values)
  }

  /// All indices of a short mark, evenly spread ones of a long mark, first and last among them.
  static func spread(_ indices: Range<Int>) -> [Int] {
    let most = DrawnSeries.mostReadings
    guard indices.count > most else { return Array(indices) }
    return (0..<most).map { indices.lowerBound + $0 * (indices.count - 1) / (most - 1) }
  }

  private func x(_ value: Double) -> String { Self.words(value, panel.frame.panel.x) }
  private func y(_ value: Double) -> String { Self.words(value, panel.frame.panel.y) }
  private func interval(_ ends: [String]) -> String { "[\(ends.joined(separator: ", "))]" }

  /// A value as its axis would label it, to five digits that count.
  static func words(_ value: Double, _ axis: Axis) -> String {
    switch axis.ticks {
    case .categories(let names):
      let index = value.rounded()
      return index >= 0 && index < Double(names.count) ? names[Int(index)] : Decimal.significant(value, digits: 5)
    case .multiplesOfPi: return value == 0 ? "0" : Decimal.significant(value, digits: 5) + "π"
    case .automatic, .integers, .hidden: return Decimal.significant(value, digits: 5)
    }
  }
}
