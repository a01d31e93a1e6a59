internal import Tensors

/// A Lanczos run in the complement of the vectors reported.
struct ComplementSearch: ~Copyable {
  private let options: RankCheckOptions
  private let check: OperatorCheck
  private let reported: ReportedRanks
  /// Whether what is found can still be taken in.
  private let canMerge: Bool
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
    guard k > 0, k < order else { return nil }
    self.options = options
    self.check = check ?? pairs.operatorCheck
    reported = ReportedRanks(pairs, order: order, round: round)
    canMerge = round < k
    // Beside the vectors reported and the product.
    let basis = max(options.basis ?? pairs.vectorsInMemory - k - 1, LanczosOptions.smallestSearch)
    process = LanczosProcess(
      order: order, capacity: min(basis, order - k), seed: options.seed,
      stream: { Stream.rankCheck(round << 16 | $0) }, others: pairs.eigenvalues.map { ($0.value, $0.bound) },
      knownError: self.check, memory: memory, team: team)
    process.drawDirection(beside: pairs.vectors)
  }

  /// Runs until nothing larger can come, until something larger shows, or as long as it may; `others` are the vectors reported.
  ///
  /// With a tolerance it goes on until what has shown is settled to it; `takeFound()` then hands it over.
  mutating func run<A: SymmetricOperator>(
    with a: inout A, beside others: borrowing VectorStack, settlingTo tolerance: Double?, observer: SolverObserver
  ) throws -> RankCheck {
    let which = reported.which
    while true {
      try process.extend(with: &a, &counter, beside: others)
      let ritz = try process.ritz(which)
      let (value, residual) = (ritz.values[0], process.residualEstimate(ritz.vectors[0]))
      try observer(
        SolverProgress(
          index: others.count, iteration: counter.products, products: counter.products, value: value,
          residual: residual))
      let isComplete = process.isComplete(beside: others)
      let seen = reported.values + ritz.values
      let width = (seen.max() ?? 0) - (seen.min() ?? 0)
      // One that is larger than the values may be off belongs before the last; with a loose tolerance one that is clearly larger is better taken in.
      let off = tolerance != nil && canMerge ? min(reported.joint, 0.01 * abs(reported.last)) : reported.joint
      let slack = off + check.productError(at: value) + ConvergenceTest.precision * process.magnitude
      var outcome: RankCheck.Outcome?
      var distance: Double?
      if which.rank(value) > reported.last + slack {
        outcome = isSettled(value, residual, to: tolerance) || isComplete ? .overlooked : nil
      } else {
        distance = reported.distance(
          beyond: which.rank(value), process.polynomials, scale: process.magnitude, isComplete: isComplete)
        outcome = self.outcome(distance, width: width, isComplete: isComplete)
      }
      if let outcome {
        if tolerance != nil { try process.restart(keeping: 1, which, beside: others) }
        return RankCheck(
          outcome: outcome, value: value, residual: residual,
          margin: distance ?? reported.joint + max(0, which.rank(value) + residual - reported.last),
          excluded: distance.map { ExcludedRange(distance: $0, width: width) },
          products: counter.products)
      }
      if process.size == process.capacity {
        try process.restart(keeping: max(1, process.capacity / 2), which, beside: others)
      }
    }
  }

  /// Whether a value that was overlooked is known as well as it should be, or has taken all products that it may.
  private func isSettled(_ value: Double, _ residual: Double, to tolerance: Double?) -> Bool {
    guard let tolerance, counter.products < max(options.products, options.maximumProducts) else { return true }
    return residual <= 0.5 * ConvergenceTest(tolerance: tolerance, magnitude: process.magnitude).limit(value)
  }

  /// What the search ends with where nothing larger has shown; nil while it should go on.
  private func outcome(_ distance: Double?, width: Double, isComplete: Bool) -> RankCheck.Outcome? {
    if let distance, distance <= reported.near || isComplete { return .nothingLarger }
    // An exhausted space excludes no more when it has been left.
    guard counter.products >= options.products || process.exhausted > 0 else { return nil }
    guard let distance else { return .undecided }
    let farthest = max(reported.joint, 0.5 * abs(reported.last), 0.005 * width)
    return distance <= farthest ? .nothingLarger : .undecided
  }

  /// Hands over the Ritz vector of the value found, after a run with a tolerance, and behind it the room of the others.
  consuming func takeFound() -> VectorStack { process.takeVectors(order: [0]) }
}

