/// One number for each batch, independent of each other.
struct BatchMeans {
  let mean: Double
  /// Unbiased; nil for a single batch.
  let deviation: Double?
  private let count: Int

  init(_ values: [Double]) {
    count = values.count
    let mean = values.mean
    self.mean = mean
    deviation =
      values.count > 1
      ? (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot() : nil
  }

  var standardError: Double? { deviation.map { $0 / Double(count).squareRoot() } }

  /// The 95 % interval by Student's t with one degree of freedom less than batches.
  func interval(around centre: Double) -> [Double]? {
    guard let standardError else { return nil }
    let half = StudentT.quantile(0.975, degreesOfFreedom: count - 1) * standardError
    return [centre - half, centre + half]
  }
}

extension [Double] {
  /// The mean of at least one value.
  var mean: Double { reduce(0, +) / Double(count) }

  /// The middle of at least one value; of an even number the mean of the two in the middle.
  var median: Double {
    let sorted = sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }
}
