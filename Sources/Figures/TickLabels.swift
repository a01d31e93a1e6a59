import Glibc

/// What the ticks of one axis say: all with the same number of decimals and the same unit.
enum TickLabels {
  /// Labels of multiples of `step`.
  static func text(for values: [Double], step: NiceStep) -> [String] {
    let largest = values.map(abs).max() ?? 0
    if largest >= 1e5, largest < 1e15 { return abbreviated(values, step: step, largest: largest) }
    if largest >= 1e15 || (largest > 0 && largest < 1e-3) { return scientific(values, step: step, largest: largest) }
    return values.map { Decimal.text($0, decimals: step.decimals) }
  }

  /// Labels of values that are counted in π.
  static func multiplesOfPi(_ values: [Double], step: NiceStep) -> [String] {
    values.map { value in
      if value == 0 { return "0" }
      if abs(value) == 1 { return value < 0 ? Decimal.minus + "π" : "π" }
      return Decimal.text(value, decimals: step.decimals) + "π"
    }
  }

  /// 250k, 1.5M: the unit of the largest value for all.
  private static func abbreviated(_ values: [Double], step: NiceStep, largest: Double) -> [String] {
    let (unit, exponent) = [("T", 12), ("G", 9), ("M", 6)].first { largest >= pow(10, Double($0.1)) } ?? ("k", 3)
    let decimals = max(0, exponent - step.exponent)
    return values.map { $0 == 0 ? "0" : Decimal.text($0 / pow(10, Double(exponent)), decimals: decimals) + unit }
  }

  /// 2×10⁻⁵: the power of the largest value for all.
  private static func scientific(_ values: [Double], step: NiceStep, largest: Double) -> [String] {
    let exponent = Int(floor(log10(largest)))
    let decimals = max(0, exponent - step.exponent)
    return values.map { value in
      if value == 0 { return "0" }
      return Decimal.text(value / pow(10, Double(exponent)), decimals: decimals) + "×" + Decimal.powerOfTen(exponent)
    }
  }

  /// Which of several labels in a row to keep so that none touches the next, by their places along the axis.
  ///
  /// Names stay before numbers; of numbers every second, fifth, tenth … stays. All stay if they fit.
  ///
  /// - Parameters:
  ///   - labels: The labels in order.
  ///   - spans: The stretch each one covers, the gap to the next one included.
  /// - Returns: For each label whether it stays.
  static func thinned(_ labels: [String], spans: [ClosedRange<Double>]) -> [Bool] {
    var kept = [Bool](repeating: false, count: labels.count)
    func isFree(_ index: Int) -> Bool {
      !kept.indices.contains { kept[$0] && $0 != index && spans[$0].overlaps(spans[index]) }
    }
    let numbers = labels.map { Int($0) }
    let names = labels.indices.filter { numbers[$0] == nil && !labels[$0].isEmpty }
    // The ends matter most.
    for index in [labels.startIndex, labels.endIndex - 1] where names.contains(index) { kept[index] = isFree(index) }
    let inner = names.filter { $0 != labels.startIndex && $0 != labels.endIndex - 1 }
    // Of many names every second, third … stays; of few, those that have room.
    let stride =
      inner.count < 5
      ? 1
      : (1...inner.count).first { stride in
        let chosen = inner.filter { $0 % stride == 0 }
        return zip(chosen, chosen.dropFirst()).allSatisfy { !spans[$0].overlaps(spans[$1]) }
      }
    for index in inner where index % (stride ?? 1) == 0 { kept[index] = isFree(index) }
    let areAllFree = labels.indices.allSatisfy { numbers[$0] == nil || isFree($0) }
    // Where a name takes the place of a number, every second number reads better than a row with holes.
    let step = [1, 2, 5, 10, 20, 50, 100].dropFirst(areAllFree ? 0 : 1).first { step in
      let chosen = labels.indices.filter { index in numbers[index].map { $0 % step == 0 } ?? false }
      return zip(chosen, chosen.dropFirst()).allSatisfy { !spans[$0].overlaps(spans[$1]) }
    }
    for index in labels.indices {
      if let number = numbers[index], number % (step ?? 1000) == 0 { kept[index] = isFree(index) }
    }
    return kept
  }
}
