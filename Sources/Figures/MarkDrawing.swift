/// Draws marks in the plot of a panel, layer by layer, so that no band hides a line and no line a point.
struct MarkDrawing {
  /// How much a band hides of what lies below it.
  static let bandOpacity = 0.18

  let panel: PanelDrawing
  private var theme: Theme { panel.theme }
  private var inner: Rectangle { panel.inner }

  private var readings: MarkReadings { MarkReadings(panel: panel, names: panel.names) }

  private func place(_ point: Point) -> Point { Point(panel.x(point.x), panel.y(point.y)) }

  /// Draws a part of a mark as such.
  private func draw(_ mark: Mark, into sketch: inout Sketch, _ draw: (inout Sketch) -> Void) {
    if let tag = readings.tag(mark) { sketch.tagged(tag, draw) } else { draw(&sketch) }
  }

  // MARK: Behind the grid

  func drawShading(_ mark: Mark, into sketch: inout Sketch) {
    guard case .shading(let shading) = mark else { return }
    for stretch in shading.stretches {
      let ends = [panel.x(stretch.lowerBound), panel.x(stretch.upperBound)]
      let (left, right) = (max(ends.min() ?? 0, inner.x), min(ends.max() ?? 0, inner.maxX))
      guard left < right else { continue }
      sketch.fill(
        Rectangle(x: left, y: inner.y, width: right - left, height: panel.frame.plot.height), shading.color)
    }
  }

  // MARK: Bands, areas, bars, rules

  func drawUnder(_ mark: Mark, into sketch: inout Sketch) {
    switch mark {
    case .curve(let curve):
      guard let spread = curve.uncertainty, spread.style == .band, curve.points.count > 1 else { return }
      let upper = zip(curve.points, spread.above).map { place(Point($0.x, $0.y + $1)) }
      let lower = zip(curve.points, spread.below).map { place(Point($0.x, $0.y - $1)) }
      let outline = Thinning.thinned(upper) + Thinning.thinned(lower).reversed()
      draw(mark, into: &sketch) {
        $0.operations.append(.polygon(outline, curve.color.opacity(Self.bandOpacity)))
      }
    case .area(let area):
      guard let first = area.points.first, let last = area.points.last else { return }
      let line = Thinning.thinned(area.points.map(place))
      let ends = [place(Point(last.x, area.base)), place(Point(first.x, area.base))]
      draw(mark, into: &sketch) { $0.operations.append(.polygon(line + ends, area.tint)) }
    case .bars(let bars): draw(bars, into: &sketch)
    case .picture(let picture): draw(picture, into: &sketch)
    case .rule(let rule):
      let stroke = Stroke(rule.color, width: 0.8, dashes: rule.dash.pattern(width: 0.8))
      switch rule.place {
      case .horizontal(let value):
        sketch.line([Point(inner.x, panel.y(value)), Point(inner.maxX, panel.y(value))], stroke)
      case .vertical(let value):
        sketch.line([Point(panel.x(value), inner.y), Point(panel.x(value), inner.maxY)], stroke)
      }
    default: break
    }
  }

  private func draw(_ picture: Picture, into sketch: inout Sketch) {
    let (xs, ys) = ([panel.x(0), panel.x(Double(picture.width))], [panel.y(0), panel.y(Double(picture.height))])
    let place = Rectangle(
      x: xs.min() ?? 0, y: ys.min() ?? 0, width: abs(xs[1] - xs[0]), height: abs(ys[1] - ys[0]))
    let scale = min(place.width / Double(picture.width), place.height / Double(picture.height))
    let (width, height) = (scale * Double(picture.width), scale * Double(picture.height))
    sketch.operations.append(
      .picture(
        picture, Rectangle(x: place.midX - width / 2, y: place.midY - height / 2, width: width, height: height)))
  }

  private func draw(_ bars: Bars, into sketch: inout Sketch) {
    let slot = 0.8 / Double(max(bars.series.count, 1))
    for (order, series) in bars.series.enumerated() {
      let lefts = series.values.indices.map { Double($0) - 0.4 + Double(order) * slot }
      sketch.tagged(readings.tag(series, places: lefts.map { $0 + slot / 2 })) { sketch in
        draw(series, lefts: lefts, slot: slot, isAlone: bars.series.count == 1, into: &sketch)
      }
    }
  }

