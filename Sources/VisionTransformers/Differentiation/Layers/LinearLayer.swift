internal import Tensors

/// y = x Wᵀ + b, plus a residual r where there is one.
///
///     tangent               ẏ = ẋ Wᵀ + x Ẇᵀ + ḃ + ṙ
///     backward              x̄ = ȳ W            W̄ = ȳᵀ x              b̄ = Σ ȳ       r̄ = ȳ
///     tangent of backward   x̄̇ = ȳ̇ W + ȳ Ẇ     W̄̇ = ȳ̇ᵀ x + ȳᵀ ẋ      b̄̇ = Σ ȳ̇       r̄̇ = ȳ̇
///
/// Two matrix products in the tangent, four in the tangent of the backward pass: six for each product with H.
struct LinearLayer: DifferentiableLayer {
  let name: String
  let x: Value
  let residual: Value?
  let weight: Parameter
  let bias: Parameter
  let output: Value

  var inputs: [Value] { [x] + (residual.map { [$0] } ?? []) }

  func forward<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    t.start(v[output], bias: bias.value, adding: residual.map { v[$0] })
    t.multiply(v[x], .plain, weight.value, .transposed, into: v[output], beta: 1)
  }

  func tangent<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    guard let dy = v.tangent(output) else { return }
    let dr = residual.flatMap { v.tangent($0) }
    var beta: Float = 0
    if bias.direction != nil || dr != nil {
      t.start(dy, bias: bias.direction, adding: dr)
      beta = 1
    }
    if let dx = v.tangent(x) {
      t.multiply(dx, .plain, weight.value, .transposed, into: dy, beta: beta)
      beta = 1
    }
    if let dW = weight.direction { t.multiply(v[x], .plain, dW, .transposed, into: dy, beta: beta) }
  }

  func backward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    let ybar = v.adjoint(output)
    if x.active { t.multiply(ybar, .plain, weight.value, .plain, into: v.adjoint(x), beta: v.beta(x)) }
    if let sums = v.gradient(weight) { t.multiply(ybar, .transposed, v[x], .plain, into: sums, beta: t.resultBeta) }
    if let sums = v.gradient(bias) { t.sumRows(ybar, into: sums, beta: t.resultBeta) }
    if let residual, residual.active { t.add(ybar, to: v.adjoint(residual), beta: v.beta(residual)) }
  }

  func tangentOfBackward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    let (ybar, dybar) = (v.adjoint(output), v.adjointTangent(output))
    if x.active {
      t.multiply(dybar, .plain, weight.value, .plain, into: v.adjointTangent(x), beta: v.beta(x))
      if let dW = weight.direction { t.multiply(ybar, .plain, dW, .plain, into: v.adjointTangent(x), beta: 1) }
    }
    if let sums = v.gradient(weight) {
      t.multiply(dybar, .transposed, v[x], .plain, into: sums, beta: t.resultBeta)
      if let dx = v.tangent(x) { t.multiply(ybar, .transposed, dx, .plain, into: sums, beta: 1) }
    }
    if let sums = v.gradient(bias) { t.sumRows(dybar, into: sums, beta: t.resultBeta) }
    if let residual, residual.active { t.add(dybar, to: v.adjointTangent(residual), beta: v.beta(residual)) }
  }
}

extension ProgramBuilder {
  /// y = x Wᵀ + b + r with W and b of that name.
  mutating func linear(_ x: Value, _ name: String, adding residual: Value? = nil) -> Value {
    let (weight, bias) = (parameter("\(name).weight"), parameter("\(name).bias"))
    let inputs = [x] + (residual.map { [$0] } ?? [])
    let y = value(rows: x.rows, columns: weight.value.rows, from: inputs, [weight, bias])
    return append(LinearLayer(name: name, x: x, residual: residual, weight: weight, bias: bias, output: y))
  }
}
