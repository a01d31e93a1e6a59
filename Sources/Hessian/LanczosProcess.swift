internal import Tensors

/// A Lanczos factorisation that keeps its basis orthonormal to rounding, A V = V T + β w eᵀ.
///
/// T is measured, not assumed to be tridiagonal: each product is orthogonalised against all of V, twice, and the coefficients are
/// T's new row. So a thick restart (T then has an arrow) and a new start within an exhausted space need no case of their own.
///
/// - Source: Wu and Simon, "Thick-restart Lanczos method for large symmetric eigenvalue problems", 2000; Parlett, "The Symmetric
///   Eigenvalue Problem", ch. 6 and 13, for full reorthogonalisation.
struct LanczosProcess: ~Copyable {
  /// First the locked vectors U, then the basis V: shape [locked + capacity, n].
  private(set) var basis: VectorStack
  /// The next unit direction, orthogonal to U and V; later the product being worked on.
  private var w: Buffer
  /// How many vectors A is deflated by: the factorisation is that of (1 − UUᵀ) A (1 − UUᵀ).
  let locked: Int
  /// M, the most basis vectors.
  let capacity: Int
  /// m, the basis vectors in use.
  private(set) var size = 0
  /// The lower triangle of T, row by row, rows `capacity` apart.
  private var t: [Double]
  /// β: how far A V reaches out of V; 0 where V is invariant to rounding.
  private(set) var beta = 0.0
  /// The largest ‖A v‖ seen.
  private(set) var magnitude = 0.0
  /// Krylov spaces that were exhausted so far, and the length of the present one.
  private(set) var exhausted = 0
  private(set) var chain = 0
  private let seed: UInt64
  private let stream: (Int) -> UInt64
  private var draws = 0
  private let team: Team

  /// Whether U and V span everything.
  var isComplete: Bool { locked + size == basis.length }

  /// A process without basis vectors yet, its first direction random unless `setStart` gives another.
  init(
    order: Int, capacity: Int, locking found: borrowing VectorStack, _ locked: Int, seed: UInt64,
    stream: @escaping (Int) -> UInt64, team: Team
  ) {
    precondition(locked < order && capacity >= 1 && locked + capacity <= order)
    self.capacity = capacity
    self.locked = locked
    self.seed = seed
    self.stream = stream
    self.team = team
    t = [Double](repeating: 0, count: capacity * capacity)
    w = Buffer(count: order)
    basis = VectorStack(count: locked + capacity, length: order)
    for i in 0..<locked { basis.setVector(i, to: found.vector(i), team: team) }
    drawDirection()
  }

  /// Takes `start` as first direction, as far as it is orthogonal to U.
  mutating func setStart(_ start: Span<Float>) {
    set(&w, to: start, team: team)
    let before = norm(w.span, team: team)
    _ = orthogonalize(&w, against: basis, rows: locked, team: team)
    let after = norm(w.span, team: team)
    if after > 1e-3 * before { scaleBuffer(&w, by: 1 / after, team: team) } else { drawDirection() }
  }

  /// Takes a normalised Rademacher vector as first direction.
  mutating func setSigns(_ random: RandomVectors) {
    fillSigns(&w, random, team: team)
    scaleBuffer(&w, by: 1 / Double(basis.length).squareRoot(), team: team)
  }

  private mutating func drawDirection() {
    let team = team
    repeat {
      fill(&w, RandomVectors(seed: seed, stream: stream(draws)), team: team)
      draws += 1
      let before = norm(w.span, team: team)
      _ = orthogonalize(&w, against: basis, rows: locked + size, team: team)
      let after = norm(w.span, team: team)
      guard after > 1e-5 * before else { continue }
      scaleBuffer(&w, by: 1 / after, team: team)
      return
    } while true
  }

