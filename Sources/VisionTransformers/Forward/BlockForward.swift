internal import Tensors

/// The forward pass of one pre-norm block over the tokens of some images.
///
/// Every activation that a step reads or writes is an argument: x is the residual stream [images, T, D]; `branch` and `wide` are
/// places of [images, T, D] and [images, T, max(3D, F)]. Source: Dosovitskiy et al. 2021, equations 2 and 3.
struct BlockForward {
  let tokens: Int
  let width: Int
  let heads: Int
  let hiddenWidth: Int
  let epsilon: Float
  let layerScale: Bool
  let images: Int
  let team: Team

  private var rows: Int { images * tokens }

  /// The passes of an encoder's blocks over `images` images.
  init(encoderOf a: Architecture, images: Int, team: Team) {
    tokens = a.tokens
    width = a.width
    heads = a.heads
    hiddenWidth = a.hiddenWidth
    epsilon = Float(a.layerNormEpsilon)
    layerScale = a.layerScale
    self.images = images
    self.team = team
  }

  /// The passes of the block that attends over the `count` fused layers of `sequences` tokens.
  init(fusionOf a: Architecture, count: Int, sequences: Int, team: Team) {
    tokens = count
    width = a.width
    heads = a.heads
    hiddenWidth = a.hiddenWidth
    epsilon = Float(a.layerNormEpsilon)
    layerScale = false
    images = sequences
    self.team = team
  }

  /// x ← x + γ₁ ⊙ (softmax(Q Kᵀ / √d) V · Wᵀ + b) with Q, K, V from LayerNorm(x).
  func attend(
    _ x: inout Buffer, branch: inout Buffer, wide: inout Buffer, scores: inout Buffer,
    _ block: String, _ parameters: borrowing ParameterView
  ) {
    normalize(x, into: &branch, "\(block).norm1", parameters)
    multiply(branch, width, by: parameters["\(block).attention.qkv.weight"], into: &wide, 3 * width)
    do {
      var whole = wide.mutableSpan
      var qkv = whole.part(0..<rows * 3 * width)
      addBias(parameters["\(block).attention.qkv.bias"], to: &qkv, team: team)
    }
    do {
      var scores = scores.mutableSpan
      var whole = branch.mutableSpan
      var heads = whole.part(0..<rows * width)
      attention(
        wide.span.extracting(0..<rows * 3 * width), images: images, tokens: tokens, heads: self.heads, scores: &scores,
        into: &heads, team: team)
    }
    add(branch, width, "\(block).attention.output", scale: "\(block).scale1", parameters, to: &x, product: &wide)
  }

  /// x ← x + γ₂ ⊙ (GELU(LayerNorm(x) · W₁ᵀ + b₁) · W₂ᵀ + b₂).
  func transform(
    _ x: inout Buffer, branch: inout Buffer, wide: inout Buffer, _ block: String, _ parameters: borrowing ParameterView
  ) {
    normalize(x, into: &branch, "\(block).norm2", parameters)
    multiply(branch, width, by: parameters["\(block).mlp.fc1.weight"], into: &wide, hiddenWidth)
    do {
      var whole = wide.mutableSpan
      var hidden = whole.part(0..<rows * hiddenWidth)
      addBiasThenGELU(parameters["\(block).mlp.fc1.bias"], to: &hidden, team: team)
    }
    add(wide, hiddenWidth, "\(block).mlp.fc2", scale: "\(block).scale2", parameters, to: &x, product: &branch)
  }

  /// y ← LayerNorm(x).
  func normalize(_ x: borrowing Buffer, into y: inout Buffer, _ norm: String, _ parameters: borrowing ParameterView) {
    var whole = y.mutableSpan
    var y = whole.part(0..<rows * width)
    layerNormalization(
      x.span.extracting(0..<rows * width), gamma: parameters["\(norm).weight"], beta: parameters["\(norm).bias"],
      epsilon: epsilon, into: &y, team: team)
  }

  /// y ← x · Wᵀ, without the bias, which the next step adds on its way.
  private func multiply(
    _ x: borrowing Buffer, _ inputs: Int, by weight: Span<Float>, into y: inout Buffer, _ outputs: Int
  ) {
    var y = y.mutableSpan
    Tensors.multiply(
      x.span, MatrixLayout(rows, inputs), .plain, weight, MatrixLayout(outputs, inputs), .transposed,
      into: &y, MatrixLayout(rows, outputs), team: team)
  }

  /// x ← x + γ ⊙ (y · Wᵀ + b); without LayerScale the product is summed into x at once and needs no place of its own.
  private func add(
    _ y: borrowing Buffer, _ inputs: Int, _ name: String, scale: String, _ parameters: borrowing ParameterView,
    to x: inout Buffer, product: inout Buffer
  ) {
    var whole = x.mutableSpan
    var stream = whole.part(0..<rows * width)
    guard layerScale else {
      addBias(parameters["\(name).bias"], to: &stream, team: team)
      return Tensors.multiply(
        y.span, MatrixLayout(rows, inputs), .plain, parameters["\(name).weight"], MatrixLayout(width, inputs),
        .transposed,
        into: &stream, MatrixLayout(rows, width), beta: 1, team: team)
    }
    multiply(y, inputs, by: parameters["\(name).weight"], into: &product, width)
    var wholeProduct = product.mutableSpan
    var branch = wholeProduct.part(0..<rows * width)
    addBias(parameters["\(name).bias"], to: &branch, team: team)
    addScaled(parameters[scale], branch.span, to: &stream, team: team)
  }
}
