/// The pixels of an image file held in memory.
public struct DecodedImage: Sendable, Hashable {
  /// Pixels across.
  public let width: Int
  /// Pixels down.
  public let height: Int
  /// Red, green and blue of each pixel, shape [height, width, 3], the top row first.
  public let samples: [UInt8]

  /// Decodes a PNG, JPEG or WebP file as torchvision reads images.
  ///
  /// - Parameters:
  ///   - content: The file's bytes.
  ///   - name: What messages call it.
  /// - Throws: `ImageError`.
  public init(decoding content: [UInt8], name: String) throws(ImageError) {
    let raster = try Raster(decoding: content.span, path: name)
    width = raster.width
    height = raster.height
    var samples: [UInt8] = []
    samples.reserveCapacity(3 * width * height)
    for start in stride(from: 0, to: raster.samples.count, by: 4) { samples += raster.samples[start..<start + 3] }
    self.samples = samples
  }
}
