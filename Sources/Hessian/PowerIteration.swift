public import Tensors

/// Settings of power iteration.
public struct PowerIterationOptions: Sendable, Hashable, Codable {
  /// How many eigenvalues, k.
  public var count = 5
  /// Which end of the spectrum.
  public var which = SpectrumEnd.magnitude
  /// Stop once ‖Av − θv‖ ≤ tolerance · |θ|: the interval [θ − ‖r‖, θ + ‖r‖] then holds an eigenvalue.
  /// (A small change between two steps proves nothing: a ± pair keeps θ nearly constant at no eigenvalue at all.)
  public var relativeTolerance = 1e-3
  /// Most products for each eigenvalue.
  public var maximumProducts = 100
  /// Decides the start vectors.
  public var seed: UInt64 = 0

  /// Five values of largest magnitude to 1e-3.
  public init() {}

  /// Vectors of n values that are held at the same time, at most: by the solver, by the search for overlooked values and while
  /// these are added, start vectors aside.
  ///
  /// The solver has k + 2 and their products.
  public var vectorsInMemory: Int { 2 * count + 4 }
}

/// The k largest eigenvalues of A by power iteration with deflation, each step a Rayleigh–Ritz.
///
/// For eigenvalue j a random v is made orthogonal to the j Ritz vectors kept. A step takes the residual of the first pair that
/// is not settled as new direction, which together with v spans what v and Av span, and replaces all pairs by the Ritz pairs
/// of the enlarged space. So a ± pair and a cluster are resolved, the residuals of all kept pairs fall together, and a value
/// that was overlooked takes its place as soon as it shows. Slots that later eigenvalues will need hold the next Ritz vectors
/// meanwhile: the directions of earlier steps, which plain power iteration throws away. One slot keeps what was left of the pair's vector
/// before the last step, so that few vectors take about as few products as many would. Since span{v, Av} = span{v, (A + σ)v}, the
/// algebraically largest values need no shift: the Ritz values are only taken in another order.
///
/// - Parameters:
///   - a: The operator A.
///   - options: How many, which, how exact, how long.
///   - start: Start vectors for the first eigenvalues, shape [at most k, n], such as those of a similar operator; the others are random.
///   - check: What ``checkOperator(_:seed:team:)`` measured: its product error becomes part of every bound. Without it that is the
///     error which the run's own products show, ``Eigenpairs/operatorCheck``.
///   - keepsMemory: Whether the result holds on to the solver's memory, 2k + 4 vectors, for
///     ``completedEigenvalues(of:pairs:relativeTolerance:options:check:team:observer:)``.
///   - team: The cores for vector arithmetic; the result does not depend on how many.
///   - observer: Called after each product; throws to stop.
/// - Returns: k pairs, or n if that is less. A value that misses the tolerance is a result too: it and all later ones are marked.
/// - Throws: A ``HessianError`` where products are not finite or contradict each other, `EigenproblemError`, the operator's errors
///   and the observer's.
/// - Complexity: At most k · `maximumProducts` products and 3k for residuals (k unless rounding has piled up); 2k + 4 vectors.
/// - Source: Knyazev, "Toward the optimal preconditioned eigensolver", 2001, for steps that keep earlier directions; Stathopoulos and Saad,
///   "Restarting techniques for the (Jacobi-)Davidson symmetric eigenvalue methods", ETNA 7 (1998), for which.
public func largestEigenvalues<A: SymmetricOperator>(
  of a: inout A, byPowerIteration options: PowerIterationOptions,
  start: borrowing VectorStack = VectorStack(count: 0, length: 0), check: OperatorCheck? = nil,
  keepsMemory: Bool = false, team: Team = .single, observer: SolverObserver = { _ in }
) throws -> Eigenpairs {
  precondition(options.count >= 1 && options.maximumProducts >= 1 && options.relativeTolerance >= 0)
  precondition(start.count == 0 || start.length == a.order, "start vectors of another length than the operator's")
  let k = min(options.count, a.order)
  var iteration = PowerIteration(order: a.order, count: k, options: options, team: team)
  for j in 0..<k { try iteration.findEigenvalue(j, of: &a, start: start, observer: observer) }
  try iteration.certify(with: &a, observer: observer)
  return iteration.takePairs(check: check, keepsMemory: keepsMemory)
}

/// The state of power iteration between two products.
private struct PowerIteration: ~Copyable {
  let options: PowerIterationOptions
  let count: Int
  private var space: RitzSpace
  private var counter = ProductCounter()
  private var checks = ProductCounter()
  /// Products spent on each eigenvalue.
  private var spent: [Int]
  private var draws = 0

