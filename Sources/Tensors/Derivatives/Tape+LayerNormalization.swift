/// The four passes of layer normalisation over the last axis, y = γ x̂ + β with x̂ = (x − μ) ρ, ρ = 1/√(σ² + ε).
///
/// Ba et al. 2016, eq. 4, with the biased variance.
/// ⟨·⟩ is the mean over a row, g = γ ⊙ ȳ, and for each row is kept: μ, ρ, ⟨g⟩, ⟨x̂ g⟩ among the primal values, ⟨ẋ⟩, ⟨x̂ ẋ⟩ among the
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
  /// μ, ρ, ⟨g⟩, ⟨x̂ g⟩ of each row, shape [rows, 4].
  public var statistics: Place

  /// The places that all passes need.
  public init(x: Place, gamma: Place, statistics: Place) {
    self.x = x
    self.gamma = gamma
    self.statistics = statistics
    precondition(gamma.count == x.columns && statistics.rows == x.rows && statistics.columns == 4)
  }
}

extension Tape {
  /// y = γ x̂ + β; keeps μ and ρ.
  public borrowing func normalizeForward(_ p: NormalizationPlaces, beta: Place, epsilon: Float, into y: Place) {
    let width = p.x.columns
    let (x, gamma, beta) = unsafe (source(p.x), source(p.gamma), source(beta))
    let (statistics, y) = unsafe (target(p.statistics), target(y))
    team.forEachRow(p.x.rows, nanoseconds: 0.35 * Double(width)) { row in
      let (x, y) = unsafe (x.from(row * width), y.from(row * width))
      let mean = meanOf(width) { i, n in unsafe x.some(at: i, n) }
      let variance = meanOf(width) { i, n in
        let d = unsafe (n == 16 ? x.lanes(at: i) : x.lanes(at: i, count: n, filler: mean)) - mean
        return d * d
      }
      let rho = 1 / (variance + epsilon).squareRoot()
      eachRun(width) { i, n in
        unsafe y.put(gamma.some(at: i, n) * ((x.some(at: i, n) - mean) * rho) + beta.some(at: i, n), at: i, n)
      }
      unsafe statistics.putPair(mean, rho, at: row * 4)
    }
  }