  private func draw(
    _ series: Bars.Series, lefts: [Double], slot: Double, isAlone: Bool, into sketch: inout Sketch
  ) {
    for (index, value) in series.values.enumerated() {
      guard let value else { continue }
      let ends = [panel.x(lefts[index]), panel.x(lefts[index] + slot)]
      let (from, to) = (ends.min() ?? 0, ends.max() ?? 0)
      let hair = isAlone ? 0 : min(0.4, (to - from) * 0.05)
      let (base, top) = (panel.y(0), panel.y(value))
      sketch.fill(
        Rectangle(x: from + hair, y: min(base, top), width: to - from - 2 * hair, height: abs(top - base)),
        series.color)
      if let errors = series.errors, let error = errors[index] {
        let middle = (from + to) / 2
        let cap = min(2, (to - from) / 4)
        whisker(
          Point(middle, panel.y(value - error)), Point(middle, panel.y(value + error)), cap: cap,
          color: series.color.mixed(with: .ink, share: 0.6), into: &sketch)
      }
    }
  }

  // MARK: Lines

  func drawLines(_ mark: Mark, into sketch: inout Sketch) {
    switch mark {
    case .curve(let curve):
      sketch.tagged(readings.tag(curve)) { draw(curve, into: &$0) }
    case .area(let area):
      sketch.tagged(readings.tag(area)) {
        $0.line(Thinning.thinned(area.points.map(place)), Stroke(area.color, width: theme.curve, isRound: true))
      }
    default: break
    }
  }

  private func draw(_ curve: Curve, into sketch: inout Sketch) {
    let width = curve.width ?? theme.curve
    if let spread = curve.uncertainty, spread.style == .bars {
      for (index, point) in curve.points.enumerated() {
        whisker(
          place(Point(point.x, point.y - spread.below[index])),
          place(Point(point.x, point.y + spread.above[index])), cap: 1.5, color: curve.color, into: &sketch)
      }
    }
    let line = Thinning.thinned(curve.points.map(place))
    sketch.line(
      line, Stroke(curve.color, width: width, dashes: curve.dash.pattern(width: width), isRound: true))
  }

  private func whisker(_ from: Point, _ to: Point, cap: Double, color: Color, into sketch: inout Sketch) {
    let stroke = Stroke(color, width: 0.8)
    sketch.line([from, to], stroke)
    for end in [from, to] {
      let isUpright = from.x == to.x
      let side = isUpright ? (cap, 0.0) : (0.0, cap)
      sketch.line([Point(end.x - side.0, end.y - side.1), Point(end.x + side.0, end.y + side.1)], stroke)
    }
  }

  // MARK: Points, rows, lanes, words

  func drawOver(_ mark: Mark, into sketch: inout Sketch) {
    let visible = inner.inset(by: -0.01)
    switch mark {
    case .curve(let curve):
      // A single point has no line to show it.
      let marker = curve.points.count == 1 && curve.marker == .none ? Marker.circle : curve.marker
      draw(mark, into: &sketch) { sketch in
        for point in curve.points.map(place) where visible.contains(point) {
          sketch.marker(marker, at: point, radius: theme.marker, color: curve.color)
        }
      }
    case .points(let points): sketch.tagged(readings.tag(points)) { draw(points, visible: visible, into: &$0) }
    case .strip(let strip): sketch.tagged(readings.tag(strip)) { draw(strip, into: &$0) }
    case .rug(let rug):
      let middle = laneMiddle(rug.lane)
      sketch.tagged(readings.tag(rug, height: middle)) { sketch in
        for value in rug.values where panel.frame.xRange.contains(value) {
          let at = panel.x(value)
          sketch.line(
            [Point(at, middle - theme.lane * 0.32), Point(at, middle + theme.lane * 0.32)],
            Stroke(rug.color.opacity(0.55), width: 0.7))
        }
      }
    case .interval(let lane):
      let middle = laneMiddle(lane.lane)
      sketch.tagged(readings.tag(lane, height: middle)) {
        draw(mean: lane.value, interval: lane.interval, height: middle, lane.color, into: &$0)
      }
    case .annotation(let annotation):
      let at = place(annotation.at)
      let style = TextStyle(size: theme.tick, color: annotation.color)
      sketch.text(
        annotation.text, at: at, style, role: .annotation, anchor: annotation.anchor, vertical: .middle)
    case .bars, .area, .rule, .shading, .picture: break
    }
  }

