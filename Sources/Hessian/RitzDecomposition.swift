internal import Tensors

/// Ritz values and the coefficients of Ritz vectors of a projected matrix T = VᵀAV, in the order wanted.
struct RitzDecomposition {
  /// θ₀, θ₁, … in the order of the end wanted.
  private(set) var values: [Double]
  /// `vectors[i]` combines the basis to Ritz vector i.
  private(set) var vectors: [[Double]]

  /// Solves T s = θ s; only T's lower triangle is read.
  init(_ t: [Double], order: Int, which: SpectrumEnd) throws(EigenproblemError) {
    let system = try Eigensystem(dense: t, order: order)
    // A stable order also for a ± pair of equal size: ties keep LAPACK's ascending order.
    let indices = (0..<order).sorted { i, j in
      let (a, b) = (which.rank(system.values[i]), which.rank(system.values[j]))
      return a == b ? i < j : a > b
    }
    values = indices.map { system.values[$0] }
    vectors = indices.map { system.vectors[$0] }
  }

  /// Turns the last two vectors within their plane, so that the last but one, with those before it, spans basis vector i.
  ///
  /// It is what the foremost Ritz vectors leave of the vector that pair i had before the last step. T stays diagonal but for the two vectors
  /// turned: a space without the last has the values as its Ritz values.
  ///
  /// - Source: Stathopoulos and Saad, "Restarting techniques for the (Jacobi-)Davidson symmetric eigenvalue methods", ETNA 7 (1998): a space
  ///   that keeps the previous vector at a restart takes about as few steps as one that is never restarted.
  mutating func keepPrevious(_ i: Int) {
    let last = vectors.count - 1
    var (c, s) = (vectors[last - 1][i], vectors[last][i])
    let length = (c * c + s * s).squareRoot()
    // Nothing to keep: the pair has not moved.
    guard length > 1e-8 else { return }
    (c, s) = (c / length, s / length)
    let (a, b) = (vectors[last - 1], vectors[last])
    vectors[last - 1] = zip(a, b).map { c * $0 + s * $1 }
    vectors[last] = zip(a, b).map { c * $1 - s * $0 }
    let (p, q) = (values[last - 1], values[last])
    values[last - 1] = c * c * p + s * s * q
    values[last] = c * c * q + s * s * p
  }
}
