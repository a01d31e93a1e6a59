extension Architecture {
  /// What a family's network computes otherwise than the plain Vision Transformer of MAE and DeiT.
  public struct Variant: Sendable, Hashable, Codable {
    /// What a block's perceptron computes between its linear layers.
    public var perceptron = Perceptron.gelu
    /// Whether the perceptron's hidden layer is normalised before its last linear layer (EVA-02).
    public var perceptronNorm = false
    /// Whether the heads' outputs are normalised before the last linear layer of the attention (EVA-02).
    public var attentionNorm = false
    /// Whether the tokens are normalised before the first block (CLIP).
    public var embeddingNorm = false
    /// Where the norms of a block stand.
    public var norms = NormPlacement.input
    /// Which blocks share a table of biases by relative position (BEiT).
    public var relativePositions = RelativePositions.none
    /// Whether queries and keys of patches are turned by their positions (EVA-02).
    public var rotaryPositions = false
    /// Rows and columns of the grid on whose scale rotary positions are counted; absent where it is each image's own.
    public var rotaryGrid: [Int]?

    /// The plain network.
    public init() {}
  }

  /// What a perceptron computes between its linear layers.
  public enum Perceptron: String, Sendable, Hashable, Codable, CaseIterable {
    /// x Φ(x), by the error function.
    case gelu
    /// x σ(1.702 x): OpenAI's CLIP.
    case quickGELU = "quick-gelu"
    /// The approximation by a hyperbolic tangent: SigLIP.
    case tanhGELU = "gelu-tanh"
    /// g σ(g) u of a gate g and a value u, each from a linear layer of its own: DINOv2 giant, EVA-02.
    case swiGLU = "swiglu"
  }

  /// Where the norms of a block stand.
  public enum NormPlacement: String, Sendable, Hashable, Codable {
    /// A branch's input is normalised.
    case input
    /// A branch's output is, before it is added to the residual stream (EVA-CLIP enormous).
    case output
  }

  /// Whose tables of biases by relative position are added to attention scores.
  public enum RelativePositions: String, Sendable, Hashable, Codable {
    case none
    /// Each block has its own.
    case perBlock = "per-block"
    /// All blocks have one together.
    case shared
  }

  /// Rows of a table of biases by relative position: one for each offset of two patches; with a class token three more, for class to
  /// patch, patch to class, and class to itself.
  var relativeRows: Int {
    (2 * grid[0] - 1) * (2 * grid[1] - 1) + (prefix.isEmpty ? 0 : 3)
  }

  /// Columns of the perceptron's first product: gate and value lie side by side.
  var perceptronWidth: Int { variant.perceptron == .swiGLU ? 2 * hiddenWidth : hiddenWidth }
}

extension KeyedDecodingContainer {
  /// Results that were written before there were variants are of plain networks.
  func decode(_ type: Architecture.Variant.Type, forKey key: Key) throws -> Architecture.Variant {
    try decodeIfPresent(type, forKey: key) ?? Architecture.Variant()
  }
}
