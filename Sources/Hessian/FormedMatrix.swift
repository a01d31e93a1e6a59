internal import Tensors

/// A itself, in double precision, from n products: where n is small enough, ranks can be proved.
struct FormedMatrix {
  /// The most rows: 128 MB.
  static let largestOrder = 4000

  let order: Int
  /// Row by row, symmetric.
  private var values: [Double]
  /// Frobenius' norm.
  private(set) var norm = 0.0

  /// The symmetric part of the matrix whose columns are A's products with unit vectors.
  ///
  /// `observer` is called after each product with its number; errors are those of products and of `observer`.
  init<A: SymmetricOperator>(
    of a: inout A, _ counter: inout ProductCounter, team: Team, observer: (Int) throws -> Void
  ) throws {
    let n = a.order
    precondition(n <= Self.largestOrder)
    order = n
    values = [Double](repeating: 0, count: n * n)
    var unit = Buffer(count: n)
    var product = Buffer(count: n)
    for i in 0..<n {
      set(&unit, i, to: 1)
      try counter.apply(&a, to: unit.span, into: &product, team: team)
      set(&unit, i, to: 0)
      let column = product.span
      for j in 0..<n {
        values[i * n + j] += Double(column[j]) / 2
        values[j * n + i] += Double(column[j]) / 2
      }
      try observer(counter.products)
    }
    norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// A matrix of these rows.
  init(_ rows: [[Double]]) {
    order = rows.count
    values = rows.flatMap(\.self)
    norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// Replaces A by (1 − UUᵀ) A (1 − UUᵀ) − s UUᵀ for orthonormal vectors u.
  mutating func project(outOf vectors: borrowing VectorStack, shift s: Double) {
    let n = order
    for i in 0..<vectors.count {
      let span = vectors.vector(i)
      var u = (0..<n).map { Double(span[$0]) }
      let length = u.reduce(0) { $0 + $1 * $1 }.squareRoot()
      u = u.map { $0 / length }
      let w = (0..<n).map { row in (0..<n).reduce(0) { $0 + values[row * n + $1] * u[$1] } }
      let along = zip(u, w).reduce(0) { $0 + $1.0 * $1.1 }
      for row in 0..<n {
        for column in 0..<n {
          values[row * n + column] += (along - s) * u[row] * u[column] - u[row] * w[column] - w[row] * u[column]
        }
      }
    }
  }

  /// Whether no eigenvalue of sign · A exceeds σ: σ − sign · A then has a Cholesky factor.
  ///
  /// - Complexity: n³/6 multiplications.
  func isBelow(_ sigma: Double, sign: Double) -> Bool {
    let n = order
    var l = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i {
        var sum = (i == j ? sigma : 0) - sign * values[i * n + j]
        for k in 0..<j { sum -= l[i * n + k] * l[j * n + k] }
        if i == j {
          guard sum > 0 else { return false }
          l[i * n + i] = sum.squareRoot()
        } else {
          l[i * n + j] = sum / l[j * n + j]
        }
      }
    }
    return true
  }
}

private func set(_ buffer: inout Buffer, _ i: Int, to value: Float) {
  var span = buffer.mutableSpan
  span[i] = value
}

/// Proves or disproves by A itself that nothing beyond the reported values belongs before the last of them.
///
/// What is certain, but for rounding: (1 − UUᵀ) A (1 − UUᵀ) has no eigenvalue beyond σ if σ less it has a Cholesky factor, an inertia count that is 0.
///
/// `search` is what a search has found before; its products are counted. Takes n products, n³/6 multiplications for each end of the spectrum
/// and level, and 2n² values in double precision; throws the errors of products and of the observer.
func formedRankCheck<A: SymmetricOperator>(
  of a: inout A, pairs: borrowing Eigenpairs, after search: RankCheck, check: OperatorCheck?, team: Team,
  observer: SolverObserver
) throws -> RankCheck {
  let reported = ReportedRanks(pairs, order: a.order, round: 0)
  let which = reported.which
  var counter = ProductCounter()
  var matrix = try FormedMatrix(of: &a, &counter, team: team) { products in
    try observer(
      SolverProgress(
        index: reported.values.count, iteration: products, products: search.products + products,
        value: reported.last, residual: 0))
  }
  let known = check ?? pairs.operatorCheck
  // Each column's error in Frobenius' norm, and that of the factorisation.
  let error =
    (max(known.relativeError, OperatorCheck.storage) + 16 * Double(a.order) * Double.ulpOfOne) * matrix.norm
  matrix.project(outOf: pairs.vectors, shift: which == .largest ? matrix.norm + abs(reported.last) : 0)
  func isBelow(_ sigma: Double) -> Bool {
    matrix.isBelow(sigma, sign: 1) && (which == .largest || matrix.isBelow(sigma, sign: -1))
  }
  let levels = [error, 2 * (reported.joint + error)].map { max($0, .leastNormalMagnitude) }
  let beyond = levels.first { isBelow(reported.last + $0) }
  let margin = reported.joint + error + (beyond ?? levels[1])
  let values = reported.values + [search.value].compactMap(\.self)
  let width = (values.max() ?? 0) - (values.min() ?? 0)
  return RankCheck(
    outcome: beyond == nil ? .overlooked : .nothingLarger, value: search.value, residual: search.residual,
    margin: margin,
    excluded: beyond.map { _ in ExcludedRange(distance: margin, width: width, probability: 1) },
    products: search.products + counter.products)
}
