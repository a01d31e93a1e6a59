/// Draws one panel into the place the grid gave it.
struct PanelDrawing {
  let frame: PanelFrame
  let theme: Theme
  let measurer: TextMeasurer
  let x: AxisMap
  let y: AxisMap
  /// The plot without its lanes.
  let inner: Rectangle
  let names: SeriesNames

  init(frame: PanelFrame, theme: Theme, measurer: TextMeasurer, grid: PanelGrid) {
    self.frame = frame
    self.theme = theme
    self.measurer = measurer
    names = grid.names
    var inner = frame.plot
    inner.height -= Double(frame.lanes) * theme.lane
    self.inner = inner
    x = grid.xMap(frame, start: inner.x, end: inner.maxX)
    let isReversed = frame.panel.y.isReversed
    y = AxisMap(
      scale: frame.panel.y.scale, range: frame.yRange, start: isReversed ? inner.y : inner.maxY,
      end: isReversed ? inner.maxY : inner.y)
  }

  func draw(into sketch: inout Sketch) {
    let marks = MarkDrawing(panel: self)
    sketch.clipped(to: frame.plot) { sketch in
      for mark in frame.panel.marks { marks.drawShading(mark, into: &sketch) }
    }
    drawGrid(into: &sketch)
    // A line along the edge of the plot keeps its full width.
    sketch.clipped(to: inner.inset(by: -1.5)) { sketch in
      for mark in frame.panel.marks { marks.drawUnder(mark, into: &sketch) }
      for mark in frame.panel.marks { marks.drawLines(mark, into: &sketch) }
    }
    for mark in frame.panel.marks { marks.drawOver(mark, into: &sketch) }
    if frame.panel.showsAxes { drawAxes(into: &sketch) }
  }

  private func drawGrid(into sketch: inout Sketch) {
    let stroke = Stroke(.grid, width: theme.gridWidth)
    let isCategory = frame.panel.y.categoryCount != nil
    if !isCategory, frame.panel.y.showsGrid ?? true {
      for tick in frame.yTicks where !tick.isMinor {
        sketch.line([Point(inner.x, y(tick.value)), Point(inner.maxX, y(tick.value))], stroke)
      }
    }
    if isCategory, frame.panel.y.showsGrid ?? true {
      for tick in frame.yTicks.dropLast() {
        let place = y(tick.value + 0.5)
        sketch.line([Point(inner.x, place), Point(inner.maxX, place)], stroke)
      }
    }
    if frame.panel.x.showsGrid ?? isCategory {
      for tick in frame.xTicks where !tick.isMinor {
        sketch.line([Point(x(tick.value), inner.y), Point(x(tick.value), frame.plot.maxY)], stroke)
      }
    }
  }

  private func drawAxes(into sketch: inout Sketch) {
    let stroke = Stroke(.axis, width: theme.axisWidth)
    let plot = frame.plot
    sketch.line(
      [Point(plot.x, plot.y), Point(plot.x, plot.maxY), Point(plot.maxX, plot.maxY)], stroke)
    if frame.lanes > 0 {
      sketch.line(
        [Point(inner.x, inner.maxY), Point(inner.maxX, inner.maxY)], Stroke(.grid, width: theme.axisWidth))
    }
    for tick in frame.xTicks {
      let place = x(tick.value)
      let length = tick.isMinor ? theme.tickLength * 0.6 : theme.tickLength
      sketch.line([Point(place, plot.maxY), Point(place, plot.maxY + length)], stroke)
      guard frame.labelsX else { continue }
      sketch.lines(
        tick.lines, at: Point(place, plot.maxY + theme.tickLength + theme.tickGap), theme.tickStyle, role: .xTick,
        anchor: .middle)
    }
    for tick in frame.yTicks {
      let place = y(tick.value)
      let length = tick.isMinor ? theme.tickLength * 0.6 : theme.tickLength
      sketch.line([Point(plot.x - length, place), Point(plot.x, place)], stroke)
      guard frame.labelsY, let label = tick.lines.first else { continue }
      sketch.text(
        label, at: Point(plot.x - theme.tickLength - theme.tickGap, place), theme.tickStyle, role: .yTick,
        anchor: .end, vertical: .middle)
    }
  }
}
