/// x ← GELU(x + b) = (x + b) Φ(x + b) for every row, Φ the normal distribution function (the exact, "erf" form).
///
/// Relative error below 2e-6 right of −8 and below 5e-6 left of it, where ½ x (1 + erf(x/√2)) has lost every digit; 0 left of −13.2,
/// where the value would be subnormal.
///
/// - Parameters:
///   - bias: b, shape [F].
///   - x: Shape [rows, F].
///   - team: The cores to divide the rows over.
/// - Source: Hendrycks and Gimpel 2016, eq. 1.
public func addBiasThenGELU(_ bias: Span<Float>, to x: inout MutableSpan<Float>, team: Team = .single) {
  let width = bias.count
  precondition(width > 0 && x.count.isMultiple(of: width))
  let rows = x.count / width
  let (b, x) = unsafe (Source(bias), Target(&x))
  team.forEachRow(rows, nanoseconds: 1.7 * Double(width)) { row in
    let y = unsafe x.from(row * width)
    walk(width) { i in
      unsafe y.store(gelu(y.lanes(at: i) + b.lanes(at: i)), at: i)
    } rest: { i, n in
      unsafe y.store(gelu(y.lanes(at: i, count: n) + b.lanes(at: i, count: n)), at: i, count: n)
    }
  }
}

/// x Φ(x).
@inline(__always) func gelu(_ x: Lanes) -> Lanes { x * normalDistribution(x).cumulative }

/// Φ(x) and φ(x) = Φ′(x) from one exponential.
///
/// Φ(−a) = e^(−a²/2) t Q(t) with t = 1 / (1 + 0.2316419 a), a ≥ 0 (the form of Abramowitz and Stegun 26.2.17); Q fitted here to a
/// relative error of 1.3e-7 over 0 ≤ a ≤ 14 by iteratively reweighted least squares on erfcx.
@inline(__always) func normalDistribution(_ x: Lanes) -> (cumulative: Lanes, density: Lanes) {
  let a = x.replacing(with: -x, where: x .< 0)
  let t = 1 / (1 + 0.231_641_9 * a)
  var q = t * -0.070_424_121_18 + 0.247_686_592_08
  q = q * t - 0.201_660_267_45
  q = q * t + 0.225_253_255_50
  q = q * t + 0.013_551_860_18
  q = q * t + 0.102_650_413_79
  q = q * t + 0.090_420_081_91
  q = q * t + 0.092_522_249_58
  let e = exponential(-0.5 * a * a)
  let left = e * t * q
  let cumulative = left.replacing(with: 1 - left, where: x .> 0)
  return (cumulative, e * 0.398_942_280_401_432_7)
}
