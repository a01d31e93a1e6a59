internal import Foundation
internal import Tensors

/// Multi-level feature fusion of entries rᵢ = Pᵢ(xᵢ): O = Σ wᵢ rᵢ with w = softmax(fusion logits), equation 4 of the MFF paper, or
/// attention over the entries of each token.
///
/// The last layer is not projected. All tokens are fused, the class token included.
struct FusionForward {
  let fusion: Architecture.Fusion
  let architecture: Architecture
  let rows: Int
  let width: Int
  let team: Team

  /// The fusion of `images` images; nil when the model has none or its layers are not known.
  init?(_ a: Architecture, images: Int, team: Team) {
    guard let fusion = a.fusion, fusion.layers != nil else { return nil }
    self.fusion = fusion
    architecture = a
    rows = images * a.tokens
    width = a.width
    self.team = team
  }

  /// Takes the stream after `block` as an entry, when that block is fused: into the sum, or beside the other entries.
  func add(after block: Int, _ parameters: borrowing ParameterView, in workspace: inout EncoderWorkspace) {
    guard let position = fusion.layers?.firstIndex(of: block) else { return }
    switch fusion.combination {
    case .average:
      let weight = fusionWeights(parameters["fusion.logits"])[position]
      addEntry(
        position, of: workspace.stream, times: weight, parameters, branch: &workspace.branch, to: &workspace.fused,
        at: 0, starts: position == 0)
    case .attention:
      addEntry(
        position, of: workspace.stream, times: 1, parameters, branch: &workspace.branch, to: &workspace.entries,
        at: position * rows * width, starts: true)
    }
  }

  /// y ← y + w · P(x), or w · P(x) where it starts.
  private func addEntry(
    _ position: Int, of x: borrowing Buffer, times weight: Float, _ parameters: borrowing ParameterView,
    branch: inout Buffer, to buffer: inout Buffer, at offset: Int, starts: Bool
  ) {
    var whole = buffer.mutableSpan
    var y = whole.part(offset..<offset + rows * width)
    if starts {
      for i in 0..<y.count { y[i] = 0 }
    }
    let name = "fusion.projections.\(position)"
    switch position < fusion.count - 1 ? fusion.projection : .none {
    case .none: addProduct(of: weight, and: x.span.extracting(0..<rows * width), to: &y)
    case .linear: addLinear(x, name, times: weight, parameters, to: &y)
    case .mlp:
      do {
        var whole = branch.mutableSpan
        var hidden = whole.part(0..<rows * width)
        multiply(
          x.span, MatrixLayout(rows, width), .plain, parameters["\(name).fc1.weight"], MatrixLayout(width, width),
          .transposed, into: &hidden, MatrixLayout(rows, width), team: team)
        addBiasThenGELU(parameters["\(name).fc1.bias"], to: &hidden, team: team)
      }
      addLinear(branch, "\(name).fc2", times: weight, parameters, to: &y)
    }
  }

  /// y ← y + w · (x · Wᵀ + b).
  private func addLinear(
    _ x: borrowing Buffer, _ name: String, times weight: Float, _ parameters: borrowing ParameterView,
    to y: inout MutableSpan<Float>
  ) {
    multiply(
      x.span, MatrixLayout(rows, width), .plain, parameters["\(name).weight"], MatrixLayout(width, width), .transposed,
      into: &y, MatrixLayout(rows, width), alpha: weight, beta: 1, team: team)
    let bias = parameters["\(name).bias"]
    let scaled = (0..<width).map { weight * bias[$0] }
    addBias(scaled.span, to: &y, team: team)
  }

  /// Attention over the layers: one block over the K entries of each token, of which the last layer's is kept.
  ///
  /// Some tokens at a time, so that it needs no more room than a block of the encoder: as many as this pass has rows for. A larger
  /// workspace must not make the parts larger, for how BLAS sums a row may depend on the number of rows beside it.
  func finish(_ parameters: borrowing ParameterView, in workspace: inout EncoderWorkspace) {
    guard fusion.combination == .attention else { return }
    let most = max(1, rows / fusion.count)
    for first in stride(from: 0, to: rows, by: most) {
      let tokens = first..<min(first + most, rows)
      interleave(tokens, of: workspace.entries, into: &workspace.sequences)
      let block = BlockForward(fusionOf: architecture, count: fusion.count, sequences: tokens.count, team: team)
      block.attend(
        &workspace.sequences, branch: &workspace.branch, wide: &workspace.wide, scores: &workspace.scores,
        bias: workspace.bias, "fusion.block", parameters)
      block.transform(
        &workspace.sequences, branch: &workspace.branch, wide: &workspace.wide, "fusion.block", parameters)
      keepLast(tokens, of: workspace.sequences, in: &workspace.fused)
    }
  }

  /// Puts the entries of each of these tokens side by side: shape [tokens, K, D].
  private func interleave(_ tokens: Range<Int>, of entries: borrowing Buffer, into sequences: inout Buffer) {
    let (from, count) = (entries.span, fusion.count)
    var to = sequences.mutableSpan
    for (row, token) in tokens.enumerated() {
      for entry in 0..<count {
        let (source, target) = ((entry * rows + token) * width, (row * count + entry) * width)
        for i in 0..<width { to[target + i] = from[source + i] }
      }
    }
  }

  private func keepLast(_ tokens: Range<Int>, of sequences: borrowing Buffer, in fused: inout Buffer) {
    let (from, count) = (sequences.span, fusion.count)
    var to = fused.mutableSpan
    for (row, token) in tokens.enumerated() {
      let (source, target) = ((row * count + count - 1) * width, token * width)
      for i in 0..<width { to[target + i] = from[source + i] }
    }
  }
}

/// softmax(logits) in double precision.
func fusionWeights(_ logits: Span<Float>) -> [Float] {
  let largest = logits.indices.map { Double(logits[$0]) }.max() ?? 0
  let exponentials = logits.indices.map { exp(Double(logits[$0]) - largest) }
  let sum = exponentials.reduce(0, +)
  return exponentials.map { Float($0 / sum) }
}
