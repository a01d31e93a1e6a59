/// x ← softmax(α x) over the last axis.
///
/// - Parameters:
///   - x: Shape [rows, columns], overwritten with the weights; each row then sums to 1.
///   - columns: The length of a row.
///   - scale: α > 0; for attention 1/√(head width).
///   - team: The cores to divide the rows over.
public func softmax(_ x: inout MutableSpan<Float>, columns: Int, scale: Float = 1, team: Team = .single) {
  precondition(columns > 0 && x.count.isMultiple(of: columns) && scale > 0)
  let rows = x.count / columns
  let x = unsafe Target(&x)
  team.forEachRow(rows, nanoseconds: 1.1 * Double(columns)) { row in
    unsafe softmaxRow(x.from(row * columns), columns, scale)
  }
}

@unsafe @inline(__always)
func softmaxRow<Element: TapeElement>(_ x: WritePointer<Element>, _ columns: Int, _ scale: Element) {
  var maxima = SIMD16<Element>(repeating: -.infinity)
  walk(columns) { i in
    unsafe maxima = Element.larger(maxima, x.lanes(at: i))
  } rest: { i, n in
    unsafe maxima = Element.larger(maxima, x.lanes(at: i, count: n, filler: -.infinity))
  }
  // Largest value first: no exponential exceeds 1.
  let shift = maxima.max() * scale
  var sums = SIMD16<Element>.zero
  walk(columns) { i in
    let e = unsafe Element.exponentials(of: x.lanes(at: i) * scale - shift)
    sums += e
    unsafe x.store(e, at: i)
  } rest: { i, n in
    let e = unsafe Element.exponentials(of: x.lanes(at: i, count: n, filler: -.infinity) * scale - shift)
    sums += e
    unsafe x.store(e, at: i, count: n)
  }
  let factor = 1 / sums.sum()
  walk(columns) { i in
    unsafe x.store(x.lanes(at: i) * factor, at: i)
  } rest: { i, n in
    unsafe x.store(x.lanes(at: i, count: n) * factor, at: i, count: n)
  }
}
