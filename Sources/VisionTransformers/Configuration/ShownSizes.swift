/// Sizes that tensors show, with which a configuration must agree.
struct ShownSizes: Sendable, Hashable {
  /// D.
  let width: Int
  /// Blocks.
  let depth: Int
  /// Side of a patch.
  let patch: Int

  init(width: Int, depth: Int, patch: Int) { (self.width, self.depth, self.patch) = (width, depth, patch) }

  /// The sizes behind names; nil where the tensors do not show them.
  init?(_ names: NameResolution) {
    guard let patch = names.shape(of: "patch.weight"), patch.count == 4, let depth = try? names.depth(of: "blocks."),
      depth > 0
    else { return nil }
    (width, self.depth, self.patch) = (patch[0], depth, patch[3])
  }

  /// What a configuration that states these sizes is to the tensors.
  ///
  /// - Parameters:
  ///   - width: As stated; nil where nothing is, as for the others.
  ///   - depth: Blocks.
  ///   - patch: Side of a patch.
  /// - Returns: Whether it describes them, describes more blocks than there are, or another network.
  func agreement(width: Int?, depth: Int?, patch: Int?) -> Agreement {
    guard width == nil || width == self.width, patch == nil || patch == self.patch else { return .otherNetwork }
    guard let depth, depth != self.depth else { return .agrees }
    return depth > self.depth ? .fewerBlocks(stated: depth) : .otherNetwork
  }

  /// How tensors and a configuration stand to each other.
  enum Agreement: Sendable, Hashable {
    case agrees
    /// The file holds the first of the blocks that are stated.
    case fewerBlocks(stated: Int)
    case otherNetwork
  }
}
