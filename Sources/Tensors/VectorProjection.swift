/// What is left of a vector after projection, and what it was before.
public struct Projection: Sendable, Hashable {
  /// ‖w‖ before.
  public var normBefore: Double
  /// ‖w‖ after; 0 where nothing is left.
  public var norm: Double
}

extension VectorStack {
  /// vₘ ← α (vₘ − Σ cᵢ vᵢ), each element summed in `Double` and rounded once, in one walk over memory.
  ///
  /// - Parameters:
  ///   - rows: Vectors of this stack, vₘ not among them.
  ///   - otherRows: Vectors of another stack, which come behind them.
  ///   - others: That stack.
  ///   - coefficients: cᵢ, one for each.
  ///   - m: The vector that is changed.
  ///   - scale: α.
  ///   - team: The cores to divide the vectors over; the result does not depend on how many.
  /// - Returns: ‖vₘ‖² of what is stored.
  @discardableResult
  public mutating func subtract(
    _ rows: [Int], and otherRows: [Int] = [], in others: borrowing VectorStack = VectorStack(count: 0, length: 0),
    times coefficients: [Double], from m: Int, scale: Double = 1, team: Team = .single
  ) -> Double {
    precondition(rows.count + otherRows.count == coefficients.count && !rows.contains(m))
    let vectors = unsafe sources(rows) + others.sources(otherRows)
    let w = unsafe target(m)
    guard unsafe vectors.count != 2 else {
      return unsafe subtractTwo(vectors, coefficients, from: w, scale, length: length, team: team)
    }
    return unsafe subtractAll(vectors, coefficients, from: w, scale, length: length, team: team)
  }

  /// vₘ ← (1 − VVᵀ) vₘ / ‖…‖, V some vectors that are nearly orthonormal.
  ///
  /// Projected as often as it takes for vₘ to be orthogonal to V to rounding: once where about half of it is left and V is
  /// orthonormal to rounding, seldom more than twice. A projection reads V and vₘ twice from memory.
  ///
  /// - Parameters:
  ///   - m: The vector that is changed; where nothing is left of it, it is no unit vector.
  ///   - rows: Vectors of this stack.
  ///   - others: More vectors of the same length, all of that stack.
  ///   - deviation: How far a product of two different ones of V may be from 0.
  ///   - team: The cores to divide the vectors over; the result does not depend on how many.
  /// - Returns: ‖vₘ‖ before, and after the projection.
  /// - Source: Giraud, Langou, Rozložník, "The loss of orthogonality in the Gram–Schmidt orthogonalization process", 2005.
  public mutating func orthonormalizeVector(
    _ m: Int, against rows: Range<Int>, beside others: borrowing VectorStack = VectorStack(count: 0, length: 0),
    deviation: Double = 0, team: Team = .single
  ) -> Projection {
    let (own, other) = (Array(rows), Array(0..<others.count))
    var before: Double?
    for _ in 0..<4 {
      let products = products(of: own, and: other, in: others, with: [m], team: team)
      let (c, square) = (products.rows.map { $0[0] }, products.among[0][0])
      let parts = c.reduce(0) { $0 + $1 * $1 }
      let first = before ?? square.squareRoot()
      before = first
      guard square > 0 else { return Projection(normBefore: first, norm: 0) }
      let left = max(0, square - parts).squareRoot()
      // What V's own deviation leaves behind must be less than single precision.
      if parts <= 0.75 * square && deviation * parts.squareRoot() <= 0.5 * Double(Float.ulpOfOne) * left {
        let stored = subtract(own, and: other, in: others, times: c, from: m, scale: 1 / left, team: team)
        return Projection(normBefore: first, norm: left * stored.squareRoot())
      }
      subtract(own, and: other, in: others, times: c, from: m, team: team)
    }
    return Projection(normBefore: before ?? 0, norm: 0)
  }
}

/// Values of each vector that are worked on at a time.
private let block = 1024

