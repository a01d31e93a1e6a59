/// A colour bar beside the panels, or above them on a narrow page.
struct ColorBarLayout {
  let measurer: TextMeasurer
  let theme: Theme
  let bar: ColorBar

  private static let thickness = 9.0
  private static let gap = 3.5
  /// With more steps the bar reads as continuous and the lines between them would hide the colours.
  private static let mostSeparated = 20
  private var style: TextStyle { theme.tickStyle }
  private var titleStyle: TextStyle { TextStyle(size: theme.legendStyle.size, color: .muted) }
  private var labels: [String] {
    bar.labels.map { measurer.shortened(measurer.drawable($0), style, to: 70) }
  }

  // MARK: Beside the panels

  private var titleLines: [String] {
    bar.title.map { measurer.wrapped($0, titleStyle, to: 75, lines: 2) } ?? []
  }

  /// The width of bar, labels and title.
  var sideWidth: Double {
    max(Self.thickness + Self.gap + measurer.width(labels, style), measurer.width(titleLines, titleStyle))
  }

  /// Draws the bar beside panels that span `top` to `bottom`, and returns where it ends.
  func drawBeside(x: Double, top: Double, bottom: Double, into sketch: inout Sketch) -> Double {
    sketch.lines(titleLines, at: Point(x, top), titleStyle, role: .legend)
    let head = titleLines.isEmpty ? 0 : measurer.height(titleLines, titleStyle) + 5
    let count = Double(bar.colors.count)
    let height = max(20, min(bottom - top - head, max(count * 14, 150), 260))
    let frame = Rectangle(x: x, y: top + head, width: Self.thickness, height: height)
    let step = height / count
    drawSteps(frame, isHorizontal: false, into: &sketch)
    let places = bar.labels.indices.map { frame.y + (Double($0) + 0.5) * step }
    let half = measurer.height(style) / 2
    let kept = TickLabels.thinned(bar.labels, spans: places.map { ($0 - half)...($0 + half) })
    for (index, place) in places.enumerated() where kept[index] {
      sketch.text(
        labels[index], at: Point(frame.maxX + Self.gap, place), style, role: .legend, vertical: .middle)
    }
    return frame.maxY
  }

  // MARK: Above the panels

  /// Draws the bar over panels from `x` on, `width` wide, and returns the height taken.
  func drawAbove(x: Double, top: Double, width: Double, into sketch: inout Sketch) -> Double {
    var x = x
    var width = width
    let words = bar.title.map { measurer.shortened(measurer.drawable($0), titleStyle, to: width * 0.4) } ?? ""
    let thickness = Self.thickness - 2
    if !words.isEmpty {
      sketch.text(words, at: Point(x, top + thickness / 2), titleStyle, role: .legend, vertical: .middle)
      let taken = measurer.width(words, titleStyle) + 7
      x += taken
      width -= taken
    }
    let frame = Rectangle(x: x, y: top, width: width, height: thickness)
    let step = width / Double(bar.colors.count)
    drawSteps(frame, isHorizontal: true, into: &sketch)
    // Labels stand below the middle of their step, pushed inwards at the ends of the bar.
    let places = labels.indices.map { index -> Double in
      let half = measurer.width(labels[index], style) / 2
      let middle = x + (Double(index) + 0.5) * step
      return min(max(middle, x + min(half, width / 2)), x + width - min(half, width / 2))
    }
    let spans = labels.indices.map { index -> ClosedRange<Double> in
      let half = measurer.width(labels[index], style) / 2 + 2
      return (places[index] - half)...(places[index] + half)
    }
    for (index, isKept) in TickLabels.thinned(bar.labels, spans: spans).enumerated() where isKept {
      sketch.text(
        labels[index], at: Point(places[index], frame.maxY + 2.5), style, role: .legend, anchor: .middle,
        vertical: .top)
    }
    return thickness + 2.5 + measurer.height(style)
  }

  private func drawSteps(_ frame: Rectangle, isHorizontal: Bool, into sketch: inout Sketch) {
    let count = bar.colors.count
    // Each step reaches to the end of the bar, so that no white hair shows between two of them.
    for (index, color) in bar.colors.enumerated() {
      let share = Double(index) / Double(count)
      var step = frame
      if isHorizontal {
        (step.x, step.width) = (frame.x + share * frame.width, frame.width * (1 - share))
      } else {
        (step.y, step.height) = (frame.y + share * frame.height, frame.height * (1 - share))
      }
      sketch.tagged(.key(bar.labels[index])) { $0.fill(step, color) }
    }
    guard count <= Self.mostSeparated else { return }
    for index in 1..<max(count, 1) {
      let share = Double(index) / Double(count)
      let line =
        isHorizontal
        ? [Point(frame.x + share * frame.width, frame.y), Point(frame.x + share * frame.width, frame.maxY)]
        : [Point(frame.x, frame.y + share * frame.height), Point(frame.maxX, frame.y + share * frame.height)]
      sketch.line(line, Stroke(.white, width: 0.7))
    }
  }
}
