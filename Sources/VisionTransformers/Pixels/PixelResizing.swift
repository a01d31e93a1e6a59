/// How the code of a checkpoint makes a square of an image.
public struct PixelResizing: Sendable, Hashable {
  /// The centre crop's share of the resized short side.
  public var crop: Double
  /// How samples between pixels are found.
  public var filter: Filter
  /// Whether both sides get one length, whatever the image's shape, before it is cropped.
  public var isSquashed: Bool

  /// Resampling as Pillow does it, antialiased.
  public enum Filter: String, Sendable, Hashable, CaseIterable {
    case bicubic
    case bilinear
    case lanczos
  }

  /// A way to make squares.
  public init(crop: Double, filter: Filter = .bicubic, isSquashed: Bool = false) {
    (self.crop, self.filter, self.isSquashed) = (crop, filter, isSquashed)
  }
}
