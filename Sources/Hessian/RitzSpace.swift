internal import Tensors

/// Ritz pairs of a small space, and A times each of its vectors: what a step of power iteration starts from and ends with.
///
/// A W is stored beside V, so that a Rayleigh–Ritz step costs no product but that of the one new direction.
struct RitzSpace: ~Copyable {
  /// Orthonormal Ritz vectors, shape [slots, n]; the first `size` are in use.
  private(set) var v: VectorStack
  /// W = A V; one slot at least is not in use when the space has been truncated to the vectors wanted.
  private var w: VectorStack
  /// θ of each vector in use, in the order of `which`.
  private(set) var values: [Double] = []
  /// Residuals that have been computed since the vectors last changed.
  private var residuals: [Int: Double] = [:]
  /// The largest |θ| seen.
  private(set) var magnitude = 0.0
  /// What the products tell about their error.
  private(set) var errors: ProductErrors
  let which: SpectrumEnd
  let team: Team
  private let wanted: Int

  var size: Int { values.count }
  /// Whether no direction is left outside.
  var isComplete: Bool { size == v.length }

  /// Room for `wanted` Ritz vectors and two more, or as many as the order allows.
  init(wanted: Int, order: Int, which: SpectrumEnd, team: Team) {
    v = VectorStack(count: min(wanted + 2, order), length: order)
    w = VectorStack(count: min(wanted + 2, order + 1), length: order)
    errors = ProductErrors(order: order)
    self.which = which
    self.team = team
    self.wanted = wanted
  }

  /// Forgets all vectors from number `size` on.
  mutating func truncate(to size: Int) { values.removeLast(max(0, values.count - size)) }

  /// Whether the direction that was set may hold the rounding errors of W, which are then not random to it.
  private var holdsRounding = false
  /// The pair whose residual was set as the direction.
  private var improved: Int?

  /// Takes the part of `start` that is new as the next direction; false if there is none.
  mutating func setDirection(_ start: Span<Float>) -> Bool {
    holdsRounding = false
    improved = nil
    v.setVector(size, to: start, team: team)
    return normalizeDirection(share: 1e-3)
  }

  /// Takes the residual of pair i, A vᵢ − θᵢ vᵢ, as the next direction; false if it only holds rounding errors.
  mutating func setDirection(toResidual i: Int) -> Bool {
    setResidual(in: &v, size, products: w, pair: i, value: values[i], team: team)
    // A Ritz residual is orthogonal to the space; what lies within it is rounding.
    let length = residual(i)
    holdsRounding = length < 1e-4 * magnitude
    improved = i
    return normalizeDirection(share: 0.1)
  }

  /// Takes a random vector as the next direction.
  mutating func setDirection(draw: () -> RandomVectors) {
    holdsRounding = false
    improved = nil
    repeat {
      fill(&v, size, draw(), team: team)
    } while !normalizeDirection(share: 1e-5)
  }

  /// d ← (1 − VVᵀ) d / ‖…‖, unless less than `share` of its norm is left.
  private mutating func normalizeDirection(share: Double) -> Bool {
    let left = v.orthonormalizeVector(size, against: 0..<size, team: team)
    return left.norm > share * left.normBefore
  }

  /// Vᵀ A d − (A V)ᵀ d, 0 for a symmetric A; `h` holds the former.
  private borrowing func differences(_ h: [Double]) -> [Double] {
    zip(h, w.dots(with: v.vector(size), rows: size, team: team)).map { $0 - $1 }
  }

