internal import Checkpoints

/// Which blocks are fused, as far as a checkpoint or a run tells: the order in which sources are believed, for every command.
enum FusedLayers {
  /// The sets of Table 8 of the MFF paper for 12 blocks, by their number.
  private static let table8 = [1: [11], 2: [0, 11], 4: [0, 4, 8, 11], 6: [0, 2, 4, 6, 8, 11]]

  /// The layers as some source states them, not yet judged; nil where none does.
  ///
  /// - Parameters:
  ///   - count: How many are fused, where known.
  ///   - depth: Blocks of the network, where known.
  ///   - option: `--fuse`.
  ///   - configuration: MMEngine's configuration and what to call it.
  ///   - metadata: The metadata of the file.
  /// - Returns: Block indices and who states them.
  static func stated(
    count: Int?, depth: Int?, option: [Int]?, configuration: (PythonConfig, String)?, metadata: MetadataValue
  ) -> ([Int], ValueSource)? {
    if let option { return (option, .option("--fuse")) }
    if let (config, name) = configuration, let layers = config.section("backbone")?.integers("out_indices"),
      depth != nil || layers.allSatisfy({ $0 >= 0 })
    {
      return (layers.map { $0 < 0 ? (depth ?? 0) + $0 : $0 }, .file(name, key: "backbone.out_indices"))
    }
    for key in ["fuse", "fused_layers"] {
      guard let layers = metadata[key]?.string else { continue }
      // A word that is no number becomes −1, which is refused with the whole list.
      let indices = layers.split(separator: ",").map { Int($0.filter { $0 != " " }) ?? -1 }
      return (indices, .file("metadata", key: key))
    }
    guard let count else { return nil }
    if count == depth { return (Array(0..<count), .usual("as many fused layers as blocks")) }
    if depth == 12, let layers = table8[count] {
      return (layers, .assumed("Table 8 of the MFF paper", option: "--fuse"))
    }
    return nil
  }

  /// Whether a list can be the fused layers: ascending block indices that end with the last block.
  static func isPossible(_ layers: [Int], count: Int, depth: Int?) -> Bool {
    let ascending = zip(layers, layers.dropFirst()).allSatisfy { $0 < $1 }
    return layers.count == count && ascending && layers.first.map { $0 >= 0 } ?? false
      && (depth == nil || layers.last == depth.map { $0 - 1 })
  }
}
