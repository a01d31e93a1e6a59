/// The four passes of layer normalisation over the last axis, y = γ x̂ + β with x̂ = (x − μ) ρ, ρ = 1/√(σ² + ε).
///
/// Ba et al. 2016, eq. 4, with the biased variance.
/// ⟨·⟩ is the mean over a row, g = γ ⊙ ȳ, and for each row is kept: μ, what it lacks, ρ, ⟨g⟩, ⟨x̂ g⟩ among the primal values, ⟨ẋ⟩, ⟨x̂ ẋ⟩ among the
/// tangents.
///
///     forward               y   = γ x̂ + β
///     tangent               x̂̇  = ρ (ẋ − ⟨ẋ⟩ − x̂ ⟨x̂ ẋ⟩)         ρ̇ = −ρ² ⟨x̂ ẋ⟩         ẏ = γ x̂̇ + γ̇ x̂ + β̇
///     backward              x̄   = ρ (g − ⟨g⟩ − x̂ ⟨x̂ g⟩)          γ̄ = Σ x̂ ȳ            β̄ = Σ ȳ
///     tangent of backward   ġ   = γ ȳ̇ + γ̇ ȳ
///                           x̄̇  = ρ̇ (g − ⟨g⟩ − x̂ ⟨x̂ g⟩) + ρ (ġ − ⟨ġ⟩ − x̂̇ ⟨x̂ g⟩ − x̂ ⟨x̂̇ g + x̂ ġ⟩)
///                           γ̄̇  = Σ (x̂ ȳ̇ + x̂̇ ȳ)                   β̄̇ = Σ ȳ̇
public struct NormalizationPlaces: Sendable {
  /// x, shape [rows, D].
  public var x: Place
  /// γ, shape [D].
  public var gamma: Place
  /// μ, what the rounded μ lacks, ρ, ⟨g⟩, ⟨x̂ g⟩ of each row, shape [rows, 5].
  public var statistics: Place

  /// Numbers kept of each row.
  public static let statistics = 5

  /// The places that all passes need.
  public init(x: Place, gamma: Place, statistics: Place) {
    self.x = x
    self.gamma = gamma
    self.statistics = statistics
    precondition(gamma.count == x.columns && statistics.rows == x.rows && statistics.columns == Self.statistics)
  }
}

