/// Which blocks are fused, from a wish in words.
public enum FusedLayerChoice: Sendable, Hashable {
  /// These blocks.
  case layers([Int])
  /// Every block, as in the paper's pilot experiment.
  case all
  /// That many.
  case count(Int)

  /// The sets of Table 8 of the paper, for 12 blocks.
  static let table8 = [
    1: [11], 2: [0, 11], 4: [0, 4, 8, 11], 6: [0, 2, 4, 6, 8, 11], 12: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  ]

  /// The indices in a network of `depth` blocks: for a number those of Table 8 where it has them, otherwise evenly spaced from
  /// the first block to the last.
  ///
  /// - Throws: `PretrainingError.unusable` for indices that are no fused layers of such a network.
  public func layers(depth: Int) throws(PretrainingError) -> [Int] {
    switch self {
    case .all: return Array(0..<depth)
    case .count(let count):
      guard (1...depth).contains(count) else {
        throw .unusable(
          option: "--fuse-count", value: "\(count)", reason: "1 to \(depth) of the \(depth) blocks can be fused")
      }
      if depth == 12, let layers = Self.table8[count] { return layers }
      guard count > 1 else { return [depth - 1] }
      // Rounded halves go up, in whole numbers.
      return (0..<count).map { (2 * $0 * (depth - 1) + (count - 1)) / (2 * (count - 1)) }
    case .layers(let layers):
      let ascending = zip(layers, layers.dropFirst()).allSatisfy { $0 < $1 }
      guard ascending, let first = layers.first, first >= 0, layers.last == depth - 1 else {
        throw .unusable(
          option: "--fuse", value: layers.map(String.init).joined(separator: ","),
          reason: "ascending block indices that end with the last block, \(depth - 1), are needed")
      }
      return layers
    }
  }
}
