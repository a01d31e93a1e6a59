/// How far Lanczos vectors are from orthogonal to each other: as measured where it was, else by Simon's recurrence.
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

  /// ω of the newest vector and of the one before it with each vector: `runs` values for each.
  private var now: [Double]
  private var before: [Double]
  /// |ω| of each pair, row by row: as measured, or its root mean square.
  private var sizes: [Double]
  /// ω of the pairs that were measured.
  private var measured: [Double?]
  private let count: Int
  /// What storing a vector leaves of a product with another.
  private let storage: Double
  /// How many times larger than foretold measured products were.
  private var correction = 1.0
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// An estimate for up to `count` vectors of n values, all orthonormal to rounding.
  init(count: Int, order: Int) {
    self.count = count
    storage = Double(Float.ulpOfOne) / Double(max(1, order)).squareRoot()
    now = [Double](repeating: 0, count: count * runs)
    before = now
    sizes = [Double](repeating: storage, count: count * count)
    measured = [Double?](repeating: nil, count: count * count)
  }

  // MARK: A step

  /// What becomes of one vector's ω.
  struct Term {
    /// Which vector, i.
    var vector: Int
    /// Hₗᵢ with its l.
    var column: [(vector: Int, coefficient: Double)]
    /// Norm of what A vᵢ holds beside.
    var error: Double
  }

  /// ω of a new vector with those before it, were it not orthogonalised against them.
  struct Forecast {
    fileprivate var values: [Double]

    /// How large |ω| may be for vector i.
    func size(_ i: Int) -> Double { OrthogonalityEstimate.margin * rootMeanSquare(values, i) }
  }

  /// ω of the new vector with those of `terms`; 0 with all others.
  mutating func forecast(_ terms: [Term], alpha: Double, gamma: Double, beta: Double, noise: Double) -> Forecast {
    var next = [Double](repeating: 0, count: now.count)
    for term in terms {
      // An error that is bounded, not random, is not multiplied by the margin.
      let (size, error) = (correction * noise, term.error / Self.margin)
      for run in 0..<runs {
        let i = term.vector * runs + run
        var sum = sign() * size + sign() * error - alpha * now[i] - gamma * before[i]
        for (l, coefficient) in term.column { sum += coefficient * now[l * runs + run] }
        next[i] = sum / beta
      }
    }
    return Forecast(values: next)
  }

  /// A new vector, number `vector`, behind all others: ω as foretold, and `left` with those that it was orthogonalised against.
  mutating func advance(to vector: Int, _ forecast: Forecast?, removed: some Sequence<Int>, leaving left: Double = 0) {
    before = now
    now = forecast?.values ?? [Double](repeating: 0, count: before.count)
    let left = max(storage, left)
    for i in removed {
      for run in 0..<runs { now[i * runs + run] = sign() * left }
    }
    for i in 0..<vector {
      sizes[vector * count + i] = max(storage, rootMeanSquare(now, i))
      measured[vector * count + i] = nil
    }
  }

  /// Takes what products of the newest vector, or of the one before it, were measured to be.
  ///
  /// - Parameters:
  ///   - products: vᵢᵀv with each i.
  ///   - vector: The number of v.
  ///   - isNewest: Whether v is the newest; else it is the one before.
  mutating func take(_ products: [(vector: Int, product: Double)], of vector: Int, isNewest: Bool) {
    var factor = 1.0
    for (i, product) in products where i < vector {
      let size = Self.margin * sizes[vector * count + i]
      if isNewest, measured[vector * count + i] == nil, abs(product) > max(size, Self.rounding) {
        factor = max(factor, abs(product) / size)
      }
      measure(i, vector, product)
      for run in 0..<runs {
        if isNewest { now[i * runs + run] = product } else { before[i * runs + run] = product }
      }
    }
    correction *= min(10, factor)
  }

  private mutating func measure(_ i: Int, _ j: Int, _ product: Double) {
    let pair = max(i, j) * count + min(i, j)
    measured[pair] = product
    sizes[pair] = max(abs(product), storage)
  }

  private mutating func sign() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 63 == 0 ? 1 : -1
  }

  // MARK: All pairs

  /// The largest |ω| among the first vectors.
  func largest(among vectors: Int) -> Double {
    (0..<vectors).reduce(storage) { largest, j in
      (0..<j).reduce(largest) { i, k in
        max(i, sizes[j * count + k] * (measured[j * count + k] == nil ? Self.margin : 1))
      }
    }
  }

  /// The root mean square of ω among the first vectors.
  func typical(among vectors: Int) -> Double {
    guard vectors > 1 else { return storage }
    let square = (0..<vectors).reduce(0.0) { $0 + unmeasured($1, includingMeasured: true) }
    return (square / Double(vectors * (vectors - 1) / 2)).squareRoot()
  }

  /// Σ ω² of vector j with those before it, for the pairs that were not measured.
  private func unmeasured(_ j: Int, includingMeasured: Bool = false) -> Double {
    (0..<j).reduce(0) { sum, i in
      let pair = j * count + i
      return includingMeasured || measured[pair] == nil ? sum + sizes[pair] * sizes[pair] : sum
    }
  }

  /// Whether all products of two different ones of the first vectors may be neglected, those of `others`, the foremost, aside.
  func isOrthonormal(among vectors: Int, others: Int) -> Bool {
    let square = (others..<vectors).reduce(0.0) { $0 + unmeasured($1, includingMeasured: true) }
    return 2 * (2 * square).squareRoot() <= Self.rounding
  }

  /// Vectors whose products must be measured for the others to be negligible; those of `others` are not products of their own.
  func vectorsToMeasure(among vectors: Int, others: Int) -> [Int] {
    let shares = (others..<vectors).map { ($0, unmeasured($0)) }.sorted { $0.1 > $1.1 }
    var rest = shares.reduce(0) { $0 + $1.1 }
    var chosen: [Int] = []
    for (vector, share) in shares where 2 * (2 * rest).squareRoot() > Self.rounding {
      chosen.append(vector)
      rest -= share
    }
    return chosen
  }

  /// Takes products that were measured of vector j with vectors i.
  mutating func take(_ products: [(vector: Int, product: Double)], of j: Int) {
    for (i, product) in products where i != j { measure(i, j, product) }
  }

  /// ω as far as it was measured; 0 where it is negligible.
  func product(_ i: Int, _ j: Int) -> Double { measured[max(i, j) * count + min(i, j)] ?? 0 }

  // MARK: A restart

  /// Vectors from `first` on have become combinations of what they were; the next direction follows them.
  mutating func restart(first: Int, size: Int, combinations: [[Double]], orthonormal: Bool) {
    let newest = now
    // Orthonormal combinations of vectors keep the sum of all pairs' squares.
    let pairs = max(1, combinations.count * (combinations.count + 1) / 2)
    let square = (first...first + size).reduce(0.0) { $0 + unmeasured($1, includingMeasured: true) }
    let spread = orthonormal ? storage : (square / Double(pairs)).squareRoot()
    now = [Double](repeating: 0, count: newest.count)
    before = now
    for i in 0..<first where !orthonormal {
      for run in 0..<runs { now[i * runs + run] = newest[i * runs + run] }
    }
    for (i, combination) in combinations.enumerated() where !orthonormal {
      for run in 0..<runs {
        now[(first + i) * runs + run] = combination.indices.reduce(0) {
          $0 + combination[$1] * newest[(first + $1) * runs + run]
        }
      }
    }
    for j in first...first + combinations.count {
      for i in 0..<j {
        measured[j * count + i] = nil
        sizes[j * count + i] = spread
      }
    }
  }
}

/// √ of the mean of ω² over the runs, for vector i.
private func rootMeanSquare(_ values: [Double], _ i: Int) -> Double {
  var square = 0.0
  for run in i * runs..<(i + 1) * runs { square += values[run] * values[run] }
  return (square / Double(runs)).squareRoot()
}

/// How often the recurrence runs side by side.
private let runs = 16
