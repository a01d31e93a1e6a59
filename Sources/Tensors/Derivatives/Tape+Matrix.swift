extension Tape {
  /// C ← op(A) · op(B) + β · C, cut into a tile of C for each member of the team.
  ///
  /// op(A) has shape [M, K], op(B) [K, N], C [M, N]; C shares no value with A or B.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func multiply(
    _ a: Place, _ aOrientation: Orientation = .plain, _ b: Place, _ bOrientation: Orientation = .plain,
    into c: Place, beta: Float = 0
  ) {
    precondition(!c.overlaps(a) && !c.overlaps(b), "a product must not overwrite its factors")
    write(c) { values in
      Tensors.multiply(
        span(a), MatrixLayout(a.rows, a.columns), aOrientation, span(b), MatrixLayout(b.rows, b.columns), bOrientation,
        into: &values, MatrixLayout(c.rows, c.columns), beta: Element(beta), team: team)
    }
  }

  /// y ← b for every row, plus x where it is given: what a product with β = 1 is then summed onto.
  ///
  /// b has shape [D], x and y [rows, D]; b that is nil counts as zeros.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func start(_ y: Place, bias: Place?, adding x: Place? = nil) {
    let width = y.columns
    precondition(bias.map { $0.count == width } ?? true && x.map { $0.count == y.count } ?? true)
    let (b, from, to) = unsafe (bias.map { unsafe source($0) }, x.map { unsafe source($0) }, target(y))
    team.forEachRow(y.rows, nanoseconds: 0.15 * Double(width)) { row in
      let to = unsafe to.from(row * width)
      let from = unsafe from.map { unsafe $0.from(row * width) }
      walk(width) { i in
        let left = unsafe b.map { unsafe $0.lanes(at: i) } ?? .zero
        unsafe to.store(left + (from.map { unsafe $0.lanes(at: i) } ?? .zero), at: i)
      } rest: { i, n in
        let left = unsafe b.map { unsafe $0.lanes(at: i, count: n) } ?? .zero
        unsafe to.store(left + (from.map { unsafe $0.lanes(at: i, count: n) } ?? .zero), at: i, count: n)
      }
    }
  }

  /// y ← α x + β y, both of one shape; with β = 0 what y held before does not matter.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func add(_ x: Place, times alpha: Double = 1, to y: Place, beta: Float = 1) {
    precondition(x.count == y.count)
    let width = y.columns
    let (alpha, beta) = (Element(alpha), Element(beta))
    let (x, to) = unsafe (source(x), target(y))
    team.forEachRow(y.rows, nanoseconds: 0.15 * Double(width)) { row in
      let (from, to) = unsafe (x.from(row * width), to.from(row * width))
      walk(width) { i in
        let sum = unsafe alpha * from.lanes(at: i)
        unsafe to.store(beta == 0 ? sum : sum + beta * to.lanes(at: i), at: i)
      } rest: { i, n in
        let sum = unsafe alpha * from.lanes(at: i, count: n)
        unsafe to.store(beta == 0 ? sum : sum + beta * to.lanes(at: i, count: n), at: i, count: n)
      }
    }
  }

  /// Σᵢ xᵢ yᵢ in double precision: a sum for each row, and these in order.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func dot(_ x: Place, _ y: Place) -> Double {
    precondition(x.count == y.count)
    let (left, right) = unsafe (source(x), source(y))
    var total = 0.0
    for row in 0..<x.rows {
      let (a, b) = unsafe (left.from(row * x.columns), right.from(row * x.columns))
      var sums = SIMD16<Element>.zero
      walk(x.columns) { i in
        unsafe sums += a.lanes(at: i) * b.lanes(at: i)
      } rest: { i, n in
        unsafe sums += a.lanes(at: i, count: n) * b.lanes(at: i, count: n)
      }
      total += Double(sums.sum())
    }
    return total
  }

  /// b ← Σ over rows of x + β b.
  ///
  /// x has shape [rows, D], b [D].
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func sumRows(_ x: Place, into b: Place, beta: Float) {
    precondition(b.count == x.columns)
    let from = unsafe source(x)
    sumColumns(rows: x.rows, into: b, beta: beta) { row, i, n in
      unsafe n == 16 ? from.from(row * x.columns).lanes(at: i) : from.from(row * x.columns).lanes(at: i, count: n)
    }
  }

  /// b ← Σ over rows of `term` + β b, columns divided over the team so that every sum has one order.
  ///
  /// `term` gets a row, the first column, and how many columns (at most 16) are wanted.
  @inline(__always)
  func sumColumns(rows: Int, into b: Place, beta: Float, _ term: @Sendable (Int, Int, Int) -> SIMD16<Element>) {
    let (to, beta) = unsafe (target(b), Element(beta))
    let pieces = rows * b.count < 16_384 ? [0..<b.count] : team.runs(of: b.count, grain: 16)
    team.forEach(pieces.count) { piece in
      var i = pieces[piece].lowerBound
      // Two runs at a time: half as many walks over the rows, each of which lies in another page.
      while i + 32 <= pieces[piece].upperBound {
        var (first, second) = (SIMD16<Element>.zero, SIMD16<Element>.zero)
        for row in 0..<rows {
          first += term(row, i, 16)
          second += term(row, i + 16, 16)
        }
        if beta != 0 {
          unsafe first += beta * to.lanes(at: i)
          unsafe second += beta * to.lanes(at: i + 16)
        }
        unsafe to.store(first, at: i)
        unsafe to.store(second, at: i + 16)
        i += 32
      }
      for i in stride(from: i, to: pieces[piece].upperBound, by: 16) {
        let n = min(16, pieces[piece].upperBound - i)
        var sums = SIMD16<Element>.zero
        for row in 0..<rows { sums += term(row, i, n) }
        if beta != 0 { unsafe sums += beta * to.lanes(at: i, count: n) }
        unsafe to.store(sums, at: i, count: n)
      }
    }
  }
}
