internal import Tensors

/// The entries of all fused layers at each token position side by side: sequences of K for the attention between layers.
///
/// y[token · K + i] = rᵢ[token], linear and without parameters: tangents and adjoints are moved in the same way.
struct InterleaveLayer: DifferentiableLayer {
  let name = "fusion.entries"
  /// r, each of shape [tokens, D].
  let inputs: [Value]
  let output: Value

  private func rows(_ i: Int) -> (from: [Int], at: [Int]) {
    let tokens = inputs[i].rows
    return (Array(0..<tokens), (0..<tokens).map { $0 * inputs.count + i })
  }

  func forward<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    for (i, r) in inputs.enumerated() { t.addRows(v[r], rows(i).from, to: v[output], at: rows(i).at, replacing: true) }
  }

  func tangent<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    guard let dy = v.tangent(output) else { return }
    t.fill(dy)
    for (i, r) in inputs.enumerated() {
      if let dr = v.tangent(r) { t.addRows(dr, rows(i).from, to: dy, at: rows(i).at, replacing: true) }
    }
  }

  func backward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    for (i, r) in inputs.enumerated() where r.active {
      t.addRows(v.adjoint(output), rows(i).at, to: v.adjoint(r), at: rows(i).from, replacing: v.beta(r) == 0)
    }
  }

  func tangentOfBackward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    for (i, r) in inputs.enumerated() where r.active {
      t.addRows(
        v.adjointTangent(output), rows(i).at, to: v.adjointTangent(r), at: rows(i).from, replacing: v.beta(r) == 0)
    }
  }
}

/// Some rows of a matrix, all others dropped: y[k] = x[rows[k]].
///
/// Linear and without parameters. Dropped rows have an adjoint of zero.
struct SelectRowsLayer: DifferentiableLayer {
  let name: String
  let x: Value
  let rows: [Int]
  let output: Value

  var inputs: [Value] { [x] }
  private var all: [Int] { Array(rows.indices) }

  func forward<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    t.addRows(v[x], rows, to: v[output], at: all, replacing: true)
  }

  func tangent<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    guard let dx = v.tangent(x), let dy = v.tangent(output) else { return }
    t.addRows(dx, rows, to: dy, at: all, replacing: true)
  }

  func backward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    if v.beta(x) == 0 { t.fill(v.adjoint(x)) }
    t.addRows(v.adjoint(output), all, to: v.adjoint(x), at: rows)
  }

  func tangentOfBackward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    if v.beta(x) == 0 { t.fill(v.adjointTangent(x)) }
    t.addRows(v.adjointTangent(output), all, to: v.adjointTangent(x), at: rows)
  }
}

extension ProgramBuilder {
  /// Fusion by self-attention over the fused layers at each token position: one transformer block over K entries, of which the last
  /// layer's is kept.
  ///
  /// The paper leaves the axis of attention open; this is our reading.
  mutating func attendOverLayers(_ entries: [Value]) -> Value {
    let (tokens, count) = (entries[0].rows, entries.count)
    let sequences = value(rows: tokens * count, columns: entries[0].columns, from: entries)
    let mixed = block(
      append(InterleaveLayer(inputs: entries, output: sequences)), "fusion.block", tokens: count,
      heads: architecture.heads)
    return select(mixed, rows: (0..<tokens).map { $0 * count + count - 1 }, "fused")
  }

  /// Some rows of x.
  mutating func select(_ x: Value, rows: [Int], _ name: String) -> Value {
    let y = value(rows: rows.count, columns: x.columns, from: [x])
    return append(SelectRowsLayer(name: name, x: x, rows: rows, output: y))
  }
}
