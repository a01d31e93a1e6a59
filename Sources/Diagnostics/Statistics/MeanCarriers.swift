/// Values that carry a mean by themselves.
enum MeanCarriers {
  /// The places of the values that carry the mean of all.
  ///
  /// A value does so where the mean of all lies outside the 95 % interval that the others give, and differs from theirs by more than it is
  /// known. From a normal sample that is rare, but for the smallest; therefore the value must pass Grubbs' test at 1 %, too. The first is a
  /// distance of t · √n, the second of Student's quantile 1 − 0.005 / n, both with n − 2 degrees of freedom, from the others' mean in
  /// deviations of such a distance. Several values hide each other: up to three, at most a fifth of all, are taken away one after the
  /// other, the furthest first, and those up to the last that passes are named.
  ///
  /// - Parameters:
  ///   - values: Independent values; fewer than three have no carrier.
  ///   - resolution: How far a mean of them may be off.
  /// - Returns: Their places, ascending.
  /// - Source: Grubbs, "Procedures for detecting outlying observations in samples", 1969; Rosner, "Percentage points for a generalized
  ///   ESD many-outlier procedure", 1983.
  static func places(in values: [Double], resolution: Double = 0) -> [Int] {
    guard values.count >= 3 else { return [] }
    var rest = Array(values.indices)
    var taken: [Int] = []
    var carrying = 0
    for _ in 0..<min(3, max(1, values.count / 5)) {
      let mean = rest.map { values[$0] }.mean
      guard let furthest = rest.max(by: { abs(values[$0] - mean) < abs(values[$1] - mean) }) else { break }
      rest.removeAll { $0 == furthest }
      taken.append(furthest)
      if carries(values[furthest], beside: rest.map { values[$0] }, resolution: resolution) { carrying = taken.count }
    }
    return taken.prefix(carrying).sorted()
  }

  private static func carries(_ value: Double, beside others: [Double], resolution: Double) -> Bool {
    let sample = BatchMeans(others)
    guard let deviation = sample.deviation else { return false }
    let n = Double(others.count + 1)
    let distance = abs(value - sample.mean)
    let freedom = others.count - 1
    let interval = StudentT.quantile(0.975, degreesOfFreedom: freedom) * n.squareRoot()
    let grubbs = StudentT.quantile(1 - 0.005 / n, degreesOfFreedom: freedom)
    return distance > n * resolution && distance > max(interval, grubbs) * deviation * (n / (n - 1)).squareRoot()
  }
}
