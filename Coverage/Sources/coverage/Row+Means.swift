@testable import Statistics

extension Row {
  /// Student's t over independent batches, runs or differences.
  static var means: [Row] {
    var rows: [Row] = [3, 6, 8, 24, 80].map { count in
      mean("interval of a mean over batches or runs", count, "normal", "normal: met", usual) { $0.normal() }
    }
    rows += [8, 24, 80].map { count in
      mean("interval of a mean over batches", count, "mildly skewed (skewness 0.5)", "nearly normal: met", usual) {
        $0.skewed(shape: 16)
      }
    }
    rows += [8, 24, 80].map { count in
      mean("interval of a mean over batches", count, "exponential (skewness 2)", "nearly normal: not met", nil) {
        $0.exponential() - 1
      }
    }
    rows += [8, 24, 80].map { count in
      mean(
        "interval of a mean over batches", count, rareBatch,
        "no batch carries the mean: not met; one that does is named", nil
      ) { $0.rareBatch() - Generator.meanOfRareBatches }
    }
    rows += [6, 8, 24].map { count in
      mean(
        "interval of a paired difference", count, "normal, two models' batches correlated by 0.8", "normal: met", usual
      ) { generator in
        let shared = 0.8.squareRoot() * generator.normal()
        let (first, second) = (generator.normal(), generator.normal())
        return (shared + 0.2.squareRoot() * second) - (shared + 0.2.squareRoot() * first)
      }
    }
    return rows
  }

  /// What `Generator.rareBatch` draws.
  static let rareBatch = "one batch in 80 a hundred times the others"

  /// Whether Student's interval of a mean contains 0, the mean of the population.
  private static func mean(
    _ claim: String, _ count: Int, _ distribution: String, _ assumption: String, _ promised: ClosedRange<Double>?,
    _ value: @escaping @Sendable (inout Generator) -> Double
  ) -> Row {
    Row(
      claim: claim, count: count, distribution: distribution, assumption: assumption, measure: .contains,
      promised: promised
    ) { generator in
      let sample = BatchMeans((0..<count).map { _ in value(&generator) })
      return contains(sample.interval(around: sample.mean), 0)
    }
  }

  /// Whether an interval contains a value.
  static func contains(_ interval: [Double]?, _ value: Double) -> Bool {
    interval.map { $0[0] <= value && value <= $0[1] } ?? false
  }
}

extension Generator {
  /// A batch's mean eigenvalue where one image in many dominates every batch that holds it.
  mutating func rareBatch() -> Double { uniform() < 1.0 / 80 ? 2300 : 23 + 5 * normal() }

  /// The mean of the population.
  static let meanOfRareBatches = (2300.0 + 79 * 23) / 80
}