/// The values reported, by rank, and what is known of others beside them.
struct ReportedRanks {
  let which: SpectrumEnd
  let values: [Double]
  /// Rank of the last, and the joint bound of all.
  let last: Double
  let joint: Double
  /// The intervals that hold eigenvalues, by rank, the foremost first.
  private let intervals: [(low: Double, high: Double)]
  /// The solver's own run, what its start holds of each of the k foremost eigenvectors at least, and the rank beyond which nothing was overlooked.
  private let solver: (polynomials: KrylovPolynomials, component: Double, limit: Double)?
  /// What the search's start holds at least of the eigenvectors at the ends of the complement's spectrum.
  private let component: Double

  /// The values of some pairs, one at least; `round` says how often a search has begun anew.
  ///
  /// What may go wrong with a probability of 1 %: that the start of the search holds too little of the foremost eigenvector of the
  /// complement, at either end, or the solver's of one of those of the k foremost eigenvalues. Half of it falls to each, and of the search's
  /// seven eighths to the first round, seven eighths of the rest to the next, and so on.
  init(_ pairs: borrowing Eigenpairs, order: Int, round: Int) {
    let k = pairs.eigenvalues.count
    let which = pairs.which
    self.which = which
    values = pairs.eigenvalues.map(\.value)
    let ranks = pairs.eigenvalues.map { which.rank($0.value) }
    let (first, last) = (ranks.max() ?? 0, ranks.min() ?? 0)
    self.last = last
    joint = pairs.jointBound
    intervals = pairs.eigenvalues.map { (which.rank($0.value) - $0.bound, which.rank($0.value) + $0.bound) }
    let component = Self.solverComponent(order: order, count: k)
    solver = pairs.polynomials.map {
      let limit = $0.limit(above: first, scale: max(abs(first), abs(last)), which, component: component)
      return ($0, component, limit ?? .infinity)
    }
    var failure = (1 - ExcludedRange.probability) / (solver == nil ? 1 : 2)
    for _ in 0..<round { failure /= 8 }
    self.component = smallestComponent(
      order: order - k, failure: failure * 7 / 8 / (which == .magnitude ? 2 : 1))
  }

  /// What a solver's random start holds at least of each of the k foremost eigenvectors, but for its half of what may go wrong.
  static func solverComponent(order: Int, count: Int) -> Double {
    smallestComponent(order: order, failure: (1 - ExcludedRange.probability) / 2 / Double(count))
  }

  /// A distance that is not worth another product: twice what the values themselves may be off, or a thousandth of the last.
  var near: Double { max(2 * joint, 1e-3 * abs(last)) }

  /// How far beyond the last value an eigenvalue may lie that belongs before it.
  ///
  /// The j-th eigenvalue has at most the rank of the j-th value or the complement's limit, whichever is larger, and the joint bound beside; and
  /// it has a rank that the solver's run leaves open.
  ///
  /// - Parameters:
  ///   - top: The rank of the complement's foremost Ritz value.
  ///   - polynomials: The search's.
  ///   - scale: The largest product's norm in the search.
  ///   - isComplete: Whether the search has left nothing over.
  /// - Returns: The distance at most, never less than the joint bound; nil where rounding hides all.
  func distance(
    beyond top: Double, _ polynomials: KrylovPolynomials, scale: Double, isComplete: Bool
  ) -> Double? {
    var limit = max(last, top)
    if !isComplete {
      guard
        let beyond = polynomials.limit(
          above: limit, scale: values.reduce(scale) { max($0, abs($1)) }, which, component: component)
      else { return nil }
      limit = beyond
    }
    guard let solver else { return limit + joint - last }
    let (least, most) = (last + joint, min(limit + joint, solver.limit))
    var high = most
    for (low, top) in intervals where low <= most {
      // From the end of an interval that holds an eigenvalue to the beginning of the one before it.
      let floor = max(top, least)
      if let open = solver.polynomials.largestOpen(from: floor, to: high, which, component: solver.component) {
        return open - last
      }
      if top > least { return min(most, top) - last }
      high = min(high, low)
    }
    return joint
  }
}
