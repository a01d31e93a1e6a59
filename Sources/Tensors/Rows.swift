extension Team {
  /// Calls `body` for every row of a matrix, runs of rows divided over the team; `body` gets the row's index.
  ///
  /// - Parameters:
  ///   - rows: The number of rows.
  ///   - work: About how many nanoseconds a row takes; small matrices are not divided.
  ///   - body: What to do with a row; calls must not depend on each other.
  func forEachRow(_ rows: Int, nanoseconds work: Double, _ body: @Sendable (Int) -> Void) {
    // Dividing costs about a microsecond; below ten of work it does not pay.
    guard width > 1, Double(rows) * work > 10_000 else {
      for row in 0..<rows { body(row) }
      return
    }
    let runs = runs(of: rows)
    forEach(runs.count) { for row in runs[$0] { body(row) } }
  }
}

/// x ← x + b for every row.
///
/// - Parameters:
///   - bias: b, shape [D].
///   - x: Shape [rows, D], with D = `bias.count`.
///   - team: The cores to divide the rows over.
public func addBias(_ bias: Span<Float>, to x: inout MutableSpan<Float>, team: Team = .single) {
  let width = bias.count
  precondition(width > 0 && x.count.isMultiple(of: width))
  let rows = x.count / width
  let (b, x) = unsafe (Source(bias), Target(&x))
  team.forEachRow(rows, nanoseconds: 0.1 * Double(width)) { row in
    let y = unsafe x.from(row * width)
    walk(width) { i in
      unsafe y.store(y.lanes(at: i) + b.lanes(at: i), at: i)
    } rest: { i, n in
      unsafe y.store(y.lanes(at: i, count: n) + b.lanes(at: i, count: n), at: i, count: n)
    }
  }
}

/// x ← x + γ ⊙ y for every row: LayerScale on its way into the residual stream.
///
/// - Parameters:
///   - scale: γ, shape [D].
///   - y: What the branch computed, shape [rows, D].
///   - x: The residual stream, shape [rows, D].
///   - team: The cores to divide the rows over.
/// - Source: Touvron et al. 2021, "Going deeper with image transformers", eq. 5.
public func addScaled(_ scale: Span<Float>, _ y: Span<Float>, to x: inout MutableSpan<Float>, team: Team = .single) {
  let width = scale.count
  precondition(width > 0 && x.count == y.count && x.count.isMultiple(of: width))
  let rows = x.count / width
  let (s, y, x) = unsafe (Source(scale), Source(y), Target(&x))
  team.forEachRow(rows, nanoseconds: 0.15 * Double(width)) { row in
    let (from, to) = unsafe (y.from(row * width), x.from(row * width))
    walk(width) { i in
      unsafe to.store(to.lanes(at: i) + s.lanes(at: i) * from.lanes(at: i), at: i)
    } rest: { i, n in
      unsafe to.store(
        to.lanes(at: i, count: n) + s.lanes(at: i, count: n) * from.lanes(at: i, count: n), at: i, count: n)
    }
  }
}

/// y ← y + w x, both of any shape.
public func addProduct(of weight: Float, and x: Span<Float>, to y: inout MutableSpan<Float>) {
  precondition(x.count == y.count)
  let count = x.count
  let (x, y) = unsafe (Source(x), Target(&y))
  walk(count) { i in
    unsafe y.store(y.lanes(at: i) + weight * x.lanes(at: i), at: i)
  } rest: { i, n in
    unsafe y.store(y.lanes(at: i, count: n) + weight * x.lanes(at: i, count: n), at: i, count: n)
  }
}

/// Whether no value is NaN or infinite.
@_specialize(where Element == Float)
public func isFinite<Element: TapeElement>(_ x: Span<Element>) -> Bool {
  let count = x.count
  let x = unsafe ReadPointer(x)
  // x − x is 0 for finite x and NaN otherwise, and NaN survives every sum.
  var sums = SIMD16<Element>.zero
  walk(count) { i in
    let lanes = unsafe x.lanes(at: i)
    sums += lanes - lanes
  } rest: { i, n in
    let lanes = unsafe x.lanes(at: i, count: n)
    sums += lanes - lanes
  }
  return sums.sum() == 0
}
