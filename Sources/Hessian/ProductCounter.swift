internal import Tensors

/// Applies an operator, counts its products and refuses those that are not finite.
struct ProductCounter {
  private(set) var products = 0

  /// Writes A·v into `product`.
  mutating func apply<A: SymmetricOperator>(
    _ a: inout A, to v: Span<Float>, into product: inout Buffer, team: Team
  ) throws {
    var span = product.mutableSpan
    try apply(&a, to: v, into: &span, team: team)
  }

  /// Writes A·vᵢ into vector i of `products`.
  mutating func apply<A: SymmetricOperator>(
    _ a: inout A, to vectors: borrowing VectorStack, _ i: Int, into products: inout VectorStack, team: Team
  ) throws {
    var span = products.mutableVector(i)
    try apply(&a, to: vectors.vector(i), into: &span, team: team)
  }

  /// Writes A·v into `product`.
  mutating func apply<A: SymmetricOperator>(
    _ a: inout A, to v: Span<Float>, into product: inout MutableSpan<Float>, team: Team
  ) throws {
    try a.apply(to: v, into: &product)
    products += 1
    // One entry that is not finite makes the norm so; finite ones of Float cannot overflow a sum in Double.
    guard norm(product.span, team: team).isFinite else { throw HessianError.notFinite(product: products) }
  }
}

/// θ = vᵀw / vᵀv and ‖w − θ v‖ / ‖v‖ for w = A v; v, rounded to single precision, is a unit vector only nearly.
func rayleigh(_ v: Span<Float>, _ w: Span<Float>, team: Team) -> (value: Double, residual: Double) {
  let square = dot(v, v, team: team)
  let value = dot(v, w, team: team) / square
  return (value, distance(w, value, v, team: team) / square.squareRoot())
}

/// Fills `v` with random values and makes it a unit vector.
func unitVector(_ random: RandomVectors, _ v: inout Buffer, team: Team) {
  var span = v.mutableSpan
  random.fillUniform(&span, team: team)
  let length = norm(span.span, team: team)
  scale(by: 1 / length, &span, team: team)
}

extension VectorStack {
  /// w ← (1 − VVᵀ) w twice, V the first `rows` vectors; returns Vᵀw from before.
  ///
  /// "Twice is enough": after a second time, w is orthogonal to V to rounding.
  ///
  /// - Source: Giraud, Langou, Rozložník, "The loss of orthogonality in the Gram–Schmidt orthogonalization process", 2005.
  borrowing func orthogonalize(_ w: inout MutableSpan<Float>, rows: Int, team: Team) -> [Double] {
    var total = [Double](repeating: 0, count: rows)
    for _ in 0..<2 {
      let h = dots(with: w.span, rows: rows, team: team)
      add(h.map { -$0 }, to: &w, team: team)
      for i in 0..<rows { total[i] += h[i] }
    }
    return total
  }
}
