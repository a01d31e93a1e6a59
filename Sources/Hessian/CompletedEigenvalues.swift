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
///   - check: What ``checkOperator(_:seed:team:)`` measured.
///   - team: The cores for vector arithmetic.
///   - observer: Called after each product of the searches; throws to stop.
/// - Returns: As many pairs, with `rankCheck` set: its `products` are those of all searches and are not contained in the pairs'
///   `products`; products for improved pairs and their residuals are, as `checkProducts`.
/// - Throws: As `checkRank`.
/// - Complexity: One search where nothing was overlooked; else for each value found another search and 2k + 1 products. Memory:
///   basis + 2k + 4 vectors, then 3k + basis + 4 while pairs are improved.
public func completedEigenvalues<A: SymmetricOperator>(
  of a: inout A, pairs: consuming Eigenpairs, relativeTolerance: Double = 1e-3,
  options: RankCheckOptions = RankCheckOptions(), check: OperatorCheck? = nil, team: Team = .single,
  observer: SolverObserver = { _ in }
) throws -> Eigenpairs {
  var searched = 0
  for round in 0...pairs.eigenvalues.count {
    guard
      var search = ComplementSearch(
        order: a.order, pairs: pairs, options: options, check: check, team: team, round: round)
    else {
      pairs.rankCheck = RankCheck(
        outcome: .nothingLarger, value: nil, residual: nil, margin: pairs.jointBound, products: searched)
      return pairs
    }
    var result = try search.run(with: &a, settlingTo: relativeTolerance, observer: observer)
    searched += result.products
    result.products = searched
    pairs.rankCheck = result
    guard result.outcome == .overlooked, round < pairs.eigenvalues.count else { break }
    pairs = try merged(pairs, search, of: &a, relativeTolerance: relativeTolerance, check: check, team: team)
    pairs.rankCheck = result
  }
  return pairs
}

/// The foremost pairs of the space that the pairs and the vector found span.
private func merged<A: SymmetricOperator>(
  _ pairs: borrowing Eigenpairs, _ search: borrowing ComplementSearch, of a: inout A, relativeTolerance: Double,
  check: OperatorCheck?, team: Team
) throws -> Eigenpairs {
  let k = pairs.eigenvalues.count
  var space = RitzSpace(slots: k + 1, order: a.order, which: pairs.which, team: team)
  var counter = ProductCounter()
  for i in 0..<k where space.setDirection(pairs.vectors.vector(i)) { try space.expand(with: &a, &counter) }
  if search.setDirection(of: &space) { try space.expand(with: &a, &counter) }
  space.truncate(to: k)
  try space.refresh(k, with: &a, &counter)
  var found: [(value: Double, residual: Double)] = []
  for i in 0..<k { found.append(space.pair(i)) }
  let eigenvalues = certified(
    found, iterations: pairs.eigenvalues.map(\.iterations),
    test: ConvergenceTest(tolerance: relativeTolerance, magnitude: space.magnitude), check: check)
  return Eigenpairs(
    eigenvalues: eigenvalues, vectors: space.takeVectors(k), products: pairs.products,
    checkProducts: pairs.checkProducts + counter.products, which: pairs.which)
}
