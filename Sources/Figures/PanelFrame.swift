/// A panel with its place in the grid and everything that depends on its size.
struct PanelFrame {
  let panel: Panel
  let row: Int
  let column: Int
  /// Whether tick labels stand below and left of it.
  let labelsX: Bool
  let labelsY: Bool
  let xRange: ClosedRange<Double>
  let yRange: ClosedRange<Double>
  var titleLines: [String] = []
  var xTicks: [Tick] = []
  var yTicks: [Tick] = []
  var xLabel: [String] = []
  var yLabel: [String] = []
  /// The plot, lanes included.
  var plot = Rectangle(x: 0, y: 0, width: 0, height: 0)

  /// The largest number of strips in a row of a category axis.
  var mostStrips: Int {
    var counts: [Int: Int] = [:]
    for case .strip(let strip) in panel.marks {
      // Rows beyond any category are not shown; the bound keeps the conversion safe.
      if abs(strip.row) < 1e6 { counts[Int(strip.row.rounded()), default: 0] += 1 }
    }
    return max(counts.values.max() ?? 1, 1)
  }

  /// The number of lanes below the plot.
  var lanes: Int {
    panel.marks.map { mark in
      switch mark {
      case .rug(let rug): rug.lane + 1
      case .interval(let interval): interval.lane + 1
      default: 0
      }
    }.max() ?? 0
  }
}
