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
  var sums = Lanes.zero
  walk(width) { i in
    unsafe sums += x.lanes(at: i)
  } rest: { i, n in
    unsafe sums += x.lanes(at: i, count: n)
  }
  let mean = sums.sum() / Float(width)
  var (remainders, squares) = (Lanes.zero, Lanes.zero)
  walk(width) { i in
    let d = unsafe x.lanes(at: i) - mean
    remainders += d
    squares += d * d
  } rest: { i, n in
    let d = unsafe x.lanes(at: i, count: n, filler: mean) - mean
    remainders += d
    squares += d * d
  }
  // What the rounded mean lacks; it is small beside the deviation, so the difference of squares loses nothing.
  let remainder = remainders.sum() / Float(width)
  let variance = max(squares.sum() / Float(width) - remainder * remainder, 0)
  let inverseDeviation = 1 / (variance + epsilon).squareRoot()
  walk(width) { i in
    let normalized = unsafe ((x.lanes(at: i) - mean) - remainder) * inverseDeviation
    unsafe y.store(gamma.lanes(at: i) * normalized + beta.lanes(at: i), at: i)
  } rest: { i, n in
    let normalized = unsafe ((x.lanes(at: i, count: n) - mean) - remainder) * inverseDeviation
    unsafe y.store(gamma.lanes(at: i, count: n) * normalized + beta.lanes(at: i, count: n), at: i, count: n)
  }
}
