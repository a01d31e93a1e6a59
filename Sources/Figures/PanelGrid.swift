/// Plots of equal width in rows and columns: margins follow from the words around them.
struct PanelGrid {
  let figure: Figure
  let names: SeriesNames
  let measurer: TextMeasurer
  let theme: Theme
  let columns: Int
  /// Width kept free right of each plot, for labels at the ends of curves.
  let labelRoom: Double
  private(set) var frames: [PanelFrame]
  private(set) var plotWidth = 0.0
  /// One label for all axes, where they agree.
  private(set) var sharedXLabel: [String] = []
  private(set) var sharedYLabel: [String] = []
  /// Lower edge of everything, below `top`.
  private(set) var height = 0.0

  private static let columnGap = 9.0
  private static let rowGap = 10.0
  /// Between rows of pictures.
  private static let pictureGap = 6.0

  init(figure: Figure, measurer: TextMeasurer, theme: Theme, columns: Int, labelRoom: Double) {
    self.figure = figure
    names = SeriesNames(figure)
    self.measurer = measurer
    self.theme = theme
    self.columns = columns
    self.labelRoom = labelRoom
    let allExtents = figure.panels.map { $0.marks.map(\.extent) }
    func shared(_ path: KeyPath<Panel, Axis>, isHorizontal: Bool) -> ClosedRange<Double> {
      let given = figure.panels.first { $0[keyPath: path].range != nil } ?? figure.panels[0]
      return given[keyPath: path].resolvedRange(
        extents: allExtents.flatMap(\.self), isHorizontal: isHorizontal)
    }
    let sharedX = figure.sharesX ? shared(\.x, isHorizontal: true) : nil
    let sharedY = figure.sharesY ? shared(\.y, isHorizontal: false) : nil
    frames = figure.panels.enumerated().map { index, panel in
      PanelFrame(
        panel: panel, row: index / columns, column: index % columns,
        labelsX: !figure.sharesX || index + columns >= figure.panels.count,
        labelsY: !figure.sharesY || index % columns == 0,
        xRange: sharedX ?? panel.x.resolvedRange(extents: allExtents[index], isHorizontal: true),
        yRange: sharedY ?? panel.y.resolvedRange(extents: allExtents[index], isHorizontal: false))
    }
  }

  var rows: Int { (frames.count + columns - 1) / columns }

  /// Whether one label serves all axes of a direction.
  private var hasSharedXLabel: Bool { figure.sharesX && columns > 1 && Set(figure.panels.map(\.x.label)).count == 1 }
  private var hasSharedYLabel: Bool {
    figure.sharesY && frames.count > 1 && Set(figure.panels.map(\.y.label)).count == 1
  }

  /// Fits the plots into `available` points of width; the upper left corner of everything is (left, top).
  mutating func fit(left: Double, top: Double, available: Double) throws(FigureError) {
    plotWidth = available / Double(columns) * 0.8
    // Widths of labels depend on the ticks, ticks on the plot size, and that on the labels: three rounds settle it.
    for _ in 0..<3 {
      planWords(available: available)
      let taken = horizontalMargins.reduce(0) { $0 + $1.before + $1.after }
      let width = (available - taken) / Double(columns)
      // A picture that is smaller shows nothing, and no heading fits above it.
      let least = frames.contains { $0.panel.isPicture } ? 40 : min(36, 60 / Double(columns))
      guard width >= least else {
        throw .tooNarrow(width: available, needed: taken + least * Double(columns) + 2 * theme.rim + 20)
      }
      plotWidth = width
    }
    planWords(available: available)
    place(left: left, top: top)
  }

  // MARK: Sizes

  private func plotHeight(_ frame: PanelFrame) -> Double {
    // Wide plots need less height for their width.
    let preferred: Double =
      switch (frames.count, columns) {
      case (1, _): min(0.66 * plotWidth, 0.33 * plotWidth + 90)
      case (_, 1): min(0.52 * plotWidth, 0.22 * plotWidth + 65)
      default: min(0.82 * plotWidth, 0.55 * plotWidth + 45)
      }
    var height = figure.aspect.map { $0 * plotWidth } ?? preferred
    if columns == 1, frames.count > 1 { height *= frame.panel.relativeHeight }
    if figure.aspect == nil {
      let rows = frames.map { frame in
        Double(frame.panel.y.categoryCount ?? 0) * (theme.tick * 0.9 + 6.5 * Double(frame.mostStrips))
      }
      height = max(height, 55, rows.max() ?? 0)
    }
    return height + Double(frame.lanes) * theme.lane
  }

  private func rowPlotHeight(_ row: Int) -> Double {
    frames.filter { $0.row == row }.map { plotHeight($0) }.max() ?? 0
  }

