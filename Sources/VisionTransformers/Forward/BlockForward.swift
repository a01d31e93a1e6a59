internal import Tensors

/// The forward pass of one block over the tokens of some images.
///
/// Every activation that a step reads or writes is an argument: x is the residual stream [images, T, D]; `branch` and `wide` are
/// places of [images, T, D] and [images, T, max(3D, F)], F counted twice for a gated perceptron. Source: Dosovitskiy et al. 2021,
/// equations 2 and 3; what families compute otherwise stands in `Architecture.Variant`.
struct BlockForward {
  let tokens: Int
  let width: Int
  let heads: Int
  let hiddenWidth: Int
  let epsilon: Float
  let layerScale: Bool
  let variant: Architecture.Variant
  /// Tokens in front of the patches, which no position turns.
  let prefix: Int
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
    variant = a.variant
    prefix = a.prefix.count
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
    variant = Architecture.Variant()
    prefix = 0
    images = sequences
    self.team = team
  }

  /// x ← x + γ₁ ⊙ (softmax(Q Kᵀ / √d + B) V · Wᵀ + b) with Q, K, V from LayerNorm(x).
  ///
  /// `bias` holds B by head, shape [H, T, T], for networks with relative positions.
  func attend(
    _ x: inout Buffer, branch: inout Buffer, wide: inout Buffer, scores: inout Buffer, bias: borrowing Buffer,
    _ block: String, _ parameters: borrowing ParameterView
  ) {
    project(x, "\(block).norm1", "\(block).attention.qkv", parameters, branch: &branch, into: &wide, 3 * width)
    do {
      var whole = wide.mutableSpan
      var qkv = whole.part(0..<rows * 3 * width)
      addBias(parameters["\(block).attention.qkv.bias"], to: &qkv, team: team)
      if variant.rotaryPositions {
        rotate(
          &qkv, images: images, prefix: prefix, heads: heads, cosines: parameters["rotary.cos"],
          sines: parameters["rotary.sin"], patches: tokens - prefix, team: team)
      }
    }
    do {
      var scores = scores.mutableSpan
      var whole = branch.mutableSpan
      var heads = whole.part(0..<rows * width)
      attention(
        wide.span.extracting(0..<rows * 3 * width), images: images, tokens: tokens, heads: self.heads, scores: &scores,
        bias: variant.relativePositions == .none ? Span() : bias.span, into: &heads, team: team)
      if variant.attentionNorm { normalize(&heads, width, stride: width, "\(block).attention.norm", parameters) }
    }
    add(
      branch, width, "\(block).attention.output", scale: "\(block).scale1", norm: "\(block).norm1", parameters, to: &x,
      product: &wide)
  }

  /// x ← x + γ₂ ⊙ (f(LayerNorm(x) · W₁ᵀ + b₁) · W₂ᵀ + b₂) with f by the variant, GELU for most.
  func transform(
    _ x: inout Buffer, branch: inout Buffer, wide: inout Buffer, _ block: String, _ parameters: borrowing ParameterView
  ) {
    let hidden = variant.perceptron == .swiGLU ? 2 * hiddenWidth : hiddenWidth
    project(x, "\(block).norm2", "\(block).mlp.fc1", parameters, branch: &branch, into: &wide, hidden)
    do {
      var whole = wide.mutableSpan
      var values = whole.part(0..<rows * hidden)
      activate(&values, parameters["\(block).mlp.fc1.bias"])
      if variant.perceptronNorm { normalize(&values, hiddenWidth, stride: hidden, "\(block).mlp.norm", parameters) }
    }
    add(
      wide, hiddenWidth, stride: hidden, "\(block).mlp.fc2", scale: "\(block).scale2", norm: "\(block).norm2",
      parameters, to: &x, product: &branch)
  }

  private func activate(_ x: inout MutableSpan<Float>, _ bias: Span<Float>) {
    switch variant.perceptron {
    case .gelu: addBiasThenGELU(bias, to: &x, team: team)
    case .quickGELU: addBiasThenQuickGELU(bias, to: &x, team: team)
    case .tanhGELU: addBiasThenTanhGELU(bias, to: &x, team: team)
    case .swiGLU: addBiasThenGate(bias, to: &x, team: team)
    }
  }

  /// y ← LayerNorm(x).
  func normalize(_ x: borrowing Buffer, into y: inout Buffer, _ norm: String, _ parameters: borrowing ParameterView) {
    var whole = y.mutableSpan
    var y = whole.part(0..<rows * width)
    layerNormalization(
      x.span.extracting(0..<rows * width), gamma: parameters["\(norm).weight"], beta: parameters["\(norm).bias"],
      epsilon: epsilon, into: &y, team: team)
  }

  /// x ← LayerNorm(x).
  func normalize(_ x: inout Buffer, _ norm: String, _ parameters: borrowing ParameterView) {
    var whole = x.mutableSpan
    var stream = whole.part(0..<rows * width)
    normalize(&stream, width, stride: width, norm, parameters)
  }

  private func normalize(
    _ x: inout MutableSpan<Float>, _ count: Int, stride: Int, _ norm: String, _ parameters: borrowing ParameterView
  ) {
    layerNormalization(
      of: &x, gamma: parameters["\(norm).weight"], beta: parameters["\(norm).bias"], epsilon: epsilon, stride: stride,
      team: team)
  }

  /// The first linear layer of a branch, without its bias: y ← LayerNorm(x) · Wᵀ, or x · Wᵀ where norms come last.
  private func project(
    _ x: borrowing Buffer, _ norm: String, _ linear: String, _ parameters: borrowing ParameterView,
    branch: inout Buffer, into y: inout Buffer, _ outputs: Int
  ) {
    switch variant.norms {
    case .input:
      normalize(x, into: &branch, norm, parameters)
      multiply(branch, width, by: parameters["\(linear).weight"], into: &y, outputs)
    case .output: multiply(x, width, by: parameters["\(linear).weight"], into: &y, outputs)
    }
  }

  /// y ← x · Wᵀ, without the bias, which the next step adds on its way; the rows of x may lie apart.
  private func multiply(
    _ x: borrowing Buffer, _ inputs: Int, stride: Int? = nil, by weight: Span<Float>, into y: inout Buffer,
    _ outputs: Int, beta: Float = 0
  ) {
    var y = y.mutableSpan
    Tensors.multiply(
      x.span, MatrixLayout(rows, inputs, stride: stride), .plain, weight, MatrixLayout(outputs, inputs), .transposed,
      into: &y, MatrixLayout(rows, outputs), beta: beta, team: team)
  }

  /// x ← x + γ ⊙ (y · Wᵀ + b), or x + LayerNorm(y · Wᵀ + b) where norms come last; the plain product is summed into x at once and
  /// needs no place of its own.
  private func add(
    _ y: borrowing Buffer, _ inputs: Int, stride: Int? = nil, _ name: String, scale: String, norm: String,
    _ parameters: borrowing ParameterView, to x: inout Buffer, product: inout Buffer
  ) {
    let weight = parameters["\(name).weight"]
    guard layerScale || variant.norms == .output else {
      do {
        var whole = x.mutableSpan
        var stream = whole.part(0..<rows * width)
        addBias(parameters["\(name).bias"], to: &stream, team: team)
      }
      return multiply(y, inputs, stride: stride, by: weight, into: &x, width, beta: 1)
    }
    multiply(y, inputs, stride: stride, by: weight, into: &product, width)
    var wholeProduct = product.mutableSpan
    var branch = wholeProduct.part(0..<rows * width)
    addBias(parameters["\(name).bias"], to: &branch, team: team)
    if variant.norms == .output { normalize(&branch, width, stride: width, norm, parameters) }
    var whole = x.mutableSpan
    var stream = whole.part(0..<rows * width)
    if layerScale {
      addScaled(parameters[scale], branch.span, to: &stream, team: team)
    } else {
      addProduct(of: 1, and: branch.span, to: &stream)
    }
  }
}
