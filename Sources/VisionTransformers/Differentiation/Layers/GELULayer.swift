internal import Tensors

/// y = GELU(x) = x Φ(x).
///
///     tangent   ẏ = y′ ẋ        backward   x̄ = y′ ȳ        tangent of backward   x̄̇ = y′ ȳ̇ + ȳ y″ ẋ
///
/// The forward pass keeps y′. When products follow, it also turns x, which no other layer reads, into y″, and the backward pass
/// turns ȳ, which nothing else needs then, into ȳ y″.
struct GELULayer: DifferentiableLayer {
  let name: String
  let x: Value
  /// y′ = Φ(x) + x φ(x).
  let slope: Place
  let output: Value

  var inputs: [Value] { [x] }

  func forward<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    t.geluForward(v[x], into: v[output], slope: slope, keepsCurvature: v.preparesProducts)
  }

  func tangent<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    guard let dx = v.tangent(x), let dy = v.tangent(output) else { return }
    t.geluSlope(slope, times: dx, into: dy)
  }

  func backward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    t.geluSlope(slope, times: v.adjoint(output), into: v.adjoint(x), beta: v.beta(x))
    if v.preparesProducts { t.geluCurvature(v[x], times: v.adjoint(output)) }
  }

  func tangentOfBackward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    guard let dx = v.tangent(x) else { return }
    t.geluTangentOfBackward(
      slope: slope, curvature: v.adjoint(output), tangent: dx, adjointTangent: v.adjointTangent(output),
      into: v.adjointTangent(x), beta: v.beta(x))
  }
}

extension ProgramBuilder {
  /// GELU of x.
  mutating func gelu(_ x: Value, _ name: String) -> Value {
    let y = value(rows: x.rows, columns: x.columns, from: [x])
    return append(
      GELULayer(name: name, x: x, slope: reserve(.primal, rows: x.rows, columns: x.columns), output: y))
  }
}
