internal import Tensors

/// The decoder's sequence: visible tokens back at their places, the mask token at all others, the decoder's positions added.
///
///     tangent               ẏ = ẋ or the mask token's tangent (positions fixed: 0)
///     backward              x̄ = ȳ at visible places        mask token: the sum of ȳ over masked places
///     tangent of backward   the same of ȳ̇, because y is linear in x and the parameters
struct MaskTokenLayer: DifferentiableLayer {
  let name = "decoder.mask"
  let x: Value
  let mask: Parameter
  let position: Parameter
  let output: Value

  var inputs: [Value] { [x] }

  func forward<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    spread(v[x], mask.value, into: v[output], v, t)
    t.addRows(position.value, v.routing.decoderPositions, to: v[output], at: Array(0..<output.rows))
  }

  func tangent<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    guard let dy = v.tangent(output) else { return }
    spread(v.tangent(x), mask.direction, into: dy, v, t)
    if let direction = position.direction {
      t.addRows(direction, v.routing.decoderPositions, to: dy, at: Array(0..<output.rows))
    }
  }

  func backward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    collect(v.adjoint(output), into: x.active ? v.adjoint(x) : nil, &v, t)
  }

  func tangentOfBackward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    collect(v.adjointTangent(output), into: x.active ? v.adjointTangent(x) : nil, &v, t)
  }

  private func spread<E: TapeElement>(_ x: Place?, _ mask: Place?, into y: Place, _ v: Values, _ t: borrowing Tape<E>) {
    if x == nil || mask == nil { t.fill(y) }
    let (visible, masked) = (v.routing.decoderVisible, v.routing.decoderMasked)
    if let x { t.addRows(x, visible.rows, to: y, at: visible.at, replacing: true) }
    if let mask { t.addRows(mask, masked.map { _ in 0 }, to: y, at: masked, replacing: true) }
  }

  private func collect<E: TapeElement>(_ ybar: Place, into xbar: Place?, _ v: inout Values, _ t: borrowing Tape<E>) {
    let (visible, masked) = (v.routing.decoderVisible, v.routing.decoderMasked)
    if let xbar {
      // Every token of x is visible: each row of x̄ is written.
      t.addRows(ybar, visible.at, to: xbar, at: visible.rows, replacing: v.beta(x) == 0)
    }
    for parameter in [mask, position] {
      if let sums = v.gradient(parameter), !t.accumulates { t.fill(sums) }
    }
    if let sums = v.gradient(mask) { t.addRows(ybar, masked, to: sums, at: masked.map { _ in 0 }) }
    if let sums = v.gradient(position) {
      t.addRows(ybar, Array(0..<output.rows), to: sums, at: v.routing.decoderPositions)
    }
  }
}

extension ProgramBuilder {
  /// The decoder's sequence from the embedded encoder tokens.
  mutating func insertMaskTokens(_ x: Value) -> Value {
    let (mask, position) = (parameter("decoder.mask"), parameter("decoder.position"))
    let y = value(rows: images * architecture.tokens, columns: x.columns, from: [x], [mask, position])
    return append(MaskTokenLayer(x: x, mask: mask, position: position, output: y))
  }
}
