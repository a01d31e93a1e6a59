@testable import Statistics

extension Row {
  /// `weights --over-training`: slope and late less early along one run, of autoregressive records.
  static var weights: [Row] {
    var rows: [Row] = []
    for count in [12, 24, 48] {
      for rho in [0, 0.4, 0.8] {
        rows.append(along("interval of a slope", count, rho) { $0.slope?.interval })
        rows.append(along("interval of late less early", count, rho) { $0.lateLessEarly?.interval })
        rows.append(noise(count, rho))
      }
    }
    for count in [24, 48, 151] { rows.append(noise(count, 1)) }
    rows.append(along("interval of a slope", 24, 0.4, uneven: true) { $0.slope?.interval })
    rows.append(along("interval of late less early", 24, 0.4, uneven: true) { $0.lateLessEarly?.interval })
    return rows
  }

  /// From so many records on, correlations of neighbours of 0.8 are allowed for; below, those of 0.4.
  private static func isMet(_ count: Int, _ rho: Double) -> Bool { count >= 24 || rho <= 0.4 }

  private static func assumption(_ count: Int, _ rho: Double) -> String {
    count >= 24 ? "ρ ≤ 0.8: met" : "ρ ≤ 0.4 below 24 records: \(rho <= 0.4 ? "met" : "not met")"
  }

  /// Whether an interval along a run without any trend contains 0. (A trend moves slope and truth alike.)
  private static func along(
    _ claim: String, _ count: Int, _ rho: Double, uneven: Bool = false,
    _ interval: @escaping @Sendable (DependentRecords) -> [Double]?
  ) -> Row {
    Row(
      claim: claim + " along a run", count: count,
      distribution: "autoregressive, ρ = \(rho)" + (uneven ? ", distances from 1 to 47" : ""),
      assumption: assumption(count, rho), measure: .contains, promised: isMet(count, rho) ? dependent : nil
    ) { generator in
      let places = (0..<count).map { uneven ? Double($0 * $0) : Double($0) }
      return contains(interval(DependentRecords(generator.autoregressive(count, rho: rho), at: places)), 0)
    }
  }

  /// Whether records without any trend get a verdict: autoregressive ones, or for ρ = 1 a walk at random.
  private static func noise(_ count: Int, _ rho: Double) -> Row {
    Row(
      claim: "verdict along a run", count: count,
      distribution: rho < 1 ? "autoregressive, ρ = \(rho)" : "a walk at random (ρ = 1)",
      assumption: rho < 1 ? assumption(count, rho) : "ρ ≤ 0.8: not met, which must be noticed", measure: .finds,
      promised: 0...0.1
    ) { generator in
      let values = rho < 1 ? generator.autoregressive(count, rho: rho) : generator.walk(count)
      let records = DependentRecords(values, at: (0..<count).map(Double.init))
      guard let change = records.lateLessEarly else { return false }
      let course = RecordsCourse(
        change: change, slopeInterval: records.slope?.interval, reach: records.reach, count: count)
      return course == .rises || course == .falls
    }
  }
}