  init(order: Int, count: Int, options: PowerIterationOptions, team: Team) {
    self.options = options
    self.count = count
    space = RitzSpace(wanted: count, order: order, which: options.which, team: team)
    spent = [Int](repeating: 0, count: count)
  }

  /// Starts eigenvalue j and steps until it and all before it are settled or have spent their products.
  mutating func findEigenvalue<A: SymmetricOperator>(
    _ j: Int, of a: inout A, start: borrowing VectorStack, observer: SolverObserver
  ) throws {
    guard !space.isComplete else { return }
    space.truncate(to: j)
    if j >= start.count || !space.setDirection(start.vector(j)) { drawDirection() }
    try expand(with: &a)
    spent[j] += 1
    try settle(upTo: j, newest: j, of: &a, observer: observer)
  }

  private mutating func expand<A: SymmetricOperator>(with a: inout A) throws {
    try space.expand(with: &a, &counter)
    if space.errors.areTooLarge { try space.refuse(with: &a) }
  }

  private mutating func drawDirection() {
    var draws = draws
    space.setDirection {
      draws += 1
      return RandomVectors(seed: options.seed, stream: Stream.start(draws - 1))
    }
    self.draws = draws
  }

  /// Steps until pairs 0 … j are settled or have spent their products.
  private mutating func settle<A: SymmetricOperator>(
    upTo j: Int, newest: Int?, of a: inout A, observer: SolverObserver
  ) throws {
    var worked = newest
    while true {
      let unsettled = unsettledPair(upTo: j)
      if let worked {
        let shown = unsettled ?? worked
        try observer(
          SolverProgress(
            index: shown, iteration: spent[shown], products: counter.products, value: space.values[shown],
            residual: space.residual(shown)))
      }
      guard let focus = unsettled, !space.isComplete else { return }
      // The last vector makes room for the new direction.
      space.truncate(to: min(count + 2, space.v.length) - 1)
      if !space.setDirection(toResidual: focus) { drawDirection() }
      try expand(with: &a)
      spent[focus] += 1
      worked = focus
    }
  }

  /// The first of pairs 0 … j that misses the tolerance and may spend products.
  private mutating func unsettledPair(upTo j: Int) -> Int? {
    let test = ConvergenceTest(tolerance: options.relativeTolerance, magnitude: space.magnitude)
    for i in 0...j where spent[i] < options.maximumProducts {
      // 5 % to spare for the residual of a product made anew.
      if space.residual(i) > 0.95 * test.limit(space.values[i]) { return i }
    }
    return nil
  }

  /// Replaces stored products by new ones; goes on where these show a larger residual.
  mutating func certify<A: SymmetricOperator>(with a: inout A, observer: SolverObserver) throws {
    try space.refresh(count, with: &a, &checks)
    for _ in 0..<2 where count > 0 {
      let before = counter.products
      try settle(upTo: count - 1, newest: nil, of: &a, observer: observer)
      guard counter.products > before else { return }
      try space.refresh(count, with: &a, &checks)
    }
  }

  consuming func takePairs(check: OperatorCheck?, keepsMemory: Bool) -> Eigenpairs {
    let ownCheck = space.errors.check
    var pairs: [(value: Double, residual: Double)] = []
    for i in 0..<count { pairs.append(space.pair(i)) }
    let eigenvalues = certified(
      pairs, iterations: spent,
      test: ConvergenceTest(tolerance: options.relativeTolerance, magnitude: space.magnitude), check: check ?? ownCheck)
    let (products, checkProducts, options, count) = (counter.products, checks.products, options, count)
    var vectors = space.takeVectors()
    var room = vectors.split(at: count)
    if !keepsMemory { room.truncate(to: 0) }
    return Eigenpairs(
      eigenvalues: eigenvalues, vectors: vectors, room: room, products: products, checkProducts: checkProducts,
      which: options.which, operatorCheck: ownCheck, vectorsInMemory: options.vectorsInMemory, polynomials: nil)
  }
}

/// Eigenvalues with their bounds; after one that did not converge every later one is unconverged too: what was deflated is no
/// eigenvector.
func certified(
  _ pairs: [(value: Double, residual: Double)], iterations: [Int], test: ConvergenceTest, check: OperatorCheck
) -> [Eigenvalue] {
  var converged = true
  return zip(pairs, iterations).map { pair, iterations in
    converged = converged && pair.residual <= test.limit(pair.value)
    return Eigenvalue(
      value: pair.value, residual: pair.residual,
      bound: pair.residual + check.productError(at: pair.value), iterations: iterations, converged: converged)
  }
}
