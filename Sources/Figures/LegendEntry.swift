/// A word of the legend with a small sample of the mark.
struct LegendEntry: Hashable {
  /// The sample.
  enum Sample: Hashable {
    case line(Color, width: Double?, dash: Dash, marker: Marker, hasBand: Bool)
    case patch(fill: Color, outline: Color?)
    case marker(Color, Marker)
    case strokes(Color)
  }

  let label: String
  let sample: Sample
  /// The room of the sample before the words.
  var sampleWidth: Double { if case .line = sample { 15 } else { 10 } }

  /// Whether the words can stand at the end of a line instead.
  var isCurve: Bool { if case .line = sample { true } else { false } }
}

extension Mark {
  /// What the legend says about this mark.
  var legendEntries: [LegendEntry] {
    func one(_ label: String?, _ sample: LegendEntry.Sample) -> [LegendEntry] {
      label.map { [LegendEntry(label: $0, sample: sample)] } ?? []
    }
    switch self {
    case .curve(let curve):
      let hasBand = curve.uncertainty?.style == .band
      return one(
        curve.label,
        .line(curve.color, width: curve.width, dash: curve.dash, marker: curve.marker, hasBand: hasBand))
    case .points(let points): return one(points.label, .marker(points.color, points.marker))
    case .bars(let bars): return bars.series.flatMap { one($0.label, .patch(fill: $0.color, outline: nil)) }
    case .area(let area): return one(area.label, .patch(fill: area.tint, outline: area.color))
    case .strip(let strip): return one(strip.label, .strokes(strip.color))
    case .rule(let rule):
      return one(rule.label, .line(rule.color, width: 0.8, dash: rule.dash, marker: .none, hasBand: false))
    case .shading(let shading): return one(shading.label, .patch(fill: shading.color, outline: nil))
    case .rug, .interval, .annotation, .picture: return []
    }
  }
}

extension Area {
  /// The colour inside.
  var tint: Color { color.opacity(0.22) }
}

extension Figure {
  /// Every label once, in the order of the marks.
  var legendEntries: [LegendEntry] {
    var seen: Set<String> = []
    return panels.flatMap(\.marks).flatMap(\.legendEntries).filter { seen.insert($0.label).inserted }
  }
}
