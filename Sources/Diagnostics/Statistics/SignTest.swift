internal import Foundation

/// The sign test: whether differences are positive more often than negative, or the other way round.
///
/// Under the null hypothesis each difference is as likely positive as negative, whatever its size and distribution. Differences of
/// exactly 0 say nothing and are dropped.
public struct SignTest: Sendable, Hashable {
  /// Differences above 0.
  public let positive: Int
  /// Differences below 0.
  public let negative: Int

  /// The test of some differences.
  public init(_ differences: [Double]) {
    positive = differences.count { $0 > 0 }
    negative = differences.count { $0 < 0 }
  }

  /// The exact two-sided p of the binomial distribution with probability ½: twice the smaller tail, at most 1; 1 where every difference
  /// is 0.
  public var pValue: Double {
    let (few, count) = (min(positive, negative), positive + negative)
    let (n, k) = (Double(count), Double(few))
    // The probability of k of n, then of one less, and so on.
    let logarithm: Double = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * log(2.0)
    var (term, tail) = (exp(logarithm), 0.0)
    for i in stride(from: k, through: 0, by: -1) {
      tail += term
      term *= i / (n - i + 1)
    }
    return min(1, 2 * tail)
  }
}
