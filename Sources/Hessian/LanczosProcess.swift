internal import Tensors

/// A Lanczos factorisation whose basis stays semiorthogonal, A V = V H + β v eᵀ with |vᵢᵀvⱼ| ≤ √ε of single precision.
///
/// Each product is orthogonalised against the last two vectors, and against those others for which ``OrthogonalityEstimate`` asks: then
/// the next product, too. In full the first three, the first after a restart, whose direction all kept Ritz vectors share, and the first
/// of a new direction. Before a restart those products of vectors are measured that are not known to be rounding, and what they
/// differ from those of orthonormal ones goes into the combinations: Ritz vectors are orthonormal to rounding.
///
/// It may work in the complement of vectors U that are given to each call again: the factorisation is then that of
/// (1 − UUᵀ) A (1 − UUᵀ). They are not copied. They are treated as kept Ritz vectors are, each orthogonalised against when its own
/// recurrence asks, which knows its value and its residual. Vectors held: M + 1.
///
/// A step without more reads the product and two vectors twice from memory, and writes the new vector in the product's place.
///
/// - Source: Simon, "The Lanczos algorithm with partial reorthogonalization", 1984; Wu and Simon, "Thick-restart Lanczos method for
///   large symmetric eigenvalue problems", 2000; Parlett, "The Symmetric Eigenvalue Problem", ch. 6 and 13.
struct LanczosProcess: ~Copyable {
  /// V, the next direction, and room for its product: shape [M + 1, n].
  var stack: VectorStack
  /// M, the most basis vectors.
  let capacity: Int
  /// H.
  var matrix: LanczosMatrix
  var estimate: OrthogonalityEstimate
  /// What the products tell about their error.
  var errors: ProductErrors
  /// What became of each basis before a restart; of the first Krylov space alone.
  private var past = KrylovPolynomials()
  /// All of a first Krylov space that was exhausted.
  private var ended: KrylovPolynomials?
  /// Values and residuals of the vectors U.
  private let others: [(value: Double, residual: Double)]
  /// The share of a product's norm that its error is known to have, from elsewhere.
  private let knownError: OperatorCheck?
  /// The most that a product of two vectors may be.
  private let limit: Double
  /// Those that the step before was orthogonalised against by request.
  var asked = Selection()
  /// Vectors that products were orthogonalised against, in all.
  private(set) var projections = 0
  /// How often the basis was made Ritz vectors because many of its vectors asked.
  private(set) var separations = 0
  /// Whether that is allowed: T is then no longer tridiagonal.
  private let separates: Bool
  /// Krylov spaces that were exhausted so far, and the length of the present one.
  private(set) var exhausted = 0
  private(set) var chain = 0
  private let seed: UInt64
  private let stream: (Int) -> UInt64
  private var draws = 0
  let team: Team

  /// m, the basis vectors in use.
  var size: Int { matrix.size }
  /// β: how far A V reaches out of V; 0 where V is invariant to rounding.
  var beta: Double { matrix.beta }
  /// The largest ‖A v‖ seen.
  var magnitude: Double { errors.norm }

  /// A process without basis vectors yet; `drawDirection`, `setStart` or `setSigns` gives the first.
  ///
  /// - Parameters:
  ///   - order: n.
  ///   - capacity: M.
  ///   - seed: Decides random directions.
  ///   - stream: The stream of the i-th of them.
  ///   - others: Values and residuals of the vectors U.
  ///   - knownError: What is known of the products' error.
  ///   - memory: Vectors of n values whose room is used; what is missing is added.
  ///   - limit: The most that a product of two vectors may be; with 0, every step is orthogonalised in full.
  ///   - separates: Whether Ritz vectors may take the basis' place between restarts.
  ///   - team: The cores for vector arithmetic.
  init(
    order: Int, capacity: Int, seed: UInt64, stream: @escaping (Int) -> UInt64,
    others: [(value: Double, residual: Double)] = [], knownError: OperatorCheck? = nil,
    memory: consuming VectorStack? = nil, limit: Double = OrthogonalityEstimate.limit, separates: Bool = true,
    team: Team
  ) {
    precondition(capacity >= 1 && capacity <= order)
    self.capacity = capacity
    self.seed = seed
    self.stream = stream
    self.others = others
    self.knownError = knownError
    self.limit = limit
    self.separates = separates
    self.team = team
    matrix = LanczosMatrix(capacity: capacity)
    estimate = OrthogonalityEstimate(count: others.count + capacity + 1, order: order)
    errors = ProductErrors(order: order)
    stack = memory ?? VectorStack(count: 0, length: order)
    stack.makeRoom(for: capacity + 1)
  }

