internal import Hessian

/// The eigenvalues of all batches of a checkpoint, taken together.
///
/// Values of one batch depend on each other, so errors come from the means of batches.
public struct HessianSummary: Sendable, Hashable, Codable {
  /// How many eigenvalues.
  public var count: Int
  /// How many of them met the tolerance.
  public var converged: Int
  /// The mean λ.
  public var mean: Double
  /// The batch means' deviation / √batches; absent for a single batch.
  public var standardError: Double?
  /// The 95 % interval of `mean`, by Student's t; absent for a single batch.
  public var meanInterval: [Double]?
  /// The batch means' deviation, how much batches differ; absent for a single batch.
  public var batchSpread: Double?
  /// The mean of all `bound`s: by so much at most the solver's own error moves `mean`.
  public var solverError: Double
  /// The mean |λ|, by which two spectra are told flatter and sharper.
  public var meanMagnitude: Double
  /// The middle value, which no single batch can carry.
  public var median: Double
  /// The largest λ of each batch, their mean.
  public var meanLargest: Double
  /// The 95 % interval of `meanLargest`, by Student's t; absent for a single batch.
  public var interval: [Double]?
  /// Values below which 5, 25, 50, 75, 95 % lie, by linear interpolation.
  public var quantiles: [String: Double]
  /// The share of negative values.
  public var negativeShare: Double
  /// The mean of the positive values; absent where there is none.
  public var meanPositive: Double?
  /// The batches that carry `mean`, whose interval then holds too seldom; absent where none does.
  public var influential: InfluentialBatches?

  /// The summary of some batches, at least one with at least one eigenvalue; those without any have no say.
  public init(_ batches: [HessianBatch]) {
    let batches = batches.filter { !$0.eigenvalues.isEmpty }
    let all = batches.flatMap(\.eigenvalues)
    precondition(!all.isEmpty, "a summary needs an eigenvalue")
    let values = all.map(\.value).sorted()
    let batchMeans = batches.map { $0.eigenvalues.map(\.value).mean }
    let means = BatchMeans(batchMeans)
    let largest = BatchMeans(batches.compactMap { $0.eigenvalues.map(\.value).max() })
    let positive = values.filter { $0 > 0 }
    count = values.count
    converged = all.count(where: \.converged)
    mean = values.mean
    standardError = means.standardError
    meanInterval = means.interval(around: mean)
    batchSpread = means.deviation
    solverError = all.map(\.bound).mean
    meanMagnitude = values.map(abs).mean
    median = Self.quantile(0.5, of: values)
    meanLargest = largest.mean
    interval = largest.interval(around: largest.mean)
    quantiles = Dictionary(
      uniqueKeysWithValues: [0.05, 0.25, 0.5, 0.75, 0.95].map { ("\($0)", Self.quantile($0, of: values)) })
    negativeShare = Double(values.count { $0 < 0 }) / Double(values.count)
    meanPositive = positive.isEmpty ? nil : positive.mean
    influential = InfluentialBatches(batchMeans, of: batches, resolution: solverError)
  }

  /// Linear interpolation between order statistics, as NumPy's default.
  static func quantile(_ share: Double, of sorted: [Double]) -> Double {
    let place = share * Double(sorted.count - 1)
    let low = Int(place)
    let high = min(low + 1, sorted.count - 1)
    return sorted[low] + (place - Double(low)) * (sorted[high] - sorted[low])
  }
}