  private mutating func planWords(available: Double) {
    for index in frames.indices {
      let panel = frames[index].panel
      let height = rowPlotHeight(frames[index].row)
      let inner = height - Double(frames[index].lanes) * theme.lane
      let xPlanner = TickPlanner(measurer: measurer, theme: theme, isHorizontal: true, widest: plotWidth)
      let yPlanner = TickPlanner(
        measurer: measurer, theme: theme, isHorizontal: false, widest: available * 0.3 / Double(columns))
      frames[index].xTicks = xPlanner.ticks(panel.x, range: frames[index].xRange, length: plotWidth)
      frames[index].yTicks = yPlanner.ticks(panel.y, range: frames[index].yRange, length: inner)
      frames[index].titleLines =
        panel.title.map { titleLines($0, most: panel.isPicture ? 3 : 2) } ?? []
      let ownX = hasSharedXLabel || !frames[index].labelsX ? nil : panel.x.label
      let ownY = hasSharedYLabel || (figure.sharesY && !frames[index].labelsY) ? nil : panel.y.label
      frames[index].xLabel =
        ownX.map {
          measurer.wrapped($0, captionStyle(panel), to: plotWidth, lines: panel.isPicture ? 6 : 2)
        } ?? []
      frames[index].yLabel =
        ownY.map { measurer.wrapped($0, theme.labelStyle, to: height, lines: 3) } ?? []
    }
    if hasSharedXLabel, let label = figure.panels[0].x.label {
      sharedXLabel = measurer.wrapped(label, theme.labelStyle, to: available * 0.9, lines: 2)
    }
    if hasSharedYLabel, let label = figure.panels[0].y.label {
      let height = (0..<rows).reduce(0) { $0 + rowPlotHeight($1) }
      sharedYLabel = measurer.wrapped(label, theme.labelStyle, to: height, lines: 2)
    }
  }

  /// A title in at most `most` lines; where it has several paragraphs, each but the last is in one.
  private func titleLines(_ title: String, most: Int) -> [String] {
    let paragraphs = title.split(separator: "\n").map(String.init)
    return paragraphs.enumerated().flatMap { index, paragraph in
      measurer.wrapped(
        paragraph, theme.panelTitleStyle, to: plotWidth, lines: index + 1 < paragraphs.count ? 1 : most)
    }
  }

  /// The look of the words below a plot: of an axis, or of a picture.
  private func captionStyle(_ panel: Panel) -> TextStyle {
    panel.isPicture ? TextStyle(size: theme.tick) : theme.labelStyle
  }

  /// What stands left of a plot.
  private func leftExtent(_ frame: PanelFrame) -> Double {
    guard !frame.yTicks.isEmpty || !frame.yLabel.isEmpty else { return 0 }
    var extent = frame.yTicks.isEmpty ? 0 : theme.tickLength
    if frame.labelsY { extent += tickLabelWidth(frame) }
    if !frame.yLabel.isEmpty { extent += theme.labelGap + measurer.height(frame.yLabel, theme.labelStyle) }
    return extent
  }

  private func tickLabelWidth(_ frame: PanelFrame) -> Double {
    let width = frame.yTicks.map { measurer.width($0.lines, theme.tickStyle) }.max() ?? 0
    return width > 0 ? theme.tickGap + width : 0
  }

  /// What stands below a plot.
  private func bottomExtent(_ frame: PanelFrame) -> Double {
    var extent = frame.xTicks.isEmpty ? 0 : theme.tickLength
    if frame.labelsX { extent += tickLabelHeight(frame) }
    if !frame.xLabel.isEmpty { extent += theme.labelGap + measurer.height(frame.xLabel, captionStyle(frame.panel)) }
    return extent
  }

  private func tickLabelHeight(_ frame: PanelFrame) -> Double {
    let height = frame.xTicks.map { measurer.height($0.lines, theme.tickStyle) }.max() ?? 0
    return height > 0 ? theme.tickGap + height : 0
  }

  /// How far x tick labels reach over the ends of the plot.
  private func overhang(_ frame: PanelFrame) -> (left: Double, right: Double) {
    guard frame.labelsX else { return (0, 0) }
    let map = xMap(frame, start: 0, end: plotWidth)
    var (left, right) = (0.0, 0.0)
    for tick in frame.xTicks where !tick.lines.isEmpty {
      let half = measurer.width(tick.lines, theme.tickStyle) / 2
      left = max(left, half - map(tick.value))
      right = max(right, map(tick.value) + half - plotWidth)
    }
    return (left, right)
  }