  /// Whether `others`, the vectors U, and V span everything.
  func isComplete(beside others: borrowing VectorStack) -> Bool { others.count + size == stack.length }

  // MARK: Directions

  /// Takes `start` as first direction.
  mutating func setStart(_ start: Span<Float>) {
    let length = norm(start, team: team)
    guard length > 0 else { return drawDirection(beside: noVectors()) }
    setVector(0, of: &stack, to: start, times: 1 / length, team: team)
  }

  /// Takes a normalised Rademacher vector as first direction.
  mutating func setSigns(_ random: RandomVectors) {
    fillSigns(0, of: &stack, random, team: team)
    stack.scaleVector(0, by: 1 / Double(stack.length).squareRoot(), team: team)
  }

  /// Takes a random direction outside of U and V as the next.
  mutating func drawDirection(beside others: borrowing VectorStack) {
    var left: Projection
    repeat {
      fill(size, of: &stack, RandomVectors(seed: seed, stream: stream(draws)), team: team)
      draws += 1
      left = stack.orthonormalizeVector(
        size, against: 0..<size, beside: others, deviation: estimate.largest(among: others.count + size), team: team)
    } while left.norm <= 1e-5 * left.normBefore
    estimate.advance(to: others.count + size, nil, removed: 0..<others.count + size)
  }

  // MARK: A step

  /// Takes the next direction into the basis and applies A to it: one product.
  mutating func extend<A: SymmetricOperator>(
    with a: inout A, _ counter: inout ProductCounter, beside others: borrowing VectorStack
  ) throws {
    precondition(size < capacity)
    if beta == 0 { chain = 0 }
    let j = size
    try counter.apply(&a, &stack, j, to: j + 1)
    let all = Selection(rows: Array(0..<max(0, j - 1)), others: Array(0..<others.count))
    // In full where nothing is known of what the product will hold, or there is next to nothing else.
    let isFull = j < 4 || j == matrix.kept || beta == 0
    var step = projection(of: j, onto: isFull ? all : asked, beside: others)
    let norm = try counter.norm(step.square)
    errors.note(norm: norm)
    noteMeasured(j, step)
    asked = Selection()
    var forecast: OrthogonalityEstimate.Forecast?
    if !isFull {
      forecast = self.forecast(j, step)
      asked = missing(forecast, step, all)
      if !asked.isEmpty {
        add(asked, to: &step, j, beside: others)
        noteMeasured(j, step)
      }
    }
    noteDifferences(j, step, all: isFull)
    let (coefficients, left, leaves) = remove(step, from: j + 1, all: all, beside: others)
    append(j, step, coefficients, left, isFull ? nil : forecast, leaving: leaves, beside: others)
    try separate(beside: others)
  }

  /// Makes Ritz vectors of the basis, as a restart that keeps all, where many of its vectors have asked.
  ///
  /// They ask when Ritz vectors settle, to which each of them contributes. From then on only those few ask that have settled.
  private mutating func separate(beside others: borrowing VectorStack) throws {
    let asking = asked.rows.count { $0 >= matrix.kept }
    // It takes as much as some steps that ask: worth it where as many steps are to come before the basis is full.
    guard separates, 2 * size <= capacity, beta > 0, asking >= max(4, size / 3) else { return }
    try restart(keeping: size, .magnitude, beside: others)
    separations += 1
  }

  /// Products of A vⱼ, in vector j + 1, with the last two vectors and those selected.
  private borrowing func projection(
    of j: Int, onto selection: Selection, beside others: borrowing VectorStack
  ) -> LanczosStep {
    let products = stack.products(
      of: selection.rows, and: selection.others, in: others, with: lastTwo(j), team: team)
    var step = LanczosStep(among: products.among)
    step.add(rows: selection.rows, others: selection.others, products.rows)
    return step
  }

  private func lastTwo(_ j: Int) -> [Int] { j == 0 ? [1, 0] : [j + 1, j, j - 1] }

  private borrowing func add(
    _ selection: Selection, to step: inout LanczosStep, _ j: Int, beside others: borrowing VectorStack
  ) {
    let products = stack.products(
      of: selection.rows, and: selection.others, in: others, with: lastTwo(j), team: team)
    step.add(rows: selection.rows, others: selection.others, products.rows)
  }

