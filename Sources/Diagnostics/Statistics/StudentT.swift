internal import Foundation

/// Student's t distribution, for intervals of means.
public enum StudentT {
  /// The t for which a share `probability` of the distribution lies below it.
  ///
  /// - Parameters:
  ///   - probability: In 0.5 ..< 1.
  ///   - degreesOfFreedom: At least 1.
  /// - Returns: The quantile, to about 1e-9 relative: by bisection on the regularised incomplete beta function.
  public static func quantile(_ probability: Double, degreesOfFreedom: Int) -> Double {
    precondition(probability >= 0.5 && probability < 1 && degreesOfFreedom >= 1)
    let tail = 2 * (1 - probability)
    var (low, high) = (0.0, 1.0)
    while twoSidedTail(high, degreesOfFreedom) > tail { high *= 2 }
    for _ in 0..<200 where high - low > 1e-12 * high {
      let middle = (low + high) / 2
      if twoSidedTail(middle, degreesOfFreedom) > tail { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// The two-sided p of a distance from 0: the probability of a larger one where nothing differs.
  ///
  /// - Parameters:
  ///   - distance: At least 0.
  ///   - standardError: Of the distance, at least 0; where it is 0 any distance other than 0 has p = 0.
  ///   - degreesOfFreedom: At least 1.
  /// - Returns: The probability, 1 for no distance.
  public static func pValue(_ distance: Double, standardError: Double, degreesOfFreedom: Int) -> Double {
    distance > 0 ? twoSidedTail(distance / standardError, degreesOfFreedom) : 1
  }

  /// P(|T| > t) = I_x(ν/2, 1/2) with x = ν / (ν + t²).
  static func twoSidedTail(_ t: Double, _ degreesOfFreedom: Int) -> Double {
    let nu = Double(degreesOfFreedom)
    return regularizedBeta(nu / (nu + t * t), nu / 2, 0.5)
  }

  /// I_x(a, b) by its continued fraction (Abramowitz and Stegun 26.5.8), on the side where that converges fast.
  private static func regularizedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    if x > (a + 1) / (a + b + 2) { return 1 - regularizedBeta(1 - x, b, a) }
    let logFactor = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)
    return exp(logFactor) * continuedFraction(x, a, b) / a
  }

  /// 1 / (1 + d₁ / (1 + d₂ / (1 + …))) by Lentz's method.
  private static func continuedFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    var (c, d) = (1.0, 1 / max(abs(1 - (a + b) * x / (a + 1)), tiny))
    var h = d
    for m in 1...500 {
      let m = Double(m)
      for numerator in [
        m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
      ] {
        d = 1 / (1 + numerator * d)
        c = 1 + numerator / c
        h *= c * d
      }
      if abs(c * d - 1) < 1e-15 { break }
    }
    return h
  }
}