  /// Takes the next direction into the basis and applies A to it: one product.
  mutating func extend<A: SymmetricOperator>(with a: inout A, _ counter: inout ProductCounter) throws {
    precondition(size < capacity)
    if beta == 0 { chain = 0 }
    let row = locked + size
    // v ← w; w ← A v
    try step(&basis, row, &w, with: &a, &counter, team: team)
    magnitude = max(magnitude, norm(w.span, team: team))
    // h ← [U V v]ᵀ w; w ← w − [U V v] h, twice
    let h = orthogonalize(&w, against: basis, rows: row + 1, team: team)
    for i in 0...size { t[size * capacity + i] = h[locked + i] }
    size += 1
    chain += 1
    // w ← w / β
    beta = norm(w.span, team: team)
    if !isComplete, beta > ConvergenceTest.precision * magnitude {
      scaleBuffer(&w, by: 1 / beta, team: team)
    } else {
      beta = 0
      exhausted += 1
      if !isComplete { drawDirection() }
    }
  }

  /// Ritz pairs of the basis in use.
  func ritz(_ which: SpectrumEnd) throws -> RitzDecomposition {
    var projected = [Double](repeating: 0, count: size * size)
    for i in 0..<size { for j in 0...i { projected[i * size + j] = t[i * capacity + j] } }
    return try RitzDecomposition(projected, order: size, which: which)
  }

  /// The diagonal of T and the β beside it, for a process that was never restarted.
  var diagonal: [Double] { (0..<size).map { t[$0 * capacity + $0] } }

  /// Estimate of ‖A y − θ y‖ for a Ritz vector y = V s: |β s_m|.
  func residualEstimate(_ coefficients: [Double]) -> Double { abs(beta * coefficients[size - 1]) }

  /// Keeps only the first `count` Ritz vectors and the next direction.
  mutating func restart(keeping count: Int, of ritz: RitzDecomposition) {
    basis.rotate(by: Array(ritz.vectors.prefix(count)), from: locked, team: team)
    for i in 0..<count {
      for j in 0...i { t[i * capacity + j] = i == j ? ritz.values[i] : 0 }
    }
    size = count
  }

  /// θ and ‖A v − θ v‖ of basis vector i, from a new product; overwrites the next direction, so that the process is at its end.
  mutating func trueResidual<A: SymmetricOperator>(
    _ i: Int, with a: inout A, _ counter: inout ProductCounter
  ) throws -> (value: Double, residual: Double) {
    let row = locked + i
    try product(of: basis, row, &w, with: &a, &counter, team: team)
    return rayleigh(basis.vector(row), w.span, team: team)
  }

  /// Hands over the first `count` basis vectors in the order given by `order`; for a process without locked vectors.
  consuming func takeVectors(order: [Int]) -> VectorStack {
    precondition(locked == 0)
    if order != Array(order.indices) {
      basis.rotate(by: order.map { i in order.indices.map { $0 == i ? 1.0 : 0 } }, team: team)
    }
    basis.truncate(to: order.count)
    return basis
  }
}

// Exclusive access to one stored property beside another is had through parameters.

private func step<A: SymmetricOperator>(
  _ basis: inout VectorStack, _ row: Int, _ w: inout Buffer, with a: inout A, _ counter: inout ProductCounter,
  team: Team
) throws {
  basis.setVector(row, to: w.span, team: team)
  try product(of: basis, row, &w, with: &a, &counter, team: team)
}

private func product<A: SymmetricOperator>(
  of basis: borrowing VectorStack, _ row: Int, _ w: inout Buffer, with a: inout A, _ counter: inout ProductCounter,
  team: Team
) throws {
  try counter.apply(&a, to: basis.vector(row), into: &w, team: team)
}

private func set(_ w: inout Buffer, to x: Span<Float>, team: Team) {
  var span = w.mutableSpan
  combine(1, x, 0, into: &span, team: team)
}

private func orthogonalize(
  _ w: inout Buffer, against basis: borrowing VectorStack, rows: Int, team: Team
) -> [Double] {
  var span = w.mutableSpan
  return basis.orthogonalize(&span, rows: rows, team: team)
}

private func scaleBuffer(_ w: inout Buffer, by alpha: Double, team: Team) {
  var span = w.mutableSpan
  scale(by: alpha, &span, team: team)
}

private func fill(_ w: inout Buffer, _ random: RandomVectors, team: Team) {
  var span = w.mutableSpan
  random.fillUniform(&span, team: team)
}

private func fillSigns(_ w: inout Buffer, _ random: RandomVectors, team: Team) {
  var span = w.mutableSpan
  random.fillSigns(&span, team: team)
}
