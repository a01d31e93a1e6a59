internal import Tensors

/// Applies an operator, counts its products and refuses those that are not finite.
struct ProductCounter {
  private(set) var products = 0

  /// Writes A·v into `product`; returns its norm.
  @discardableResult
  mutating func apply<A: SymmetricOperator>(
    _ a: inout A, to v: Span<Float>, into product: inout Buffer, team: Team
  ) throws -> Double {
    var span = product.mutableSpan
    return try apply(&a, to: v, into: &span, team: team)
  }

  /// Writes A·vᵢ into vector `row` of `products`; returns its norm.
  @discardableResult
  mutating func apply<A: SymmetricOperator>(
    _ a: inout A, to vectors: borrowing VectorStack, _ i: Int, into products: inout VectorStack, _ row: Int, team: Team
  ) throws -> Double {
    var span = products.mutableVector(row)
    return try apply(&a, to: vectors.vector(i), into: &span, team: team)
  }

  /// Writes A·(2vᵢ) / 2 into `product`; returns its norm.
  ///
  /// For a linear map that is A·vᵢ to the last bit, since only exponents differ; a map that is not linear has another product.
  private mutating func applyToDouble<A: SymmetricOperator>(
    _ a: inout A, of vectors: inout VectorStack, _ i: Int, into product: inout MutableSpan<Float>, team: Team
  ) throws -> Double {
    vectors.scaleVector(i, by: 2, team: team)
    let norm = try apply(&a, to: vectors.vector(i), into: &product, team: team) / 2
    vectors.scaleVector(i, by: 0.5, team: team)
    scale(by: 0.5, &product, team: team)
    return norm
  }

  /// Writes A·(2vᵢ) / 2 into vector `row` of `products`; returns its norm.
  mutating func applyToDouble<A: SymmetricOperator>(
    _ a: inout A, of vectors: inout VectorStack, _ i: Int, into products: inout VectorStack, _ row: Int, team: Team
  ) throws -> Double {
    var span = products.mutableVector(row)
    return try applyToDouble(&a, of: &vectors, i, into: &span, team: team)
  }

  /// Writes A·(2vᵢ) / 2 into `product`; returns its norm.
  mutating func applyToDouble<A: SymmetricOperator>(
    _ a: inout A, of vectors: inout VectorStack, _ i: Int, into product: inout Buffer, team: Team
  ) throws -> Double {
    var span = product.mutableSpan
    return try applyToDouble(&a, of: &vectors, i, into: &span, team: team)
  }

  /// Writes A·v into `product`; returns its norm.
  private mutating func apply<A: SymmetricOperator>(
    _ a: inout A, to v: Span<Float>, into product: inout MutableSpan<Float>, team: Team
  ) throws -> Double {
    try a.apply(to: v, into: &product)
    products += 1
    // One entry that is not finite makes the norm so; finite ones of Float cannot overflow a sum in Double.
    let norm = norm(product.span, team: team)
    guard norm.isFinite else { throw HessianError.notFinite(product: products) }
    return norm
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
  /// Keeps the vectors named, in this order.
  mutating func keep(_ order: [Int], team: Team) {
    if order != Array(order.indices) {
      rotate(by: order.map { i in order.indices.map { $0 == i ? 1.0 : 0 } }, team: team)
    }
    truncate(to: order.count)
  }
}
