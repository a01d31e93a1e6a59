public import Tensors

/// Settings of the search for overlooked eigenvalues.
public struct RankCheckOptions: Sendable, Hashable, Codable {
  /// Most products.
  public var maximumProducts = 100
  /// Fewest products, unless the space is exhausted before.
  ///
  /// Eight, and three residuals between the foremost value and the last reported one: on the spectra of trained models, continued to
  /// two million parameters, with one of the values reported taken away, a search from a random vector then misses one that is 18 % larger
  /// than the last reported in 0.5 % of the runs at most, one that is 5 % larger in 3 %. Twelve products and one residual, which cost
  /// three products more, miss 0 % and 1.3 %; without the three residuals eight would miss 7.5 % of the latter.
  public var minimumProducts = 8
  /// Vectors kept before a restart; where nil, as many as keep the memory within what the solver's options promise.
  public var basis: Int?
  /// Decides the start vector, which is another than the solvers' for the same seed.
  public var seed: UInt64 = 0

  /// At least 8 and at most 100 products.
  public init() {}
}

/// What an independent search for eigenvalues beyond those reported has found.
public struct RankCheck: Sendable, Hashable, Codable {
  /// What the search ended with.
  public enum Outcome: String, Sendable, Hashable, Codable {
    /// Nothing larger than the last value reported: the j-th value reported is the j-th eigenvalue, as far as this search shows.
    case nothingLarger
    /// An eigenvalue that belongs before the last value reported was overlooked.
    case overlooked
    /// Products ran out before the search was certain.
    case undecided
  }
  /// What the search ended with.
  public var outcome: Outcome
  /// The foremost value outside of the vectors reported, a Ritz value; absent where nothing lies outside.
  public var value: Double?
  /// An estimate of its residual.
  public var residual: Double?
  /// Where nothing larger was found, each value j lies within this of the j-th eigenvalue, copies counted.
  ///
  /// √Σ bound² over the values reported, and how far the search may reach beyond the last of them. A value's own, narrower `bound` holds some eigenvalue; where two lie closer than this margin it may be the neighbour.
  public var margin: Double
  /// Products spent.
  public var products: Int

  /// Whether the search ended and found nothing larger.
  public var rankChecked: Bool { outcome == .nothingLarger }
}

/// Looks for eigenvalues that belong before the last of `pairs`, by a Lanczos run of its own in the complement of their vectors.
///
/// The run starts from another random vector. A Ritz value beyond the last reported one by more than the reported pairs' joint
/// residual proves that one was overlooked. Finding none is evidence, not proof: a random vector may be orthogonal to an
/// eigenvector, though only by the rarest chance.
///
/// - Parameters:
///   - a: The operator A.
///   - pairs: What a solver reported; at least one pair.
///   - options: How long to search, and the seed.
///   - check: What ``checkOperator(_:seed:team:)`` measured; its product error is allowed for, or else that of the solver's products.
///   - team: The cores for vector arithmetic.
///   - observer: Called after each product; throws to stop. Its index is the number of pairs reported.
/// - Returns: The outcome with the foremost value found.
/// - Throws: ``HessianError/notFinite(product:)``, `EigenproblemError`, the operator's errors and the observer's.
/// - Complexity: `minimumProducts` … `maximumProducts` products; basis + 1 vectors beside the k reported.
/// - Source: Parlett, "The Symmetric Eigenvalue Problem", th. 11.5.1: the eigenvalues of A and those of the reported values
///   together with the complement's differ by no more than the joint residual.
public func checkRank<A: SymmetricOperator>(
  of a: inout A, pairs: borrowing Eigenpairs, options: RankCheckOptions = RankCheckOptions(),
  check: OperatorCheck? = nil, team: Team = .single, observer: SolverObserver = { _ in }
) throws -> RankCheck {
  guard var search = ComplementSearch(order: a.order, pairs: pairs, options: options, check: check, team: team) else {
    return RankCheck(outcome: .nothingLarger, value: nil, residual: nil, margin: pairs.jointBound, products: 0)
  }
  return try search.run(with: &a, beside: pairs.vectors, settlingTo: nil, observer: observer)
}

