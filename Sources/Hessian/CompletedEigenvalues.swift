public import Tensors

/// A solver's pairs, and those that it overlooked, until an independent search finds no more.
///
/// Searches as ``checkRank(of:pairs:options:check:team:observer:)`` does. An eigenvalue that was overlooked, another copy of a
/// repeated one or a member of a cluster narrower than the tolerance, is settled, added, and all pairs are improved together by a
/// Rayleigh–Ritz step with new products; then a new search starts, at most k times.
///
/// - Parameters:
///   - a: The operator A.
///   - pairs: What a solver reported.
///   - relativeTolerance: The solver's.
///   - options: How long each search may take, and the seed.
///   - check: What ``checkOperator(_:seed:team:)`` measured; what the solver's products show where nil.
///   - team: The cores for vector arithmetic.
///   - observer: Called after each product of the searches; throws to stop.
/// - Returns: As many pairs, with `rankCheck` set: its `products` are those of all searches and are not contained in the pairs'
///   `products`; products for improved pairs and their residuals are, as `checkProducts`.
/// - Throws: As `checkRank`.
/// - Complexity: One search where nothing was overlooked, and n products where A is formed; else for each value found another search and 2k + 1 products. Memory: what the
///   solver's options promise as `vectorsInMemory`, unless the search's basis is set to more.
public func completedEigenvalues<A: SymmetricOperator>(
  of a: inout A, pairs: consuming Eigenpairs, relativeTolerance: Double = 1e-3,
  options: RankCheckOptions = RankCheckOptions(), check: OperatorCheck? = nil, team: Team = .single,
  observer: SolverObserver = { _ in }
) throws -> Eigenpairs {
  var searched = 0
  for round in 0...pairs.eigenvalues.count {
    let room = pairs.takeRoom()
    guard
      var search = ComplementSearch(
        order: a.order, pairs: pairs, options: options, check: check, team: team, round: round, memory: room)
    else {
      pairs.rankCheck = RankCheck(nothingLeftBeside: pairs, products: searched)
      return pairs
    }
    var result = try search.run(
      with: &a, beside: pairs.vectors, settlingTo: relativeTolerance, observer: observer)
    searched += result.products
    result.products = searched
    pairs.rankCheck = result
    guard result.outcome == .overlooked, round < pairs.eigenvalues.count else {
      guard options.formsMatrix, result.outcome != .overlooked else { break }
      pairs.rankCheck = try formedRankCheck(
        of: &a, pairs: pairs, after: result, check: check, team: team, observer: observer)
      break
    }
    let found = search.takeFound()
    pairs = try merged(pairs, found, of: &a, relativeTolerance: relativeTolerance, check: check, team: team)
    pairs.rankCheck = result
  }
  return pairs
}

/// The foremost pairs of the space that the pairs and the vector found, the first of `found`, span.
///
/// Needs k + 2 vectors, for which `found` has room.
private func merged<A: SymmetricOperator>(
  _ pairs: consuming Eigenpairs, _ found: consuming VectorStack, of a: inout A, relativeTolerance: Double,
  check: OperatorCheck?, team: Team
) throws -> Eigenpairs {
  let k = pairs.eigenvalues.count
  let (iterations, products, checkProducts) = (
    pairs.eigenvalues.map(\.iterations), pairs.products, pairs.checkProducts
  )
  let (which, operatorCheck, vectorsInMemory) = (pairs.which, pairs.operatorCheck, pairs.vectorsInMemory)
  let polynomials = pairs.polynomials
  var counter = ProductCounter()
  var v = joined(pairs.takeVectors(), found, team: team)
  let ritz = try project(&v, of: &a, order: k + 1, which, &counter, team: team)
  v.rotate(by: Array(ritz.vectors.prefix(k)), team: team)
  var improved: [(value: Double, residual: Double)] = []
  for i in 0..<k {
    try counter.apply(&a, &v, i, to: k)
    let among = v.products(of: [], with: [i, k], team: team).among
    _ = try counter.norm(among[1][1])
    let value = among[0][1] / among[0][0]
    let residual = distance(v.vector(k), value, v.vector(i), team: team) / among[0][0].squareRoot()
    improved.append((value, residual))
  }
  let order = (0..<k).sorted { which.rank(improved[$0].value) > which.rank(improved[$1].value) }
  v.reorder(order)
  let room = v.split(at: k)
  let test = ConvergenceTest(tolerance: relativeTolerance, magnitude: ritz.values.reduce(0) { max($0, abs($1)) })
  return Eigenpairs(
    eigenvalues: certified(
      order.map { improved[$0] }, iterations: iterations, test: test, check: check ?? operatorCheck),
    vectors: v, room: room, products: products, checkProducts: checkProducts + counter.products, which: which,
    operatorCheck: operatorCheck, vectorsInMemory: vectorsInMemory, polynomials: polynomials)
}

/// The vectors and the one found behind them, orthonormal, and room for one more.
private func joined(_ vectors: consuming VectorStack, _ found: consuming VectorStack, team: Team) -> VectorStack {
  var v = vectors
  let count = v.count + 1
  v.append(found)
  v.makeRoom(for: count + 1)
  for i in 0..<count { _ = v.orthonormalizeVector(i, against: 0..<i, team: team) }
  return v
}

/// Ritz pairs of A on the first vectors, which are orthonormal: a product for each.
private func project<A: SymmetricOperator>(
  _ v: inout VectorStack, of a: inout A, order: Int, _ which: SpectrumEnd, _ counter: inout ProductCounter, team: Team
) throws -> RitzDecomposition {
  var t = [Double](repeating: 0, count: order * order)
  for i in 0..<order {
    try counter.apply(&a, &v, i, to: order)
    let products = v.products(of: Array(0...i), with: [order], team: team)
    _ = try counter.norm(products.among[0][0])
    // Row i of the lower triangle.
    t.replaceSubrange(i * order...i * order + i, with: products.rows.map { $0[0] })
  }
  return try RitzDecomposition(t, order: order, which: which)
}
