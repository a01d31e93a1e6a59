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

  /// The bandwidth of Sheather and Jones, or Silverman's where that is narrower; nil for values without spread.
  ///
  /// Silverman's rule takes the values for one bump, and smears the two of a spectrum with both signs. Sheather and Jones estimate the
  /// curvature of the density first.
  ///
  /// - Source: S. J. Sheather, M. C. Jones, "A reliable data-based bandwidth selection method for kernel density estimation", 1991,
  ///   the direct plug-in with two stages; constants as in Jones, Sheather, 1991.
  static func bandwidth(for values: [Double]) -> Double? {
    let n = Double(values.count)
    guard let scale = scale(of: values) else { return nil }
    let silverman = 0.9 * scale * pow(n, -0.2)
    // ψ₆ at a pilot bandwidth for a normal density, then ψ₄ at the one that ψ₆ suggests.
    let psi6 = functional(values, order: 6, bandwidth: 1.23 * scale * pow(n, -1 / 9)) {
      (($0 - 15) * $0 + 45) * $0 - 15
    }
    guard psi6 < 0 else { return silverman }
    let pilot = pow(2.394 / (n * -psi6), 1 / 7)
    let psi4 = functional(values, order: 4, bandwidth: pilot) { ($0 - 6) * $0 + 3 }
    guard psi4 > 0 else { return silverman }
    let plugIn = pow(1 / (2 * Double.pi.squareRoot() * n * psi4), 0.2)
    return plugIn.isNormal ? min(plugIn, silverman) : silverman
  }

  /// The standard deviation, or what the quartiles say of it where that is less.
  private static func scale(of values: [Double]) -> Double? {
    guard let deviation = BatchMeans(values).deviation, deviation > 0, deviation.isFinite else { return nil }
    let sorted = values.sorted()
    let quartiles = HessianSummary.quantile(0.75, of: sorted) - HessianSummary.quantile(0.25, of: sorted)
    return quartiles > 0 ? min(deviation, quartiles / 1.349) : deviation
  }

  /// ψ, the mean derivative of even order r of the density: Σᵢⱼ p(dᵢⱼ²/h²) φ(dᵢⱼ/h) / (n (n − 1) hʳ⁺¹), where p φ is φ's derivative.
  private static func functional(
    _ values: [Double], order: Int, bandwidth h: Double, _ polynomial: (Double) -> Double
  ) -> Double {
    var sum = 0.0
    for one in values {
      for other in values {
        let square = (one - other) * (one - other) / (h * h)
        sum += polynomial(square) * exp(-square / 2)
      }
    }
    let n = Double(values.count)
    return sum / (n * (n - 1) * (2 * Double.pi).squareRoot() * pow(h, Double(order + 1)))
  }
}
