/// θ = vᵀw / vᵀv and ‖w − θ v‖ / ‖v‖ for a product w = A v in single or double precision, summed in `Double`.
///
/// A vector rounded to single precision is a unit vector only nearly: hence the division.
///
/// - Parameters:
///   - v: A vector.
///   - product: w, of the same length.
///   - team: The cores to divide the sums over; the result does not depend on how many.
/// - Returns: The Rayleigh quotient and the residual; not finite where the product is not.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
public func rayleighQuotient<Element: TapeElement>(
  of v: Span<Float>, product: Span<Element>, team: Team = .single
) -> (value: Double, residual: Double) {
  let count = v.count
  precondition(product.count == count)
  let (v, w) = unsafe (Source(v), ReadPointer(product))
  let square = team.sum(over: count) { range in sum(range) { i in unsafe v.double(at: i) * v.double(at: i) } }
  let value =
    team.sum(over: count) { range in sum(range) { i in unsafe v.double(at: i) * Double(w.value(at: i)) } } / square
  let residual = team.sum(over: count) { range in
    sum(range) { i in
      let difference = unsafe Double(w.value(at: i)) - value * v.double(at: i)
      return difference * difference
    }
  }
  return (value, (residual / square).squareRoot())
}

/// The sum of a term over a range, four partial sums side by side.
@inline(__always) private func sum(_ range: Range<Int>, _ term: (Int) -> Double) -> Double {
  var sums = Quad.zero
  walkQuads(range) { i in
    sums += Quad(term(i), term(i + 1), term(i + 2), term(i + 3))
  } rest: { i, count in
    for j in i..<i + count { sums[0] += term(j) }
  }
  return sums.sum()
}

extension ReadPointer {
  /// The value at an index.
  @inline(__always) func value(at i: Int) -> Element { unsafe pointer(at: 0).unsafelyUnwrapped[i] }
}