extension Tape {
  /// y = γ x̂ + β; keeps μ and ρ.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func normalizeForward(_ p: NormalizationPlaces, beta: Place, epsilon: Double, into y: Place) {
    let width = p.x.columns
    let (x, gamma, beta) = unsafe (source(p.x), source(p.gamma), source(beta))
    let (statistics, y, epsilon) = unsafe (target(p.statistics), target(y), Element(epsilon))
    team.forEachRow(p.x.rows, nanoseconds: 0.35 * Double(width)) { row in
      let (x, y) = unsafe (x.from(row * width), y.from(row * width))
      let normalization = unsafe RowNormalization(x, width, epsilon)
      eachRun(width) { i, n in
        unsafe y.put(gamma.some(at: i, n) * normalization(x.some(at: i, n)) + beta.some(at: i, n), at: i, n)
      }
      unsafe statistics.put(normalization, at: row)
    }
  }

  /// ẏ = γ x̂̇ + γ̇ x̂ + β̇; keeps ⟨ẋ⟩ and ⟨x̂ ẋ⟩.
  ///
  /// `dx`, `dGamma` and `dBeta` are nil where x, γ and β do not depend on the direction.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func normalizeTangent(
    _ p: NormalizationPlaces, dx: Place?, dGamma: Place?, dBeta: Place?, statistics: Place, into dy: Place
  ) {
    let width = p.x.columns
    let (x, gamma, primal) = unsafe (source(p.x), source(p.gamma), source(p.statistics))
    let (dx, dGamma, dBeta) = unsafe (
      dx.map { unsafe source($0) }, dGamma.map { unsafe source($0) }, dBeta.map { unsafe source($0) }
    )
    let (tangents, dy) = unsafe (target(statistics), target(dy))
    team.forEachRow(p.x.rows, nanoseconds: 0.5 * Double(width)) { row in
      let (x, dy) = unsafe (x.from(row * width), dy.from(row * width))
      let normalization = unsafe primal.normalization(at: row)
      let rho = normalization.inverseDeviation
      let dx = unsafe dx.map { unsafe $0.from(row * width) }
      var (m, c): (Element, Element) = (0, 0)
      if let dx = unsafe dx {
        (m, c) = meansOf(width) { i, n in
          let d = unsafe dx.some(at: i, n)
          return (d, d * normalization(unsafe x.some(at: i, n)))
        }
      }
      unsafe tangents.putPair(m, c, at: row * 2)
      eachRun(width) { i, n in
        let xhat = normalization(unsafe x.some(at: i, n))
        var sum = SIMD16<Element>.zero
        if let dx = unsafe dx { sum = unsafe gamma.some(at: i, n) * (rho * (dx.some(at: i, n) - m - xhat * c)) }
        if let dGamma = unsafe dGamma { unsafe sum += dGamma.some(at: i, n) * xhat }
        if let dBeta = unsafe dBeta { unsafe sum += dBeta.some(at: i, n) }
        unsafe dy.put(sum, at: i, n)
      }
    }
  }

  /// x̄ = ρ (g − ⟨g⟩ − x̂ ⟨x̂ g⟩) + `factor` · x̄; keeps ⟨g⟩ and ⟨x̂ g⟩.
  ///
  /// `xbar` is nil where only the parameters' gradients are wanted.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func normalizeBackward(
    _ p: NormalizationPlaces, adjoint: Place, into xbar: Place?, adding factor: Float
  ) {
    let width = p.x.columns
    let (x, gamma, ybar) = unsafe (source(p.x), source(p.gamma), source(adjoint))
    let (statistics, xbar) = unsafe (target(p.statistics), xbar.map { unsafe target($0) })
    let factor = Element(factor)
    team.forEachRow(p.x.rows, nanoseconds: 0.5 * Double(width)) { row in
      let (x, ybar) = unsafe (x.from(row * width), ybar.from(row * width))
      let normalization = unsafe statistics.source.normalization(at: row)
      let rho = normalization.inverseDeviation
      let (m, c) = meansOf(width) { i, n in
        let g = unsafe gamma.some(at: i, n) * ybar.some(at: i, n)
        return (g, g * normalization(unsafe x.some(at: i, n)))
      }
      unsafe statistics.putPair(m, c, at: row * NormalizationPlaces.statistics + 3)
      guard let to = unsafe xbar.map({ unsafe $0.from(row * width) }) else { return }
      eachRun(width) { i, n in
        let xhat = normalization(unsafe x.some(at: i, n))
        let g = unsafe gamma.some(at: i, n) * ybar.some(at: i, n)
        let sum = rho * (g - m - xhat * c)
        unsafe to.put(factor == 0 ? sum : sum + factor * to.some(at: i, n), at: i, n)
      }
    }
  }

  /// γ̄ = Σ x̂ ȳ.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func normalizeGammaGradient(_ p: NormalizationPlaces, adjoint: Place, into sums: Place) {
    let width = p.x.columns
    let (x, ybar, statistics) = unsafe (source(p.x), source(adjoint), source(p.statistics))
    sumColumns(rows: p.x.rows, into: sums, beta: resultBeta) { row, i, n in
      let normalization = unsafe statistics.normalization(at: row)
      return unsafe normalization(x.some(at: row * width + i, n)) * ybar.some(at: row * width + i, n)
    }
  }

  /// x̄̇ of the formulas above + `factor` · x̄̇.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func normalizeTangentOfBackward(
    _ p: NormalizationPlaces, dx: Place?, dGamma: Place?, statistics: Place, adjoint: Place, adjointTangent: Place,
    into xbar: Place, adding factor: Float
  ) {
    let width = p.x.columns
    let (x, gamma, primal, tangents) = unsafe (source(p.x), source(p.gamma), source(p.statistics), source(statistics))
    let (dx, dGamma) = unsafe (dx.map { unsafe source($0) }, dGamma.map { unsafe source($0) })
    let (ybar, dybar, to) = unsafe (source(adjoint), source(adjointTangent), target(xbar))
    let factor = Element(factor)
    team.forEachRow(p.x.rows, nanoseconds: 0.9 * Double(width)) { row in
      let (x, ybar, dybar, to) = unsafe (
        x.from(row * width), ybar.from(row * width), dybar.from(row * width), to.from(row * width)
      )
      let dx = unsafe dx.map { unsafe $0.from(row * width) }
      let normalization = unsafe primal.normalization(at: row)
      let rho = normalization.inverseDeviation
      let (gMean, gProjection) = unsafe primal.pair(at: row * NormalizationPlaces.statistics + 3)
      let (dxMean, dxProjection) = unsafe tangents.pair(at: row * 2)
      // x̂, x̂̇, g, ġ of up to sixteen columns
      let terms = { (i: Int, n: Int) -> (SIMD16<Element>, SIMD16<Element>, SIMD16<Element>, SIMD16<Element>) in
        let xhat = normalization(unsafe x.some(at: i, n))
        let dxhat = unsafe dx.map { rho * (unsafe $0.some(at: i, n) - dxMean - xhat * dxProjection) } ?? .zero
        let scale = unsafe gamma.some(at: i, n)
        var dg = unsafe scale * dybar.some(at: i, n)
        if let dGamma = unsafe dGamma { unsafe dg += dGamma.some(at: i, n) * ybar.some(at: i, n) }
        return (xhat, dxhat, unsafe scale * ybar.some(at: i, n), dg)
      }
      // SIMD16<Element> behind the last column add nothing: there g and ġ are zero.
      let (dgMean, dgProjection) = meansOf(width) { i, n in
        let (xhat, dxhat, g, dg) = terms(i, n)
        return (dg, dxhat * g + xhat * dg)
      }
      let dRho = -rho * rho * dxProjection
      eachRun(width) { i, n in
        let (xhat, dxhat, g, dg) = terms(i, n)
        let sum =
          dRho * (g - gMean - xhat * gProjection) + rho * (dg - dgMean - dxhat * gProjection - xhat * dgProjection)
        unsafe to.put(factor == 0 ? sum : sum + factor * to.some(at: i, n), at: i, n)
      }
    }
  }

  /// γ̄̇ = Σ (x̂ ȳ̇ + x̂̇ ȳ).
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func normalizeGammaGradientTangent(
    _ p: NormalizationPlaces, dx: Place?, statistics: Place, adjoint: Place, adjointTangent: Place, into sums: Place
  ) {
    let width = p.x.columns
    let (x, primal, tangents) = unsafe (source(p.x), source(p.statistics), source(statistics))
    let (dx, ybar, dybar) = unsafe (dx.map { unsafe source($0) }, source(adjoint), source(adjointTangent))
    sumColumns(rows: p.x.rows, into: sums, beta: resultBeta) { row, i, n in
      let at = row * width + i
      let normalization = unsafe primal.normalization(at: row)
      let rho = normalization.inverseDeviation
      let (dxMean, dxProjection) = unsafe tangents.pair(at: row * 2)
      let xhat = normalization(unsafe x.some(at: at, n))
      var sum = unsafe xhat * dybar.some(at: at, n)
      if let dx = unsafe dx {
        sum += unsafe rho * (dx.some(at: at, n) - dxMean - xhat * dxProjection) * ybar.some(at: at, n)
      }
      return sum
    }
  }
}