  /// The room before and after the plots of each column.
  private var horizontalMargins: [(before: Double, after: Double)] {
    (0..<columns).map { column in
      let members = frames.filter { $0.column == column }
      let before = members.map { max(leftExtent($0), overhang($0).left) }.max() ?? 0
      let after = max(members.map { overhang($0).right }.max() ?? 0, labelRoom)
      let outer = sharedYLabel.isEmpty ? 0 : measurer.height(sharedYLabel, theme.labelStyle) + theme.labelGap
      return (before + (column == 0 ? outer : Self.columnGap), after)
    }
  }

  func xMap(_ frame: PanelFrame, start: Double, end: Double) -> AxisMap {
    let isReversed = frame.panel.x.isReversed
    return AxisMap(
      scale: frame.panel.x.scale, range: frame.xRange, start: isReversed ? end : start,
      end: isReversed ? start : end)
  }

  // MARK: Places

  private mutating func place(left: Double, top: Double) {
    var lefts: [Double] = []
    var x = left
    for margin in horizontalMargins {
      lefts.append(x + margin.before)
      x += margin.before + plotWidth + margin.after
    }
    var y = top
    for row in 0..<rows {
      let members = frames.indices.filter { frames[$0].row == row }
      let title = members.map { measurer.height(frames[$0].titleLines, theme.panelTitleStyle) }.max() ?? 0
      // Without a title the upper half of the topmost tick label needs the room.
      let needsRoom = members.contains { !frames[$0].panel.isPicture }
      y += title > 0 ? title + 5 : needsRoom ? measurer.height(theme.tickStyle) / 2 : 0
      let height = rowPlotHeight(row)
      for index in members {
        frames[index].plot = Rectangle(x: lefts[frames[index].column], y: y, width: plotWidth, height: height)
      }
      y += height + (members.map { bottomExtent(frames[$0]) }.max() ?? 0)
      y += row + 1 < rows ? (needsRoom ? Self.rowGap : Self.pictureGap) : 0
    }
    if !sharedXLabel.isEmpty { y += theme.labelGap + measurer.height(sharedXLabel, theme.labelStyle) }
    height = y - top
  }

  /// From the first plot's upper left to the last one's lower right corner.
  var plotArea: Rectangle {
    let (left, top) = (frames.map(\.plot.x).min() ?? 0, frames.map(\.plot.y).min() ?? 0)
    let (right, bottom) = (frames.map(\.plot.maxX).max() ?? 0, frames.map(\.plot.maxY).max() ?? 0)
    return Rectangle(x: left, y: top, width: right - left, height: bottom - top)
  }

  // MARK: Drawing

  func draw(into sketch: inout Sketch) {
    for frame in frames {
      PanelDrawing(frame: frame, theme: theme, measurer: measurer, grid: self).draw(into: &sketch)
      drawLabels(frame, into: &sketch)
    }
    let area = plotArea
    if !sharedXLabel.isEmpty {
      let bottom = frames.map { $0.plot.maxY + bottomExtent($0) }.max() ?? 0
      let place = Point(area.midX, bottom + theme.labelGap)
      sketch.lines(sharedXLabel, at: place, theme.labelStyle, role: .axisLabel, anchor: .middle)
    }
    if !sharedYLabel.isEmpty {
      let first = frames.filter { $0.column == 0 }
      let edge = first.map { $0.plot.x - max(leftExtent($0), overhang($0).left) }.min() ?? 0
      let x = edge - theme.labelGap - measurer.height(sharedYLabel, theme.labelStyle)
      sketch.lines(
        sharedYLabel, at: Point(x, area.midY), theme.labelStyle, role: .axisLabel, anchor: .middle,
        isVertical: true)
    }
  }

  private func drawLabels(_ frame: PanelFrame, into sketch: inout Sketch) {
    let plot = frame.plot
    let titleTop = plot.y - 5 - measurer.height(frame.titleLines, theme.panelTitleStyle)
    sketch.lines(frame.titleLines, at: Point(plot.x, titleTop), theme.panelTitleStyle, role: .panelTitle)
    if !frame.xLabel.isEmpty {
      let y = plot.maxY + bottomExtent(frame) - measurer.height(frame.xLabel, captionStyle(frame.panel))
      sketch.lines(
        frame.xLabel, at: Point(plot.midX, y), captionStyle(frame.panel), role: .axisLabel, anchor: .middle)
    }
    if !frame.yLabel.isEmpty {
      // Labels of one column stand at one distance from the plots.
      let extent = frames.filter { $0.column == frame.column }.map { leftExtent($0) }.max() ?? 0
      sketch.lines(
        frame.yLabel, at: Point(plot.x - extent, plot.midY), theme.labelStyle, role: .axisLabel,
        anchor: .middle, isVertical: true)
    }
  }
}
