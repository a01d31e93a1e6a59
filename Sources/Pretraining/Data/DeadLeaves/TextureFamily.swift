/// The kinds of texture that a leaf can have: the classes of the synthetic pictures.
public enum TextureFamily: String, Sendable, Hashable, Codable, CaseIterable {
  // In alphabetical order, as the classes of a folder of images are.
  /// Rounded cells with dark seams, as on a giraffe.
  case cells
  /// A chequered pattern.
  case checks
  /// Smooth patches of all sizes.
  case clouds
  /// Spots in rows.
  case dots
  /// Bent stripes, as in polished stone.
  case marble
  /// Nothing but a slow change from one end to the other.
  case plain
  /// Circles around the centre of the leaf.
  case rings
  /// Fine grains.
  case speckle
  /// Straight stripes.
  case stripes
  /// A midrib and side ribs that lean forward.
  case veins
}

extension TextureFamily {
  /// The place of this family among all.
  public var classIndex: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
