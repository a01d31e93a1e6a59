/// How far a new Lanczos vector may be from orthogonal to those before it, without looking at them: Simon's recurrence.
///
/// With A V = V H + β v eᵀ but for the errors of products, the products ω = vᵢᵀvⱼ obey
///
///     βⱼ ωⱼ₊₁,ᵢ = Σₗ Hₗᵢ ωⱼₗ − Σₗ Hₗⱼ ωₗᵢ + noise
///
/// where the noise is vᵢᵀ(A vⱼ) − (A vᵢ)ᵀvⱼ: what the products' errors have contributed. Its size is measured; its signs are not
/// known. So the recurrence runs several times side by side, with random signs, and the root mean square over these, times a margin, is
/// taken for the size of ω. (Simon draws the noise once; taking its absolute value in each step grows without need.)
///
/// - Source: Simon, "The Lanczos algorithm with partial reorthogonalization", Math. Comp. 42 (1984), eq. 2.9 and sec. 3.
struct OrthogonalityEstimate {
  /// √ε of single precision, the most that a product of two vectors may be: T then is to rounding what orthonormal ones would give.
  static let limit = Double(Float.ulpOfOne).squareRoot()
  /// How many times the root mean square a single ω may be.
  ///
  /// Sixteen runs know the root mean square within 40 % nearly always, and of some thousand pairs none exceeds four of them.
  static let margin = 6.0
  /// Vectors are as good as orthonormal where all their products together are below this: what single precision leaves of a product.
  static let rounding = ConvergenceTest.precision
  private static let runs = 16

  /// ω of the newest vector and of the one before it with each vector: `runs` values for each.
  private var now: [Double]
  private var before: [Double]
  /// What storing a vector leaves of a product with another.
  private let storage: Double
  /// What measured products were larger than foretold.
  private var correction = 1.0
  /// The sum of ω² over all pairs of vectors in use.
  private var square = 0.0
  /// The largest ω among vectors in use.
  private(set) var largest: Double
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// An estimate for up to `count` vectors of n values, all orthonormal to rounding.
  init(count: Int, order: Int) {
    storage = Double(Float.ulpOfOne) / Double(max(1, order)).squareRoot()
    now = [Double](repeating: 0, count: count * Self.runs)
    before = now
    largest = storage
  }

  /// Whether all products of two different vectors may be neglected.
  var isOrthonormal: Bool { 2 * square.squareRoot() <= Self.rounding }

  /// The newest vector's ω with vector i.
  func size(_ i: Int) -> Double { Self.size(now, i) }

  private static func size(_ values: [Double], _ i: Int) -> Double {
    var square = 0.0
    for run in i * runs..<(i + 1) * runs { square += values[run] * values[run] }
    return margin * (square / Double(runs)).squareRoot()
  }

  // MARK: A step

  /// What becomes of one vector's ω.
  struct Term {
    /// Which vector, i.
    var vector: Int
    /// Hₗᵢ with its l, those for vⱼ aside.
    var column: [(vector: Int, coefficient: Double)]
    /// Norm of what A vᵢ holds beside.
    var error: Double
  }

  /// The new vector's ω with those of `terms`, were it not orthogonalised against them; 0 with all others.
  mutating func foretell(
    _ terms: [Term], alpha: Double, gamma: Double, beta: Double, noise: Double
  ) -> [Double] {
    var next = [Double](repeating: 0, count: now.count)
    for term in terms {
      // An error that is bounded, not random, is not multiplied by the margin.
      let size = correction * noise
      for run in 0..<Self.runs {
        let i = term.vector * Self.runs + run
        var sum = sign() * size + sign() * term.error / Self.margin - alpha * now[i] - gamma * before[i]
        for (l, coefficient) in term.column { sum += coefficient * now[l * Self.runs + run] }
        next[i] = sum / beta
      }
    }
    return next
  }

  /// ω by the values that `foretell` gave.
  func size(_ foretold: [Double], _ i: Int) -> Double { Self.size(foretold, i) }

  /// A new vector: ω as foretold, and rounding with those that it was orthogonalised against.
  ///
  /// - Parameters:
  ///   - foretold: What `foretell` gave; nil where it was orthogonalised against all.
  ///   - removed: Those that it was orthogonalised against.
  ///   - measured: Products of the vector before it with some, by their number.
  mutating func advance(_ foretold: [Double]?, removed: [Int], measured: [(vector: Int, product: Double)]) {
    for (i, product) in measured {
      for run in 0..<Self.runs { now[i * Self.runs + run] = product }
    }
    before = now
    now = foretold ?? [Double](repeating: 0, count: before.count)
    for i in removed { setRounding(i) }
    count()
  }

  /// A new vector that is orthogonal to the first `count` to rounding.
  mutating func advance(orthogonalTo count: Int) {
    before = now
    for i in 0..<count { setRounding(i) }
    self.count()
  }

  /// Corrects the noise where a product with a vector was larger than it was taken for.
  mutating func compare(_ i: Int, with product: Double) {
    let size = size(i)
    guard abs(product) > max(size, Self.margin * storage), size > 0 else { return }
    correction *= min(10, abs(product) / size)
  }

  private mutating func count() {
    for i in 0..<now.count / Self.runs {
      let size = size(i)
      largest = max(largest, size)
      square += 2 * size * size / (Self.margin * Self.margin)
    }
  }

  private mutating func setRounding(_ i: Int) {
    for run in 0..<Self.runs { now[i * Self.runs + run] = sign() * storage }
  }

  private mutating func sign() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 63 == 0 ? 1 : -1
  }

  // MARK: A restart

  /// The basis, `first` … on, has become combinations of itself, orthonormal to rounding or as much as it was.
  mutating func restart(first: Int, combinations: [[Double]], orthonormal: Bool) {
    let old = now
    for i in first..<now.count / Self.runs {
      for run in 0..<Self.runs { now[i * Self.runs + run] = 0 }
    }
    if orthonormal { (square, largest) = (0, storage) }
    for (i, combination) in combinations.enumerated() {
      if orthonormal {
        setRounding(first + i)
        continue
      }
      for run in 0..<Self.runs {
        now[(first + i) * Self.runs + run] = combination.indices.reduce(0) {
          $0 + combination[$1] * old[(first + $1) * Self.runs + run]
        }
      }
    }
    before = [Double](repeating: 0, count: now.count)
    // A combination's products add up those of all: their sum stays.
    largest = max(largest, square.squareRoot() * Self.margin)
  }
}
