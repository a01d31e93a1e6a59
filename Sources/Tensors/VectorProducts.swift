/// Dot products of vectors with a few others, all from one walk over memory.
public struct VectorProducts: Sendable, Hashable {
  /// `rows[i][r]`: vector i times vector r of the few.
  public var rows: [[Double]]
  /// `among[s][r]`: the few times each other.
  public var among: [[Double]]
}

extension VectorStack {
  /// The dot products of some vectors with one to three `few`, and of these with each other, summed in `Double`.
  ///
  /// Every vector is read once from memory, the few among them.
  ///
  /// - Parameters:
  ///   - rows: Vectors of this stack, at most all.
  ///   - otherRows: Vectors of another stack, which come behind them.
  ///   - others: That stack.
  ///   - few: One to three vectors of this stack.
  ///   - team: The cores to divide the sums over; the result does not depend on how many.
  /// - Returns: The products of `rows`, then `otherRows`, with each of the few, and those of the few among themselves.
  public borrowing func products(
    of rows: [Int], and otherRows: [Int] = [],
    in others: borrowing VectorStack = VectorStack(count: 0, length: 0), with few: [Int], team: Team = .single
  ) -> VectorProducts {
    precondition((1...3).contains(few.count) && (otherRows.isEmpty || others.length == length))
    let right = unsafe sources(few)
    if rows.isEmpty && otherRows.isEmpty && few.count == 3 {
      return VectorProducts(rows: [], among: unsafe mutualProducts(right, length: length, team: team))
    }
    let left = unsafe sources(rows) + others.sources(otherRows)
    let all = unsafe productsInWalk(left + right, right, length: length, team: team)
    return VectorProducts(rows: Array(all.dropLast(few.count)), among: Array(all.suffix(few.count)))
  }

  /// The dot products of vectors 0 ..< rows with w, summed in `Double`; w is read once from memory.
  ///
  /// - Parameters:
  ///   - w: A vector of this stack's length.
  ///   - rows: How many of the vectors.
  ///   - team: The cores to divide the sums over; the result does not depend on how many.
  /// - Returns: One dot product for each vector.
  public borrowing func dots(with w: Span<Float>, rows: Int, team: Team = .single) -> [Double] {
    precondition(w.count == length && rows >= 0 && rows <= count)
    return unsafe productsInWalk(sources(0..<rows), [Source(w)], length: length, team: team).map { $0[0] }
  }
}

/// Values of each vector that are worked on at a time: the few stay in a core's first cache in double precision.
private let block = 1024

/// Products of three vectors with each other: a walk that needs no room for what it has read.
@unsafe private func mutualProducts(_ x: [Source], length: Int, team: Team) -> [[Double]] {
  let (a, b, c) = unsafe (x[0], x[1], x[2])
  let s = unsafe team.sums(over: length, terms: 6) { range, sums in
    var (aa, ab, ac, bb, bc, cc) = (Quad.zero, Quad.zero, Quad.zero, Quad.zero, Quad.zero, Quad.zero)
    func add(_ p: Quad, _ q: Quad, _ r: Quad) {
      aa += p * p
      ab += p * q
      ac += p * r
      bb += q * q
      bc += q * r
      cc += r * r
    }
    walkQuads(range) { i in
      unsafe add(a.quad(at: i), b.quad(at: i), c.quad(at: i))
    } rest: { i, count in
      unsafe add(a.quad(at: i, count: count), b.quad(at: i, count: count), c.quad(at: i, count: count))
    }
    for (term, sum) in [aa, ab, ac, bb, bc, cc].enumerated() { unsafe sums[term] = sum.sum() }
  }
  return [[s[0], s[1], s[2]], [s[1], s[3], s[4]], [s[2], s[4], s[5]]]
}

/// Products of each of `left` with each of one to three of `right`.
@unsafe private func productsInWalk(_ left: [Source], _ right: [Source], length: Int, team: Team) -> [[Double]] {
  let (rows, few) = unsafe (left.count, right.count)
  // Two are worked on as three, of which two are the same.
  let lanes = few == 1 ? 1 : 3
  let sums = unsafe team.sums(over: length, terms: rows * lanes) { range, sums in
    unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: lanes * block) { x in
      // Whatever the temporary memory holds, each value is written before it is read.
      let x = unsafe x.baseAddress.unsafelyUnwrapped
      for start in stride(from: range.lowerBound, to: range.upperBound, by: block) {
        let width = min(block, range.upperBound - start)
        for lane in 0..<lanes { unsafe widen(right[min(lane, few - 1)].from(start), width, to: x + lane * block) }
        for row in 0..<rows {
          let v = unsafe left[row].from(start)
          if lanes == 1 {
            unsafe sums[row] += product(v, x, width)
          } else {
            unsafe addProducts(v, x, width, to: sums + row * lanes)
          }
        }
      }
    }
  }
  return (0..<rows).map { row in (0..<few).map { sums[row * lanes + $0] } }
}

/// x ← v in double precision.
@unsafe @inline(__always) private func widen(_ v: Source, _ width: Int, to x: UnsafeMutablePointer<Double>) {
  walkQuads(0..<width) { i in
    unsafe x.store(v.quad(at: i), at: i)
  } rest: { i, count in
    for j in i..<i + count { unsafe x[j] = v.double(at: j) }
  }
}

/// vᵀx.
@unsafe @inline(__always) private func product(_ v: Source, _ x: UnsafePointer<Double>, _ width: Int) -> Double {
  var (even, odd) = (Quad.zero, Quad.zero)
  var i = 0
  while i + 8 <= width {
    unsafe even += v.quad(at: i) * x.quad(at: i)
    unsafe odd += v.quad(at: i + 4) * x.quad(at: i + 4)
    i += 8
  }
  var sum = (even + odd).sum()
  while i < width {
    unsafe sum += v.double(at: i) * x[i]
    i += 1
  }
  return sum
}

/// sums ← sums + vᵀ[x₀ x₁ x₂], the three `block` values apart.
@unsafe @inline(__always) private func addProducts(
  _ v: Source, _ x: UnsafePointer<Double>, _ width: Int, to sums: UnsafeMutablePointer<Double>
) {
  var (s0, s1, s2) = (Quad.zero, Quad.zero, Quad.zero)
  walkQuads(0..<width) { i in
    let p = unsafe v.quad(at: i)
    unsafe s0 += p * x.quad(at: i)
    unsafe s1 += p * x.quad(at: block + i)
    unsafe s2 += p * x.quad(at: 2 * block + i)
  } rest: { i, count in
    for j in i..<i + count {
      let p = unsafe v.double(at: j)
      unsafe s0[0] += p * x[j]
      unsafe s1[0] += p * x[block + j]
      unsafe s2[0] += p * x[2 * block + j]
    }
  }
  unsafe sums[0] += s0.sum()
  unsafe sums[1] += s1.sum()
  unsafe sums[2] += s2.sum()
}
