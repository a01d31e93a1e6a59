/// x ← y σ(1.702 y) with y = x + b, for every row: the "quick" GELU of OpenAI's CLIP.
///
/// Absolute error below 4e-7 |y|.
///
/// - Parameters:
///   - bias: b, shape [F].
///   - x: Shape [rows, F].
///   - team: The cores to divide the rows over.
/// - Source: Hendrycks and Gimpel 2016, section 2, "xσ(1.702x)".
public func addBiasThenQuickGELU(_ bias: Span<Float>, to x: inout MutableSpan<Float>, team: Team = .single) {
  activate(&x, bias, team) { $0 * sigmoid(1.702 * $0) }
}

/// x ← ½ y (1 + tanh(√(2/π) (y + 0.044715 y³))) with y = x + b, for every row: the GELU of SigLIP, PyTorch's `approximate="tanh"`.
///
/// Absolute error below 4e-7 |y|.
///
/// - Parameters:
///   - bias: b, shape [F].
///   - x: Shape [rows, F].
///   - team: The cores to divide the rows over.
/// - Source: Hendrycks and Gimpel 2016, eq. 2, by way of ½ (1 + tanh z) = σ(2z).
public func addBiasThenTanhGELU(_ bias: Span<Float>, to x: inout MutableSpan<Float>, team: Team = .single) {
  // 2 √(2/π)
  activate(&x, bias, team) { $0 * sigmoid(1.595_769_121_605_731 * ($0 + 0.044_715 * $0 * $0 * $0)) }
}

/// The first half of every row ← g σ(g) u with g and u the row's halves plus their biases: SwiGLU before its last linear layer.
///
/// - Parameters:
///   - bias: Of gate and value, shape [2 F].
///   - x: Gate and value side by side, shape [rows, 2 F]; the result lies where the gate was, the value stays as it was.
///   - team: The cores to divide the rows over.
/// - Source: Shazeer 2020, "GLU variants improve transformer", eq. 6.
public func addBiasThenGate(_ bias: Span<Float>, to x: inout MutableSpan<Float>, team: Team = .single) {
  let width = bias.count / 2
  precondition(width > 0 && bias.count == 2 * width && x.count.isMultiple(of: bias.count))
  let rows = x.count / bias.count
  let (b, x) = unsafe (Source(bias), Target(&x))
  team.forEachRow(rows, nanoseconds: 2 * Double(width)) { row in
    let (gate, value) = unsafe (x.from(row * 2 * width), x.from(row * 2 * width + width))
    let shift = unsafe b.from(width)
    walk(width) { i in
      let g = unsafe gate.lanes(at: i) + b.lanes(at: i)
      unsafe gate.store(g * sigmoid(g) * (value.lanes(at: i) + shift.lanes(at: i)), at: i)
    } rest: { i, n in
      let g = unsafe gate.lanes(at: i, count: n) + b.lanes(at: i, count: n)
      let u = unsafe value.lanes(at: i, count: n) + shift.lanes(at: i, count: n)
      unsafe gate.store(g * sigmoid(g) * u, at: i, count: n)
    }
  }
}

@inline(__always)
private func activate(
  _ x: inout MutableSpan<Float>, _ bias: Span<Float>, _ team: Team, _ function: @Sendable (Lanes) -> Lanes
) {
  let width = bias.count
  precondition(width > 0 && x.count.isMultiple(of: width))
  let rows = x.count / width
  let (b, x) = unsafe (Source(bias), Target(&x))
  team.forEachRow(rows, nanoseconds: 1.7 * Double(width)) { row in
    let y = unsafe x.from(row * width)
    walk(width) { i in
      unsafe y.store(function(y.lanes(at: i) + b.lanes(at: i)), at: i)
    } rest: { i, n in
      unsafe y.store(function(y.lanes(at: i, count: n) + b.lanes(at: i, count: n)), at: i, count: n)
    }
  }
}

/// σ(x) = 1 / (1 + e^(−x)) by e^(−|x|), which cannot overflow.
@inline(__always) private func sigmoid(_ x: Lanes) -> Lanes {
  let e = exponential(x.replacing(with: -x, where: x .> 0))
  let small = e / (1 + e)
  return small.replacing(with: 1 - small, where: x .> 0)
}
