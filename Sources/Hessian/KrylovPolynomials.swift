/// The polynomials of a Lanczos run with a random start: which eigenvalues it cannot have overlooked.
///
/// Every basis vector is a polynomial in A times the start b, vⱼ = pⱼ(A) b, restarts included. An eigenvector u of λ with uᵀb = c has
/// uᵀvⱼ = c pⱼ(λ), and because the basis is orthonormal,
///
///     c² Σⱼ pⱼ(λ)² ≤ 1.
///
/// So where the sum exceeds 1/δ² there is no eigenvalue whose component in b is δ or more, and a random b rarely has a smaller one. The
/// smallest 1/Σ pⱼ(λ)² of all measures with these moments is what λ may weigh at most (Chebyshev, Markov, Stieltjes): beyond the largest Ritz value this excludes
/// what Kuczyński and Woźniakowski's bound excludes of the worst spectrum, and more of others. It needs no width, and holds after any number of
/// products: |c| ≥ δ is one event for all of them.
///
/// Rounding: uᵀ(A vⱼ) is off by uᵀfⱼ, with fⱼ the product's error. Errors are taken for random to u, of the size that the run has
/// measured; the recurrence runs several times beside with random signs for them, and six times their root mean square is taken off.
///
/// - Source: van Dorsselaer, Hochstenbach and van der Vorst, "Computing probabilistic bounds for extreme eigenvalues of symmetric
///   matrices with the Lanczos method", SIAM J. Matrix Anal. Appl. 22 (2000), for the last polynomial alone and without restarts.
struct KrylovPolynomials: Sendable {
  /// From one restart to the next, the first from the start.
  private(set) var segments: [Segment]
  /// The size of uᵀf.
  var noise: Double

  /// Part of a factorisation between restarts.
  struct Segment: Sendable {
    /// Ritz values that a restart kept, each with how far A times its vector reaches in the direction that follows.
    fileprivate let kept: [(value: Double, coupling: Double)]
    fileprivate let columns: [Column]
    /// The direction after a restart as a combination of the basis and of the direction before it; nil where that stays as it is.
    fileprivate let next: [Double]?

    /// What A vⱼ holds of vⱼ and those before it, and β.
    fileprivate struct Column: Sendable {
      let entries: [(vector: Int, coefficient: Double)]
      let beta: Double
    }

    /// The part that a factorisation holds.
    init(_ matrix: LanczosMatrix, next: [Double]? = nil) {
      let (kept, size) = (matrix.kept, matrix.size)
      self.kept = (0..<kept).map { (matrix[$0, $0], matrix[kept, $0]) }
      columns = (kept..<size).map { j in
        let beta = matrix[j + 1, j]
        return Column(
          entries: (0...j).compactMap { l in matrix[l, j] == 0 ? nil : (l, matrix[l, j]) },
          // Where nothing was left, a vector of this length was left out.
          beta: beta > 0 ? beta : matrix.errors[j])
      }
      self.next = next
    }
  }

  /// Adds what follows a restart.
  mutating func append(_ segment: Segment) { segments.append(segment) }

  init(segments: [Segment] = [], noise: Double = 0) {
    self.segments = segments
    self.noise = noise
  }

  /// Whether no eigenvector of this value can have a component of at least `component` in the start vector.
  ///
  /// - Complexity: For each product as many multiplications as its column of H has entries, nine times.
  func excludes(_ value: Double, component: Double) -> Bool {
    var direction = Channels.start
    var signs = Signs()
    for segment in segments {
      var sum = Sum(component: component, noise: noise)
      var x: [Channels] = []
      for (theta, coupling) in segment.kept {
        guard value != theta else { return false }
        x.append((direction * coupling + signs.next()) * (1 / (value - theta)))
        if let outcome = sum.add(x[x.count - 1]) { return outcome }
      }
      x.append(direction)
      if let outcome = sum.add(direction) { return outcome }
      for (j, column) in zip(segment.kept.count..., segment.columns) {
        var next = x[j] * value + signs.next()
        for (l, coefficient) in column.entries { next = next - x[l] * coefficient }
        // What is far below rounding, or 0, only has to be finite.
        x.append(next * (1 / max(column.beta, 1e-6 * noise, 1e-100)))
        if let outcome = sum.add(x[j + 1]) { return outcome }
      }
      direction = x[x.count - 1]
      if let next = segment.next {
        direction = zip(x, next).reduce(Channels.zero) { $0 + $1.0 * $1.1 }
      }
    }
    return false
  }
}

/// uᵀv of one vector: its polynomial, and what rounding may have made of it, each with its own signs, in units of the noise.
private struct Channels {
  var polynomial: Double
  var rounding: SIMD8<Double>

  static let start = Channels(polynomial: 1, rounding: .zero)
  static let zero = Channels(polynomial: 0, rounding: .zero)

  static func + (a: Channels, b: Channels) -> Channels {
    Channels(polynomial: a.polynomial + b.polynomial, rounding: a.rounding + b.rounding)
  }
  static func - (a: Channels, b: Channels) -> Channels {
    Channels(polynomial: a.polynomial - b.polynomial, rounding: a.rounding - b.rounding)
  }
  static func * (a: Channels, b: Double) -> Channels {
    Channels(polynomial: a.polynomial * b, rounding: a.rounding * b)
  }
  static func + (a: Channels, signs: SIMD8<Double>) -> Channels {
    Channels(polynomial: a.polynomial, rounding: a.rounding + signs)
  }
}

/// Random signs, the same at every evaluation.
private struct Signs {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  mutating func next() -> SIMD8<Double> {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    var signs = SIMD8<Double>(repeating: 1)
    for run in 0..<8 where state >> UInt64(56 + run) & 1 == 1 { signs[run] = -1 }
    return signs
  }
}

/// Σ (uᵀv)² over an orthonormal basis, as far as it is known.
private struct Sum {
  let component: Double
  let noise: Double
  private var square = 0.0
  private var rounding = 0.0

  init(component: Double, noise: Double) {
    self.component = component
    self.noise = noise
  }

  /// Takes one vector; true once the sum must exceed 1, false once it is lost in rounding.
  mutating func add(_ x: Channels) -> Bool? {
    square += x.polynomial * x.polynomial
    rounding += (x.rounding * x.rounding).sum() / 8
    let (size, error) = (component * square.squareRoot(), 6 * noise * rounding.squareRoot())
    // 1 % for a basis whose vectors have products up to √ε with each other.
    if size - error > 1.01 { return true }
    return error.isFinite && error < 1e100 ? nil : false
  }
}
