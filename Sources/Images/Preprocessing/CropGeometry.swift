/// Where the values of the model's square come from in the resized image.
struct CropGeometry: Equatable {
  /// Size of the whole image after resizing.
  var resizedWidth: Int
  var resizedHeight: Int
  /// The part of the resized image that is needed.
  var columns: Range<Int>
  var rows: Range<Int>
  /// Where that part begins in the square; above 0 only where the resized image is smaller than the square.
  var left: Int
  var top: Int

  /// Follows torchvision's `Resize(resizedSide)` and `CenterCrop(imageSize)`.
  init(width: Int, height: Int, preprocessing: Preprocessing) {
    let side = preprocessing.resizedSide
    let short = min(width, height)
    // Python: int(size * long / short), a division of doubles cut to an integer. 480 × 641 gives 256 × 341.
    let long = Int(Double(side * max(width, height)) / Double(short))
    (resizedWidth, resizedHeight) =
      preprocessing.isSquashed ? (side, side) : width <= height ? (side, long) : (long, side)
    (columns, left) = Self.crop(resizedWidth, to: preprocessing.imageSize)
    (rows, top) = Self.crop(resizedHeight, to: preprocessing.imageSize)
  }

  /// Cuts `length` to `target` around the centre, or pads it with black.
  private static func crop(_ length: Int, to target: Int) -> (Range<Int>, offset: Int) {
    if length < target { return (0..<length, (target - length) / 2) }
    // Python's round: halves go to the even neighbour, so 58.5 becomes 58.
    let first = Int((Double(length - target) / 2).rounded(.toNearestOrEven))
    return (first..<first + target, 0)
  }
}
