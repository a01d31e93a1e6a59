/// Collects operations and turns words into measured runs.
struct Sketch {
  /// Which part of the height of words lies at their place.
  enum VerticalAnchor { case top, middle, baseline, bottom }

  let measurer: TextMeasurer
  var operations: [DrawingOperation] = []

  init(measurer: TextMeasurer) { self.measurer = measurer }

  mutating func line(_ points: [Point], _ stroke: Stroke) { operations.append(.polyline(points, stroke)) }

  mutating func fill(_ rectangle: Rectangle, _ color: Color) { operations.append(.rectangle(rectangle, color)) }

  /// One line of words; for vertical ones left takes the part of top and up that of right.
  mutating func text(
    _ text: String, at place: Point, _ style: TextStyle, role: TextRun.Role, anchor: TextAnchor = .start,
    vertical: VerticalAnchor = .baseline, isVertical: Bool = false
  ) {
    let text = measurer.drawable(text)
    guard !text.isEmpty else { return }
    let width = measurer.width(text, style)
    let (ascent, descent) = (measurer.ascent * style.size, measurer.descent * style.size)
    let drop =
      switch vertical {
      case .top: ascent
      case .middle: measurer.capHeight * style.size / 2
      case .baseline: 0.0
      case .bottom: -descent
      }
    let start =
      switch anchor {
      case .start: 0.0
      case .middle: -width / 2
      case .end: -width
      }
    let origin: Point
    let box: Rectangle
    if isVertical {
      origin = Point(place.x + drop, place.y)
      box = Rectangle(
        x: origin.x - ascent, y: origin.y - start - width, width: ascent + descent, height: width)
    } else {
      origin = Point(place.x, place.y + drop)
      box = Rectangle(x: origin.x + start, y: origin.y - ascent, width: width, height: ascent + descent)
    }
    operations.append(
      .text(
        TextRun(
          text: text, origin: origin, anchor: anchor, isVertical: isVertical, size: style.size,
          isBold: style.isBold, color: style.color, role: role, box: box)))
  }

  /// Lines of words below each other, the first one's top at `place` (for vertical words: to the right of each other).
  mutating func lines(
    _ lines: [String], at place: Point, _ style: TextStyle, role: TextRun.Role, anchor: TextAnchor = .start,
    isVertical: Bool = false
  ) {
    for (index, line) in lines.enumerated() {
      let shift = Double(index) * measurer.lineHeight(style)
      let at = isVertical ? Point(place.x + shift, place.y) : Point(place.x, place.y + shift)
      text(line, at: at, style, role: role, anchor: anchor, vertical: .top, isVertical: isVertical)
    }
  }

  /// Draws inside a rectangle only.
  mutating func clipped(to rectangle: Rectangle, _ draw: (inout Sketch) -> Void) {
    var inner = Sketch(measurer: measurer)
    draw(&inner)
    if !inner.operations.isEmpty { operations.append(.clipped(to: rectangle, inner.operations)) }
  }
}
