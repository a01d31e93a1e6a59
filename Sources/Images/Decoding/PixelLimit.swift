/// How large an image may be.
enum PixelLimit {
  /// Pixels at which Pillow refuses an image as a decompression bomb: twice a quarter of a gibibyte of RGB.
  static let pixels = 178_956_970
  /// Bytes of decoded samples, whatever the format keeps per pixel.
  static let sampleBytes = 4 * pixels
  /// Bytes of a file: no PNG, JPEG or WebP of that many pixels that anybody writes is larger.
  static let fileBytes = 1 << 30

  /// Checks the size a header claims.
  static func check(width: Int, height: Int, bytesPerPixel: Int, path: String) throws(ImageError) {
    guard width > 0, height > 0 else { throw .emptyImage(path: path, width: width, height: height) }
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, pixels <= Self.pixels, pixels * bytesPerPixel <= sampleBytes else {
      throw .tooLarge(path: path, width: width, height: height, limit: min(Self.pixels, sampleBytes / bytesPerPixel))
    }
  }
}
