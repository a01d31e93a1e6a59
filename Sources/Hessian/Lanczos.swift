public import Tensors

/// Settings of the Lanczos method.
public struct LanczosOptions: Sendable, Hashable, Codable {
  /// How many eigenvalues, k.
  public var count = 5
  /// Which end of the spectrum.
  public var which = SpectrumEnd.magnitude
  /// Stop once ‖Av − θv‖ ≤ tolerance · |θ| for all k.
  public var relativeTolerance = 1e-3
  /// M, the vectors kept before a restart; max(4k, 20) where nil, and never fewer than k + 2.
  public var basis: Int?
  /// Most products in all, those for true residuals aside.
  public var maximumProducts = 300
  /// Decides the start vector.
  public var seed: UInt64 = 0

  /// Five values of largest magnitude to 1e-3.
  public init() {}

  /// Vectors of n values that are held at the same time, at most: by the solver, by the search for overlooked values and while
  /// these are added, the start vector aside.
  ///
  /// M and the product; for less than three vectors more than k the search needs a little more.
  public var vectorsInMemory: Int { max(basisSize + 1, count + LanczosOptions.smallestSearch + 1) }

  /// Most products that are spent when all values are settled but the run may have overlooked another before the last of them.
  static let mostBeyond = 10

  /// The fewest vectors of a search with restarts.
  static let smallestSearch = 3

  /// M.
  public var basisSize: Int { max(basis ?? max(4 * count, 20), count + 2) }
}

/// The k largest eigenvalues of A by the Lanczos method with partial reorthogonalisation and thick restart.
///
/// A run goes on for up to ten products when its values are settled as long as its polynomials leave room for another eigenvalue before the last
/// of them, further from each than the tolerance: where values lie close together, one may settle before a larger one has shown.
///
/// One start vector sees one direction of an eigenspace: of a repeated eigenvalue the other copies appear only by way of
/// rounding, or when the Krylov space is exhausted, after which a new random direction is taken and searched in turn.
/// ``checkRank(of:pairs:options:check:team:observer:)`` tells whether something was missed.
///
/// - Parameters:
///   - a: The operator A.
///   - options: How many, which, how exact, how long.
///   - start: A start vector, such as the sum of a similar operator's eigenvectors; random where there is none (count 0).
///   - check: What ``checkOperator(_:seed:team:)`` measured: its product error becomes part of every bound. Without it that is the
///     error which the run's own products show, ``Eigenpairs/operatorCheck``.
///   - keepsMemory: Whether the result holds on to the solver's memory, M + 1 vectors, for
///     ``completedEigenvalues(of:pairs:relativeTolerance:options:check:team:observer:)``.
///   - team: The cores for vector arithmetic; the result does not depend on how many.
///   - observer: Called after each product; throws to stop.
/// - Returns: k pairs, or n if that is less, or as many as there were products. A value that misses the tolerance is a result
///   too: it and all later ones are marked.
/// - Throws: A ``HessianError`` where products are not finite or contradict each other, `EigenproblemError`, the operator's errors
///   and the observer's.
/// - Complexity: At most `maximumProducts` products and k for residuals; M + 1 vectors. A step reads three vectors twice, one that asks
///   for all m, and the one after it, m + 1 of them twice; a restart reads and writes the basis once, and reads it once more where its
///   vectors are not orthonormal to rounding.
public func largestEigenvalues<A: SymmetricOperator>(
  of a: inout A, byLanczos options: LanczosOptions,
  start: borrowing VectorStack = VectorStack(count: 0, length: 0), check: OperatorCheck? = nil,
  keepsMemory: Bool = false, team: Team = .single, observer: SolverObserver = { _ in }
) throws -> Eigenpairs {
  precondition(options.count >= 1 && options.maximumProducts >= 1 && options.relativeTolerance >= 0)
  precondition(start.count == 0 || start.length == a.order, "a start vector of another length than the operator's")
  guard a.order > 0 else {
    return Eigenpairs(
      eigenvalues: [], vectors: noVectors(), room: noVectors(), products: 0, checkProducts: 0, which: options.which,
      operatorCheck: ProductErrors(order: 0).check, vectorsInMemory: 0, polynomials: nil)
  }
  var process = LanczosProcess(
    order: a.order, capacity: min(options.basisSize, a.order), seed: options.seed, stream: Stream.start,
    knownError: check, team: team)
  if start.count > 0 { process.setStart(start.vector(0)) } else { process.drawDirection(beside: noVectors()) }
  var counter = ProductCounter()
  var search = LanczosSearch(options: options, count: min(options.count, a.order), isRandom: start.count == 0)
  try search.run(&process, with: &a, &counter, observer: observer)

  let count = min(search.count, process.size)
  let polynomials = start.count > 0 ? nil : process.polynomials
  try process.restart(keeping: count, options.which, beside: noVectors(), doubled: true)
  var checks = ProductCounter()
  let pairs = try process.certify(with: &a, &checks)
  let order = (0..<count).sorted { options.which.rank(pairs[$0].value) > options.which.rank(pairs[$1].value) }
  let errors = process.errors
  let eigenvalues = certified(
    order.map { pairs[$0] }, iterations: Array(search.settledAt.prefix(count)),
    test: ConvergenceTest(tolerance: options.relativeTolerance, magnitude: errors.norm), check: check ?? errors.check)
  var vectors = process.takeVectors(order: order)
  var room = vectors.split(at: count)
  if !keepsMemory { room.truncate(to: 0) }
  return Eigenpairs(
    eigenvalues: eigenvalues, vectors: vectors, room: room, products: counter.products, checkProducts: checks.products,
    which: options.which, operatorCheck: errors.check, vectorsInMemory: options.vectorsInMemory,
    polynomials: polynomials)
}

