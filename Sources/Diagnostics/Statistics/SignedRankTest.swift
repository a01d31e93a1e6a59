internal import Foundation

/// Wilcoxon's signed-rank test: whether paired differences lie to one side of 0.
///
/// Under the null hypothesis each difference is as likely positive as negative, whatever its size. The sizes themselves may have any
/// distribution: a single huge difference has one rank, as any other.
///
/// Conventions: differences of exactly 0 are dropped (Wilcoxon, 1945). Differences of equal size share the mean of their ranks, and the
/// null distribution is that of these ranks, so that the test is exact with ties, too. Beyond `mostExact` differences the normal
/// distribution stands in, with the variance of these ranks and a correction for continuity; `isExact` says so.
///
/// - Source: Wilcoxon, "Individual comparisons by ranking methods", 1945; Hollander, Wolfe and Chicken, *Nonparametric Statistical
///   Methods*, 3.1.
public struct SignedRankTest: Sendable, Hashable {
  /// Differences other than 0.
  public let count: Int
  /// W⁺, the sum of the ranks of positive differences.
  public let statistic: Double
  /// The probability of a W⁺ as large or larger: small where differences lie above 0.
  public let upperTail: Double
  /// The probability of a W⁺ as small or smaller: small where differences lie below 0.
  public let lowerTail: Double
  /// Whether the tails are those of the exact distribution.
  public let isExact: Bool

  /// The two-sided p: twice the smaller tail, at most 1; 1 where every difference is 0.
  public var pValue: Double { min(1, 2 * min(upperTail, lowerTail)) }

  /// The most differences for which the exact distribution is computed; a tenth of a second, as n³.
  public static let mostExact = 500

  /// The test of some differences, none of them NaN.
  ///
  /// - Complexity: At most n · Σ ranks / 2 additions, about n³ / 4; twice as many for ties with half ranks.
  public init(_ differences: [Double]) { self.init(differences, mostExact: Self.mostExact) }

  init(_ differences: [Double], mostExact: Int) {
    let kept = differences.filter { $0 != 0 }
    let ranks = Self.doubledRanks(kept.map(abs))
    let doubled = zip(kept, ranks).reduce(0) { $1.0 > 0 ? $0 + $1.1 : $0 }
    count = kept.count
    statistic = Double(doubled) / 2
    isExact = kept.count <= mostExact
    (lowerTail, upperTail) =
      isExact ? SignedRankDistribution.tails(doubled, ranks) : Self.normalTails(doubled, ranks)
  }

  /// Twice the ranks, so that those of ties are whole numbers, too.
  private static func doubledRanks(_ sizes: [Double]) -> [Int] {
    let order = sizes.indices.sorted { sizes[$0] < sizes[$1] }
    var ranks = [Int](repeating: 0, count: sizes.count)
    var first = 0
    while first < order.count {
      var end = first + 1
      while end < order.count, sizes[order[end]] == sizes[order[first]] { end += 1 }
      // The mean of ranks first + 1 … end, twice.
      for place in first..<end { ranks[order[place]] = first + 1 + end }
      first = end
    }
    return ranks
  }

  /// The tails of the normal distribution with the mean and variance of twice W⁺.
  private static func normalTails(_ doubled: Int, _ ranks: [Int]) -> (lower: Double, upper: Double) {
    let mean = Double(ranks.reduce(0, +)) / 2
    let deviation = ranks.reduce(0.0) { $0 + Double($1) * Double($1) / 4 }.squareRoot()
    // The correction for continuity: half of the step from one W⁺ to the next.
    func tail(_ distance: Double) -> Double { 0.5 * erfc(-(distance + 1) / deviation / 2.0.squareRoot()) }
    return (tail(Double(doubled) - mean), tail(mean - Double(doubled)))
  }
}

/// The distribution of W⁺ where every sign is a fair coin, as far as it is asked for.
struct SignedRankDistribution {
  /// P(2 W⁺ = s · step) for s = 0, 1, … up to a limit.
  private(set) var probabilities: [Double]
  /// 2 where all ranks are whole numbers, 1 where some are half ones.
  let step: Int

  /// The distribution for twice the ranks, by adding one rank after the other.
  ///
  /// - Parameters:
  ///   - doubledRanks: Twice each rank.
  ///   - limit: The largest 2 W⁺ that is of interest; nil for all.
  init(doubledRanks: [Int], upTo limit: Int? = nil) {
    step = doubledRanks.contains { !$0.isMultiple(of: 2) } ? 1 : 2
    let last = (limit ?? doubledRanks.reduce(0, +)) / step
    probabilities = [Double](repeating: 0, count: last + 1)
    probabilities[0] = 1
    var top = 0
    // Small ranks first: sums stay short for longer.
    for rank in doubledRanks.sorted().map({ $0 / step }) {
      top = min(top + rank, last)
      // From above: what lies `rank` lower is not changed yet.
      var sum = top
      while sum >= rank {
        probabilities[sum] = 0.5 * (probabilities[sum] + probabilities[sum - rank])
        sum -= 1
      }
      while sum >= 0 {
        probabilities[sum] *= 0.5
        sum -= 1
      }
    }
  }

  /// P(2 W⁺ ≤ doubled) and P(2 W⁺ ≥ doubled): the smaller is summed, the larger is what it leaves, as the distribution is symmetric.
  static func tails(_ doubled: Int, _ doubledRanks: [Int]) -> (lower: Double, upper: Double) {
    let mirrored = doubledRanks.reduce(0, +) - doubled
    let probabilities = SignedRankDistribution(doubledRanks: doubledRanks, upTo: min(doubled, mirrored)).probabilities
    let tail = min(1, probabilities.reduce(0, +))
    let other = min(1, 1 - tail + probabilities[probabilities.count - 1])
    return doubled <= mirrored ? (tail, other) : (other, tail)
  }
}
