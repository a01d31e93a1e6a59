/// Turns a figure into a drawing list for a page of some width.
struct FigureLayout {
  let figure: Figure
  let measurer: TextMeasurer
  let width: Double
  let theme: Theme

  private static let blockGap = 6.0
  private static let sideGap = 13.0

  /// The drawing at this width.
  static func drawing(of figure: Figure, width: Double?) throws(FigureError) -> DrawingList {
    try figure.validate()
    let measurer = try TextMeasurer()
    let points: Double
    if let width { points = width } else { points = try contentWidth(figure, measurer: measurer) }
    let layout = FigureLayout(
      figure: figure, measurer: measurer, width: points, theme: Theme(width: points))
    let drawing = try layout.arranged().drawing
    try measurer.check()
    return drawing
  }

  /// The width at which plots have the size that suits their number.
  private static func contentWidth(_ figure: Figure, measurer: TextMeasurer) throws(FigureError) -> Double {
    let count = figure.panels.count
    let columns = figure.columns ?? (count <= 3 ? count : count == 4 ? 2 : 3)
    var preferred: Double =
      switch columns {
      case 1: 260
      case 2: 175
      default: figure.panels.allSatisfy(\.isPicture) ? (columns > 4 ? 96 : 115) : 145
      }
    let mostCategories = figure.panels.compactMap(\.x.categoryCount).max() ?? 0
    let mostSeries =
      figure.panels.flatMap(\.marks).map { mark in
        if case .bars(let bars) = mark { bars.series.count } else { 1 }
      }.max() ?? 1
    preferred = min(max(preferred, Double(mostCategories * (6 + 6 * mostSeries))), 430)
    // A first layout tells how much the words around the plots take.
    let trial = max(Double(columns) * (preferred + 40) + 60, Theme.narrow)
    var fixed = figure
    fixed.columns = columns
    let layout = FigureLayout(figure: fixed, measurer: measurer, width: trial, theme: Theme(width: trial))
    let grid = try layout.arranged().grid
    let width = trial - Double(columns) * (grid.plotWidth - preferred)
    return max(width.rounded(.up), Theme.narrow)
  }

  private struct Arrangement {
    let drawing: DrawingList
    let grid: PanelGrid
  }

  private func arranged() throws(FigureError) -> Arrangement {
    var sketch = Sketch(measurer: measurer)
    sketch.fill(Rectangle(x: 0, y: 0, width: width, height: 0), .white)
    let inner = width - 2 * theme.rim
    let entries = figure.legend.placement == .hidden ? [] : figure.legendEntries
    let usesDirect = figure.legend.placement == .direct && fitsDirectly(entries)
    let listed = usesDirect ? entries.filter { !$0.isCurve } : entries
    let legend = LegendLayout(measurer: measurer, theme: theme, title: figure.legend.title, entries: listed)
    let isBeside = !listed.isEmpty && standsBeside(listed)
    let bar = figure.colorBar.map { ColorBarLayout(measurer: measurer, theme: theme, bar: $0) }
    let isBarBeside = bar != nil && width >= Theme.narrow

    let listWidth = isBeside ? legend.listWidth(limit: inner * 0.32) : 0
    let side = max(listWidth, isBarBeside ? bar?.sideWidth ?? 0 : 0)
    let available = inner - (side > 0 ? side + Self.sideGap : 0)

    var y = theme.rim
    y += drawHeading(at: y, into: &sketch)
    if !listed.isEmpty, !isBeside {
      y += legend.drawRows(at: Point(theme.rim, y), width: inner, into: &sketch) + Self.blockGap
    }
    if let bar, !isBarBeside {
      y += bar.drawAbove(x: theme.rim, top: y, width: inner, into: &sketch) + Self.blockGap
    }

    let room = usesDirect ? directRoom(entries) : 0
    var grid = PanelGrid(
      figure: figure, measurer: measurer, theme: theme, columns: columns(available: available), labelRoom: room)
    try grid.fit(left: theme.rim, top: y, available: available)
    grid.draw(into: &sketch)
    if usesDirect {
      let labels = DirectLabels(measurer: measurer, theme: theme, room: room)
      for frame in grid.frames {
        labels.draw(PanelDrawing(frame: frame, theme: theme, measurer: measurer, grid: grid), into: &sketch)
      }
    }
    var bottom = y + grid.height
    if side > 0 {
      let x = width - theme.rim - side
      var top = grid.plotArea.y
      if isBeside { top += legend.drawList(at: Point(x, top), width: side, into: &sketch) + Self.blockGap * 2 }
      if let bar, isBarBeside {
        top = bar.drawBeside(x: x, top: top, bottom: max(grid.plotArea.maxY, top + 60), into: &sketch)
      }
      bottom = max(bottom, top + theme.tick)
    }
    bottom += drawNote(at: bottom, into: &sketch)
    return Arrangement(drawing: finished(sketch, height: bottom + theme.rim), grid: grid)
  }

