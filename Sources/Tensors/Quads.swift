/// Four values in double precision: what walks over long vectors multiply and add.
typealias Quad = SIMD4<Double>

extension Source {
  /// The four values from index `i` on.
  @inline(__always) func quad(at i: Int) -> Quad {
    unsafe Quad(UnsafeRawPointer(pointer(at: i).unsafelyUnwrapped).loadUnaligned(as: SIMD4<Float>.self))
  }

  /// The `count` < 4 values from index `i` on, and 0 in the places behind them.
  @inline(__always) func quad(at i: Int, count: Int) -> Quad {
    var quad = Quad.zero
    for place in 0..<count { unsafe quad[place] = double(at: i + place) }
    return quad
  }
}

extension Target {
  /// Writes four values from index `i` on, rounded to single precision; returns them as rounded.
  @inline(__always) func store(_ quad: Quad, at i: Int) -> Quad {
    let rounded = SIMD4<Float>(quad)
    unsafe UnsafeMutableRawPointer(pointer(at: i).unsafelyUnwrapped).storeBytes(of: rounded, as: SIMD4<Float>.self)
    return Quad(rounded)
  }

  /// Writes the first `count` < 4 values from index `i` on, rounded to single precision; returns them as rounded.
  @inline(__always) func store(_ quad: Quad, at i: Int, count: Int) -> Quad {
    for place in 0..<count { unsafe set(quad[place], at: i + place) }
    return unsafe source.quad(at: i, count: count)
  }
}

extension UnsafePointer<Double> {
  /// The four values from index `i` on.
  @inline(__always) func quad(at i: Int) -> Quad { unsafe UnsafeRawPointer(self + i).loadUnaligned(as: Quad.self) }
}

extension UnsafeMutablePointer<Double> {
  /// Writes four values from index `i` on.
  @inline(__always) func store(_ quad: Quad, at i: Int) {
    unsafe UnsafeMutableRawPointer(self + i).storeBytes(of: quad, as: Quad.self)
  }
}

/// Walks over `range` in fours: `whole` four at a time, `rest` once for what is left.
@inline(__always) func walkQuads(_ range: Range<Int>, whole: (Int) -> Void, rest: (Int, Int) -> Void) {
  var i = range.lowerBound
  while i + 4 <= range.upperBound {
    whole(i)
    i += 4
  }
  if i < range.upperBound { rest(i, range.upperBound - i) }
}
