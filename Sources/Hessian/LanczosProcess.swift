internal import Tensors

/// A Lanczos factorisation that keeps its basis orthonormal to rounding, A V = V T + β w eᵀ.
///
/// T is measured, not assumed to be tridiagonal: each product is orthogonalised against all of V, twice, and the coefficients are
/// T's new row. So a thick restart (T then has an arrow) and a new start within an exhausted space need no case of their own.
///
/// It may work in the complement of vectors U that are given to each call again: the factorisation is then that of
/// (1 − UUᵀ) A (1 − UUᵀ). They are not copied. Vectors held: M + 1.
///
/// - Source: Wu and Simon, "Thick-restart Lanczos method for large symmetric eigenvalue problems", 2000; Parlett, "The Symmetric
///   Eigenvalue Problem", ch. 6 and 13, for full reorthogonalisation.
struct LanczosProcess: ~Copyable {
  /// V: shape [capacity, n].
  private(set) var basis: VectorStack
  /// The next direction, orthogonal to U and V, of length 1 / `scaling`; later the product being worked on.
  private var w: Buffer
  /// Makes a unit vector of `w`.
  private var scaling = 1.0
  /// M, the most basis vectors.
  let capacity: Int
  /// m, the basis vectors in use.
  private(set) var size = 0
  /// The lower triangle of T, row by row, rows `capacity` apart.
  private var t: [Double]
  /// β: how far A V reaches out of V; 0 where V is invariant to rounding.
  private(set) var beta = 0.0
  /// T's row to come, by symmetry: how far A times each basis vector reaches in the next direction.
  private var coupling: [Double] = []
  /// What the products tell about their error.
  private(set) var errors: ProductErrors
  /// Krylov spaces that were exhausted so far, and the length of the present one.
  private(set) var exhausted = 0
  private(set) var chain = 0
  private let seed: UInt64
  private let stream: (Int) -> UInt64
  private var draws = 0
  private let team: Team

  /// The largest ‖A v‖ seen.
  var magnitude: Double { errors.norm }

  /// A process without basis vectors yet; `drawDirection`, `setStart` or `setSigns` gives the first.
  init(order: Int, capacity: Int, seed: UInt64, stream: @escaping (Int) -> UInt64, team: Team) {
    precondition(capacity >= 1 && capacity <= order)
    self.capacity = capacity
    self.seed = seed
    self.stream = stream
    self.team = team
    t = [Double](repeating: 0, count: capacity * capacity)
    errors = ProductErrors(order: order)
    w = Buffer(count: order)
    basis = VectorStack(count: capacity, length: order)
  }

  /// Whether `others`, the vectors U, and V span everything.
  func isComplete(beside others: borrowing VectorStack) -> Bool { others.count + size == w.count }

  /// Takes `start` as first direction.
  mutating func setStart(_ start: Span<Float>) {
    let length = norm(start, team: team)
    guard length > 0 else { return drawDirection(beside: noVectors()) }
    set(&w, to: start, team: team)
    scaling = 1 / length
  }

  /// Takes a normalised Rademacher vector as first direction.
  mutating func setSigns(_ random: RandomVectors) {
    fillSigns(&w, random, team: team)
    scaling = 1 / Double(w.count).squareRoot()
  }

  /// Takes a random direction outside of U and V as the next.
  mutating func drawDirection(beside others: borrowing VectorStack) {
    var left: Projection
    repeat {
      fill(&w, RandomVectors(seed: seed, stream: stream(draws)), team: team)
      draws += 1
      left = orthogonalize(&w, against: basis, rows: size, beside: others, team: team)
    } while left.norm <= 1e-5 * left.normBefore
    scaling = 1 / left.norm
  }

  /// Takes the next direction into the basis and applies A to it: one product.
  mutating func extend<A: SymmetricOperator>(
    with a: inout A, _ counter: inout ProductCounter, beside others: borrowing VectorStack
  ) throws {
    precondition(size < capacity)
    if beta == 0 { chain = 0 }
    // v ← w; w ← A v
    let norm = try step(&basis, size, &w, scaling, with: &a, &counter, team: team)
    // h ← [V v U]ᵀ w; w ← w − [V v U] h, twice
    let projection = orthogonalize(&w, against: basis, rows: size + 1, beside: others, team: team)
    let row = projection.coefficients[0...size]
    errors.note(norm: norm, differences: zip(row, coupling).map { $0 - $1 })
    t.replaceSubrange(size * capacity..<size * capacity + size + 1, with: row)
    size += 1
    chain += 1
    beta = projection.norm
    if !isComplete(beside: others), beta > ConvergenceTest.precision * magnitude {
      scaling = 1 / beta
    } else {
      beta = 0
      exhausted += 1
      if !isComplete(beside: others) { drawDirection(beside: others) }
    }
    coupling = [Double](repeating: 0, count: size - 1) + [beta]
  }

