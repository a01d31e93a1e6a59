public import Tensors

/// Settings of Hutchinson's estimator.
public struct TraceOptions: Sendable, Hashable, Codable {
  /// Random probes, one product each.
  public var probes = 16
  /// Decides the probes.
  public var seed: UInt64 = 0

  /// Sixteen probes.
  public init() {}
}

/// A trace with its error.
public struct TraceEstimate: Sendable, Hashable, Codable {
  /// The mean of the samples.
  public var value: Double
  /// The samples' deviation / √probes; absent for a single probe.
  public var standardError: Double?
  /// vᵀAv for each probe v.
  public var samples: [Double]

  /// The number of products spent.
  public var products: Int { samples.count }

  /// The estimate that one or more samples give.
  public init(samples: [Double]) {
    precondition(!samples.isEmpty)
    let count = Double(samples.count)
    let mean = samples.reduce(0, +) / count
    self.samples = samples
    value = mean
    guard samples.count > 1 else { return }
    let squares = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardError = (squares / (count - 1) / count).squareRoot()
  }
}

/// tr A by Hutchinson's estimator: the mean of vᵀAv over Rademacher vectors v.
///
/// - Parameters:
///   - a: The operator A.
///   - options: Probes and seed.
///   - team: The cores for vector arithmetic; the result does not depend on how many.
///   - observer: Called after each product with the probe's number as index; value is the mean so far, residual its standard error (0 at
///     the first).
/// - Returns: The estimate with its standard error.
/// - Throws: ``HessianError/notFinite(product:)``, the operator's errors and the observer's.
/// - Complexity: A product for each probe; two vectors.
/// - Source: Hutchinson, "A stochastic estimator of the trace of the influence matrix", 1990.
public func estimateTrace<A: SymmetricOperator>(
  of a: inout A, options: TraceOptions = TraceOptions(), team: Team = .single, observer: SolverObserver = { _ in }
) throws -> TraceEstimate {
  precondition(options.probes >= 1)
  var v = Buffer(count: a.order)
  var product = Buffer(count: a.order)
  var counter = ProductCounter()
  var samples: [Double] = []
  for probe in 0..<options.probes {
    var signs = v.mutableSpan
    RandomVectors(seed: options.seed, stream: Stream.trace(probe)).fillSigns(&signs, team: team)
    try counter.apply(&a, to: v.span, into: &product, team: team)
    samples.append(dot(v.span, product.span, team: team))
    let soFar = TraceEstimate(samples: samples)
    try observer(
      SolverProgress(
        index: probe, iteration: 1, products: counter.products, value: soFar.value, residual: soFar.standardError ?? 0))
  }
  return TraceEstimate(samples: samples)
}