  /// How far the new vector would be from orthogonal to those that the step does not hold.
  private mutating func forecast(_ j: Int, _ step: LanczosStep) -> OrthogonalityEstimate.Forecast? {
    let c = step.coefficients
    guard c.left > 0 else { return nil }
    let u = others.count
    var terms: [OrthogonalityEstimate.Term] = []
    for i in 0..<u {
      terms.append(.init(vector: i, column: [(i, others[i].value)], error: others[i].residual))
    }
    for i in 0..<max(0, j - 1) {
      let column = matrix.column(i).map { (u + $0.vector, $0.coefficient) }
      terms.append(.init(vector: u + i, column: column, error: matrix.errors[i]))
    }
    // What is removed of others reaches other vectors as far as these are not orthogonal to them.
    let noise = productNoise + c.small * estimate.typical(among: u + j)
    return estimate.forecast(terms, alpha: c.last, gamma: c.previous, beta: c.left, noise: noise)
  }

  /// The size of vᵢᵀ(A vⱼ) − (A vᵢ)ᵀvⱼ, which products' errors make: as measured, and not less than storing them makes.
  private var productNoise: Double {
    let norm = max(errors.norm, knownError?.norm ?? 0)
    let share = max(errors.asymmetry, knownError?.relativeError ?? 0) * 2.0.squareRoot()
    return max(share, OperatorCheck.storage) * norm / Double(stack.length).squareRoot()
  }

  /// What the step must hold beside: where one product would be too large, all those that would be no rounding.
  ///
  /// Simon's second limit, ε^¾, which keeps those from asking soon that are on their way.
  private func missing(
    _ forecast: OrthogonalityEstimate.Forecast?, _ step: LanczosStep, _ all: Selection
  ) -> Selection {
    var rest = all.without(step)
    guard let forecast else { return rest }
    let u = others.count
    guard
      rest.rows.contains(where: { forecast.size(u + $0) > limit })
        || rest.others.contains(where: { forecast.size($0) > limit })
    else { return Selection() }
    let second = limit * OrthogonalityEstimate.limit.squareRoot()
    rest.rows = rest.rows.filter { forecast.size(u + $0) > second }
    rest.others = rest.others.filter { forecast.size($0) > second }
    return rest
  }

  /// Takes what the step has measured of vⱼ and of the vector before it.
  private mutating func noteMeasured(_ j: Int, _ step: LanczosStep) {
    let u = others.count
    let vectors = step.others + step.rows.map { u + $0 }
    let products = step.otherProducts + step.rowProducts
    guard j > 0 else { return }
    estimate.take(
      zip(vectors, products).map { ($0, $1[1]) } + [(u + j - 1, step.previous.withLast)], of: u + j, isNewest: true)
    estimate.take(zip(vectors, products).map { ($0, $1[2]) }, of: u + j - 1, isNewest: false)
  }

  /// Compares products with what earlier ones foretold: what is missing in symmetry, and what was taken for orthogonal.
  private mutating func noteDifferences(_ j: Int, _ step: LanczosStep, all: Bool) {
    guard j > 0 else { return }
    let previous = step.previous
    // vᵢᵀvⱼ for basis vectors i ≤ j: those that the step does not hold are only wanted times what is 0.
    var products = [Double](repeating: 0, count: j + 1)
    for (i, row) in zip(step.rows, step.rowProducts) { products[i] = row[1] }
    (products[j - 1], products[j]) = (previous.withLast, step.lastSquare)
    func foretold(_ i: Int) -> Double {
      matrix.column(i).reduce(0) { $0 + $1.coefficient * products[$1.vector] }
    }
    var differences = [previous.withProduct - foretold(j - 1)]
    if all { differences += zip(step.rows, step.rowProducts).map { i, row in row[0] - foretold(i) } }
    errors.note(norm: 0, differences: differences)
  }

  /// Removes from vector m what the step holds and makes it a unit vector, unless next to nothing is left.
  ///
  /// - Returns: What was removed of each basis vector, ‖w‖ after, and what products are left of those that the step holds.
  private mutating func remove(
    _ step: LanczosStep, from m: Int, all: Selection, beside others: borrowing VectorStack
  ) -> (coefficients: [Double], left: Double, leaving: Double) {
    let j = m - 1
    let (typical, largest) = (estimate.typical(among: others.count + j), estimate.largest(among: others.count + j))
    var (removed, step) = ([Double](repeating: 0, count: m), step)
    var before = step.square.squareRoot()
    while true {
      let c = step.coefficients
      var (rows, coefficients) = (step.rows + [j], c.rows + [c.last])
      if j > 0 { (rows, coefficients) = (rows + [j - 1], coefficients + [c.previous]) }
      for (row, coefficient) in zip(rows, coefficients) { removed[row] += coefficient }
      projections += rows.count + step.others.count
      // Where little is left, or what the others' own products leave is not small, the rest is projected again.
      let isLast = c.left > 1e-3 * before && largest * c.small <= 0.01 * OrthogonalityEstimate.limit * c.left
      let stored = stack.subtract(
        rows, and: step.others, in: others, times: coefficients + c.others, from: m, scale: isLast ? 1 / c.left : 1,
        team: team)
      guard !isLast else { return (removed, c.left * normalize(m, stored), typical * c.small / c.left) }
      before = stored.squareRoot()
      guard before > ConvergenceTest.precision * magnitude else { return (removed, before, 0) }
      step = projection(of: j, onto: all, beside: others)
    }
  }

