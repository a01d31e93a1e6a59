internal import Tensors

/// y = γ x̂ + β, layer normalisation; the formulas of its four passes stand beside the kernels, in `NormalizationPlaces`.
struct NormalizationLayer: DifferentiableLayer {
  let name: String
  let x: Value
  let gamma: Parameter
  let beta: Parameter
  let epsilon: Double
  /// μ, ρ, ⟨g⟩, ⟨x̂ g⟩ of each row.
  let statistics: Place
  /// ⟨ẋ⟩, ⟨x̂ ẋ⟩ of each row.
  let tangentStatistics: Place
  let output: Value

  var inputs: [Value] { [x] }

  private func places(_ v: Values) -> NormalizationPlaces {
    NormalizationPlaces(x: v[x], gamma: gamma.value, statistics: statistics)
  }

  func forward<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    t.normalizeForward(places(v), beta: beta.value, epsilon: epsilon, into: v[output])
  }

  func tangent<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    guard let dy = v.tangent(output) else { return }
    t.normalizeTangent(
      places(v), dx: v.tangent(x), dGamma: gamma.direction, dBeta: beta.direction, statistics: tangentStatistics,
      into: dy)
  }

  func backward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    let ybar = v.adjoint(output)
    t.normalizeBackward(
      places(v), adjoint: ybar, into: x.active ? v.adjoint(x) : nil, adding: x.active ? v.beta(x) : 0)
    if let sums = v.gradient(gamma) { t.normalizeGammaGradient(places(v), adjoint: ybar, into: sums) }
    if let sums = v.gradient(beta) { t.sumRows(ybar, into: sums, beta: t.resultBeta) }
  }

  func tangentOfBackward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    let (ybar, dybar) = (v.adjoint(output), v.adjointTangent(output))
    if x.active {
      t.normalizeTangentOfBackward(
        places(v), dx: v.tangent(x), dGamma: gamma.direction, statistics: tangentStatistics, adjoint: ybar,
        adjointTangent: dybar, into: v.adjointTangent(x), adding: v.beta(x))
    }
    if let sums = v.gradient(gamma) {
      t.normalizeGammaGradientTangent(
        places(v), dx: v.tangent(x), statistics: tangentStatistics, adjoint: ybar, adjointTangent: dybar, into: sums)
    }
    if let sums = v.gradient(beta) { t.sumRows(dybar, into: sums, beta: t.resultBeta) }
  }
}

extension ProgramBuilder {
  /// The layer normalisation of that name.
  mutating func normalize(_ x: Value, _ name: String) -> Value {
    let (gamma, beta) = (parameter("\(name).weight"), parameter("\(name).bias"))
    let y = value(rows: x.rows, columns: x.columns, from: [x], [gamma, beta])
    return append(
      NormalizationLayer(
        name: name, x: x, gamma: gamma, beta: beta, epsilon: architecture.layerNormEpsilon,
        statistics: reserve(.primal, rows: x.rows, columns: NormalizationPlaces.statistics),
        tangentStatistics: reserve(.tangent, rows: x.rows, columns: 2), output: y))
  }
}