  /// Rayleigh–Ritz on the space and the direction d that was set: costs the product A d.
  ///
  /// Where that fills all slots, the last but one holds no Ritz vector but where the pair improved came from: see ``RitzDecomposition/keepPrevious(_:)``.
  mutating func expand<A: SymmetricOperator>(with a: inout A, _ counter: inout ProductCounter) throws {
    let m = size
    try counter.apply(&a, to: v, m, into: &w, m)
    let norm = try counter.norm(dot(w.vector(m), w.vector(m), team: team))
    // T = [diag(θ), Vᵀ A d; ·, dᵀ A d], lower triangle.
    let h = v.dots(with: w.vector(m), rows: m + 1, team: team)
    errors.note(norm: norm, differences: holdsRounding ? [] : differences(h))
    var t = [Double](repeating: 0, count: (m + 1) * (m + 1))
    for i in 0..<m { t[i * (m + 1) + i] = values[i] }
    for i in 0...m { t[m * (m + 1) + i] = h[i] }
    var ritz = try RitzDecomposition(t, order: m + 1, which: which)
    if let improved, m == wanted + 1, m + 1 < v.length { ritz.keepPrevious(improved) }
    v.rotate(by: ritz.vectors, team: team)
    w.rotate(by: ritz.vectors, team: team)
    values = ritz.values
    residuals.removeAll()
    magnitude = values.reduce(magnitude) { max($0, abs($1)) }
  }

  /// ‖A vᵢ − θᵢ vᵢ‖, which is computed once.
  mutating func residual(_ i: Int) -> Double {
    if let known = residuals[i] { return known }
    let residual = distance(w.vector(i), values[i], v.vector(i), team: team)
    residuals[i] = residual
    return residual
  }

  /// Truncates to the first `count` pairs and computes A vᵢ and θᵢ anew: what rotations have rounded is gone.
  ///
  /// The new products are compared with the stored ones, and with each other for symmetry.
  mutating func refresh<A: SymmetricOperator>(
    _ count: Int, with a: inout A, _ counter: inout ProductCounter
  ) throws {
    truncate(to: count)
    residuals.removeAll()
    for i in 0..<count {
      // Of a doubled vector, and halved: for a linear map that changes no bit.
      v.scaleVector(i, by: 2, team: team)
      try counter.apply(&a, to: v, i, into: &w, count)
      v.scaleVector(i, by: 0.5, team: team)
      w.scaleVector(count, by: 0.5, team: team)
      errors.note(norm: try counter.norm(dot(w.vector(count), w.vector(count), team: team)))
      errors.note(difference: distance(w.vector(count), 1, w.vector(i), team: team))
      w.swapAt(count, i)
      values[i] = rayleighQuotient(of: v.vector(i), product: w.vector(i), team: team).value
    }
    let products = (0..<count).map { v.dots(with: w.vector($0), rows: count, team: team) }
    for i in 0..<count {
      errors.note(norm: 0, differences: (0..<count).filter { $0 != i }.map { products[i][$0] - products[$0][i] })
    }
    if errors.areTooLarge { try refuse(with: &a) }
    let order = (0..<count).sorted { which.rank(values[$0]) > which.rank(values[$1]) }
    guard order != Array(0..<count) else { return }
    v.reorder(order)
    w.reorder(order)
    values = order.map { values[$0] }
  }

  /// Ends a run whose products contradict each other: a product made twice tells why.
  mutating func refuse<A: SymmetricOperator>(with a: inout A) throws -> Never {
    w.truncate(to: 0)
    throw try errors.refusal(of: &a, &v, team: team)
  }

  /// θᵢ and ‖A vᵢ − θᵢ vᵢ‖ / ‖vᵢ‖ of the stored vectors, whatever their length.
  borrowing func pair(_ i: Int) -> (value: Double, residual: Double) {
    rayleighQuotient(of: v.vector(i), product: w.vector(i), team: team)
  }

  /// Hands over all vectors, and behind them the room of their products.
  consuming func takeVectors() -> VectorStack {
    v.append(w)
    return v
  }
}

// Exclusive access to one stored property beside another is had through parameters.

/// Vector m of V ← A vᵢ − θ vᵢ.
private func setResidual(
  in v: inout VectorStack, _ m: Int, products w: borrowing VectorStack, pair i: Int, value: Double, team: Team
) {
  v.setVector(m, to: w.vector(i), plus: -value, timesVector: i, team: team)
}

/// Vector m of V ← random values.
private func fill(_ v: inout VectorStack, _ m: Int, _ random: RandomVectors, team: Team) {
  var span = v.mutableVector(m)
  random.fillGaussian(&span, team: team)
}
