@testable import Statistics

extension Row {
  /// What is called settled or different, in one comparison and in several at once.
  static var decisions: [Row] {
    var rows: [Row] = [8, 24].map { count in
      settled(count, "normal differences") { $0.normal() }
    }
    rows += [8, 24, 80].map { count in
      settled(count, "differences of which " + rareBatch + ", signs at random") { $0.sign() * $0.rareBatch() }
    }
    rows += [1, 0.5, 0.3].compactMap(forecast)
    rows.append(family("some band of 7 differs", 7, images: 64, correlation: 0.5))
    rows.append(family("some block of 12 differs", 12, images: 24, correlation: 0))
    return rows
  }

  /// Whether differences around 0 are called settled.
  private static func settled(
    _ count: Int, _ distribution: String, _ difference: @escaping @Sendable (inout Generator) -> Double
  ) -> Row {
    Row(
      claim: "`settled`", count: count, distribution: distribution,
      assumption: "either sign equally likely: met", measure: .finds, promised: 0...0.062
    ) { generator in
      let differences = (0..<count).map { _ in difference(&generator) }
      return PairedDifferences(differences, errors: [Double](repeating: 0, count: count)).isSettled
    }
  }

  /// Whether as many fresh batches as are forecast to be needed settle a difference.
  ///
  /// - Parameter effect: The mean difference over the deviation of single differences.
  /// - Returns: The row; nil where no number is forecast.
  private static func forecast(_ effect: Double) -> Row? {
    guard let count = FreshBatches.needed(effect: effect) else { return nil }
    return Row(
      claim: "fresh batches needed", count: count,
      distribution: "normal differences, their mean \(effect) of their deviation",
      assumption: "the difference is as it seemed: met", measure: .settles, promised: 0.78...0.88
    ) { generator in
      let differences = (0..<count).map { _ in effect + generator.normal() }
      return PairedDifferences(differences, errors: [Double](repeating: 0, count: count)).isSettled
    }
  }

  /// Whether any of several means around 0 is called different after Holm's correction of Student's t.
  private static func family(_ claim: String, _ tests: Int, images: Int, correlation: Double) -> Row {
    Row(
      claim: claim, count: images, distribution: "normal, \(tests) means at once, correlated by \(correlation)",
      assumption: "normal: met", measure: .finds, promised: 0...0.062
    ) { generator in
      var values = [[Double]](repeating: [], count: tests)
      for _ in 0..<images {
        let common = correlation.squareRoot() * generator.normal()
        for test in 0..<tests { values[test].append(common + (1 - correlation).squareRoot() * generator.normal()) }
      }
      let pValues = values.map { values in
        let sample = BatchMeans(values)
        return StudentT.pValue(
          abs(sample.mean), standardError: sample.standardError ?? .nan, degreesOfFreedom: images - 1)
      }
      return Holm.adjusted(pValues).contains { $0 <= 0.05 }
    }
  }
}
