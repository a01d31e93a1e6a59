internal import Tensors

/// The activations of a forward pass, allocated once and used for every batch.
public struct EncoderWorkspace: ~Copyable {
  /// The most images a pass may hold.
  public let images: Int
  let architecture: Architecture
  /// Pixels of patches side by side, shape [images, L, 3 P²].
  var patches: Buffer
  /// The residual stream, shape [images, T, D].
  var stream: Buffer
  /// What a branch reads or returns, shape [images, T, D].
  var branch: Buffer
  /// Queries, keys and values [images, T, 3D], or the perceptron's hidden layer [images, T, F], beside its gate for a gated one.
  var wide: Buffer
  /// Attention weights of one head for each member of the team that gets one, shape [min(team, images · H), T, T].
  var scores: Buffer
  /// Biases by relative position of one block, shape [H, T, T]; empty for networks without.
  var bias: Buffer
  /// The weighted sum of the fused layers, shape [images, T, D]; empty without fusion.
  var fused: Buffer
  /// The K fused layers of a fusion by attention, shape [K, images, T, D]; empty for others.
  var entries: Buffer
  /// The same of some tokens, side by side, shape [tokens, K, D].
  var sequences: Buffer

  /// Allocates for passes of up to `images` images by a team of `width` cores.
  ///
  /// - Complexity: 4 · images · T · (2 D + max(3 D, F)) bytes and a little more; 10 MB an image for ViT-B at 224 pixels. A fusion
  ///   takes D more, one by attention another (K + 1) D.
  public init(for architecture: Architecture, images: Int, width: Int) {
    self.architecture = architecture
    self.images = images
    let attended = Self.attendedLayers(architecture)
    let rows = images * architecture.tokens
    // Attention over layers works on whole tokens of K rows each.
    let blockRows = max(rows, attended)
    patches = Buffer(count: images * architecture.pixels)
    stream = Buffer(count: rows * architecture.width)
    branch = Buffer(count: blockRows * architecture.width)
    wide = Buffer(count: blockRows * max(3 * architecture.width, architecture.perceptronWidth))
    let squares = architecture.tokens * architecture.tokens
    scores = Buffer(
      count: max(min(width, images * architecture.heads) * squares, width * attended * attended))
    bias = Buffer(count: Self.biases(architecture) * squares)
    fused = Buffer(count: architecture.fusion?.layers == nil ? 0 : rows * architecture.width)
    entries = Buffer(count: attended * rows * architecture.width)
    sequences = Buffer(count: attended == 0 ? 0 : blockRows / attended * attended * architecture.width)
  }

  /// Heads that have biases by relative position.
  private static func biases(_ architecture: Architecture) -> Int {
    architecture.variant.relativePositions == .none ? 0 : architecture.heads
  }

  /// K of a fusion by attention, 0 for other networks.
  private static func attendedLayers(_ architecture: Architecture) -> Int {
    guard let fusion = architecture.fusion, fusion.layers != nil, fusion.combination == .attention else { return 0 }
    return fusion.count
  }

  /// The bytes that such a workspace takes; `Double`, since a careless image size asks for more than an integer can say.
  public static func byteCount(for architecture: Architecture, images: Int, width: Int) -> Double {
    let tokens = Double(architecture.tokens)
    let rows = Double(images) * tokens
    let attended = attendedLayers(architecture)
    let fused = architecture.fusion?.layers == nil ? 0 : architecture.width * (attended == 0 ? 1 : attended + 2)
    let perRow = Double(2 * architecture.width + max(3 * architecture.width, architecture.perceptronWidth) + fused)
    let squares = Double(width + biases(architecture))
    return 4 * (Double(images) * Double(architecture.pixels) + rows * perRow + squares * tokens * tokens)
  }
}
