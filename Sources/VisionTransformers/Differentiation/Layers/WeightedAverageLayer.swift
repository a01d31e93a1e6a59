internal import Foundation
internal import Tensors

/// Multi-level feature fusion: O = Σ wᵢ rᵢ with w = softmax(ℓ), equation 4 of the MFF paper.
///
///     tangent               ẇᵢ = wᵢ (ℓ̇ᵢ − Σⱼ wⱼ ℓ̇ⱼ)        Ȯ = Σ (ẇᵢ rᵢ + wᵢ ṙᵢ)
///     backward              r̄ᵢ = wᵢ Ō                       w̄ᵢ = ⟨Ō, rᵢ⟩        c = Σ wⱼ w̄ⱼ        ℓ̄ᵢ = wᵢ (w̄ᵢ − c)
///     tangent of backward   r̄̇ᵢ = wᵢ Ō̇ + ẇᵢ Ō               w̄̇ᵢ = ⟨Ō̇, rᵢ⟩ + ⟨Ō, ṙᵢ⟩
///                           ℓ̄̇ᵢ = ẇᵢ (w̄ᵢ − c) + wᵢ (w̄̇ᵢ − Σ (ẇⱼ w̄ⱼ + wⱼ w̄̇ⱼ))
///
/// The few weights are computed in double precision in every pass.
struct WeightedAverageLayer: DifferentiableLayer {
  let name = "fused"
  /// r, each of shape [tokens, D].
  let inputs: [Value]
  /// ℓ, the fusion logits.
  let logits: Parameter
  /// w̄ of this part, kept by the backward pass.
  let weightAdjoints: Place
  let output: Value

  /// The fusion weights w.
  private func weights<E: TapeElement>(_ t: borrowing Tape<E>) -> [Double] {
    let logits = t.span(logits.value)
    let largest = logits.indices.map { Double(logits[$0]) }.max() ?? 0
    let exponentials = logits.indices.map { exp(Double(logits[$0]) - largest) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }

  /// ẇ; zeros when the logits are held fixed.
  private func weightTangents<E: TapeElement>(_ w: [Double], _ t: borrowing Tape<E>) -> [Double] {
    guard let direction = logits.direction else { return w.map { _ in 0 } }
    let span = t.span(direction)
    let tangents = span.indices.map { Double(span[$0]) }
    let mean = dot(w, tangents)
    return zip(w, tangents).map { $0 * ($1 - mean) }
  }

  func forward<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    for (i, w) in weights(t).enumerated() { t.add(v[inputs[i]], times: w, to: v[output], beta: i == 0 ? 0 : 1) }
  }

  func tangent<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    guard let dy = v.tangent(output) else { return }
    let w = weights(t)
    t.fill(dy)
    for (i, dw) in weightTangents(w, t).enumerated() {
      if logits.active { t.add(v[inputs[i]], times: dw, to: dy) }
      if let dr = v.tangent(inputs[i]) { t.add(dr, times: w[i], to: dy) }
    }
  }

  func backward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    let (ybar, w) = (v.adjoint(output), weights(t))
    for (i, r) in inputs.enumerated() where r.active {
      t.add(ybar, times: w[i], to: v.adjoint(r), beta: v.beta(r))
    }
    guard logits.active else { return }
    let wbar = inputs.map { t.dot(ybar, v[$0]) }
    t.write(weightAdjoints) { kept in
      for i in wbar.indices { kept[i] = E(wbar[i]) }
    }
    guard let sums = v.gradient(logits) else { return }
    let c = dot(w, wbar)
    add(zip(w, wbar).map { $0 * ($1 - c) }, to: sums, t)
  }

  func tangentOfBackward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    let (ybar, dybar, w) = (v.adjoint(output), v.adjointTangent(output), weights(t))
    let dw = weightTangents(w, t)
    for (i, r) in inputs.enumerated() where r.active {
      t.add(dybar, times: w[i], to: v.adjointTangent(r), beta: v.beta(r))
      if logits.active { t.add(ybar, times: dw[i], to: v.adjointTangent(r)) }
    }
    guard let sums = v.gradient(logits) else { return }
    let kept = t.span(weightAdjoints)
    let wbar = kept.indices.map { Double(kept[$0]) }
    let dwbar = inputs.map { r -> Double in
      let fromTangent = v.tangent(r).map { t.dot(ybar, $0) }
      return t.dot(dybar, v[r]) + (fromTangent ?? 0)
    }
    let c = dot(w, wbar)
    let dc = dot(dw, wbar) + dot(w, dwbar)
    let terms = w.indices.map { i -> Double in
      let (ofWeight, ofAdjoint) = (dw[i] * (wbar[i] - c), w[i] * (dwbar[i] - dc))
      return ofWeight + ofAdjoint
    }
    add(terms, to: sums, t)
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  private func add<E: TapeElement>(_ values: [Double], to sums: Place, _ t: borrowing Tape<E>) {
    t.write(sums) { sums in
      for i in values.indices { sums[i] = (t.accumulates ? sums[i] : 0) + E(values[i]) }
    }
  }
}

extension ProgramBuilder {
  /// The weighted average of fused layers.
  mutating func average(_ inputs: [Value]) -> Value {
    let logits = parameter("fusion.logits")
    let y = value(rows: inputs[0].rows, columns: inputs[0].columns, from: inputs, [logits])
    return append(
      WeightedAverageLayer(
        inputs: inputs, logits: logits, weightAdjoints: reserve(.primal, columns: inputs.count), output: y))
  }
}