/// Calls `body` with the start and number of every run of at most sixteen columns.
@inline(__always) func eachRun(_ width: Int, _ body: (Int, Int) -> Void) {
  walk(width) {
    body($0, 16)
  } rest: {
    body($0, $1)
  }
}

/// The mean of `term` over a row.
@inline(__always) func meanOf<Element: TapeElement>(_ width: Int, _ term: (Int, Int) -> SIMD16<Element>) -> Element {
  var sums = SIMD16<Element>.zero
  eachRun(width) { sums += term($0, $1) }
  return sums.sum() / Element(width)
}

/// The means of two terms over a row.
@inline(__always) func meansOf<Element: TapeElement>(
  _ width: Int, _ terms: (Int, Int) -> (SIMD16<Element>, SIMD16<Element>)
) -> (Element, Element) {
  var (first, second) = (SIMD16<Element>.zero, SIMD16<Element>.zero)
  eachRun(width) { i, n in
    let (a, b) = terms(i, n)
    first += a
    second += b
  }
  return (first.sum() / Element(width), second.sum() / Element(width))
}

extension ReadPointer {
  /// What a row's forward pass kept.
  @inline(__always) func normalization(at row: Int) -> RowNormalization<Element> {
    let base = unsafe pointer(at: row * NormalizationPlaces.statistics).unsafelyUnwrapped
    return unsafe RowNormalization(mean: base[0], remainder: base[1], inverseDeviation: base[2])
  }

  /// The two values from index `i` on.
  @inline(__always) func pair(at i: Int) -> (Element, Element) {
    let base = unsafe pointer(at: i).unsafelyUnwrapped
    return unsafe (base[0], base[1])
  }
}

extension WritePointer {
  /// Keeps what a row's other passes need.
  @inline(__always) func put(_ normalization: RowNormalization<Element>, at row: Int) {
    let base = unsafe pointer(at: row * NormalizationPlaces.statistics).unsafelyUnwrapped
    unsafe base[0] = normalization.mean
    unsafe base[1] = normalization.remainder
    unsafe base[2] = normalization.inverseDeviation
  }

  /// Writes two values from index `i` on.
  @inline(__always) func putPair(_ first: Element, _ second: Element, at i: Int) {
    let base = unsafe pointer(at: i).unsafelyUnwrapped
    unsafe base[0] = first
    unsafe base[1] = second
  }
}
