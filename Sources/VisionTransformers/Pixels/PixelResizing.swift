/// How the code of a checkpoint makes a square of an image.
public struct PixelResizing: Sendable, Hashable {
  /// The square's share of the side that is resized.
  public var crop: Double
  /// How samples between pixels are found.
  public var filter: Filter
  /// Which side is resized.
  public var fitting: Fitting
  /// Whether a crop that leaves half a pixel over begins at the whole one below; else at the even neighbour.
  public var cropRoundsDown: Bool
  /// Red, green and blue of what is missing of the square, 0 … 255.
  public var border: [UInt8]
  /// A larger square for which the same file states another crop: its side and that crop.
  public var larger: LargerSquare?

  /// Filters by the program that has them: Pillow's are antialiased but for `nearest`, OpenCV's are not.
  public enum Filter: String, Sendable, Hashable, CaseIterable {
    case bicubic
    case bilinear
    case lanczos
    case box
    case hamming
    case nearest
    case opencvBilinear = "opencv-bilinear"
    case opencvBicubic = "opencv-bicubic"
  }

  /// Which side of an image is resized.
  public enum Fitting: String, Sendable, Hashable, CaseIterable {
    /// The short one; the long one follows.
    case shortest
    /// The long one; the short one follows, and what is missing of the square is filled.
    case longest
    /// Both.
    case squashed
    /// None.
    case kept
  }

  /// timm's `test_input_size` and `test_crop_pct`.
  public struct LargerSquare: Sendable, Hashable {
    /// The square's side.
    public let side: Int
    /// The square's share of the side that is resized.
    public let crop: Double
  }

  /// A way to make squares.
  public init(crop: Double, filter: Filter = .bicubic, fitting: Fitting = .shortest) {
    (self.crop, self.filter, self.fitting) = (crop, filter, fitting)
    (cropRoundsDown, border, larger) = (false, [0, 0, 0], nil)
  }

  /// The square's share of the side that is resized, for a square of that side.
  public func crop(forSide side: Int) -> Double { larger?.side == side ? larger?.crop ?? crop : crop }
}
