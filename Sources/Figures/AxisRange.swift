import Glibc

/// The values an axis shows, and where they lie on the page.
struct AxisMap: Hashable {
  let scale: AxisScale
  let range: ClosedRange<Double>
  /// The place of the lower bound.
  var start: Double
  /// The place of the upper bound.
  var end: Double

  /// The place of `value`; on a logarithmic axis a value that is not positive lies at the lower bound.
  func callAsFunction(_ value: Double) -> Double {
    let (low, high) = (transformed(range.lowerBound), transformed(range.upperBound))
    return start + (transformed(value) - low) / (high - low) * (end - start)
  }

  private func transformed(_ value: Double) -> Double {
    scale == .linear ? value : log10(max(value, range.lowerBound))
  }
}

extension Axis {
  /// The range to show for these marks: the given one, or the marks' values with a little room.
  func resolvedRange(extents: [Mark.Extent], isHorizontal: Bool) -> ClosedRange<Double> {
    if let range { return range }
    if let categoryCount { return -0.55...(Double(categoryCount) - 0.45) }
    var values = extents.flatMap { isHorizontal ? $0.x + $0.softX : $0.y + $0.softY }
    let bases = isHorizontal ? [] : extents.compactMap(\.base)
    if scale == .logarithmic {
      values = (values + bases).filter { $0 > 0 }
      return paddedLogarithmically(values)
    }
    values += bases + (includesZero ? [0] : [])
    guard let low = values.min(), let high = values.max() else { return 0...1 }
    if low == high {
      let room = low == 0 ? 1 : abs(low) * 0.1
      // Where neighbouring numbers are further apart than the room, one of them is enough.
      return min(low - room, low.nextDown)...max(high + room, high.nextUp)
    }
    let span = high / 2 - low / 2
    let room = min(span * (isHorizontal ? 0.04 : 0.1), .greatestFiniteMagnitude / 8)
    let padsLow = !bases.contains(low) && !(includesZero && low == 0)
    let padsHigh = !bases.contains(high) && !(includesZero && high == 0)
    return (padsLow ? low - room : low)...(padsHigh ? high + room : high)
  }

  private func paddedLogarithmically(_ values: [Double]) -> ClosedRange<Double> {
    guard let low = values.min(), let high = values.max() else { return 1...10 }
    let factor = high > low ? pow(high / low, 0.04) : 2
    return max(low / factor, .leastNormalMagnitude)...min(high * factor, .greatestFiniteMagnitude / 8)
  }
}
