/// Differences over independent batches, and what they decide.
struct PairedDifferences {
  /// Fewer batches decide nothing: with five, the smallest two-sided p of the signed-rank test is 2 / 2⁵.
  static let leastBatches = 6
  /// Of each of the two tests, two-sided.
  static let level = 0.05

  /// How many.
  let count: Int
  let mean: Double
  let median: Double
  /// The 95 % interval of the mean, by Student's t; nil for a single difference.
  let interval: [Double]?
  /// The two-sided p of Student's t; nil for a single difference.
  let tTest: Double?
  let signTest: Double
  let signedRank: Double
  /// The larger p of Student's t and the signed-rank test, with the errors against the difference; nil for a single one.
  ///
  /// Each difference is moved by its error against the direction of the mean. W⁺, which never falls as a difference rises, is then the
  /// smallest that true values within the errors can have; the mean moves by the mean error, as if all errors had one sign.
  let pValue: Double?

  /// What some differences decide.
  ///
  /// - Parameters:
  ///   - values: The differences, at least one, none of them NaN.
  ///   - errors: How far each may be off, at least 0.
  init(_ values: [Double], errors: [Double]) {
    precondition(!values.isEmpty && values.count == errors.count, "each difference has an error")
    let sample = BatchMeans(values)
    (count, mean, median) = (values.count, sample.mean, values.median)
    interval = sample.interval(around: sample.mean)
    signTest = SignTest(values).pValue
    signedRank = SignedRankTest(values).pValue
    guard let standardError = sample.standardError else {
      (tTest, pValue) = (nil, nil)
      return
    }
    func p(_ distance: Double) -> Double {
      StudentT.pValue(distance, standardError: standardError, degreesOfFreedom: values.count - 1)
    }
    tTest = p(abs(sample.mean))
    let direction = sample.mean < 0 ? -1.0 : 1.0
    let against = zip(values, errors).map { direction * $0 - $1 }
    pValue = max(p(max(0, abs(sample.mean) - errors.mean)), min(1, 2 * SignedRankTest(against).upperTail))
  }

  /// Whether both tests decide, whatever the errors.
  var isSettled: Bool { count >= Self.leastBatches && pValue.map { $0 <= Self.level } ?? false }

  /// The fewest batches with which one of several comparisons can be settled by Holm's correction.
  ///
  /// - Parameter comparisons: How many there are.
  /// - Returns: The smallest n with 2 / 2ⁿ of at most a share of 5 %.
  static func leastBatches(for comparisons: Int) -> Int {
    var n = leastBatches
    while Double(comparisons) * 2 / Double(sign: .plus, exponent: n, significand: 1) > level { n += 1 }
    return n
  }
}
