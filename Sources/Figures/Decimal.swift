import Glibc

/// Numbers as text: the same digits on every machine, a true minus sign, no exponent.
enum Decimal {
  /// U+2212, as wide as a plus sign; a hyphen is too short.
  static let minus = "\u{2212}"

  /// `value` with exactly `decimals` digits after the point.
  static func text(_ value: Double, decimals: Int, minus: String = Decimal.minus) -> String {
    let scale = pow(10, Double(decimals))
    let scaled = (abs(value) * scale).rounded()
    // Beyond 2⁵³ the digits would be noise, and beyond 2⁶³ the conversion traps.
    guard scaled < 9e15 else { return value < 0 ? minus + "∞" : "∞" }
    let digits = String(Int64(scaled))
    let sign = value < 0 && scaled > 0 ? minus : ""
    guard decimals > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }

  /// `value` to a thousandth without trailing zeros, for coordinates in files.
  static func coordinate(_ value: Double) -> String {
    var text = text(value, decimals: 3, minus: "-")
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// 10 to a whole power, as in 10⁻³.
  static func powerOfTen(_ exponent: Int) -> String {
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    let raised = String(abs(exponent)).compactMap(\.wholeNumberValue).map { digits[$0] }
    return "10" + (exponent < 0 ? "⁻" : "") + String(raised)
  }
}

extension Decimal {
  /// `value` with so many digits that count and no zeros after them, as a power of ten where it is very large or very small.
  static func significant(_ value: Double, digits: Int) -> String {
    guard value != 0, value.isFinite else { return value == 0 ? "0" : value < 0 ? minus + "∞" : "∞" }
    let exponent = Int(floor(log10(abs(value))))
    guard (-5..<12).contains(exponent) else {
      return trimmed(text(value / pow(10, Double(exponent)), decimals: digits - 1)) + "×" + powerOfTen(exponent)
    }
    return trimmed(text(value, decimals: max(0, digits - 1 - exponent)))
  }

  private static func trimmed(_ digits: String) -> String {
    guard digits.contains(".") else { return digits }
    var digits = digits
    while digits.hasSuffix("0") { digits.removeLast() }
    if digits.hasSuffix(".") { digits.removeLast() }
    return digits
  }
}
