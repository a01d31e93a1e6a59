/// How an image's sides become those from which a square is cut.
public enum Fitting: String, Sendable, Hashable, Codable, CaseIterable {
  /// The short side is resized, the long one follows.
  case shortest
  /// The long side is resized, the short one follows; what is missing of the square is filled.
  case longest
  /// Both sides are resized, whatever the image's shape.
  case squashed
  /// Nothing is resized.
  case kept
}

/// Where a centre crop begins when an odd number of pixels is cut away.
public enum CropRounding: String, Sendable, Hashable, Codable, CaseIterable {
  /// Halves go to the even neighbour: torchvision, timm, MMPretrain.
  case halfToEven
  /// Halves go down: Hugging Face's image processors.
  case down
}
