internal import Tensors

/// LayerScale: y = r + γ ⊙ z.
///
/// Touvron et al. 2021, eq. 5.
///
///     tangent               ẏ = ṙ + γ ż + γ̇ z
///     backward              r̄ = ȳ        z̄ = γ ȳ              γ̄ = Σ z ȳ
///     tangent of backward   r̄̇ = ȳ̇        z̄̇ = γ ȳ̇ + γ̇ ȳ       γ̄̇ = Σ (z ȳ̇ + ż ȳ)
struct ScaleLayer: DifferentiableLayer {
  let name: String
  let z: Value
  let residual: Value
  let gamma: Parameter
  let output: Value

  var inputs: [Value] { [z, residual] }

  func forward<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    t.add(v[residual], to: v[output], beta: 0)
    t.addScaled(gamma.value, v[z], to: v[output])
  }

  func tangent<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    guard let dy = v.tangent(output) else { return }
    t.start(dy, bias: nil, adding: v.tangent(residual))
    if let dz = v.tangent(z) { t.addScaled(gamma.value, dz, to: dy) }
    if let dGamma = gamma.direction { t.addScaled(dGamma, v[z], to: dy) }
  }

  func backward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    let ybar = v.adjoint(output)
    if z.active { t.addScaled(gamma.value, ybar, to: v.adjoint(z), keeping: v.beta(z)) }
    if let sums = v.gradient(gamma) { t.sumProducts(v[z], ybar, into: sums, beta: t.resultBeta) }
    if residual.active { t.add(ybar, to: v.adjoint(residual), beta: v.beta(residual)) }
  }

  func tangentOfBackward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    let (ybar, dybar) = (v.adjoint(output), v.adjointTangent(output))
    if z.active {
      t.addScaled(gamma.value, dybar, to: v.adjointTangent(z), keeping: v.beta(z))
      if let dGamma = gamma.direction { t.addScaled(dGamma, ybar, to: v.adjointTangent(z)) }
    }
    if let sums = v.gradient(gamma) {
      t.sumProducts(v[z], dybar, into: sums, beta: t.resultBeta)
      if let dz = v.tangent(z) { t.sumProducts(dz, ybar, into: sums, beta: 1) }
    }
    if residual.active { t.add(dybar, to: v.adjointTangent(residual), beta: v.beta(residual)) }
  }
}

extension ProgramBuilder {
  /// r + γ ⊙ z with γ of that name.
  mutating func scale(_ z: Value, _ name: String, adding residual: Value) -> Value {
    let gamma = parameter(name)
    let y = value(rows: z.rows, columns: z.columns, from: [z, residual], [gamma])
    return append(ScaleLayer(name: name, z: z, residual: residual, gamma: gamma, output: y))
  }
}
