public import Tensors

/// Settings of stochastic Lanczos quadrature.
public struct QuadratureOptions: Sendable, Hashable, Codable {
  /// Random probes; the density's error falls with the root of their number times that of parameters.
  public var probes = 4
  /// Lanczos steps for each probe: the quadrature is exact for polynomials of degree 2 · steps − 1.
  public var steps = 40
  /// Decides the probes.
  public var seed: UInt64 = 0

  /// Four probes of forty steps.
  public init() {}

  /// Vectors of n values that are held at the same time, at most.
  public var vectorsInMemory: Int { steps + 1 }
}

/// A spectral density and what it cost.
public struct QuadratureResult: Sendable, Hashable, Codable {
  /// Nodes and weights.
  public var density: SpectralDensity
  /// Products spent.
  public var products: Int
}

/// Nodes and weights of A's spectral density by stochastic Lanczos quadrature with Rademacher probes.
///
/// - Parameters:
///   - a: The operator A, of order 1 at least.
///   - options: Probes, steps, seed.
///   - team: The cores for vector arithmetic; the result does not depend on how many.
///   - observer: Called after each product with the probe's number as index; value is the last diagonal entry of T, residual its β.
/// - Returns: For each probe the eigenvalues of T and the squared first components of its eigenvectors. A probe whose Krylov space is
///   exhausted has fewer nodes, and they are exact for it.
/// - Throws: ``HessianError/notFinite(product:)``, `EigenproblemError`, the operator's errors and the observer's.
/// - Complexity: probes · steps products; steps + 1 vectors.
/// - Source: Golub and Meurant, "Matrices, Moments and Quadrature", ch. 6; Ghorbani et al. 2019, alg. 1, for networks.
public func lanczosQuadrature<A: SymmetricOperator>(
  of a: inout A, options: QuadratureOptions = QuadratureOptions(), team: Team = .single,
  observer: SolverObserver = { _ in }
) throws -> QuadratureResult {
  precondition(options.probes >= 1 && options.steps >= 1 && a.order >= 1)
  var counter = ProductCounter()
  var (nodes, weights): ([[Double]], [[Double]]) = ([], [])
  for probe in 0..<options.probes {
    let rule = try gaussRule(of: &a, probe: probe, options, &counter, team: team, observer: observer)
    nodes.append(rule.nodes)
    weights.append(rule.weights)
  }
  return QuadratureResult(density: SpectralDensity(nodes: nodes, weights: weights), products: counter.products)
}

/// The Gauss rule that one probe gives.
private func gaussRule<A: SymmetricOperator>(
  of a: inout A, probe: Int, _ options: QuadratureOptions, _ counter: inout ProductCounter, team: Team,
  observer: SolverObserver
) throws -> (nodes: [Double], weights: [Double]) {
  let n = a.order
  var process = LanczosProcess(
    order: n, capacity: min(options.steps, n), seed: options.seed, stream: Stream.density, separates: false,
    team: team)
  process.setSigns(RandomVectors(seed: options.seed, stream: Stream.density(probe)))
  var betas: [Double] = []
  repeat {
    try process.extend(with: &a, &counter, beside: noVectors())
    betas.append(process.beta)
    try observer(
      SolverProgress(
        index: probe, iteration: process.size, products: counter.products, value: process.diagonal.last ?? 0,
        residual: process.beta))
  } while process.size < process.capacity && process.beta > 0
  let system = try Eigensystem(diagonal: process.diagonal, offDiagonal: betas.dropLast())
  return (system.values, system.vectors.map { $0[0] * $0[0] })
}
