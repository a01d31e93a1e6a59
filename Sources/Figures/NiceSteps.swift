import Glibc

/// A tick distance that reads well: 1, 2 or 5 times a power of ten.
struct NiceStep: Hashable {
  /// 1, 2 or 5.
  let mantissa: Int
  /// The power of ten.
  let exponent: Int

  /// The distance.
  var value: Double { exponent >= 0 ? Double(mantissa) * pow(10, Double(exponent)) : multiple(1) }

  /// Digits after the point that tell two multiples apart.
  var decimals: Int { max(0, -exponent) }

  /// `count` times the distance; one rounding only, so 3 × 0.1 is 0.3.
  func multiple(_ count: Int) -> Double {
    let whole = Double(count * mantissa)
    return exponent >= 0 ? whole * pow(10, Double(exponent)) : whole / pow(10, Double(-exponent))
  }

  /// The smallest nice distance that divides `span` into at most `count` parts.
  init(span: Double, parts count: Int) {
    let raw = span / Double(max(count, 1))
    var exponent = Int(floor(log10(raw)))
    var mantissa = 1
    // One part in 10⁹ forgives the rounding of the quotient.
    let leading = raw / pow(10, Double(exponent)) * (1 - 1e-9)
    switch leading {
    case ...1: mantissa = 1
    case ...2: mantissa = 2
    case ...5: mantissa = 5
    default: (mantissa, exponent) = (1, exponent + 1)
    }
    (self.mantissa, self.exponent) = (mantissa, exponent)
  }

  /// A given distance.
  init(mantissa: Int, exponent: Int) {
    (self.mantissa, self.exponent) = (mantissa, exponent)
  }

  /// All multiples inside the range, ends included.
  func multiples(in range: ClosedRange<Double>) -> [Double] {
    let slack = 1e-9 * (range.upperBound - range.lowerBound) / value
    let first = (range.lowerBound / value - slack).rounded(.up)
    let last = (range.upperBound / value + slack).rounded(.down)
    guard first <= last, abs(first) < 1e12, abs(last) < 1e12, last - first < 10_000 else { return [] }
    return (Int(first)...Int(last)).map { multiple($0) }
  }
}
