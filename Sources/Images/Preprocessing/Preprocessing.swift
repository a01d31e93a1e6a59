/// The way from a decoded image to the values a model sees.
///
/// The image is resized to `resizedSide` as `fitting` says; the centre of `imageSize` × `imageSize` is cut out;
/// values are divided by 255 and normalised. This is torchvision's `Resize`, `CenterCrop`, `ToTensor` and `Normalize`
/// on a Pillow image, whose rounding is followed step by step.
public struct Preprocessing: Sendable, Hashable, Codable {
  /// Side of the square that the model sees, in pixels.
  public var imageSize: Int
  /// The centre crop's share of the resized short side: 0.875 resizes to 256 for 224, 1 to 224.
  public var cropPct: Double
  /// Mean and deviation per channel.
  public var normalization: Normalization
  /// How pixels are resampled.
  public var interpolation: Interpolation
  /// Which side becomes `resizedSide`.
  public var fitting = Fitting.shortest
  /// Where the crop begins.
  public var cropRounding = CropRounding.halfToEven
  /// Red, green and blue of what lies beside an image that is smaller than the square.
  public var border: [UInt8] = [0, 0, 0]

  /// Describes a preprocessing; `validate()` tells whether images can go through it.
  public init(
    imageSize: Int, cropPct: Double = 0.875, normalization: Normalization = .imagenet,
    interpolation: Interpolation = .bicubic
  ) {
    self.imageSize = imageSize
    self.cropPct = cropPct
    self.normalization = normalization
    self.interpolation = interpolation
  }

  /// Reads what was written, also when images were always resized by their short side.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    imageSize = try values.decode(Int.self, forKey: .imageSize)
    cropPct = try values.decode(Double.self, forKey: .cropPct)
    normalization = try values.decode(Normalization.self, forKey: .normalization)
    interpolation = try values.decode(Interpolation.self, forKey: .interpolation)
    fitting = try values.decodeIfPresent(Fitting.self, forKey: .fitting) ?? .shortest
    cropRounding = try values.decodeIfPresent(CropRounding.self, forKey: .cropRounding) ?? .halfToEven
    border = try values.decodeIfPresent([UInt8].self, forKey: .border) ?? [0, 0, 0]
  }

  /// Length of the side that is resized, `imageSize / cropPct` cut to an integer: 256 for 224 at 0.875.
  ///
  /// Only meaningful when `validate()` does not throw.
  public var resizedSide: Int {
    // A share that is itself a quotient of integers, such as 224/354, may be rounded up by an ε of double precision.
    Int(Double(imageSize) / cropPct * (1 + 1e-14))
  }

  /// Values of one image: 3 · `imageSize`².
  public var valueCount: Int { 3 * imageSize * imageSize }

  /// Checks that the sizes make sense.
  ///
  /// - Throws: `ImageError.invalidPreprocessing`, with the option to change.
  public func validate() throws(ImageError) {
    guard (1...Self.largestSide).contains(imageSize) else {
      throw .invalidPreprocessing(
        reason: "an image size of \(imageSize) is out of range; give --image-size from 1 to \(Self.largestSide)")
    }
    guard cropPct > 0, cropPct <= 10, Double(imageSize) / cropPct >= 1,
      Double(imageSize) / cropPct <= Double(4 * Self.largestSide)
    else {
      throw .invalidPreprocessing(
        reason: "a centre crop of \(cropPct) of the short side is out of range; give --crop-pct between 0 and 1, "
          + "for example 0.875")
    }
  }

  /// Far above any model; keeps all sizes within `Int32`.
  static let largestSide = 16_384
}
