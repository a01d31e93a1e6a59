/// Where the values of the model's square come from in the resized image.
struct CropGeometry: Equatable {
  /// Size of the whole image after resizing.
  var resizedWidth: Int
  var resizedHeight: Int
  /// The part of the resized image that is needed.
  var columns: Range<Int>
  var rows: Range<Int>
  /// Where that part begins in the square; above 0 only where the resized image is smaller than the square, whose rest is filled.
  var left: Int
  var top: Int

  /// Follows torchvision's `Resize` and `CenterCrop`, timm's `ResizeKeepRatio` and `CenterCropOrPad`.
  init(width: Int, height: Int, preprocessing: Preprocessing) {
    (resizedWidth, resizedHeight) = Self.resized(
      width, height, to: preprocessing.resizedSide, fitting: preprocessing.fitting)
    (columns, left) = Self.crop(resizedWidth, to: preprocessing.imageSize, preprocessing.cropRounding)
    (rows, top) = Self.crop(resizedHeight, to: preprocessing.imageSize, preprocessing.cropRounding)
  }

  private static func resized(_ width: Int, _ height: Int, to side: Int, fitting: Fitting) -> (Int, Int) {
    switch fitting {
    case .kept: return (width, height)
    case .squashed: return (side, side)
    case .shortest:
      // Python: int(size * long / short), a division of doubles cut to an integer. 480 × 641 gives 256 × 341.
      let long = Int(Double(side * max(width, height)) / Double(min(width, height)))
      return width <= height ? (side, long) : (long, side)
    case .longest:
      // round(x / ratio), where Python's round takes halves to the even neighbour. A line of pixels stays one.
      let ratio = Double(max(width, height)) / Double(side)
      let scaled = { (length: Int) in max(Int((Double(length) / ratio).rounded(.toNearestOrEven)), 1) }
      return (scaled(width), scaled(height))
    }
  }

  /// Cuts `length` to `target` around the centre, or pads it.
  private static func crop(_ length: Int, to target: Int, _ rounding: CropRounding) -> (Range<Int>, offset: Int) {
    if length < target { return (0..<length, (target - length) / 2) }
    let half = Double(length - target) / 2
    // 58.5 becomes 58, and 59.5 becomes 60 or 59.
    let first = Int(half.rounded(rounding == .halfToEven ? .toNearestOrEven : .down))
    return (first..<first + target, 0)
  }
}
