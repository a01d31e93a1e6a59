/// Legend entries in rows above the panels, or in a list beside them.
struct LegendLayout {
  let measurer: TextMeasurer
  let theme: Theme
  let title: String?
  let entries: [LegendEntry]

  private static let sampleGap = 4.0
  private static let entryGap = 13.0
  private var style: TextStyle { theme.legendStyle }
  private var titleStyle: TextStyle { TextStyle(size: style.size, color: .muted) }
  private var rowHeight: Double { measurer.lineHeight(style) + 2 }

  // MARK: Rows above the panels

  /// Draws rows no wider than `width` with their upper left corner at `corner`, and returns their height.
  func drawRows(at corner: Point, width: Double, into sketch: inout Sketch) -> Double {
    var x = 0.0
    var row = 0
    if let title {
      let words = measurer.shortened(measurer.drawable(title), titleStyle, to: width)
      sketch.text(words, at: Point(corner.x, corner.y + rowHeight / 2), titleStyle, role: .legend, vertical: .middle)
      x = measurer.width(words, titleStyle) + Self.entryGap * 0.75
    }
    let words = entries.map { shortened($0, to: width) }
    let taken = zip(entries, words).map { $0.sampleWidth + Self.sampleGap + measurer.width($1, style) }
    let total = x + taken.reduce(0, +) + Self.entryGap * Double(max(entries.count - 1, 0))
    // Several rows look calm when their entries stand below each other.
    let cell = total > width && entries.count > 3 ? (taken.max() ?? 0) + Self.entryGap : nil
    if cell != nil, x > 0 { (x, row) = (0, 1) }
    for (index, entry) in entries.enumerated() {
      if x > 0, x + (cell.map { $0 - Self.entryGap } ?? taken[index]) > width + 0.01 {
        x = 0
        row += 1
      }
      let middle = corner.y + (Double(row) + 0.5) * rowHeight
      let start = Point(corner.x + x, middle)
      sketch.tagged(.key(entry.label)) { sketch in
        draw(entry, at: start, into: &sketch)
        let place = Point(start.x + entry.sampleWidth + Self.sampleGap, middle)
        sketch.text(words[index], at: place, style, role: .legend, vertical: .middle)
      }
      x += cell ?? (taken[index] + Self.entryGap)
    }
    return Double(row + 1) * rowHeight
  }

  private func shortened(_ entry: LegendEntry, to width: Double) -> String {
    let room = width - entry.sampleWidth - Self.sampleGap
    return measurer.shortened(measurer.drawable(entry.label), style, to: room)
  }

  // MARK: A list beside the panels

  /// The width of the list, no more than `limit`.
  func listWidth(limit: Double) -> Double {
    let widths = entries.map { $0.sampleWidth + Self.sampleGap + measurer.width(wrapped($0, limit), style) }
    let titleWidth = title.map { measurer.width([measurer.shortened($0, titleStyle, to: limit)], titleStyle) } ?? 0
    return max(titleWidth, widths.max() ?? 0)
  }

  /// Draws the list with its upper left corner at `corner`, and returns its height.
  func drawList(at corner: Point, width: Double, into sketch: inout Sketch) -> Double {
    var y = corner.y
    if let title {
      let words = measurer.shortened(measurer.drawable(title), titleStyle, to: width)
      sketch.text(words, at: Point(corner.x, y), titleStyle, role: .legend, vertical: .top)
      y += measurer.lineHeight(titleStyle) + 2
    }
    for entry in entries {
      let lines = wrapped(entry, width + 0.01)
      let middle = y + measurer.height(style) / 2
      sketch.tagged(.key(entry.label)) { sketch in
        draw(entry, at: Point(corner.x, middle), into: &sketch)
        for (index, line) in lines.enumerated() {
          let place = Point(
            corner.x + entry.sampleWidth + Self.sampleGap, middle + Double(index) * measurer.lineHeight(style))
          sketch.text(line, at: place, style, role: .legend, vertical: .middle)
        }
      }
      y += Double(lines.count) * measurer.lineHeight(style) + 2
    }
    return y - corner.y
  }

  private func wrapped(_ entry: LegendEntry, _ width: Double) -> [String] {
    measurer.wrapped(entry.label, style, to: width - entry.sampleWidth - Self.sampleGap, lines: 2)
  }

  // MARK: Samples

  private func draw(_ entry: LegendEntry, at place: Point, into sketch: inout Sketch) {
    let end = place.x + entry.sampleWidth
    let middle = Point(place.x + entry.sampleWidth / 2, place.y)
    switch entry.sample {
    case .line(let color, let width, let dash, let marker, let hasBand):
      if hasBand {
        let band = Rectangle(x: place.x, y: place.y - 3, width: entry.sampleWidth, height: 6)
        sketch.fill(band, color.opacity(MarkDrawing.bandOpacity))
      }
      let width = width ?? theme.curve
      sketch.line(
        [place, Point(end, place.y)], Stroke(color, width: width, dashes: dash.pattern(width: width)))
      sketch.marker(marker, at: middle, radius: theme.marker, color: color)
    case .patch(let fill, let outline):
      let patch = Rectangle(x: place.x, y: place.y - 3.5, width: entry.sampleWidth, height: 7)
      sketch.fill(patch, fill)
      if let outline {
        sketch.line([Point(patch.x, patch.y), Point(patch.maxX, patch.y)], Stroke(outline, width: theme.curve))
      }
    case .marker(let color, let marker):
      sketch.marker(marker, at: middle, radius: theme.marker * 1.2, color: color)
    case .strokes(let color):
      for x in [0.1, 0.4, 0.6, 0.9] {
        let at = place.x + x * entry.sampleWidth
        sketch.line([Point(at, place.y - 3), Point(at, place.y + 3)], Stroke(color, width: 0.8))
      }
    }
  }
}
