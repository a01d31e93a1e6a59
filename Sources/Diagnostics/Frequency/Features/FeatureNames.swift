internal import Checkpoints
internal import VisionTransformers

/// The order and depth of layers of which only the names are known.
///
/// `embedding` comes first; `norm`, `fused` and `fused-norm` come last and have no depth; the others lie between them in natural
/// order, in which layer.2 precedes layer.10.
enum FeatureNames {
  /// Whether one name stands before another: by its role, then by runs of digits as numbers and everything else as bytes.
  static func precedes(_ one: String, _ other: String) -> Bool {
    let (rank, otherRank) = (rank(of: one), rank(of: other))
    return rank == otherRank ? one.precedesNaturally(other) : rank < otherRank
  }

  /// Whether a name can stand for a place on the way through the network that has others before it.
  static func isBlock(_ name: String) -> Bool { rank(of: name) == blockRank }

  private static let blockRank = 1

  private static func rank(of name: String) -> Int {
    switch name {
    case "embedding": 0
    case "norm": 2
    case "fused": 3
    case "fused-norm": 4
    default: blockRank
    }
  }

  // MARK: Depth

  /// The number of blocks where the names are those of a Vision Transformer here (`0`, `3.attention`), nil for others.
  static func blockCount(of names: [String]) -> Int? {
    var count: Int?
    for name in names where isBlock(name) {
      switch Layer(name) {
      case .block(let i), .attention(let i): count = max(count ?? 0, i + 1)
      default: return nil
      }
    }
    return count
  }

  /// The normalised depth of each layer: 0 for the embedding, 1 for the last; nil for norms and fused layers.
  ///
  /// Block indices say where a block stands, also where some are missing; layers of other names are taken to be equally far apart.
  ///
  /// - Parameters:
  ///   - names: The layers in their order.
  ///   - blocks: The number of blocks where names are their indices; nil where they are not.
  /// - Returns: As many values as there are names.
  static func depths(of names: [String], blocks: Int?) -> [Double?] {
    let places = Double(names.count(where: isBlock))
    var place = 0.0
    return names.map { name in
      if name == "embedding" { return 0 }
      guard isBlock(name) else { return nil }
      place += 1
      guard let blocks = blocks.map(Double.init) else { return place / places }
      switch Layer(name) {
      case .block(let i): return Double(i + 1) / blocks
      case .attention(let i): return (Double(i) + 0.5) / blocks
      default: return nil
      }
    }
  }
}
