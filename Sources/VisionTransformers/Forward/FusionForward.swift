internal import Foundation
internal import Tensors

/// Multi-level feature fusion: O = Σ wᵢ Pᵢ(xᵢ), w = softmax(fusion logits), equation 4 of the MFF paper.
///
/// The last layer is not projected. All tokens are fused, the class token included.
struct FusionForward {
  let fusion: Architecture.Fusion
  let rows: Int
  let width: Int
  let team: Team

  /// The fusion of `images` images; nil when the model has none or its layers are not known.
  init?(_ a: Architecture, images: Int, team: Team) {
    guard let fusion = a.fusion, fusion.layers != nil else { return nil }
    precondition(
      fusion.combination == .average && fusion.projection != .mlp,
      "features of a fusion by attention or with nonlinear projections are not computed here yet")
    self.fusion = fusion
    rows = images * a.tokens
    width = a.width
    self.team = team
  }

  /// O ← O + wᵢ Pᵢ(x) with x the stream after `block`, when that block is fused; the first one starts the sum.
  func add(_ x: borrowing Buffer, after block: Int, _ parameters: borrowing ParameterView, to sum: inout Buffer) {
    guard let position = fusion.layers?.firstIndex(of: block) else { return }
    let weight = fusionWeights(parameters["fusion.logits"])[position]
    var whole = sum.mutableSpan
    var sum = whole.part(0..<rows * width)
    if position == 0 {
      for i in 0..<sum.count { sum[i] = 0 }
    }
    guard fusion.projection == .linear, position < fusion.count - 1 else {
      return addProduct(of: weight, and: x.span.extracting(0..<rows * width), to: &sum)
    }
    let projection = "fusion.projections.\(position)"
    multiply(
      x.span, MatrixLayout(rows, width), .plain,
      parameters["\(projection).weight"], MatrixLayout(width, width), .transposed,
      into: &sum, MatrixLayout(rows, width), alpha: weight, beta: 1, team: team)
    let bias = parameters["\(projection).bias"]
    let scaled = (0..<width).map { weight * bias[$0] }
    addBias(scaled.span, to: &sum, team: team)
  }
}

/// softmax(logits) in double precision.
func fusionWeights(_ logits: Span<Float>) -> [Float] {
  let largest = logits.indices.map { Double(logits[$0]) }.max() ?? 0
  let exponentials = logits.indices.map { exp(Double(logits[$0]) - largest) }
  let sum = exponentials.reduce(0, +)
  return exponentials.map { Float($0 / sum) }
}
