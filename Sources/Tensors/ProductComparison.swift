/// A new product of a vector beside what was foretold of it.
public struct ProductComparison: Sendable, Hashable {
  /// yᵀy.
  public var square: Double
  /// ‖p‖².
  public var productSquare: Double
  /// yᵀ(p − θ y).
  public var along: Double
  /// ‖p − θ y‖².
  public var residualSquare: Double
  /// ‖p − θ y − c u‖².
  public var differenceSquare: Double
}

extension VectorStack {
  /// Halves vector i, a doubled vector 2y, and compares p, half the product made of 2y, with θ y + c u: one walk over memory.
  ///
  /// - Parameters:
  ///   - i: 2y, which becomes y; halving is exact.
  ///   - product: A·2y, which is left as it is.
  ///   - value: θ.
  ///   - u: Another vector; nil for none.
  ///   - c: Its coefficient.
  ///   - team: The cores to divide the vectors over; the result does not depend on how many.
  /// - Returns: What the comparison is made of.
  public mutating func halveVector(
    _ i: Int, comparing product: Int, with value: Double, and u: Int?, times c: Double, team: Team = .single
  ) -> ProductComparison {
    precondition(i != product && u != i && u != product)
    let (y, p, other) = unsafe (target(i), source(product), source(u ?? product))
    let (theta, c) = (Quad(repeating: value), Quad(repeating: u == nil ? 0 : c))
    let sums = unsafe team.sums(over: length, terms: 5) { range, sums in
      var (square, productSquare, along) = (Quad.zero, Quad.zero, Quad.zero)
      var (residualSquare, differenceSquare) = (Quad.zero, Quad.zero)
      func add(_ v: Quad, _ w: Quad, _ u: Quad) {
        let residual = w - theta * v
        let difference = residual - c * u
        square += v * v
        productSquare += w * w
        along += v * residual
        residualSquare += residual * residual
        differenceSquare += difference * difference
      }
      walkQuads(range) { i in
        let v = unsafe y.store(0.5 * y.source.quad(at: i), at: i)
        unsafe add(v, 0.5 * p.quad(at: i), other.quad(at: i))
      } rest: { i, count in
        let v = unsafe y.store(0.5 * y.source.quad(at: i, count: count), at: i, count: count)
        unsafe add(v, 0.5 * p.quad(at: i, count: count), other.quad(at: i, count: count))
      }
      let all = [square, productSquare, along, residualSquare, differenceSquare]
      for (term, sum) in all.enumerated() { unsafe sums[term] = sum.sum() }
    }
    return ProductComparison(
      square: sums[0], productSquare: sums[1], along: sums[2], residualSquare: sums[3], differenceSquare: sums[4])
  }
}