  private func finished(_ sketch: Sketch, height: Double) -> DrawingList {
    let height = (height * 4).rounded(.up) / 4
    var operations = sketch.operations
    operations[0] = .rectangle(Rectangle(x: 0, y: 0, width: width, height: height), .white)
    return DrawingList(
      width: width, height: height, title: measurer.drawable(figure.title ?? figure.panels[0].title ?? "Figure"),
      summary: measurer.drawable(figure.summary ?? figure.described), operations: operations)
  }

  // MARK: Words above and below

  private func drawHeading(at top: Double, into sketch: inout Sketch) -> Double {
    let inner = width - 2 * theme.rim
    var y = top
    for (words, style) in [(figure.title, theme.titleStyle), (figure.subtitle, theme.subtitleStyle)] {
      guard let words, !words.isEmpty else { continue }
      let lines = measurer.wrapped(words, style, to: inner, lines: 3)
      sketch.lines(lines, at: Point(theme.rim, y), style, role: .heading)
      y += measurer.height(lines, style) + 4
    }
    return y > top ? y - top + 3 : 0
  }

  private func drawNote(at top: Double, into sketch: inout Sketch) -> Double {
    guard let note = figure.note, !note.isEmpty else { return 0 }
    let lines = measurer.wrapped(note, theme.noteStyle, to: width - 2 * theme.rim, lines: 12)
    sketch.lines(lines, at: Point(theme.rim, top + Self.blockGap), theme.noteStyle, role: .heading)
    return Self.blockGap + measurer.height(lines, theme.noteStyle)
  }

  // MARK: Choices

  private func columns(available: Double) -> Int {
    if let columns = figure.columns { return min(columns, figure.panels.count) }
    let count = figure.panels.count
    let gap = figure.sharesY ? 14.0 : 40.0
    let fitting = (1...count).last { candidate in
      (available - 40 - Double(candidate - 1) * gap) / Double(candidate) >= (count > 4 ? 80 : 105)
    }
    let most = min(fitting ?? 1, 4)
    // As few rows as that allows, filled evenly.
    let rows = (count + most - 1) / most
    return (count + rows - 1) / rows
  }

  private func standsBeside(_ entries: [LegendEntry]) -> Bool {
    switch figure.legend.placement {
    case .right: true
    case .automatic: entries.count > 8 && width >= Theme.narrow
    default: false
    }
  }

  private func fitsDirectly(_ entries: [LegendEntry]) -> Bool {
    let curves = entries.filter(\.isCurve)
    guard !curves.isEmpty, columns(available: width) == 1 else { return false }
    let widest = measurer.width(curves.map { measurer.drawable($0.label) }, theme.legendStyle)
    return widest <= width * 0.3 && Double(curves.count) * measurer.lineHeight(theme.legendStyle) <= width * 0.3
  }

  private func directRoom(_ entries: [LegendEntry]) -> Double {
    let words = entries.filter(\.isCurve).map { measurer.drawable($0.label) }
    return measurer.width(words, theme.legendStyle) + DirectLabels.lead
  }
}

extension Figure {
  /// A sentence for each panel: its title, its axes, what is drawn.
  var described: String {
    panels.map { panel in
      let labels = panel.marks.flatMap(\.legendEntries).map(\.label)
      let axes = [panel.y.label, panel.x.label].compactMap(\.self).joined(separator: " against ")
      let words = [panel.title, axes.isEmpty ? nil : axes].compactMap(\.self).joined(separator: ": ")
      return labels.isEmpty ? words : "\(words) (\(labels.joined(separator: ", ")))"
    }.filter { !$0.isEmpty }.joined(separator: "; ")
  }
}
