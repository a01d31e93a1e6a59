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
    try a.apply(to: v, into: &span)
    products += 1
    return try norm(dot(product.span, product.span, team: team))
  }

  /// Writes A·vᵢ into vⱼ of the same stack; `norm(_:)` must be asked next, with its square.
  mutating func apply<A: SymmetricOperator>(
    _ a: inout A, _ vectors: inout VectorStack, _ i: Int, to j: Int
  ) throws {
    try vectors.withVectors(i, writing: j) { v, product in try a.apply(to: v, into: &product) }
    products += 1
  }

  /// The norm of the last product, from its square.
  ///
  /// One entry that is not finite makes the square so; finite ones of Float cannot overflow a sum in Double.
  func norm(_ square: Double) throws -> Double {
    guard square.isFinite else { throw HessianError.notFinite(product: products) }
    return square.squareRoot()
  }

  /// Writes A·vᵢ into vector `row` of `products`, which is not asked about its norm: `norm(_:)` must be, with its square.
  mutating func apply<A: SymmetricOperator>(
    _ a: inout A, to vectors: borrowing VectorStack, _ i: Int, into products: inout VectorStack, _ row: Int
  ) throws {
    var span = products.mutableVector(row)
    try a.apply(to: vectors.vector(i), into: &span)
    self.products += 1
  }
}

/// Fills `v` with random values and makes it a unit vector.
func unitVector(_ random: RandomVectors, _ v: inout Buffer, team: Team) {
  var span = v.mutableSpan
  random.fillGaussian(&span, team: team)
  let length = norm(span.span, team: team)
  scale(by: 1 / length, &span, team: team)
}
