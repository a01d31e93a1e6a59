internal import Foundation
internal import Hessian

/// The density of single values, each widened to a Gaussian.
struct KernelDensity {
  /// σ of each Gaussian.
  let bandwidth: Double
  private let density: SpectralDensity

  /// A density of at least one value.
  init(_ values: [Double], bandwidth: Double) {
    self.bandwidth = bandwidth
    density = SpectralDensity(
      nodes: [values.sorted()], weights: [Array(repeating: 1 / Double(values.count), count: values.count)])
  }

  /// The density at each of `points`.
  func values(at points: [Double]) -> [Double] { density.values(at: points, bandwidth: bandwidth) }

  // MARK: Bandwidth

  /// A bandwidth for a checkpoint's values by least-squares cross-validation, leaving out a batch at a time.
  ///
  /// It minimises ∫f² − 2 · mean of f₋(x), where f₋ is the density without the batch of x: values of one batch depend on each other.
  /// Silverman's rule, the upper limit, takes the values for one bump, and smears a spectrum's several.
  ///
  /// - Parameter batches: Values, batch by batch; at least two have some.
  /// - Returns: Within 1/200 of what the values span and Silverman's, to 5 %; nil where all values are equal.
  /// - Source: M. Rudemo, "Empirical choice of histograms and kernel density estimators", 1982; A. W. Bowman, "An alternative
  ///   method of cross-validation for the smoothing of density estimates", 1984.
  static func bandwidth(for batches: [[Double]]) -> Double? {
    let all = batches.flatMap(\.self)
    guard let low = all.min(), let high = all.max(), let most = silverman(all) else { return nil }
    let least = (high - low) / 200
    guard most > least else { return least }
    let steps = max(1, Int((log(most / least) / log(1.05)).rounded(.up)))
    let candidates = (0...steps).map { least * pow(most / least, Double($0) / Double(steps)) }
    let validation = CrossValidation(batches)
    let best = candidates.map { (score: validation.score($0), bandwidth: $0) }.min { $0.score < $1.score }?.bandwidth
    // A share of the values needs a wider kernel than all of them: h falls with n^(1/5).
    return (best ?? most) * validation.narrowing
  }

  /// Silverman's rule of thumb, 0.9 · min(s, quartiles' distance / 1.349) · n^(−1/5); nil for values without spread.
  static func silverman(_ values: [Double]) -> Double? {
    guard let deviation = BatchMeans(values).deviation, deviation > 0, deviation.isFinite else { return nil }
    let sorted = values.sorted()
    let quartiles = HessianSummary.quantile(0.75, of: sorted) - HessianSummary.quantile(0.25, of: sorted)
    let scale = quartiles > 0 ? min(deviation, quartiles / 1.349) : deviation
    return 0.9 * scale * pow(Double(values.count), -0.2)
  }
}

/// The cross-validation of one checkpoint's bandwidth.
private struct CrossValidation {
  /// Distances of values of the same batch, and of different ones, each pair once.
  private var within: [Double] = []
  private var across: [Double] = []
  private let count: Int
  /// (used / all)^(1/5).
  let narrowing: Double

  /// Pairs grow with the square: more values say little more about the bandwidth.
  private static let mostValues = 1000

  init(_ batches: [[Double]]) {
    var used: [[Double]] = []
    var taken = 0
    for batch in batches where !batch.isEmpty && (used.count < 2 || taken + batch.count <= Self.mostValues) {
      used.append(batch)
      taken += batch.count
    }
    count = taken
    narrowing = pow(Double(taken) / Double(batches.reduce(0) { $0 + $1.count }), 0.2)
    for (index, batch) in used.enumerated() {
      for (place, value) in batch.enumerated() {
        within += batch[(place + 1)...].map { $0 - value }
        for other in used[(index + 1)...] { across += other.map { $0 - value } }
      }
    }
  }

  /// ∫f² − 2 · mean of f₋, without what does not depend on the bandwidth.
  func score(_ h: Double) -> Double {
    let root = (2 * Double.pi).squareRoot()
    func sum(_ distances: [Double], _ width: Double) -> Double {
      distances.reduce(0) { $0 + exp(-$1 * $1 / (2 * width * width)) } / (width * root)
    }
    // The square of a sum of Gaussians integrates to Gaussians of √2 times the width at all distances.
    let wide = h * 2.0.squareRoot()
    let n = Double(count)
    let square = (2 * (sum(within, wide) + sum(across, wide)) + n / (wide * root)) / (n * n)
    guard !across.isEmpty else { return square }
    return square - 2 * sum(across, h) / Double(across.count)
  }
}
