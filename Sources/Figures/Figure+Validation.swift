extension Figure {
  /// Refuses what cannot be drawn truthfully.
  func validate() throws(FigureError) {
    if panels.isEmpty { throw .noPanels }
    if let columns, columns < 1 {
      throw .badSize(what: "number of columns", value: Double(columns), allowed: "1 or more")
    }
    if let aspect, !(aspect.isFinite && aspect >= 0.05 && aspect <= 20) {
      throw .badSize(what: "height over width", value: aspect, allowed: "0.05 to 20")
    }
    for (index, panel) in panels.enumerated() {
      try panel.validate(name: panel.title.map { "panel “\($0)”" } ?? "panel \(index + 1)")
    }
    if let colorBar, colorBar.labels.isEmpty || colorBar.labels.count != colorBar.colors.count {
      throw .badColorBar(labels: colorBar.labels.count, colors: colorBar.colors.count)
    }
  }
}

extension Panel {
  func validate(name: String) throws(FigureError) {
    for (axis, letter) in [(x, "x"), (y, "y")] {
      guard let range = axis.range else { continue }
      let (lower, upper) = (range.lowerBound, range.upperBound)
      guard lower.isFinite, upper.isFinite, (upper - lower).isFinite, lower < upper,
        axis.scale == .linear || lower > 0
      else { throw .badRange(panel: name, axis: letter, lower: lower, upper: upper) }
    }
    guard relativeHeight.isFinite, relativeHeight > 0, relativeHeight < 100 else {
      throw .badSize(what: "relative panel height", value: relativeHeight, allowed: "a number between 0 and 100")
    }
    for mark in marks { try mark.validate(panel: name) }
    for mark in marks {
      let extent = mark.extent
      for (axis, values, letter) in [(x, extent.x, "x"), (y, extent.y, "y")] where axis.scale == .logarithmic {
        if let bad = values.first(where: { $0 <= 0 }) { throw .notPositive(panel: name, axis: letter, value: bad) }
      }
    }
    let hasX = x.range != nil || x.categoryCount != nil || marks.contains { !$0.extent.x.isEmpty }
    let hasY = y.range != nil || y.categoryCount != nil || marks.contains { !$0.extent.y.isEmpty }
    if !hasX || !hasY { throw .emptyPanel(panel: name) }
  }
}

extension Axis {
  /// How many names stand along a category axis.
  var categoryCount: Int? {
    if case .categories(let names) = ticks, !names.isEmpty { names.count } else { nil }
  }
}

extension Mark {
  /// The values an automatic range must hold, and those of intervals and bases, which it should hold.
  struct Extent {
    var x: [Double] = []
    var y: [Double] = []
    var softX: [Double] = []
    var softY: [Double] = []
    /// Where bars and areas stand: an automatic range ends exactly there.
    var base: Double?
  }

  var extent: Extent {
    switch self {
    case .curve(let curve):
      var extent = Extent(x: curve.points.map(\.x), y: curve.points.map(\.y))
      if let spread = curve.uncertainty {
        extent.softY = zip(extent.y, spread.below).map(-) + zip(extent.y, spread.above).map(+)
      }
      return extent
    case .points(let points):
      return Extent(
        x: points.items.map(\.at.x), y: points.items.map(\.at.y),
        softX: points.items.flatMap { $0.horizontal.map { [$0.lowerBound, $0.upperBound] } ?? [] },
        softY: points.items.flatMap { $0.vertical.map { [$0.lowerBound, $0.upperBound] } ?? [] })
    case .bars(let bars):
      let values = bars.series.flatMap { $0.values.compactMap(\.self) }
      let ends = bars.series.flatMap { series in
        zip(series.values, series.errors ?? []).flatMap { value, error -> [Double] in
          guard let value, let error else { return [] }
          return [value - error, value + error]
        }
      }
      let count = bars.series.map(\.values.count).max() ?? 0
      return Extent(x: count > 0 ? [0, Double(count - 1)] : [], y: values, softY: ends, base: 0)
    case .area(let area):
      return Extent(x: area.points.map(\.x), y: area.points.map(\.y), base: area.base)
    case .rug(let rug):
      return Extent(x: rug.values)
    case .interval(let lane):
      return Extent(x: [lane.value], softX: lane.interval.map { [$0.lowerBound, $0.upperBound] } ?? [])
    case .strip(let strip):
      return Extent(
        x: strip.values + (strip.mean.map { [$0] } ?? []), y: [strip.row],
        softX: strip.interval.map { [$0.lowerBound, $0.upperBound] } ?? [])
    case .rule(let rule):
      switch rule.place {
      case .horizontal(let y): return Extent(softY: [y])
      case .vertical(let x): return Extent(softX: [x])
      }
    case .shading(let shading):
      return Extent(softX: shading.stretches.flatMap { [$0.lowerBound, $0.upperBound] })
    case .annotation(let annotation):
      return Extent(softX: [annotation.at.x], softY: [annotation.at.y])
    case .picture(let picture):
      return Extent(x: [0, Double(picture.width)], y: [0, Double(picture.height)])
    }
  }

  /// The mark in the words of an error message.
  var name: String {
    func named(_ kind: String, _ label: String?) -> String { label.map { "\(kind) “\($0)”" } ?? "a \(kind)" }
    return switch self {
    case .curve(let curve): named("curve", curve.label)
    case .points(let points): named("set of points", points.label)
    case .bars(let bars): named("group of bars", bars.series.first?.label)
    case .area(let area): named("area", area.label)
    case .rug: "a rug"
    case .interval: "an interval"
    case .strip(let strip): named("strip", strip.label)
    case .rule(let rule): named("rule", rule.label)
    case .shading(let shading): named("shading", shading.label)
    case .annotation(let annotation): named("annotation", annotation.text)
    case .picture: "a picture"
    }
  }

  func validate(panel: String) throws(FigureError) {
    if case .picture(let picture) = self { try picture.validate(panel: panel) }
    let extent = extent
    let values = extent.x + extent.y + extent.softX + extent.softY
    if values.isEmpty { throw .emptyMark(panel: panel, mark: name) }
    if let bad = (values + [extent.base ?? 0]).first(where: { !$0.isFinite }) {
      throw .notFinite(panel: panel, mark: name, value: bad)
    }
    switch self {
    case .curve(let curve):
      guard let spread = curve.uncertainty else { return }
      for distances in [spread.below, spread.above] {
        if distances.count != curve.points.count {
          throw .mismatchedCounts(
            panel: panel, mark: name, values: curve.points.count, companions: distances.count)
        }
        if let bad = distances.first(where: { $0 < 0 }) {
          throw .negativeUncertainty(panel: panel, mark: name, value: bad)
        }
      }
    case .bars(let bars):
      for series in bars.series {
        guard let errors = series.errors else { continue }
        if errors.count != series.values.count {
          throw .mismatchedCounts(
            panel: panel, mark: name, values: series.values.count, companions: errors.count)
        }
        if let bad = errors.compactMap(\.self).first(where: { $0 < 0 }) {
          throw .negativeUncertainty(panel: panel, mark: name, value: bad)
        }
      }
    case .rug(let rug):
      try checkLane(rug.lane)
    case .interval(let interval):
      try checkLane(interval.lane)
    default: break
    }
  }

  private func checkLane(_ lane: Int) throws(FigureError) {
    guard (0..<50).contains(lane) else { throw .badSize(what: "lane", value: Double(lane), allowed: "0 to 49") }
  }
}
