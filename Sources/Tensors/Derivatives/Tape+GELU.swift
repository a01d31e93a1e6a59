/// The four passes of y = GELU(x) = x Φ(x), elementwise (Hendrycks and Gimpel 2016, eq. 1).
///
///     y′ = Φ(x) + x φ(x)          y″ = φ(x) (2 − x²)
///
/// The exponentials are spent once for a batch: the forward pass keeps the slope y′ and, where products follow, y″.
extension Tape {
  /// y = x Φ(x); slope = y′; with `keepsCurvature` x ← y″.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func geluForward(_ x: Place, into y: Place, slope: Place, keepsCurvature: Bool) {
    precondition(x.count == y.count && slope.count == y.count)
    let (from, to, slope) = unsafe (target(x), target(y), target(slope))
    eachLane(x, nanoseconds: 1.9) { i, n in
      let v = unsafe from.some(at: i, n)
      let (cumulative, density) = Element.normalDistributions(of: v)
      unsafe to.put(v * cumulative, at: i, n)
      unsafe slope.put(cumulative + v * density, at: i, n)
      if keepsCurvature { unsafe from.put(density * (2 - v * v), at: i, n) }
    }
  }

  /// ẏ = y′ ⊙ ẋ; with ȳ for ẋ also the backward pass x̄ = y′ ⊙ ȳ.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func geluSlope(_ slope: Place, times dx: Place, into dy: Place, beta: Float = 0) {
    precondition(slope.count == dx.count && dx.count == dy.count)
    let (slope, from, to, beta) = unsafe (source(slope), source(dx), target(dy), Element(beta))
    eachLane(dx, nanoseconds: 0.2) { i, n in
      let product = unsafe slope.some(at: i, n) * from.some(at: i, n)
      unsafe to.put(beta == 0 ? product : product + beta * to.some(at: i, n), at: i, n)
    }
  }

  /// ȳ ← ȳ ⊙ y″, what the tangent of the backward pass needs of it.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func geluCurvature(_ curvature: Place, times adjoint: Place) {
    precondition(curvature.count == adjoint.count)
    let (from, to) = unsafe (source(curvature), target(adjoint))
    eachLane(adjoint, nanoseconds: 0.2) { i, n in
      unsafe to.put(to.some(at: i, n) * from.some(at: i, n), at: i, n)
    }
  }

  /// Tangent of the backward pass: x̄̇ = y′ ⊙ ȳ̇ + (ȳ y″) ⊙ ẋ.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func geluTangentOfBackward(
    slope: Place, curvature: Place, tangent dx: Place, adjointTangent ddy: Place, into ddx: Place, beta: Float
  ) {
    precondition(
      slope.count == ddx.count && curvature.count == ddx.count && dx.count == ddx.count && ddy.count == ddx.count)
    let (slope, curvature, dx, ddy, to) = unsafe (
      source(slope), source(curvature), source(dx), source(ddy), target(ddx)
    )
    let beta = Element(beta)
    eachLane(ddx, nanoseconds: 0.3) { i, n in
      let sum = unsafe slope.some(at: i, n) * ddy.some(at: i, n) + curvature.some(at: i, n) * dx.some(at: i, n)
      unsafe to.put(beta == 0 ? sum : sum + beta * to.some(at: i, n), at: i, n)
    }
  }

  /// Calls `body` with the start and number of every run of at most sixteen values.
  @inline(__always)
  func eachLane(_ place: Place, nanoseconds: Double, _ body: @Sendable (Int, Int) -> Void) {
    let width = place.columns
    team.forEachRow(place.rows, nanoseconds: nanoseconds * Double(width)) { row in
      walk(width) {
        body(row * width + $0, 16)
      } rest: {
        body(row * width + $0, $1)
      }
    }
  }
}

extension ReadPointer {
  /// `count` ≤ 16 values from index `i` on, zero in the lanes behind them.
  @inline(__always) func some(at i: Int, _ count: Int) -> SIMD16<Element> {
    unsafe count == 16 ? lanes(at: i) : lanes(at: i, count: count)
  }
}

extension WritePointer {
  /// `count` ≤ 16 values from index `i` on, zero in the lanes behind them.
  @inline(__always) func some(at i: Int, _ count: Int) -> SIMD16<Element> {
    unsafe count == 16 ? lanes(at: i) : lanes(at: i, count: count)
  }

  /// Writes the first `count` ≤ 16 values from index `i` on.
  @inline(__always) func put(_ values: SIMD16<Element>, at i: Int, _ count: Int) {
    if count == 16 { unsafe store(values, at: i) } else { unsafe store(values, at: i, count: count) }
  }
}
