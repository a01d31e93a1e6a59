internal import Foundation

/// What the passes of a network compute in: `Float` for speed, `Double` to tell what single precision has rounded.
///
/// Every kernel is written once, for both; sixteen values at a time.
public protocol TapeElement: BinaryFloatingPoint, Codable, SIMDScalar, Sendable {
  /// eˣ of each value.
  static func exponentials(of x: SIMD16<Self>) -> SIMD16<Self>
  /// Φ(x) and φ(x) = Φ′(x) of each value, Φ the normal distribution function.
  static func normalDistributions(of x: SIMD16<Self>) -> (cumulative: SIMD16<Self>, density: SIMD16<Self>)
  /// The larger of two values in each place.
  ///
  /// Comparisons of generic vectors are made one by one, even where a function is specialised for an element type.
  static func larger(_ a: SIMD16<Self>, _ b: SIMD16<Self>) -> SIMD16<Self>
}

extension Float: TapeElement {
  /// eˣ with a relative error below 3e-7, for x ≤ 88; 0 below −87.
  @inline(__always)
  public static func exponentials(of x: SIMD16<Float>) -> SIMD16<Float> { exponential(x) }

  /// Φ and φ with a relative error below 5e-6, above −8 below 2e-6.
  @inline(__always)
  public static func normalDistributions(of x: SIMD16<Float>) -> (cumulative: SIMD16<Float>, density: SIMD16<Float>) {
    normalDistribution(x)
  }

  /// The larger of two values in each place (`pointwiseMax` costs eighty times as much on a baseline x86-64).
  @inline(__always)
  public static func larger(_ a: SIMD16<Float>, _ b: SIMD16<Float>) -> SIMD16<Float> {
    a.replacing(with: b, where: b .> a)
  }
}

extension Double: TapeElement {
  /// eˣ as the C library has it.
  public static func exponentials(of x: SIMD16<Double>) -> SIMD16<Double> {
    var result = x
    for lane in 0..<16 { result[lane] = exp(x[lane]) }
    return result
  }

  /// Φ(x) = ½ erfc(−x/√2), which keeps its digits in both tails, and φ, as the C library has them.
  public static func normalDistributions(
    of x: SIMD16<Double>
  ) -> (cumulative: SIMD16<Double>, density: SIMD16<Double>) {
    var (cumulative, density) = (x, x)
    for lane in 0..<16 {
      cumulative[lane] = 0.5 * erfc(-x[lane] / 2.0.squareRoot())
      density[lane] = exp(-0.5 * x[lane] * x[lane]) / (2 * Double.pi).squareRoot()
    }
    return (cumulative, density)
  }

  /// The larger of two values in each place.
  public static func larger(_ a: SIMD16<Double>, _ b: SIMD16<Double>) -> SIMD16<Double> {
    a.replacing(with: b, where: b .> a)
  }
}
