import Glibc

/// A tick of an axis.
struct Tick: Hashable {
  var value: Double
  /// The lines of its label; empty for a tick without one.
  var lines: [String]
  var isMinor = false
}

/// Chooses ticks for the room there is.
struct TickPlanner {
  let measurer: TextMeasurer
  let theme: Theme
  let isHorizontal: Bool
  /// The widest label a vertical axis may have.
  let widest: Double

  /// The ticks of an axis of `length` points.
  func ticks(_ axis: Axis, range: ClosedRange<Double>, length: Double) -> [Tick] {
    switch axis.ticks {
    case .hidden: return []
    case .categories(let names): return categories(names, axis: axis, range: range, length: length)
    case .automatic where axis.scale == .logarithmic, .integers where axis.scale == .logarithmic,
      .multiplesOfPi where axis.scale == .logarithmic:
      return logarithmic(range, length: length)
    case .automatic: return linear(range, length: length) { TickLabels.text(for: $0, step: $1) }
    case .multiplesOfPi: return linear(range, length: length) { TickLabels.multiplesOfPi($0, step: $1) }
    case .integers:
      return linear(range, length: length, smallestExponent: 0) { TickLabels.text(for: $0, step: $1) }
    }
  }

  /// Labels of ticks closer than this merge in the eye even where they do not touch.
  private var spacing: Double { isHorizontal ? theme.tick * 2.2 : theme.tick * 2.4 }

  private func linear(
    _ range: ClosedRange<Double>, length: Double, smallestExponent: Int = .min,
    label: ([Double], NiceStep) -> [String]
  ) -> [Tick] {
    let span = range.upperBound - range.lowerBound
    // Each whole number is a thing of its own and worth a label; of a continuum a few suffice.
    let most = smallestExponent == 0 ? 13 : isHorizontal ? (length < 300 ? 6 : 9) : 8
    var parts = max(1, min(most, Int(length / spacing)))
    while true {
      var step = NiceStep(span: span, parts: parts)
      if step.exponent < smallestExponent { step = NiceStep(mantissa: 1, exponent: smallestExponent) }
      let values = step.multiples(in: range)
      let labels = label(values, step)
      let ticks = zip(values, labels).map { Tick(value: $0, lines: [$1]) }
      if fits(ticks, range: range, length: length, scale: .linear) || parts == 1 { return ticks }
      parts -= 1
    }
  }

  private func logarithmic(_ range: ClosedRange<Double>, length: Double) -> [Tick] {
    let low = Int(ceil(log10(range.lowerBound) - 1e-9))
    let high = Int(floor(log10(range.upperBound) + 1e-9))
    // Less than two powers of ten: they alone would not tell the scale.
    if high - low < 1 {
      return linear(range, length: length) { TickLabels.text(for: $0, step: $1) }.filter { $0.value > 0 }
    }
    var every = 1
    while true {
      let ticks = (low...high).filter { $0 % every == 0 }.map {
        Tick(value: pow(10, Double($0)), lines: [high <= 4 && low >= -2 ? plain($0) : Decimal.powerOfTen($0)])
      }
      if !ticks.isEmpty && fits(ticks, range: range, length: length, scale: .logarithmic) || every > high - low {
        return ticks + minors(low: low, high: high, every: every, range: range, length: length)
      }
      every += 1
    }
  }

  private func plain(_ exponent: Int) -> String {
    Decimal.text(pow(10, Double(exponent)), decimals: max(0, -exponent))
  }

  private func minors(
    low: Int, high: Int, every: Int, range: ClosedRange<Double>, length: Double
  ) -> [Tick] {
    guard every == 1, length / Double(high - low + 1) > 14 else { return [] }
    return ((low - 1)...high).flatMap { exponent in
      (2...9).map { Double($0) * pow(10, Double(exponent)) }
    }.filter(range.contains).map { Tick(value: $0, lines: [], isMinor: true) }
  }

  private func categories(
    _ names: [String], axis: Axis, range: ClosedRange<Double>, length: Double
  ) -> [Tick] {
    let map = AxisMap(scale: .linear, range: range, start: 0, end: length)
    let places = names.indices.filter { range.contains(Double($0)) }
    guard isHorizontal else {
      let spans = places.map { index in
        let half = measurer.height(theme.tickStyle) / 2 + 0.5
        return (map(Double(index)) - half)...(map(Double(index)) + half)
      }
      let kept = TickLabels.thinned(places.map { names[$0] }, spans: spans)
      return zip(places, kept).map { index, isKept in
        let name = measurer.shortened(measurer.drawable(names[index]), theme.tickStyle, to: widest)
        return Tick(value: Double(index), lines: isKept ? [name] : [])
      }
    }
    let slot = length / (range.upperBound - range.lowerBound)
    let fitsSlot = names.allSatisfy { measurer.width(measurer.drawable($0), theme.tickStyle) <= slot - 3 }
    let areNumbers = names.contains { Int($0) != nil }
    if fitsSlot || areNumbers {
      let spans = places.map { index in
        let half = measurer.width(measurer.drawable(names[index]), theme.tickStyle) / 2 + theme.tick * 0.2
        return (map(Double(index)) - half)...(map(Double(index)) + half)
      }
      let kept = TickLabels.thinned(places.map { names[$0] }, spans: spans)
      return zip(places, kept).map { Tick(value: Double($0), lines: $1 ? [measurer.drawable(names[$0])] : []) }
    }
    return places.map { index in
      let lines = measurer.wrapped(names[index], theme.tickStyle, to: max(slot - 4, 4), lines: 3)
      return Tick(value: Double(index), lines: lines)
    }
  }

  private func fits(
    _ ticks: [Tick], range: ClosedRange<Double>, length: Double, scale: AxisScale
  ) -> Bool {
    let map = AxisMap(scale: scale, range: range, start: 0, end: length)
    let spans = ticks.map { tick in
      let half =
        isHorizontal
        ? measurer.width(tick.lines, theme.tickStyle) / 2 + theme.tick * 0.45
        : measurer.height(theme.tickStyle) / 2 + theme.tick * 0.25
      return (map(tick.value) - half)...(map(tick.value) + half)
    }
    return zip(spans, spans.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }
  }
}
