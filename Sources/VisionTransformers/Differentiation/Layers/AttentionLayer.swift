internal import Tensors

/// O = softmax(Q Kᵀ / √d) V for each image and head; the formulas of its four passes stand beside the kernels, in `AttentionPlaces`.
struct AttentionLayer: DifferentiableLayer {
  let name: String
  let qkv: Value
  let images: Int
  let tokens: Int
  let heads: Int
  /// P, E and Ṗ, each of shape [images · heads · tokens, tokens].
  let weights: Place
  let centred: Place
  let weightsTangent: Place
  let scratch: Place
  let output: Value

  var inputs: [Value] { [qkv] }

  private func places(_ v: Values) -> AttentionPlaces {
    AttentionPlaces(
      images: images, tokens: tokens, heads: heads, qkv: v[qkv], weights: weights, centred: centred, scratch: scratch)
  }

  func forward<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) { t.attentionForward(places(v), into: v[output]) }

  func tangent<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    guard let dqkv = v.tangent(qkv), let dy = v.tangent(output) else { return }
    t.attentionTangent(places(v), dqkv: dqkv, weightsTangent: weightsTangent, into: dy)
  }

  // Queries, keys and values have no other consumer: their adjoints are written, not summed.
  func backward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    t.attentionBackward(places(v), adjoint: v.adjoint(output), into: v.adjoint(qkv))
  }

  func tangentOfBackward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    guard let dqkv = v.tangent(qkv) else { return }
    t.attentionTangentOfBackward(
      places(v), dqkv: dqkv, weightsTangent: weightsTangent, adjoint: v.adjoint(output),
      adjointTangent: v.adjointTangent(output), into: v.adjointTangent(qkv))
  }
}

extension ProgramBuilder {
  /// Attention between the tokens of each image.
  mutating func attend(_ qkv: Value, _ name: String, images: Int, tokens: Int, heads: Int) -> Value {
    let y = value(rows: qkv.rows, columns: qkv.columns / 3, from: [qkv])
    let rows = images * heads * tokens
    return append(
      AttentionLayer(
        name: name, qkv: qkv, images: images, tokens: tokens, heads: heads,
        weights: reserve(.primal, rows: rows, columns: tokens), centred: reserve(.primal, rows: rows, columns: tokens),
        weightsTangent: reserve(.tangent, rows: rows, columns: tokens),
        scratch: scratch(rows: teamWidth * 2 * tokens, columns: tokens), output: y))
  }
}