/// A Lanczos run in the complement of the vectors reported.
struct ComplementSearch: ~Copyable {
  private let options: RankCheckOptions
  private let check: OperatorCheck
  private let which: SpectrumEnd
  /// Rank of the last value reported, and the joint bound of all.
  private let last: Double
  private let joint: Double
  private var process: LanczosProcess
  private var counter = ProductCounter()

  /// A search that has not begun; nil where the vectors leave nothing over, or where there are none.
  ///
  /// Vectors of `memory` give their room.
  init?(
    order: Int, pairs: borrowing Eigenpairs, options: RankCheckOptions, check: OperatorCheck?, team: Team,
    round: Int = 0, memory: consuming VectorStack? = nil
  ) {
    let k = pairs.eigenvalues.count
    guard let last = pairs.eigenvalues.last, k < order else { return nil }
    self.options = options
    self.check = check ?? pairs.operatorCheck
    which = pairs.which
    self.last = which.rank(last.value)
    joint = pairs.jointBound
    // Beside the vectors reported and the product.
    let basis = max(options.basis ?? pairs.vectorsInMemory - k - 1, LanczosOptions.smallestSearch)
    process = LanczosProcess(
      order: order, capacity: min(basis, order - k), seed: options.seed,
      stream: { Stream.rankCheck(round << 16 | $0) }, others: pairs.eigenvalues.map { ($0.value, $0.bound) },
      knownError: self.check, memory: memory, team: team)
    process.drawDirection(beside: pairs.vectors)
  }

  /// Runs until nothing larger can come, or until something larger shows; `others` are the vectors reported.
  ///
  /// With a tolerance it goes on until what has shown is settled to it; `takeFound()` then hands it over.
  mutating func run<A: SymmetricOperator>(
    with a: inout A, beside others: borrowing VectorStack, settlingTo tolerance: Double?, observer: SolverObserver
  ) throws -> RankCheck {
    while true {
      try process.extend(with: &a, &counter, beside: others)
      let ritz = try process.ritz(which)
      let (value, residual) = (ritz.values[0], process.residualEstimate(ritz.vectors[0]))
      try observer(
        SolverProgress(
          index: others.count, iteration: counter.products, products: counter.products, value: value,
          residual: residual))
      let slack = joint + check.productError(at: value) + ConvergenceTest.precision * process.magnitude
      let isComplete = process.isComplete(beside: others)
      var outcome = outcome(
        process, rank: which.rank(value), residual: residual, bar: last + slack, isComplete: isComplete,
        products: counter.products, options)
      if outcome == .overlooked, let tolerance, counter.products < options.maximumProducts, !isComplete {
        let test = ConvergenceTest(tolerance: tolerance, magnitude: process.magnitude)
        if residual > 0.5 * test.limit(value) { outcome = nil }
      }
      if let outcome {
        if tolerance != nil { try process.restart(keeping: 1, which, beside: others) }
        return RankCheck(
          outcome: outcome, value: value, residual: residual,
          margin: joint + max(0, which.rank(value) + residual - last), products: counter.products)
      }
      if process.size == process.capacity {
        try process.restart(keeping: max(1, process.capacity / 2), which, beside: others)
      }
    }
  }

  /// Hands over the Ritz vector of the value found, after a run with a tolerance, and behind it the room of the others.
  consuming func takeFound() -> VectorStack { process.takeVectors(order: [0]) }
}

/// What a search has shown so far; nil while it should go on.
private func outcome(
  _ process: borrowing LanczosProcess, rank: Double, residual: Double, bar: Double, isComplete: Bool, products: Int,
  _ options: RankCheckOptions
) -> RankCheck.Outcome? {
  if rank > bar { return .overlooked }
  if isComplete { return .nothingLarger }
  // After an exhausted space a second one must have shown nothing either.
  let searched = process.beta == 0 ? process.exhausted >= 2 : products >= options.minimumProducts
  let young = process.exhausted > 0 && process.beta > 0 && process.chain < 10
  // Nothing can come above the bar, or the foremost value has settled below it. A larger eigenvalue's share of the start vector may be
  // so small that it has not shown; within one residual that is likelier than within three.
  let settled = rank + 3 * residual <= bar || residual <= 1e-3 * max(abs(rank), bar)
  if searched && !young && settled { return .nothingLarger }
  return products >= options.maximumProducts ? .undecided : nil
}