  private func draw(_ points: Points, visible: Rectangle, into sketch: inout Sketch) {
    sketch.clipped(to: inner.inset(by: -1.5)) { sketch in
      for item in points.items {
        let at = place(item.at)
        if let interval = item.horizontal {
          whisker(
            Point(panel.x(interval.lowerBound), at.y), Point(panel.x(interval.upperBound), at.y), cap: 1.5,
            color: points.color, into: &sketch)
        }
        if let interval = item.vertical {
          whisker(
            Point(at.x, panel.y(interval.lowerBound)), Point(at.x, panel.y(interval.upperBound)), cap: 1.5,
            color: points.color, into: &sketch)
        }
      }
    }
    for point in points.items.map({ place($0.at) }) where visible.contains(point) {
      sketch.marker(points.marker, at: point, radius: theme.marker * 1.2, color: points.color)
    }
  }

  private func laneMiddle(_ lane: Int) -> Double { inner.maxY + (Double(lane) + 0.5) * theme.lane }

  private func draw(_ strip: Strip, into sketch: inout Sketch) {
    let ends = [panel.y(strip.row - strip.height / 2), panel.y(strip.row + strip.height / 2)]
    for value in strip.values where panel.frame.xRange.contains(value) {
      sketch.line(
        [Point(panel.x(value), ends[0]), Point(panel.x(value), ends[1])],
        Stroke(strip.color.opacity(0.6), width: 0.9))
    }
    if let mean = strip.mean {
      draw(mean: mean, interval: strip.interval, height: panel.y(strip.row), strip.color, into: &sketch)
    }
  }

  /// A diamond on a bar, with a white rim so that it stands out from the strokes below.
  private func draw(
    mean: Double, interval: ClosedRange<Double>?, height: Double, _ color: Color, into sketch: inout Sketch
  ) {
    let dark = color.mixed(with: .ink, share: 0.35)
    if let interval {
      let left = min(max(panel.x(interval.lowerBound), inner.x), inner.maxX)
      let right = min(max(panel.x(interval.upperBound), inner.x), inner.maxX)
      sketch.line([Point(left, height), Point(right, height)], Stroke(.white, width: 2.8))
      sketch.line([Point(left, height), Point(right, height)], Stroke(dark, width: 1.4))
    }
    guard panel.frame.xRange.contains(mean) else { return }
    let at = Point(panel.x(mean), height)
    sketch.marker(.diamond, at: at, radius: theme.marker * 1.6, color: .white)
    sketch.marker(.diamond, at: at, radius: theme.marker * 1.15, color: dark)
  }
}

extension Sketch {
  /// A shape about `radius` around a place; all shapes look equally large.
  mutating func marker(_ marker: Marker, at center: Point, radius: Double, color: Color) {
    func polygon(_ corners: [(Double, Double)]) {
      operations.append(
        .polygon(corners.map { Point(center.x + $0.0 * radius, center.y + $0.1 * radius) }, color))
    }
    switch marker {
    case .none: break
    case .circle: operations.append(.circle(center: center, radius: radius, fill: color, outline: nil))
    case .square: polygon([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
    case .diamond: polygon([(0, -1.35), (1.2, 0), (0, 1.35), (-1.2, 0)])
    case .triangle: polygon([(0, -1.3), (1.2, 0.8), (-1.2, 0.8)])
    case .ring:
      let outline = Stroke(color, width: 0.35 * radius)
      operations.append(.circle(center: center, radius: radius, fill: .white, outline: outline))
    }
  }
}
