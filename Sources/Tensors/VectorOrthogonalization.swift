/// What is left of a vector after projection, and what was taken away.
public struct Projection: Sendable, Hashable {
  /// vᵢᵀ w for each vector, from before.
  public var coefficients: [Double]
  /// ‖w‖ before.
  public var normBefore: Double
  /// ‖w‖ after.
  public var norm: Double
}

extension VectorStack {
  /// w ← (1 − VVᵀ) w twice, V the first `rows` vectors of this stack and all those of another.
  ///
  /// "Twice is enough": after a second time, w is orthogonal to orthonormal V to rounding. Sums are added in `Double`. V is read
  /// three times from memory: the second projection's products are taken while the first one's vectors are in the cache.
  ///
  /// - Parameters:
  ///   - w: A vector of this stack's length that is not one of its own.
  ///   - rows: How many of this stack's vectors.
  ///   - others: More vectors of the same length; none where its `count` is 0.
  ///   - team: The cores to divide the vectors over; the result does not depend on how many.
  /// - Returns: [V, others]ᵀ w from before, ‖w‖ before and after.
  /// - Source: Giraud, Langou, Rozložník, "The loss of orthogonality in the Gram–Schmidt orthogonalization process", 2005.
  public borrowing func orthogonalize(
    _ w: inout MutableSpan<Float>, rows: Int, beside others: borrowing VectorStack = VectorStack(count: 0, length: 0),
    team: Team = .single
  ) -> Projection {
    precondition(w.count == length && rows >= 0 && rows <= count)
    precondition(others.count == 0 || others.length == length, "vectors of another length")
    let vectors = unsafe pointers(rows) + others.pointers(others.count)
    return unsafe project(Target(&w), onto: vectors, length: length, team: team)
  }

  /// vₘ ← (1 − VVᵀ) vₘ twice, V the vectors before it.
  ///
  /// - Parameters:
  ///   - m: The vector that is changed.
  ///   - team: The cores to divide the vectors over; the result does not depend on how many.
  /// - Returns: Vᵀvₘ from before, ‖vₘ‖ before and after.
  public mutating func orthogonalizeVector(_ m: Int, team: Team = .single) -> Projection {
    precondition(m >= 0 && m < count)
    let vectors = unsafe pointers(m)
    let length = length
    var span = mutableVector(m)
    return unsafe project(Target(&span), onto: vectors, length: length, team: team)
  }

  /// The first vectors, to read while this stack lives and does not change them.
  @unsafe borrowing func pointers(_ rows: Int) -> [Source] {
    var pointers: [Source] = unsafe []
    for i in 0..<rows { unsafe pointers.append(Source(vector(i))) }
    return unsafe pointers
  }
}

/// Values of each vector that are worked on at a time: those of twenty vectors fit into a core's second cache beside each other.
private let block = 2048

/// vᵢᵀ w for each vector.
@unsafe func products(of vectors: [Source], with w: Source, length: Int, team: Team) -> [Double] {
  let count = unsafe vectors.count
  return unsafe team.sums(over: length, terms: count) { range, sums in
    unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: block) { x in
      let x = unsafe x.baseAddress.unsafelyUnwrapped
      for start in stride(from: range.lowerBound, to: range.upperBound, by: block) {
        let width = min(block, range.upperBound - start)
        for i in 0..<width { unsafe x[i] = w.double(at: start + i) }
        unsafe addProducts(vectors, from: start, x, width, to: sums)
      }
    }
  }
}

/// w ← (1 − VVᵀ) w twice, in three walks over the memory of V.
@unsafe private func project(_ w: Target, onto vectors: [Source], length: Int, team: Team) -> Projection {
  // h = Vᵀ w, and ‖w‖²
  let first = unsafe walk(w, vectors, length, subtracting: nil, products: true, team: team)
  guard unsafe !vectors.isEmpty else {
    let norm = first[0].squareRoot()
    return Projection(coefficients: [], normBefore: norm, norm: norm)
  }
  let h = Array(first.dropLast())
  // w ← w − V h, and g = Vᵀ w
  let second = unsafe walk(w, vectors, length, subtracting: h, products: true, team: team)
  let g = Array(second.dropLast())
  // w ← w − V g, and ‖w‖²
  let third = unsafe walk(w, vectors, length, subtracting: g, products: false, team: team)
  return Projection(
    coefficients: zip(h, g).map { $0 + $1 }, normBefore: first[h.count].squareRoot(), norm: third[0].squareRoot())
}

/// One walk: w ← w − Σ cᵢ vᵢ where there are coefficients, then vᵢᵀ w where wanted, and wᵀw as last sum.
@unsafe private func walk(
  _ w: Target, _ vectors: [Source], _ length: Int, subtracting coefficients: [Double]?, products: Bool, team: Team
) -> [Double] {
  let count = unsafe vectors.count
  let terms = (products ? count : 0) + 1
  return unsafe team.sums(over: length, terms: terms) { range, sums in
    unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: block) { x in
      // Whatever the temporary memory holds, each value is written before it is read.
      let x = unsafe x.baseAddress.unsafelyUnwrapped
      for start in stride(from: range.lowerBound, to: range.upperBound, by: block) {
        let width = min(block, range.upperBound - start)
        for i in 0..<width { unsafe x[i] = w.source.double(at: start + i) }
        if let coefficients {
          unsafe subtract(vectors, coefficients, from: start, x, width)
          for i in 0..<width {
            unsafe w.set(x[i], at: start + i)
            // What is stored, not what was computed, is projected next.
            unsafe x[i] = w.source.double(at: start + i)
          }
        }
        if products { unsafe addProducts(vectors, from: start, x, width, to: sums) }
        unsafe sums[terms - 1] += sumInDouble(0..<width) { i in unsafe x[i] * x[i] }
      }
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
    for i in 0..<width {
      let left = unsafe c0 * v0.double(at: i) + c1 * v1.double(at: i)
      let right = unsafe c2 * v2.double(at: i) + c3 * v3.double(at: i)
      unsafe x[i] -= left + right
    }
    row += 4
  }
  while unsafe row < vectors.count {
    let (c0, v0) = unsafe (c[row], vectors[row].from(start))
    for i in 0..<width { unsafe x[i] -= c0 * v0.double(at: i) }
    row += 1
  }
}

/// sumsᵢ ← sumsᵢ + vᵢᵀ x for `width` values of each vector from `start` on.
@unsafe @inline(__always) private func addProducts(
  _ vectors: [Source], from start: Int, _ x: UnsafePointer<Double>, _ width: Int,
  to sums: UnsafeMutablePointer<Double>
) {
  var row = 0
  while unsafe row + 2 <= vectors.count {
    let (v0, v1) = unsafe (vectors[row].from(start), vectors[row + 1].from(start))
    let both = unsafe productsInDouble(v0, v1, x, width)
    unsafe sums[row] += both.0
    unsafe sums[row + 1] += both.1
    row += 2
  }
  if unsafe row < vectors.count {
    let v0 = unsafe vectors[row].from(start)
    unsafe sums[row] += sumInDouble(0..<width) { i in unsafe v0.double(at: i) * x[i] }
  }
}

/// v₀ᵀ x and v₁ᵀ x, each in the order of `sumInDouble`: x is loaded once for both.
@unsafe @inline(__always) private func productsInDouble(
  _ v0: Source, _ v1: Source, _ x: UnsafePointer<Double>, _ width: Int
) -> (Double, Double) {
  (
    sumInDouble(0..<width) { i in unsafe v0.double(at: i) * x[i] },
    sumInDouble(0..<width) { i in unsafe v1.double(at: i) * x[i] }
  )
}
