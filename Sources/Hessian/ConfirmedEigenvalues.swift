public import Tensors

/// A symmetric map whose products can also be had in double precision.
///
/// What `apply(to:into:)` computes in single precision is a map of its own, near to A: rounding on the way through a network is the same
/// in every product, so that no comparison of them shows it. Products in double precision do.
public protocol ConfirmableOperator: SymmetricOperator {
  /// Calls `body` with the index and A·vᵢ of some vectors of n values, in double precision.
  ///
  /// - Throws: The operator's errors, and what `body` throws, which ends the call.
  mutating func doubleProducts(
    of vectors: borrowing VectorStack, _ rows: Range<Int>, _ body: (Int, inout MutableSpan<Double>) throws -> Void
  ) throws
}

/// Pairs whose values, residuals and bounds come from products in double precision.
///
/// θ = vᵀAv and ‖Av − θv‖ are then those of A itself, but for the rounding of double precision: an eigenvalue of A lies within
/// `bound` of θ, whatever single precision made of the network. A residual that misses the tolerance there, where the solver had met it,
/// shows that single precision cannot carry this operator: the value is not converged.
///
/// - Parameters:
///   - a: The operator A.
///   - pairs: What a solver found, and ``completedEigenvalues(of:pairs:relativeTolerance:options:check:team:observer:)`` completed.
///   - relativeTolerance: The solver's.
///   - team: The cores for vector arithmetic.
///   - observer: Called after each product, with the pair's place as index; throws to stop.
/// - Returns: The same vectors in the order of their values. The margin of the rank check grows by how far the map that was searched is
///   seen to be from A.
/// - Throws: ``HessianError/notFinite(product:)``, the operator's errors and the observer's.
/// - Complexity: A product in double precision for each pair, counted among `checkProducts`.
/// - Source: Parlett, "The Symmetric Eigenvalue Problem", th. 4.5.1, for the bound.
public func confirmedEigenvalues<A: ConfirmableOperator>(
  of a: inout A, pairs: consuming Eigenpairs, relativeTolerance: Double = 1e-3, team: Team = .single,
  observer: SolverObserver = { _ in }
) throws -> Eigenpairs {
  let (found, which, check) = (pairs.eigenvalues, pairs.which, pairs.operatorCheck)
  let (products, checkProducts, vectorsInMemory) = (pairs.products, pairs.checkProducts, pairs.vectorsInMemory)
  var rankCheck = pairs.rankCheck
  var vectors = pairs.takeVectors()
  var exact = found.map { _ in (value: 0.0, residual: 0.0) }
  try a.doubleProducts(of: vectors, 0..<found.count) { i, product in
    let pair = rayleighQuotient(of: vectors.vector(i), product: product.span, team: team)
    let made = products + checkProducts + i + 1
    guard pair.residual.isFinite else { throw HessianError.notFinite(product: made) }
    exact[i] = pair
    try observer(
      SolverProgress(index: i, iteration: i + 1, products: made, value: pair.value, residual: pair.residual))
  }
  let order = found.indices.sorted { which.rank(exact[$0].value) > which.rank(exact[$1].value) }
  vectors.reorder(order)
  let eigenvalues = confirmed(order.map { (found[$0], exact[$0]) }, relativeTolerance, check)
  var result = Eigenpairs(
    eigenvalues: eigenvalues, vectors: vectors, room: VectorStack(count: 0, length: 0), products: products,
    checkProducts: checkProducts + found.count, which: which, operatorCheck: check, vectorsInMemory: vectorsInMemory,
    polynomials: nil)
  // What the search has shown holds for the map of single precision.
  let difference = zip(found, exact).map { differenceOfMaps($0, $1) }.max() ?? 0
  if var check = rankCheck {
    check.margin = max(check.margin, result.jointBound) + difference
    check.excluded = check.excluded.map {
      ExcludedRange(distance: check.margin, width: $0.width, probability: $0.probability)
    }
    rankCheck = check
  }
  result.rankCheck = rankCheck
  result.exceedsPrecision = zip(order, eigenvalues).contains { found[$0].converged && !$1.converged }
  return result
}

/// At most ‖(A′ − A) v‖ for the map A′ of single precision: both residuals and the difference of values.
private func differenceOfMaps(_ found: Eigenvalue, _ exact: (value: Double, residual: Double)) -> Double {
  found.residual + exact.residual + abs(found.value - exact.value)
}

/// Eigenvalues with values and bounds from double precision.
private func confirmed(
  _ pairs: [(found: Eigenvalue, exact: (value: Double, residual: Double))], _ tolerance: Double, _ check: OperatorCheck
) -> [Eigenvalue] {
  // 2⁻²⁹ is ε of double beside ε of single precision; a product in double is off by that share of what one in single is.
  let share = 8 * Double.ulpOfOne / Double(Float.ulpOfOne)
  let test = ConvergenceTest(tolerance: tolerance, magnitude: pairs.reduce(0) { max($0, abs($1.exact.value)) })
  var converged = true
  return pairs.map { found, exact in
    converged = converged && found.converged && exact.residual <= test.limit(exact.value)
    let rounding = share * (differenceOfMaps(found, exact) + check.productError(at: exact.value))
    return Eigenvalue(
      value: exact.value, residual: exact.residual, bound: exact.residual + rounding, iterations: found.iterations,
      converged: converged)
  }
}
