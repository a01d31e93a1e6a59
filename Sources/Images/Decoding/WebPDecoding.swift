internal import CWebP

extension Raster {
  /// Decodes a WebP file, lossy or lossless, as Pillow does: alpha is dropped without a background.
  ///
  /// A few bytes may rightly stand for any number of pixels of one colour, so memory is bounded by the limit on pixels alone: 8 bytes a
  /// pixel, of which the library takes half for itself while it decodes.
  init(webP content: Span<UInt8>, path: String) throws(ImageError) {
    guard let structure = WebPStructure(content), structure.isComplete else {
      throw .damaged(path: path, format: "WebP", reason: "the file is cut off")
    }
    guard !structure.isAnimated else {
      throw .animated(path: path, format: "WebP")
    }
    guard let (width, height) = webPSize(of: content) else {
      throw .damaged(path: path, format: "WebP", reason: "it has no valid header")
    }
    try PixelLimit.check(width: width, height: height, bytesPerPixel: 8, path: path)
    let samples = try [UInt8](count: width * height * 4) { (output: inout MutableSpan<UInt8>) throws(ImageError) in
      guard decodeWebP(content, width: width, into: &output) else {
        throw .damaged(path: path, format: "WebP", reason: "its content cannot be decoded")
      }
    }
    self.init(width: width, height: height, samples: samples)
  }
}

/// Width and height; nil for a header that is not valid.
private func webPSize(of content: Span<UInt8>) -> (width: Int, height: Int)? {
  var (width, height): (Int32, Int32) = (0, 0)
  let isValid = unsafe content.withUnsafeBufferPointer { bytes in
    unsafe WebPGetInfo(bytes.baseAddress, bytes.count, &width, &height)
  }
  return isValid == 0 ? nil : (Int(width), Int(height))
}

/// Writes R G B A of every pixel; false for content that cannot be decoded to its end.
private func decodeWebP(_ content: Span<UInt8>, width: Int, into output: inout MutableSpan<UInt8>) -> Bool {
  unsafe content.withUnsafeBufferPointer { bytes in
    unsafe output.withUnsafeMutableBufferPointer { pixels in
      // It is told the room there is, and writes no more.
      unsafe WebPDecodeRGBAInto(bytes.baseAddress, bytes.count, pixels.baseAddress, pixels.count, Int32(4 * width))
        != nil
    }
  }
}