/// Extends and restarts a process until the values wanted are settled.
private struct LanczosSearch {
  let options: LanczosOptions
  let count: Int
  /// Products after which values 0 … i were all settled, as it stands.
  private(set) var settledAt: [Int]
  private var settledCount = 0
  /// The values wanted when the last Krylov space was exhausted.
  private var lastExhausted: [Double]?
  /// Whether the start was random, so that the run's polynomials say what it cannot have overlooked.
  private let isRandom: Bool
  /// Products spent with all values settled.
  private var beyond = 0

  init(options: LanczosOptions, count: Int, isRandom: Bool) {
    self.options = options
    self.count = count
    self.isRandom = isRandom
    settledAt = [Int](repeating: 0, count: count)
  }

  mutating func run<A: SymmetricOperator>(
    _ process: inout LanczosProcess, with a: inout A, _ counter: inout ProductCounter, observer: SolverObserver
  ) throws {
    while true {
      try process.extend(with: &a, &counter, beside: noVectors())
      if process.errors.areTooLarge { try process.refuse(with: &a) }
      let ritz = try process.ritz(options.which)
      note(process, ritz, products: counter.products)
      let shown = min(settledCount, count - 1, process.size - 1)
      try observer(
        SolverProgress(
          index: shown, iteration: counter.products, products: counter.products, value: ritz.values[shown],
          residual: process.residualEstimate(ritz.vectors[shown])))
      if process.isComplete(beside: noVectors()) || isFinished(process, ritz)
        || counter.products >= options.maximumProducts
      {
        return
      }
      if process.size == process.capacity {
        // Half of what is free is kept: a common choice between few restarts and short ones.
        try process.restart(
          keeping: min(count + (process.capacity - count) / 2, process.capacity - 1), options.which,
          beside: noVectors())
      }
    }
  }

  private mutating func note(_ process: borrowing LanczosProcess, _ ritz: RitzDecomposition, products: Int) {
    let test = ConvergenceTest(tolerance: options.relativeTolerance, magnitude: process.magnitude)
    let before = settledCount
    settledCount = 0
    while settledCount < min(count, process.size),
      // 5 % to spare for the residual of a product made anew.
      process.residualEstimate(ritz.vectors[settledCount]) <= 0.95 * test.limit(ritz.values[settledCount])
    {
      settledCount += 1
    }
    for i in min(before, settledCount)..<count { settledAt[i] = products }
  }

  private mutating func isFinished(_ process: borrowing LanczosProcess, _ ritz: RitzDecomposition) -> Bool {
    if process.beta == 0 {
      // Exact pairs of an invariant space, outside of which there may be larger ones: finished when a second space changed nothing.
      let (before, now) = (lastExhausted, Array(ritz.values.prefix(count)))
      lastExhausted = now
      let slack = ConvergenceTest.precision * process.magnitude
      return settledCount == count && before.map { zip($0, now).allSatisfy { abs($0 - $1) <= slack } } ?? false
        && before?.count == count
    }
    guard settledCount == count else { return false }
    // A young space within what is left over has not shown yet what it holds.
    guard process.exhausted == 0 else { return process.chain >= 10 }
    guard isRandom, beyond < LanczosOptions.mostBeyond, mayOverlook(process, ritz) else { return true }
    beyond += 1
    return false
  }

  /// Whether an eigenvalue may come before the last of those wanted, further from each of them than the tolerance.
  private func mayOverlook(_ process: borrowing LanczosProcess, _ ritz: RitzDecomposition) -> Bool {
    let polynomials = process.polynomials
    let ranks = ritz.values.prefix(count).map { options.which.rank($0) }
    let component = ReportedRanks.solverComponent(order: process.stack.length, count: count)
    let nearest = options.relativeTolerance * abs(ranks[count - 1])
    guard nearest > 0 else { return false }
    // Nearer to the last value more closely.
    var distance = nearest
    while distance <= ranks[0] - ranks[count - 1] + 0.1 * abs(ranks[0]) {
      let rank = ranks[count - 1] + distance
      let isFree = ranks.allSatisfy { abs($0 - rank) >= max(nearest, options.relativeTolerance * abs($0)) }
      if isFree, !polynomials.excludes(rank: rank, options.which, component: component) { return true }
      distance *= 1.25
    }
    return false
  }
}
