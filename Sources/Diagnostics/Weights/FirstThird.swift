/// The share of the weights on the first third of the fused layers, K / 3 rounded, at least one.
public struct FirstThird: Sendable, Hashable, Codable {
  /// How many layers that is.
  public var count: Int
  /// The share at the first point.
  public var start: Double
  /// The share at the last point.
  public var end: Double
  /// Least-squares slope of the share; absent for a single moment.
  public var slope: Double?
  /// What the slope is per; absent without one.
  public var per: TrainingAxis?
  /// The slope's standard error along this run; absent below 12 points.
  public var slopeError: Double?
  /// The slope's 95 % interval along this run; absent below 12 points.
  public var slopeInterval: [Double]?
  /// The mean share over the last third of the points less that over the first; absent for a single point.
  public var change: DependentRecords.Estimate?
  /// Over about how many points these depend on each other; absent below 12 points.
  public var reach: Double?

  /// Sums up points.
  ///
  /// - Parameters:
  ///   - points: At least one; all with the same number of weights.
  ///   - abscissa: Their places along the axis, nil where unknown.
  ///   - axis: The axis.
  init(_ points: [WeightsPoint], abscissa: [Double?], axis: TrainingAxis?) {
    let positions = points.first?.weights.count ?? 1
    let count = max(1, (positions + 1) / 3)
    let shares = points.map { $0.weights.prefix(count).reduce(0, +) }
    self.count = count
    start = shares.first ?? 0
    end = shares.last ?? 0
    guard !points.isEmpty else { return }
    let records = DependentRecords(shares, at: points.places(abscissa))
    change = records.lateLessEarly
    reach = records.reach
    let known = zip(abscissa, shares).compactMap { x, y in x.map { ($0, y) } }
    guard let axis, !known.isEmpty,
      let estimate = DependentRecords(known.map(\.1), at: known.map(\.0)).slope
    else { return }
    slope = estimate.value
    slopeError = estimate.standardError
    slopeInterval = estimate.interval
    per = axis
  }

  /// What slope and change of so many points say together along this run; nil below 12 points.
  func course(of count: Int) -> RecordsCourse? {
    change.flatMap { change in
      RecordsCourse(
        change: change, slopeInterval: per == nil ? change.interval : slopeInterval, reach: reach, count: count)
    }
  }
}

extension [WeightsPoint] {
  /// Each point's place along the axis, where all are known and differ; else its number.
  fileprivate func places(_ abscissa: [Double?]) -> [Double] {
    let known = abscissa.compactMap(\.self)
    return known.count == count && Set(known).count > 1 ? known : indices.map(Double.init)
  }
}

extension WeightsRun {
  /// What the share on the first third does along this run; nil below 12 points.
  public var course: RecordsCourse? { firstThird.course(of: points.count) }

  /// Fills in what needs the axis: the trend of the shallow layers, and over several points each layer's change.
  mutating func sumUp(along axis: TrainingAxis?) {
    let abscissa = axis.map(self.abscissa) ?? []
    firstThird = FirstThird(points, abscissa: abscissa, axis: axis)
    guard points.count > 1 else { return }
    let places = points.places(abscissa)
    changes = positions.compactMap { position in
      DependentRecords(points.map { $0.weights[position] }, at: places).lateLessEarly
    }
  }
}
