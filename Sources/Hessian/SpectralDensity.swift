internal import Foundation

/// A spectrum's density known by quadrature: nodes θ with weights w, so that tr f(A) / n ≈ mean over probes of Σ w f(θ).
///
/// Drawing it with another bandwidth costs nothing; ``lanczosQuadrature(of:options:team:observer:)`` makes it from an operator.
public struct SpectralDensity: Sendable, Hashable, Codable {
  /// Nodes of each probe, ascending: Ritz values, shape [probes, steps of that probe].
  public let nodes: [[Double]]
  /// Weights of each node, summing to 1 for each probe.
  public let weights: [[Double]]

  /// A density from nodes and weights of the same shape, at least one probe and one node each.
  public init(nodes: [[Double]], weights: [[Double]]) {
    precondition(!nodes.isEmpty && nodes.allSatisfy { !$0.isEmpty } && nodes.map(\.count) == weights.map(\.count))
    self.nodes = nodes
    self.weights = weights
  }

  /// The smallest and the largest node.
  public var range: ClosedRange<Double> {
    let all = nodes.joined()
    let first = nodes[0][0]
    return all.reduce(first) { min($0, $1) }...all.reduce(first) { max($0, $1) }
  }

  /// Mean over probes of Σ w θᵖ: the estimate of tr Aᵖ / n.
  public func moment(_ power: Int) -> Double {
    mean { probe in
      zip(nodes[probe], weights[probe]).reduce(0) { $0 + $1.1 * pow($1.0, Double(power)) }
    }
  }

  /// The density at each of `points`, every node widened to a Gaussian of standard deviation `bandwidth` > 0.
  ///
  /// - Parameters:
  ///   - points: Where, in units of eigenvalues.
  ///   - bandwidth: σ, in the same units; state it beside every figure.
  /// - Returns: Values that integrate to 1 over all reals.
  /// - Source: Lin, Saad, Yang, "Approximating spectral densities of large matrices", 2016, sec. 3.
  public func values(at points: [Double], bandwidth: Double) -> [Double] {
    precondition(bandwidth > 0)
    let scale = 1 / (bandwidth * (2 * Double.pi).squareRoot())
    return points.map { x in
      mean { probe in
        zip(nodes[probe], weights[probe]).reduce(0) { sum, node in
          let z = (x - node.0) / bandwidth
          return sum + node.1 * scale * exp(-z * z / 2)
        }
      }
    }
  }

  /// `count` ≥ 2 points spread evenly from 4 bandwidths below the smallest node to 4 above the largest.
  ///
  /// Outside lies less than 1e-4 of the density.
  public func grid(count: Int, bandwidth: Double) -> [Double] {
    precondition(count >= 2 && bandwidth > 0)
    let (low, high) = (range.lowerBound - 4 * bandwidth, range.upperBound + 4 * bandwidth)
    return (0..<count).map { low + (high - low) * Double($0) / Double(count - 1) }
  }

  private func mean(_ term: (Int) -> Double) -> Double {
    nodes.indices.reduce(0) { $0 + term($1) } / Double(nodes.count)
  }
}