  /// Ritz pairs of the basis in use.
  func ritz(_ which: SpectrumEnd) throws -> RitzDecomposition {
    var projected = [Double](repeating: 0, count: size * size)
    for i in 0..<size { for j in 0...i { projected[i * size + j] = t[i * capacity + j] } }
    return try RitzDecomposition(projected, order: size, which: which)
  }

  /// The diagonal of T, for a process that was never restarted.
  var diagonal: [Double] { (0..<size).map { t[$0 * capacity + $0] } }

  /// Estimate of ‖A y − θ y‖ for a Ritz vector y = V s: |β s_m|.
  func residualEstimate(_ coefficients: [Double]) -> Double { abs(beta * coefficients[size - 1]) }

  /// Keeps only the first `count` Ritz vectors and the next direction.
  mutating func restart(keeping count: Int, of ritz: RitzDecomposition) {
    basis.rotate(by: Array(ritz.vectors.prefix(count)), team: team)
    for i in 0..<count {
      for j in 0...i { t[i * capacity + j] = i == j ? ritz.values[i] : 0 }
    }
    coupling = ritz.vectors.prefix(count).map { beta * $0[size - 1] }
    size = count
  }

  /// Ends the process: θ and ‖A v − θ v‖ of its vectors, which a restart has made Ritz vectors, from new products.
  ///
  /// Each product is compared with what the factorisation foretold, A v = θ v + coupling · w.
  mutating func certify<A: SymmetricOperator>(
    with a: inout A, _ counter: inout ProductCounter
  ) throws -> [(value: Double, residual: Double)] {
    basis.truncate(to: size)
    var product = Buffer(count: basis.length)
    var pairs: [(value: Double, residual: Double)] = []
    for i in 0..<size {
      errors.note(norm: try counter.applyToDouble(&a, of: &basis, i, into: &product, team: team))
      let foretold = (value: t[i * capacity + i], next: coupling[i] * scaling)
      errors.note(
        difference: distance(product.span, foretold.value, basis.vector(i), foretold.next, w.span, team: team))
      pairs.append(rayleigh(basis.vector(i), product.span, team: team))
    }
    if errors.areTooLarge { try refuse(with: &a, product) }
    return pairs
  }

  /// Ends a process whose products contradict each other: a product made twice tells why.
  mutating func refuse<A: SymmetricOperator>(with a: inout A) throws -> Never {
    basis.truncate(to: 1)
    let product = Buffer(count: basis.length)
    try refuse(with: &a, product)
  }

  private mutating func refuse<A: SymmetricOperator>(with a: inout A, _ product: consuming Buffer) throws -> Never {
    var product = product
    throw try refusal(errors, of: &a, basis, &product, &w, team: team)
  }

  /// Hands over the vectors in the order given by `order`.
  consuming func takeVectors(order: [Int]) -> VectorStack {
    basis.keep(order, team: team)
    return basis
  }
}

/// A stack to work beside where there is nothing to work beside.
func noVectors() -> VectorStack { VectorStack(count: 0, length: 0) }

// Exclusive access to one stored property beside another is had through parameters.

private func step<A: SymmetricOperator>(
  _ basis: inout VectorStack, _ row: Int, _ w: inout Buffer, _ scaling: Double, with a: inout A,
  _ counter: inout ProductCounter, team: Team
) throws -> Double {
  setVector(row, of: &basis, to: w, scaling, team: team)
  return try counter.apply(&a, to: basis.vector(row), into: &w, team: team)
}

private func setVector(
  _ row: Int, of basis: inout VectorStack, to w: borrowing Buffer, _ scaling: Double, team: Team
) {
  var vector = basis.mutableVector(row)
  combine(scaling, w.span, 0, into: &vector, team: team)
}

private func refusal<A: SymmetricOperator>(
  _ errors: ProductErrors, of a: inout A, _ basis: borrowing VectorStack, _ first: inout Buffer,
  _ second: inout Buffer, team: Team
) throws -> HessianError {
  try errors.refusal(of: &a, basis.vector(0), &first, &second, team: team)
}

private func set(_ w: inout Buffer, to x: Span<Float>, team: Team) {
  var span = w.mutableSpan
  combine(1, x, 0, into: &span, team: team)
}

private func orthogonalize(
  _ w: inout Buffer, against basis: borrowing VectorStack, rows: Int, beside others: borrowing VectorStack, team: Team
) -> Projection {
  var span = w.mutableSpan
  return basis.orthogonalize(&span, rows: rows, beside: others, team: team)
}

private func fill(_ w: inout Buffer, _ random: RandomVectors, team: Team) {
  var span = w.mutableSpan
  random.fillUniform(&span, team: team)
}

private func fillSigns(_ w: inout Buffer, _ random: RandomVectors, team: Team) {
  var span = w.mutableSpan
  random.fillSigns(&span, team: team)
}
