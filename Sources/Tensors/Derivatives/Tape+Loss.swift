extension Tape {
  /// Σ over rows of c_row ‖y − t‖², and its gradient 2 c_row (y − t) where it is wanted.
  ///
  /// - Parameters:
  ///   - y: Predictions, shape [rows, C].
  ///   - target: t, shape [rows, C].
  ///   - factors: c, one for each row; rows with 0 are skipped, their gradient is zero.
  ///   - gradient: Receives the gradient; may be nil.
  /// - Returns: The sum, in double precision over rows.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func squaredError(_ y: Place, target: Place, factors: Place, gradient: Place?) -> Double {
    precondition(y.count == target.count && factors.count == y.rows && gradient.map { $0.count == y.count } ?? true)
    let width = y.columns
    let (prediction, truth, c) = unsafe (source(y), source(target), span(factors))
    let gradient = unsafe gradient.map { unsafe self.target($0) }
    var total = 0.0
    for row in 0..<y.rows {
      let factor = 2 * c[row]
      let (a, b) = unsafe (prediction.from(row * width), truth.from(row * width))
      let to = unsafe gradient.map { unsafe $0.from(row * width) }
      var sums = SIMD16<Element>.zero
      eachRun(width) { i, n in
        let d = factor == 0 ? .zero : unsafe a.some(at: i, n) - b.some(at: i, n)
        sums += d * d
        if let to = unsafe to { unsafe to.put(factor * d, at: i, n) }
      }
      total += Double(sums.sum()) * Double(c[row])
    }
    return total
  }

  /// y ← α c_row x for every row.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func scaleRows(_ x: Place, by factors: Place, times alpha: Double, into y: Place) {
    precondition(x.count == y.count && factors.count == x.rows)
    let width = x.columns
    let (from, to, c, alpha) = unsafe (source(x), target(y), source(factors), Element(alpha))
    team.forEachRow(x.rows, nanoseconds: 0.1 * Double(width)) { row in
      let factor = unsafe alpha * c.from(row).some(at: 0, 1)[0]
      eachRun(width) { i, n in
        unsafe to.put(factor * from.some(at: row * width + i, n), at: row * width + i, n)
      }
    }
  }
}
