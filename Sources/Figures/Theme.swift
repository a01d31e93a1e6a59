/// Sizes in points that suit a page of some width.
struct Theme: Hashable {
  var tick: Double
  var label: Double
  var panelTitle: Double
  var title: Double
  var curve: Double
  var marker: Double
  /// The empty rim of the page.
  let rim = 5.0
  let axisWidth = 0.6
  let gridWidth = 0.5
  let tickLength = 3.0
  /// Between a tick and its label.
  let tickGap = 2.5
  /// Between tick labels and the axis label.
  let labelGap = 4.5
  /// The height of a lane below a plot.
  let lane = 11.0

  /// Below this width a page is one column of a paper.
  static let narrow = 300.0

  /// What suits a page of `width` points.
  init(width: Double) {
    if width < Self.narrow {
      (tick, label, panelTitle, title, curve, marker) = (7, 7.5, 8, 9, 1.1, 1.7)
    } else {
      (tick, label, panelTitle, title, curve, marker) = (7.5, 8.5, 8.5, 10, 1.3, 2.1)
    }
  }

  var tickStyle: TextStyle { TextStyle(size: tick, color: .axis) }
  var labelStyle: TextStyle { TextStyle(size: label) }
  var panelTitleStyle: TextStyle { TextStyle(size: panelTitle, isBold: true) }
  var titleStyle: TextStyle { TextStyle(size: title, isBold: true) }
  var subtitleStyle: TextStyle { TextStyle(size: label, color: .axis) }
  var noteStyle: TextStyle { TextStyle(size: tick, color: .muted) }
  var legendStyle: TextStyle { TextStyle(size: tick + 0.5) }
}
