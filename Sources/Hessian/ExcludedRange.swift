internal import Foundation

/// How far beyond the last value reported an eigenvalue that was overlooked may lie, at most, but for a stated probability.
///
/// The distance is `share` · `width`, and a rank's margin is at least that.
public struct ExcludedRange: Sendable, Hashable, Codable {
  /// The distance as a share of the spectrum's width.
  public var share: Double
  /// With at least this probability, over random start vectors, nothing that was overlooked lies further beyond.
  public var probability: Double
  /// The width: from the smallest to the largest Rayleigh quotient seen, which the spectrum contains.
  public var width: Double

  /// The probability that every search is held to; 1 where A was formed, see ``RankCheckOptions/formsMatrix``.
  public static let probability = 0.99

  /// The range of a distance.
  init(distance: Double, width: Double, probability: Double = Self.probability) {
    share = distance == 0 ? 0 : width > 0 ? distance / width : 1
    self.probability = probability
    self.width = width
  }

  /// The share of the width that k products exclude of any spectrum: what can be promised before a search.
  ///
  /// Let b be a start vector uniform on the sphere, c its component along the eigenvector of λ₁, and θ the largest Ritz value after k
  /// products. For every polynomial p of degree below k, p(A)b has a Rayleigh quotient of at most θ. So
  ///
  ///     c² p(λ₁)² (λ₁ − θ) ≤ Σ cᵢ² p(λᵢ)² (θ − λᵢ) over the λᵢ below θ.
  ///
  /// With √(θ − λ) p(λ) the Chebyshev polynomial of degree 2k − 1 of √((θ − λ)/(θ − λₙ)), and λ₁ − θ = ε (λ₁ − λₙ), this says
  /// c² cosh²((2k − 1) artanh √ε) ≤ 1. Now |c| ≤ δ has a probability of at most δ √(2(n − 1)/π).
  ///
  /// - Parameters:
  ///   - products: k ≥ 1, of a search without a restart.
  ///   - order: n ≥ 1.
  ///   - failure: The probability that more than this share is missed, at one end of the spectrum.
  /// - Returns: ε, 0 … 1.
  /// - Source: Kuczyński and Woźniakowski, "Estimating the largest eigenvalue by the power and Lanczos algorithms with a random start",
  ///   SIAM J. Matrix Anal. Appl. 13 (1992), who have 1.648 √n e^(−√ε (2k − 1)) for the probability, which is never less than this.
  public static func share(products: Int, order: Int, failure: Double) -> Double {
    precondition(products >= 1)
    let delta = smallestComponent(order: order, failure: failure)
    let root = tanh(acosh(1 / delta) / Double(2 * products - 1))
    return root * root
  }

  /// The fewest products that exclude this share of any spectrum.
  ///
  /// - Parameters:
  ///   - share: ε, above 0 and below 1.
  ///   - order: n ≥ 1.
  ///   - failure: As above.
  /// - Returns: k.
  public static func products(share: Double, order: Int, failure: Double) -> Int {
    precondition(share > 0 && share < 1)
    let delta = smallestComponent(order: order, failure: failure)
    return max(1, Int(((acosh(1 / delta) / atanh(share.squareRoot()) + 1) / 2).rounded(.up)))
  }
}

/// δ such that a component of a vector uniform on the unit sphere is below it with at most this probability.
///
/// The density of a component is at most Γ(n/2)/(√π Γ((n − 1)/2)) ≤ √((n − 1)/2π) for n ≥ 3, and for n = 2 where |c| ≤ ½.
func smallestComponent(order: Int, failure: Double) -> Double {
  order <= 1 ? 1 : min(0.5, failure * (Double.pi / (2 * Double(order - 1))).squareRoot())
}
