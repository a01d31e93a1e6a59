internal import Tensors

/// H with A V = V H + β v eᵀ: the coefficients that were removed from each product, column by column.
///
/// After a restart its first columns are those of Ritz vectors, θ on the diagonal and one more entry each, for the direction that
/// follows them.
struct LanczosMatrix {
  /// m, the columns in use.
  private(set) var size = 0
  /// How many of them are Ritz vectors' of a restart.
  private(set) var kept = 0
  /// β: how far A V reaches out of V.
  private(set) var beta = 0.0
  /// H, column by column; each has one entry more than the order, β of its vector.
  private var h: [Double]
  /// Norm of what A times each vector holds beside its column.
  private(set) var errors: [Double]
  private let rows: Int

  init(capacity: Int) {
    rows = capacity + 1
    h = [Double](repeating: 0, count: capacity * rows)
    errors = [Double](repeating: 0, count: capacity)
  }

  /// Entry in row l of column i.
  subscript(l: Int, i: Int) -> Double { h[i * rows + l] }

  /// The entries of column i that are not 0, at most as many rows down as there are columns.
  func column(_ i: Int) -> [(vector: Int, coefficient: Double)] {
    (0..<min(rows, size + 1)).compactMap { l in self[l, i] == 0 ? nil : (l, self[l, i]) }
  }

  /// Adds a column: what was removed from a product, β, and the norm of what is left out where β is 0.
  mutating func append(_ coefficients: [Double], beta: Double, error: Double) {
    for l in 0..<rows { h[size * rows + l] = 0 }
    for (l, coefficient) in coefficients.enumerated() { h[size * rows + l] = coefficient }
    h[size * rows + size + 1] = beta
    errors[size] = error
    self.beta = beta
    size += 1
  }

  /// The diagonal.
  var diagonal: [Double] { (0..<size).map { self[$0, $0] } }

  /// T, the lower triangle, row by row: what H is to rounding for semiorthogonal V, a tridiagonal matrix with an arrow.
  ///
  /// What was removed of other vectors is the product of two small numbers in T's eigenvalues and is left out.
  var symmetric: [Double] {
    var t = [Double](repeating: 0, count: size * size)
    for i in 0..<size {
      t[i * size + i] = self[i, i]
      // Each entry as measured by the later of the two products.
      if i == kept { for j in 0..<kept { t[i * size + j] = self[j, i] } }
      if i > kept { t[i * size + i - 1] = self[i - 1, i] }
    }
    return t
  }

  /// Ritz pairs of T for a basis that is as good as orthonormal.
  func ritz(_ which: SpectrumEnd) throws -> RitzDecomposition {
    try RitzDecomposition(symmetric, order: size, which: which)
  }

  /// Ritz vectors of the basis and what is needed to go on with them.
  struct Restart {
    var values: [Double]
    /// Combinations of V, for each Ritz vector.
    var vectors: [[Double]]
    /// How far A times each reaches in the next direction.
    var couplings: [Double]
    /// The next direction as a combination of V and itself; nil where it stays as it is.
    var next: [Double]?
  }

  /// The foremost Ritz pairs of a basis that is as good as orthonormal.
  func restart(keeping count: Int, _ which: SpectrumEnd) throws -> Restart {
    let ritz = try ritz(which)
    let vectors = Array(ritz.vectors.prefix(count))
    return Restart(
      values: Array(ritz.values.prefix(count)), vectors: vectors, couplings: vectors.map { reach(of: $0) })
  }

  /// The foremost Ritz pairs of a basis whose products with itself, and with the next direction behind it, are `gram`.
  ///
  /// V = Q Lᵀ with orthonormal Q and G = L Lᵀ. So QᵀA Q = Lᵀ H L⁻ᵀ, and what the next direction holds of V joins the last column.
  func restart(keeping count: Int, gram: [[Double]], _ which: SpectrumEnd) throws -> Restart {
    let l = Triangle(factorOf: gram)
    // Row by row: x ← L⁻ᵀ of each unit vector, as far as it goes.
    let inverse = (0..<gram.count).map { i in l.solvedTransposed((0..<gram.count).map { $0 == i ? 1.0 : 0 }) }
    let s = projected(l, inverse)
    let ritz = try RitzDecomposition(s, order: size, which: which)
    let vectors = ritz.vectors.prefix(count).map { z in
      (0..<size).map { row in (0..<size).reduce(0.0) { $0 + inverse[$1][row] * z[$1] } }
    }
    let hasNext = gram.count > size
    let length = hasNext ? l[size, size] : 0
    return Restart(
      values: Array(ritz.values.prefix(count)), vectors: vectors, couplings: vectors.map { length * reach(of: $0) },
      next: hasNext ? inverse[size] : nil)
  }

  /// How far A times a combination of V reaches in the next direction.
  func reach(of combination: [Double]) -> Double {
    size > kept
      ? beta * combination[size - 1] : (0..<size).reduce(0.0) { $0 + self[size, $1] * combination[$1] }
  }

  /// The symmetric part of Lᵀ H L⁻ᵀ, with what the next direction holds of V.
  private func projected(_ l: Triangle, _ inverse: [[Double]]) -> [Double] {
    var s = [Double](repeating: 0, count: size * size)
    for column in 0..<size {
      // H times column `column` of L⁻ᵀ.
      let image = (0..<size).map { row in (0...column).reduce(0.0) { $0 + self[row, $1] * inverse[column][$1] } }
      for row in 0..<size {
        s[row * size + column] = (row..<size).reduce(0.0) { $0 + l[$1, row] * image[$1] }
        if l.order > size { s[row * size + column] += l[size, row] * reach(of: inverse[column]) }
      }
    }
    for i in 0..<size {
      for j in 0..<i { s[i * size + j] = (s[i * size + j] + s[j * size + i]) / 2 }
    }
    return s
  }

  /// Keeps Ritz vectors; `errors` of each are those of the vectors that it combines.
  mutating func keep(_ restart: Restart) {
    let count = restart.values.count
    let errors = restart.vectors.map { vector in
      vector.indices.reduce(0) { $0 + vector[$1] * vector[$1] * self.errors[$1] * self.errors[$1] }.squareRoot()
    }
    for i in 0..<count {
      for l in 0..<rows { h[i * rows + l] = 0 }
      h[i * rows + i] = restart.values[i]
      h[i * rows + count] = restart.couplings[i]
      self.errors[i] = errors[i]
    }
    (size, kept) = (count, count)
  }
}

/// A lower triangular matrix L with L Lᵀ = G (Cholesky).
private struct Triangle {
  let order: Int
  private var rows: [[Double]]

  subscript(i: Int, j: Int) -> Double { rows[i][j] }

  init(factorOf g: [[Double]]) {
    order = g.count
    rows = [[Double]](repeating: [Double](repeating: 0, count: g.count), count: g.count)
    for i in g.indices {
      for j in 0...i {
        let sum = (0..<j).reduce(g[i][j]) { $0 - rows[i][$1] * rows[j][$1] }
        if i == j { precondition(sum > 0, "vectors that are nearly orthonormal depend on each other") }
        rows[i][j] = i == j ? sum.squareRoot() : sum / rows[j][j]
      }
    }
  }

  /// x with Lᵀ x = b.
  func solvedTransposed(_ b: [Double]) -> [Double] {
    var x = b
    for i in (0..<order).reversed() {
      for j in i + 1..<max(order, i + 1) { x[i] -= rows[j][i] * x[j] }
      x[i] /= rows[i][i]
    }
    return x
  }
}