  /// Makes vector m, whose norm's square is given and nearly 1, a unit vector; returns its norm.
  private mutating func normalize(_ m: Int, _ square: Double) -> Double {
    let norm = square.squareRoot()
    if abs(square - 1) > 1e-6 { stack.scaleVector(m, by: 1 / norm, team: team) }
    return norm
  }

  /// Adds the step to the factorisation; draws another direction where nothing is left.
  private mutating func append(
    _ j: Int, _ step: LanczosStep, _ coefficients: [Double], _ left: Double,
    _ forecast: OrthogonalityEstimate.Forecast?, leaving: Double, beside others: borrowing VectorStack
  ) {
    let isComplete = others.count + j + 1 == stack.length
    let goesOn = !isComplete && left > ConvergenceTest.precision * magnitude
    matrix.append(coefficients, beta: goesOn ? left : 0, error: goesOn ? 0 : left)
    chain += 1
    guard goesOn else {
      if ended == nil { ended = polynomials }
      exhausted += 1
      if !isComplete { drawDirection(beside: others) }
      return
    }
    let u = others.count
    let removed = forecast == nil ? Array(0...u + j) : step.others + step.rows.map { u + $0 } + [u + j, u + j - 1]
    // Storing a vector leaves of products what storing a product leaves of them.
    estimate.advance(to: u + j + 1, forecast, removed: removed, leaving: max(leaving, productNoise / magnitude))
  }

  // MARK: What was not overlooked

  /// The polynomials of the first Krylov space: which eigenvalues the process cannot have overlooked, where its start was random.
  var polynomials: KrylovPolynomials {
    if let ended { return ended }
    var all = past
    all.append(KrylovPolynomials.Segment(matrix))
    // A product's error, and what basis vectors that are not orthogonal to U bring of the residuals there.
    let residual = others.reduce(0) { max($0, $1.residual) }
    let leaking = others.isEmpty ? 0 : residual * estimate.typical(among: others.count + size)
    all.noise = (productNoise * productNoise + leaking * leaking).squareRoot()
    return all
  }

  /// Notes what the basis shows before a restart takes it away; `next` is the direction after it as a combination of the basis.
  mutating func noteBasis(next: [Double]?) {
    if ended == nil { past.append(KrylovPolynomials.Segment(matrix, next: next)) }
  }

  // MARK: Ritz pairs

  /// Ritz pairs of the basis in use.
  func ritz(_ which: SpectrumEnd) throws -> RitzDecomposition { try matrix.ritz(which) }

  /// The diagonal of T, of a process that does not separate.
  var diagonal: [Double] { matrix.diagonal }

  /// Estimate of ‖A y − θ y‖ for a Ritz vector y = V s: |β s_m|.
  func residualEstimate(_ coefficients: [Double]) -> Double { abs(matrix.reach(of: coefficients)) }

  /// Vectors of the basis and of U.
  struct Selection {
    var rows: [Int] = []
    var others: [Int] = []

    var isEmpty: Bool { rows.isEmpty && others.isEmpty }

    /// Those that a step does not hold.
    func without(_ step: LanczosStep) -> Selection {
      Selection(
        rows: rows.filter { !step.rows.contains($0) }, others: others.filter { !step.others.contains($0) })
    }
  }
}

/// A stack to work beside where there is nothing to work beside.
func noVectors() -> VectorStack { VectorStack(count: 0, length: 0) }

// Exclusive access to one stored property beside another is had through parameters.

/// vₘ ← α x.
private func setVector(_ m: Int, of stack: inout VectorStack, to x: Span<Float>, times alpha: Double, team: Team) {
  var span = stack.mutableVector(m)
  combine(alpha, x, 0, into: &span, team: team)
}

/// vₘ ← random values.
private func fill(_ m: Int, of stack: inout VectorStack, _ random: RandomVectors, team: Team) {
  var span = stack.mutableVector(m)
  random.fillGaussian(&span, team: team)
}

/// vₘ ← random signs.
private func fillSigns(_ m: Int, of stack: inout VectorStack, _ random: RandomVectors, team: Team) {
  var span = stack.mutableVector(m)
  random.fillSigns(&span, team: team)
}
