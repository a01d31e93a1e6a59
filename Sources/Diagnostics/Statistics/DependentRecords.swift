/// Records along one run, of which neighbours may depend on each other: how fast they rise, and how much the last exceed the first, each with
/// an error that holds for that dependence.
///
/// The errors are those along *this* run: how far slope and difference could be off because the records scatter about a line. They do
/// not say how far another run, of another seed, would end elsewhere; several runs tell that.
///
/// Measured for autoregressive records (`make check-coverage`): with correlations of neighbours up to 0.8 the 95 % intervals hold from 24
/// records on, up to 0.4 from 12.
public struct DependentRecords: Sendable {
  /// A number with its error along the run.
  public struct Estimate: Sendable, Hashable, Codable {
    /// The number.
    public var value: Double
    /// Its standard error along this run; absent below 12 records.
    public var standardError: Double?
    /// Its 95 % interval along this run, by Student's t with as many degrees of freedom as cosines; absent below 12 records.
    public var interval: [Double]?
    /// How many cosines the error rests on.
    public var cosines: Int?

    /// A number that is a sum of records times factors whose squares sum to `squares`.
    init(_ value: Double, squares: Double, _ variance: LongRunVariance?) {
      self.value = value
      guard let variance else { return }
      let error = (variance.value * squares).squareRoot()
      let half = StudentT.quantile(0.975, degreesOfFreedom: variance.degreesOfFreedom) * error
      standardError = error
      interval = [value - half, value + half]
      cosines = variance.degreesOfFreedom
    }
  }

  private let records: [Double]
  private let places: [Double]
  private let variance: LongRunVariance?
  /// Over about how many records they depend on each other; nil below 12 records.
  ///
  /// (1 + ρ) / (1 − ρ) with ρ the correlation of neighbours after the line is removed: n divided by it is the number of independent
  /// records whose mean scatters as much. At least 1.
  public let reach: Double?

  /// Records in their order, and where on the axis each stands.
  ///
  /// - Parameters:
  ///   - records: At least one.
  ///   - places: One for each record. Uneven ones are taken as they are by the line; dependence goes by the order.
  public init(_ records: [Double], at places: [Double]) {
    precondition(!records.isEmpty && records.count == places.count, "a place for each record")
    self.records = records
    self.places = places
    variance = LongRunVariance(of: records, at: places)
    reach = variance.map { _ in Self.reach(of: records, at: places) }
  }

  private static func reach(of records: [Double], at places: [Double]) -> Double {
    let (x, y) = (LongRunVariance.centred(places), LongRunVariance.centred(records))
    let slope = zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } / x.reduce(0) { $0 + $1 * $1 }
    let rest = zip(x, y).map { $1 - slope * $0 }
    let squares = rest.reduce(0) { $0 + $1 * $1 }
    guard squares > 0 else { return 1 }
    // |Σ r r′| ≤ Σ r² by Cauchy and Schwarz, and less unless all are equal.
    let rho = max(0, zip(rest, rest.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / squares)
    return (1 + rho) / (1 - rho)
  }

  /// The slope of the least-squares line; nil where the places have no spread.
  public var slope: Estimate? {
    let x = LongRunVariance.centred(places)
    let squares = x.reduce(0) { $0 + $1 * $1 }
    guard squares > 0 else { return nil }
    let slope = zip(x, LongRunVariance.centred(records)).reduce(0) { $0 + $1.0 * $1.1 } / squares
    return Estimate(slope, squares: 1 / squares, variance)
  }

  /// The mean of the last third of the records less that of the first; nil for a single record.
  public var lateLessEarly: Estimate? {
    guard records.count > 1 else { return nil }
    let third = max(1, records.count / 3)
    let sum = zip(records.suffix(third), records.prefix(third)).reduce(0) { $0 + ($1.0 - $1.1) }
    return Estimate(sum / Double(third), squares: 2 / Double(third), variance)
  }
}
