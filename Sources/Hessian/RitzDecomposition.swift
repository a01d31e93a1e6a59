internal import Tensors

/// Ritz values and the coefficients of Ritz vectors of a projected matrix T = VᵀAV, in the order wanted.
struct RitzDecomposition {
  /// θ₀, θ₁, … in the order of the end wanted.
  let values: [Double]
  /// `vectors[i]` combines the basis to Ritz vector i.
  let vectors: [[Double]]

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
}
