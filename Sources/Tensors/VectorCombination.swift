internal import COpenBLAS

extension VectorStack {
  /// Vectors ← combinations of vectors: target i becomes Σⱼ Qᵢⱼ xⱼ, in place, in one walk over memory.
  ///
  /// - Parameters:
  ///   - rows: Vectors x of this stack.
  ///   - otherRows: Vectors of another stack, which come behind them.
  ///   - others: That stack.
  ///   - combinations: Q, row by row: one for each target, each of as many coefficients as there are vectors.
  ///   - targets: The vectors of this stack that are overwritten, each once; they may be among those combined.
  ///   - team: The cores to divide the vectors over.
  public mutating func combineVectors(
    _ rows: [Int], and otherRows: [Int] = [], in others: borrowing VectorStack = VectorStack(count: 0, length: 0),
    by combinations: [[Double]], to targets: [Int], team: Team = .single
  ) {
    let count = rows.count + otherRows.count
    precondition(combinations.count == targets.count && Set(targets).count == targets.count)
    precondition(combinations.allSatisfy { $0.count == count }, "combinations of another length")
    guard count > 0, !targets.isEmpty else { return }
    let from = unsafe sources(rows) + others.sources(otherRows)
    var to: [Target] = unsafe []
    for i in targets { unsafe to.append(target(i)) }
    unsafe walkCombining(from, combinations.flatMap { $0 }, to, length: length, team: team)
  }

  /// Vectors 0, 1, … ← their combinations by the rows of Q: vᵢ ← Σⱼ Qᵢⱼ vⱼ, in place.
  ///
  /// - Parameters:
  ///   - combinations: Q, row by row: as many combinations as wanted, each of as many coefficients as there are vectors to combine.
  ///   - team: The cores to divide the vectors over.
  public mutating func rotate(by combinations: [[Double]], team: Team = .single) {
    guard let rows = combinations.first?.count else { return }
    combineVectors(Array(0..<rows), by: combinations, to: Array(combinations.indices), team: team)
  }

  /// All dot products among some vectors, summed in `Double`, in one walk over memory.
  ///
  /// - Parameters:
  ///   - rows: Vectors of this stack.
  ///   - otherRows: Vectors of another stack, which come behind them.
  ///   - others: That stack.
  ///   - team: The cores to divide the sums over; the result does not depend on how many.
  /// - Returns: The symmetric matrix, row by row.
  public borrowing func gram(
    of rows: [Int], and otherRows: [Int] = [],
    in others: borrowing VectorStack = VectorStack(count: 0, length: 0), team: Team = .single
  ) -> [[Double]] {
    unsafe allProducts(sources(rows) + others.sources(otherRows), length: length, team: team)
  }
}

/// Values of each vector that are combined at a time: a page of memory of each, and all of them stay in the second cache.
private let block = 1024

/// Widens blocks of all vectors and hands them to `body` as a matrix of `block` columns: width, where they begin, the matrix.
@unsafe @inline(__always) private func forEachBlock(
  _ vectors: [Source], _ range: Range<Int>, _ body: (Int, Int, UnsafeMutablePointer<Double>) -> Void
) {
  let rows = unsafe vectors.count
  unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: rows * block) { x in
    // Whatever the temporary memory holds, each value is written before it is read.
    let x = unsafe x.baseAddress.unsafelyUnwrapped
    for start in stride(from: range.lowerBound, to: range.upperBound, by: block) {
      let width = min(block, range.upperBound - start)
      for row in 0..<rows {
        let (v, to) = unsafe (vectors[row].from(start), x + row * block)
        walkQuads(0..<width) { i in
          unsafe to.store(v.quad(at: i), at: i)
        } rest: { i, count in
          for j in i..<i + count { unsafe to[j] = v.double(at: j) }
        }
      }
      unsafe body(width, start, x)
    }
  }
}

/// Targets ← Q times the vectors.
@unsafe private func walkCombining(_ from: [Source], _ q: [Double], _ to: [Target], length: Int, team: Team) {
  let (rows, targets) = unsafe (from.count, to.count)
  team.forEachChunk(of: length) { _, range in
    unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: targets * block) { new in
      let new = unsafe new.baseAddress.unsafelyUnwrapped
      unsafe forEachBlock(from, range) { width, start, old in
        unsafe blas.dgemm(
          CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(targets), blasint(width), blasint(rows), 1, q,
          blasint(rows), old, blasint(block), 0, new, blasint(block))
        for target in 0..<targets {
          let (v, x) = unsafe (to[target].from(start), UnsafePointer(new + target * block))
          walkQuads(0..<width) { i in
            _ = unsafe v.store(x.quad(at: i), at: i)
          } rest: { i, count in
            for j in i..<i + count { unsafe v.set(x[j], at: j) }
          }
        }
      }
    }
  }
}

/// Most pieces whose sums are held at the same time: fixed, so that the order of addition does not depend on the team.
private let mostPieces = 64

/// All products among vectors.
@unsafe private func allProducts(_ vectors: [Source], length: Int, team: Team) -> [[Double]] {
  let rows = unsafe vectors.count
  guard rows > 0 else { return [] }
  let pieces = Team.cut(length, into: mostPieces, grain: vectorChunk)
  let size = rows * rows
  var partial = [Double](repeating: 0, count: max(1, pieces.count * size))
  unsafe partial.withUnsafeMutableBufferPointer { partial in
    // Pieces write disjoint matrices.
    nonisolated(unsafe) let partial = unsafe partial.baseAddress.unsafelyUnwrapped
    team.forEach(pieces.count) { piece in
      unsafe forEachBlock(vectors, pieces[piece]) { width, _, x in
        unsafe blas.dsyrk(
          CblasRowMajor, CblasLower, CblasNoTrans, blasint(rows), blasint(width), 1, x, blasint(block), 1,
          partial + piece * size, blasint(rows))
      }
    }
  }
  return (0..<rows).map { i in
    (0..<rows).map { j in
      let entry = max(i, j) * rows + min(i, j)
      return pieces.indices.reduce(0) { $0 + partial[$1 * size + entry] }
    }
  }
}
