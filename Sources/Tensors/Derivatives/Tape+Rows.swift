extension Tape {
  /// y[at[k]] ← y[at[k]] + x[rows[k]] for every k, in order: gathers, scatters, and sums into one row.
  ///
  /// - Parameters:
  ///   - x: Shape [any, D].
  ///   - rows: Rows of x, one for each k.
  ///   - y: Shape [any, D].
  ///   - at: Rows of y, one for each k.
  ///   - replacing: Whether y's rows are overwritten instead.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func addRows(_ x: Place, _ rows: [Int], to y: Place, at: [Int], replacing: Bool = false) {
    precondition(x.columns == y.columns && rows.count == at.count)
    let width = x.columns
    let (x, to, xRows, yRows) = unsafe (source(x), target(y), x.rows, y.rows)
    for (from, into) in zip(rows, at) {
      precondition(from >= 0 && from < xRows && into >= 0 && into < yRows)
      let (a, b) = unsafe (x.from(from * width), to.from(into * width))
      walk(width) { i in
        unsafe b.store(replacing ? a.lanes(at: i) : b.lanes(at: i) + a.lanes(at: i), at: i)
      } rest: { i, n in
        let old = unsafe replacing ? .zero : b.lanes(at: i, count: n)
        unsafe b.store(old + a.lanes(at: i, count: n), at: i, count: n)
      }
    }
  }

  /// Sets every value of a place.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func fill(_ y: Place, with value: Element = 0) {
    let (to, width) = unsafe (target(y), y.columns)
    team.forEachRow(y.rows, nanoseconds: 0.1 * Double(width)) { row in
      let to = unsafe to.from(row * width)
      let lanes = SIMD16<Element>(repeating: value)
      walk(width) { i in
        unsafe to.store(lanes, at: i)
      } rest: { i, n in
        unsafe to.store(lanes, at: i, count: n)
      }
    }
  }
}
