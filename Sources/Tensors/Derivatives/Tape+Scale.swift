/// The four passes of y = r + γ ⊙ z for every row: LayerScale on its way into the residual stream (Touvron et al. 2021, eq. 5).
///
///     tangent   ẏ = ṙ + γ ⊙ ż + γ̇ ⊙ z        backward   r̄ = ȳ, z̄ = γ ⊙ ȳ, γ̄ = Σ z ⊙ ȳ, and their tangents by the product rule
extension Tape {
  /// y ← y + γ ⊙ z for every row; with `factor` 0 y ← γ ⊙ z.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func addScaled(_ scale: Place, _ z: Place, to y: Place, keeping factor: Float = 1) {
    precondition(scale.count == z.columns && z.count == y.count)
    let width = z.columns
    let (scale, from, to, factor) = unsafe (source(scale), source(z), target(y), Element(factor))
    team.forEachRow(z.rows, nanoseconds: 0.2 * Double(width)) { row in
      let (from, to) = unsafe (from.from(row * width), to.from(row * width))
      eachRun(width) { i, n in
        let product = unsafe scale.some(at: i, n) * from.some(at: i, n)
        unsafe to.put(factor == 0 ? product : product + factor * to.some(at: i, n), at: i, n)
      }
    }
  }

  /// γ̄ ← Σ over rows of z ⊙ ȳ + β γ̄.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func sumProducts(_ z: Place, _ adjoint: Place, into sums: Place, beta: Float) {
    precondition(z.count == adjoint.count && sums.count == z.columns)
    let width = z.columns
    let (z, ybar) = unsafe (source(z), source(adjoint))
    sumColumns(rows: adjoint.rows, into: sums, beta: beta) { row, i, n in
      unsafe z.some(at: row * width + i, n) * ybar.some(at: row * width + i, n)
    }
  }
}