  /// ẏ = γ x̂̇ + γ̇ x̂ + β̇; keeps ⟨ẋ⟩ and ⟨x̂ ẋ⟩.
  ///
  /// `dx`, `dGamma` and `dBeta` are nil where x, γ and β do not depend on the direction.
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
      let (mean, rho) = unsafe primal.pair(at: row * 4)
      let dx = unsafe dx.map { unsafe $0.from(row * width) }
      var (m, c): (Float, Float) = (0, 0)
      if let dx = unsafe dx {
        (m, c) = meansOf(width) { i, n in
          let d = unsafe dx.some(at: i, n)
          return (d, d * ((unsafe x.some(at: i, n) - mean) * rho))
        }
      }
      unsafe tangents.putPair(m, c, at: row * 2)
      eachRun(width) { i, n in
        let xhat = (unsafe x.some(at: i, n) - mean) * rho
        var sum = Lanes.zero
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
  public borrowing func normalizeBackward(
    _ p: NormalizationPlaces, adjoint: Place, into xbar: Place?, adding factor: Float
  ) {
    let width = p.x.columns
    let (x, gamma, ybar) = unsafe (source(p.x), source(p.gamma), source(adjoint))
    let (statistics, xbar) = unsafe (target(p.statistics), xbar.map { unsafe target($0) })
    team.forEachRow(p.x.rows, nanoseconds: 0.5 * Double(width)) { row in
      let (x, ybar) = unsafe (x.from(row * width), ybar.from(row * width))
      let (mean, rho) = unsafe statistics.source.pair(at: row * 4)
      let (m, c) = meansOf(width) { i, n in
        let g = unsafe gamma.some(at: i, n) * ybar.some(at: i, n)
        return (g, g * ((unsafe x.some(at: i, n) - mean) * rho))
      }
      unsafe statistics.putPair(m, c, at: row * 4 + 2)
      guard let to = unsafe xbar.map({ unsafe $0.from(row * width) }) else { return }
      eachRun(width) { i, n in
        let xhat = (unsafe x.some(at: i, n) - mean) * rho
        let g = unsafe gamma.some(at: i, n) * ybar.some(at: i, n)
        let sum = rho * (g - m - xhat * c)
        unsafe to.put(factor == 0 ? sum : sum + factor * to.some(at: i, n), at: i, n)
      }
    }
  }

  /// γ̄ = Σ x̂ ȳ.
  public borrowing func normalizeGammaGradient(_ p: NormalizationPlaces, adjoint: Place, into sums: Place) {
    let width = p.x.columns
    let (x, ybar, statistics) = unsafe (source(p.x), source(adjoint), source(p.statistics))
    sumColumns(rows: p.x.rows, into: sums, beta: resultBeta) { row, i, n in
      let (mean, rho) = unsafe statistics.pair(at: row * 4)
      return unsafe (x.some(at: row * width + i, n) - mean) * rho * ybar.some(at: row * width + i, n)
    }
  }

  /// x̄̇ of the formulas above + `factor` · x̄̇.
  public borrowing func normalizeTangentOfBackward(
    _ p: NormalizationPlaces, dx: Place?, dGamma: Place?, statistics: Place, adjoint: Place, adjointTangent: Place,
    into xbar: Place, adding factor: Float
  ) {
    let width = p.x.columns
    let (x, gamma, primal, tangents) = unsafe (source(p.x), source(p.gamma), source(p.statistics), source(statistics))
    let (dx, dGamma) = unsafe (dx.map { unsafe source($0) }, dGamma.map { unsafe source($0) })
    let (ybar, dybar, to) = unsafe (source(adjoint), source(adjointTangent), target(xbar))
    team.forEachRow(p.x.rows, nanoseconds: 0.9 * Double(width)) { row in
      let (x, ybar, dybar, to) = unsafe (
        x.from(row * width), ybar.from(row * width), dybar.from(row * width), to.from(row * width)
      )
      let dx = unsafe dx.map { unsafe $0.from(row * width) }
      let (mean, rho) = unsafe primal.pair(at: row * 4)
      let (gMean, gProjection) = unsafe primal.pair(at: row * 4 + 2)
      let (dxMean, dxProjection) = unsafe tangents.pair(at: row * 2)
      // x̂, x̂̇, g, ġ of up to sixteen columns
      let terms = { (i: Int, n: Int) -> (Lanes, Lanes, Lanes, Lanes) in
        let xhat = (unsafe x.some(at: i, n) - mean) * rho
        let dxhat = unsafe dx.map { rho * (unsafe $0.some(at: i, n) - dxMean - xhat * dxProjection) } ?? .zero
        let scale = unsafe gamma.some(at: i, n)
        var dg = unsafe scale * dybar.some(at: i, n)
        if let dGamma = unsafe dGamma { unsafe dg += dGamma.some(at: i, n) * ybar.some(at: i, n) }
        return (xhat, dxhat, unsafe scale * ybar.some(at: i, n), dg)
      }
      // Lanes behind the last column add nothing: there g and ġ are zero.
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
  public borrowing func normalizeGammaGradientTangent(
    _ p: NormalizationPlaces, dx: Place?, statistics: Place, adjoint: Place, adjointTangent: Place, into sums: Place
  ) {
    let width = p.x.columns
    let (x, primal, tangents) = unsafe (source(p.x), source(p.statistics), source(statistics))
    let (dx, ybar, dybar) = unsafe (dx.map { unsafe source($0) }, source(adjoint), source(adjointTangent))
    sumColumns(rows: p.x.rows, into: sums, beta: resultBeta) { row, i, n in
      let at = row * width + i
      let (mean, rho) = unsafe primal.pair(at: row * 4)
      let (dxMean, dxProjection) = unsafe tangents.pair(at: row * 2)
      let xhat = (unsafe x.some(at: at, n) - mean) * rho
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
@inline(__always) func meanOf(_ width: Int, _ term: (Int, Int) -> Lanes) -> Float {
  var sums = Lanes.zero
  eachRun(width) { sums += term($0, $1) }
  return sums.sum() / Float(width)
}

/// The means of two terms over a row.
@inline(__always) func meansOf(_ width: Int, _ terms: (Int, Int) -> (Lanes, Lanes)) -> (Float, Float) {
  var (first, second) = (Lanes.zero, Lanes.zero)
  eachRun(width) { i, n in
    let (a, b) = terms(i, n)
    first += a
    second += b
  }
  return (first.sum() / Float(width), second.sum() / Float(width))
}

extension Source {
  /// The two values from index `i` on.
  @inline(__always) func pair(at i: Int) -> (Float, Float) {
    let base = unsafe pointer(at: i).unsafelyUnwrapped
    return unsafe (base[0], base[1])
  }
}

extension Target {
  /// Writes two values from index `i` on.
  @inline(__always) func putPair(_ first: Float, _ second: Float, at i: Int) {
    let base = unsafe pointer(at: i).unsafelyUnwrapped
    unsafe base[0] = first
    unsafe base[1] = second
  }
}
