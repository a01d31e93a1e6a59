/// What a user says of a checkpoint that its file may not tell.
public struct ModelOptions: Sendable, Hashable {
  /// `--heads`.
  public var heads: Int?
  /// `--decoder-heads`.
  public var decoderHeads: Int?
  /// `--fuse`.
  public var fuse: [Int]?
  /// `--position-resizing`.
  public var positionResizing: Architecture.PositionResizing?
  /// `--activation`.
  public var activation: Architecture.Perceptron?
  /// `--layer-norm-eps`: ε of every layer normalisation of the encoder.
  public var layerNormEpsilon: Double?
  /// `--pooling`: what the classification head reads.
  public var pooling: HeadPooling?
  /// `--position-embedding`: whether position embeddings are parameters.
  public var positionEmbedding: PositionEmbedding?
  /// `--rotary-grid`: rows and columns of the grid on whose scale rotary positions are counted.
  public var rotaryGrid: [Int]?
  /// `--head-prefix`: what stands before `weight` and `bias` of the classification head, such as `fc.`.
  public var headPrefix: String?
  /// Height and width of the images that will be given, which tell a grid that is not square.
  public var imageSize: [Int]?

  /// Whether position embeddings are parameters of a network.
  public enum PositionEmbedding: String, Sendable, Hashable, Codable, CaseIterable {
    /// They were trained, and count as parameters.
    case trained
    /// They are a fixed table.
    case fixed
  }

  /// Options as given; nil where the file shall tell.
  public init(
    heads: Int? = nil, decoderHeads: Int? = nil, fuse: [Int]? = nil,
    positionResizing: Architecture.PositionResizing? = nil, activation: Architecture.Perceptron? = nil,
    imageSize: [Int]? = nil
  ) {
    self.heads = heads
    self.decoderHeads = decoderHeads
    self.fuse = fuse
    self.positionResizing = positionResizing
    self.activation = activation
    self.imageSize = imageSize
  }
}