/// ‖w‖² after w ← α (w − c₀ v₀ − c₁ v₁): a walk that needs no room for what it has read.
@unsafe private func subtractTwo(
  _ v: [Source], _ c: [Double], from w: Target, _ scale: Double, length: Int, team: Team
) -> Double {
  let (v0, v1) = unsafe (v[0], v[1])
  let (alpha, c0, c1) = (Quad(repeating: scale), Quad(repeating: c[0]), Quad(repeating: c[1]))
  return team.sum(over: length) { range in
    var square = Quad.zero
    walkQuads(range) { i in
      let left = unsafe w.source.quad(at: i) - c0 * v0.quad(at: i) - c1 * v1.quad(at: i)
      let stored = unsafe w.store(alpha * left, at: i)
      square += stored * stored
    } rest: { i, count in
      let left =
        unsafe w.source.quad(at: i, count: count) - c0 * v0.quad(at: i, count: count)
        - c1 * v1.quad(at: i, count: count)
      let stored = unsafe w.store(alpha * left, at: i, count: count)
      square += stored * stored
    }
    return square.sum()
  }
}

/// ‖w‖² after w ← α (w − Σ cᵢ vᵢ).
@unsafe private func subtractAll(
  _ vectors: [Source], _ c: [Double], from w: Target, _ scale: Double, length: Int, team: Team
) -> Double {
  team.sum(over: length) { range in
    unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: block) { x in
      // Whatever the temporary memory holds, each value is written before it is read.
      let x = unsafe x.baseAddress.unsafelyUnwrapped
      var square = 0.0
      for start in stride(from: range.lowerBound, to: range.upperBound, by: block) {
        let width = min(block, range.upperBound - start)
        for i in 0..<width { unsafe x[i] = w.source.double(at: start + i) }
        unsafe subtract(vectors, c, from: start, x, width)
        var sum = Quad.zero
        walkQuads(0..<width) { i in
          let stored = unsafe w.store(scale * UnsafePointer(x).quad(at: i), at: start + i)
          sum += stored * stored
        } rest: { i, count in
          for j in i..<i + count {
            unsafe w.set(scale * x[j], at: start + j)
            let stored = unsafe w.source.double(at: start + j)
            sum[0] += stored * stored
          }
        }
        square += sum.sum()
      }
      return square
    }
  }
}

/// x ← x − Σ cᵢ vᵢ for `width` values of each vector from `start` on.
@unsafe @inline(__always) private func subtract(
  _ vectors: [Source], _ c: [Double], from start: Int, _ x: UnsafeMutablePointer<Double>, _ width: Int
) {
  // Four at a time: x is loaded and stored once for them.
  var row = 0
  while unsafe row + 4 <= vectors.count {
    let (c0, c1, c2, c3) = (c[row], c[row + 1], c[row + 2], c[row + 3])
    let (v0, v1) = unsafe (vectors[row].from(start), vectors[row + 1].from(start))
    let (v2, v3) = unsafe (vectors[row + 2].from(start), vectors[row + 3].from(start))
    walkQuads(0..<width) { i in
      let left = unsafe c0 * v0.quad(at: i) + c1 * v1.quad(at: i)
      let right = unsafe c2 * v2.quad(at: i) + c3 * v3.quad(at: i)
      unsafe x.store(UnsafePointer(x).quad(at: i) - (left + right), at: i)
    } rest: { i, count in
      for j in i..<i + count {
        let left = unsafe c0 * v0.double(at: j) + c1 * v1.double(at: j)
        let right = unsafe c2 * v2.double(at: j) + c3 * v3.double(at: j)
        unsafe x[j] -= left + right
      }
    }
    row += 4
  }
  while unsafe row < vectors.count {
    let (c0, v0) = unsafe (c[row], vectors[row].from(start))
    for i in 0..<width { unsafe x[i] -= c0 * v0.double(at: i) }
    row += 1
  }
}
