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
  /// Height and width of the images that will be given, which tell a grid that is not square.
  public var imageSize: [Int]?

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
