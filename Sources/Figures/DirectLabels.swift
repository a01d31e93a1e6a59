/// Words at the ends of curves, moved apart where the curves end close together.
struct DirectLabels {
  let measurer: TextMeasurer
  let theme: Theme
  /// The width the words may take.
  let room: Double

  static let lead = 11.0

  func draw(_ panel: PanelDrawing, into sketch: inout Sketch) {
    var seen: Set<String> = []
    var items: [(label: String, color: Color, end: Point)] = []
    for case .curve(let curve) in panel.frame.panel.marks {
      guard let label = curve.label, let last = curve.points.max(by: { $0.x < $1.x }) else { continue }
      guard seen.insert(label).inserted else { continue }
      let y = min(max(panel.y(last.y), panel.inner.y), panel.inner.maxY)
      items.append((label, curve.color, Point(min(panel.x(last.x), panel.inner.maxX), y)))
    }
    items.sort { $0.end.y < $1.end.y }
    let half = measurer.height(theme.legendStyle) / 2
    let places = Self.spread(
      items.map(\.end.y), distance: measurer.height(theme.legendStyle) + 0.5,
      within: (panel.inner.y + half)...(max(panel.inner.maxY - half, panel.inner.y + half)))
    for (item, y) in zip(items, places) {
      let edge = panel.inner.maxX
      let start = Point(max(item.end.x, edge) + 2, item.end.y)
      let dark = item.color.mixed(with: .ink, share: 0.25)
      let words = measurer.shortened(measurer.drawable(item.label), theme.legendStyle, to: room - Self.lead)
      sketch.tagged(.key(item.label)) { sketch in
        sketch.line([start, Point(edge + Self.lead - 2, y)], Stroke(item.color.opacity(0.5), width: 0.6))
        sketch.text(
          words, at: Point(edge + Self.lead, y), TextStyle(size: theme.legendStyle.size, color: dark),
          role: .legend, vertical: .middle)
      }
    }
  }

  /// The places nearest to `wanted` (ascending) that keep a distance and stay within a range wide enough for them.
  static func spread(_ wanted: [Double], distance: Double, within range: ClosedRange<Double>) -> [Double] {
    // Places that touch move as one block, which stands at the mean of what its members want.
    var blocks: [(mean: Double, count: Int)] = []
    func extent(_ block: (mean: Double, count: Int)) -> Double { Double(block.count - 1) * distance / 2 }
    func clamped(_ block: (mean: Double, count: Int)) -> (mean: Double, count: Int) {
      let low = range.lowerBound + extent(block)
      return (max(min(block.mean, range.upperBound - extent(block)), low), block.count)
    }
    for place in wanted {
      blocks.append(clamped((place, 1)))
      while blocks.count > 1 {
        let (upper, lower) = (blocks[blocks.count - 2], blocks[blocks.count - 1])
        guard lower.mean - extent(lower) < upper.mean + extent(upper) + distance else { break }
        let count = upper.count + lower.count
        let mean = (upper.mean * Double(upper.count) + lower.mean * Double(lower.count)) / Double(count)
        blocks.removeLast(2)
        blocks.append(clamped((mean, count)))
      }
    }
    return blocks.flatMap { block in
      (0..<block.count).map { block.mean - extent(block) + Double($0) * distance }
    }
  }
}
