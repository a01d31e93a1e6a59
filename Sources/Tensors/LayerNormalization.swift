/// y = γ (x − μ) / √(σ² + ε) + β over the last axis.
///
/// - Parameters:
///   - x: Shape [rows, D], with D = `gamma.count`.
///   - gamma: γ, shape [D].
///   - beta: β, shape [D].
///   - epsilon: ε.
///   - y: Receives the result, shape [rows, D].
///   - team: The cores to divide the rows over.
/// - Source: Ba et al. 2016, eq. 4, with the biased variance that PyTorch uses. Mean and variance in two passes, the second of
///   which corrects the rounding of the first one's mean (Chan, Golub and LeVeque 1983, eq. 1.7): a mean that is large beside the
///   deviation does not cancel digits.
public func layerNormalization(
  _ x: Span<Float>, gamma: Span<Float>, beta: Span<Float>, epsilon: Float,
  into y: inout MutableSpan<Float>, team: Team = .single
) {
  let width = gamma.count
  precondition(width > 0 && beta.count == width && x.count == y.count && x.count.isMultiple(of: width))
  let rows = x.count / width
  let (x, gamma, beta, y) = unsafe (Source(x), Source(gamma), Source(beta), Target(&y))
  team.forEachRow(rows, nanoseconds: 0.3 * Double(width)) { row in
    unsafe normalizeRow(x.from(row * width), gamma, beta, width, epsilon, into: y.from(row * width))
  }
}

/// The same in place, of rows that may lie apart.
///
/// - Parameters:
///   - x: Rows of D values, `stride` apart; what lies between them stays as it is.
///   - gamma: γ, shape [D].
///   - beta: β, shape [D].
///   - epsilon: ε.
///   - stride: From one row's first value to the next one's; divides the number of values.
///   - team: The cores to divide the rows over.
public func layerNormalization(
  of x: inout MutableSpan<Float>, gamma: Span<Float>, beta: Span<Float>, epsilon: Float, stride: Int,
  team: Team = .single
) {
  let width = gamma.count
  precondition(width > 0 && beta.count == width && stride >= width && x.count.isMultiple(of: stride))
  let rows = x.count / stride
  let (gamma, beta, x) = unsafe (Source(gamma), Source(beta), Target(&x))
  team.forEachRow(rows, nanoseconds: 0.3 * Double(width)) { row in
    // Every value of a row has been read before the first one is written, and each again just before it is.
    let place = unsafe x.from(row * stride)
    unsafe normalizeRow(place.source, gamma, beta, width, epsilon, into: place)
  }
}

@unsafe @inline(__always)
private func normalizeRow(
  _ x: Source, _ gamma: Source, _ beta: Source, _ width: Int, _ epsilon: Float,
  into y: Target
) {
  let normalization = unsafe RowNormalization(x, width, epsilon)
  eachRun(width) { i, n in
    unsafe y.put(gamma.some(at: i, n) * normalization(x.some(at: i, n)) + beta.some(at: i, n), at: i, n)
  }
}

/// What makes x̂ = (x − μ) ρ of a row, ρ = 1/√(σ² + ε): the only arithmetic of it, for features and for derivatives.
///
/// The mean of large values is rounded by more than a small deviation can bear. What the rounded mean lacks, the mean of x − μ, is
/// kept beside it and subtracted, too (Chan, Golub, LeVeque 1983, "Algorithms for computing the sample variance").
struct RowNormalization<Element: TapeElement> {
  /// μ, rounded.
  let mean: Element
  /// What μ lacks; small beside the deviation.
  let remainder: Element
  /// ρ.
  let inverseDeviation: Element

  @inline(__always) init(mean: Element, remainder: Element, inverseDeviation: Element) {
    self.mean = mean
    self.remainder = remainder
    self.inverseDeviation = inverseDeviation
  }

  /// The statistics of a row of `width` values.
  @unsafe @inline(__always) init(_ x: ReadPointer<Element>, _ width: Int, _ epsilon: Element) {
    let mean = meanOf(width) { i, n in unsafe x.some(at: i, n) }
    let (remainder, square) = meansOf(width) { i, n in
      let d = unsafe (n == 16 ? x.lanes(at: i) : x.lanes(at: i, count: n, filler: mean)) - mean
      return (d, d * d)
    }
    // The remainder is small beside the deviation, so the difference of squares loses nothing.
    let variance = max(square - remainder * remainder, 0)
    // Squares beyond the largest number would make ρ 0 and the row a constant: NaN is noticed instead.
    let inverse = variance.isFinite ? 1 / (variance + epsilon).squareRoot() : .nan
    self.init(mean: mean, remainder: remainder, inverseDeviation: inverse)
  }

  /// x̂ of sixteen values of the row.
  @inline(__always) func callAsFunction(_ x: SIMD16<Element>) -> SIMD16<Element> {
    ((x - mean) - remainder) * inverseDeviation
  }
}
