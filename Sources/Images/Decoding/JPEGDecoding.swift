internal import CTurboJPEG

extension Raster {
  /// Decodes a JPEG file with the settings Pillow leaves libjpeg-turbo at: the accurate integer DCT and smooth chroma
  /// upsampling.
  ///
  /// Four components are taken for Adobe's inverted CMYK or YCCK, whether or not the file has Adobe's marker, and
  /// become RGB by Pillow's formula, without a profile.
  init(jpeg content: Span<UInt8>, path: String) throws(ImageError) {
    let structure = JPEGStructure(content)
    guard structure.isComplete else { throw .damaged(path: path, format: "JPEG", reason: "the file is cut off") }
    guard structure.precision == 8, [1, 3, 4].contains(structure.components) else {
      throw .damaged(
        path: path, format: "JPEG",
        reason: "\(structure.components) components of \(structure.precision) bits are not supported")
    }
    let decompressor = try JPEGDecompressor(path: path)
    let (width, height) = try decompressor.size(of: content)
    try PixelLimit.check(width: width, height: height, bytesPerPixel: 4, path: path)
    // Every block of 8 × 8 takes a bit at least, and the largest sampling factor is 4 in both directions.
    guard structure.isArithmetic || width * height / (8 * 32 * 32) <= content.count else {
      throw .damaged(
        path: path, format: "JPEG", reason: "\(content.count) bytes cannot hold \(width)×\(height) pixels")
    }
    let isCMYK = structure.components == 4
    var samples = try decompressor.decode(content, width: width, height: height, isCMYK: isCMYK)
    if isCMYK { convertFromInvertedCMYK(&samples) }
    self.init(width: width, height: height, samples: samples)
  }
}

/// libjpeg-turbo's handle for one image.
@safe
private struct JPEGDecompressor: ~Copyable {
  private let handle: tjhandle
  private let path: String

  init(path: String) throws(ImageError) {
    guard let handle = unsafe tjInitDecompress() else {
      throw .damaged(path: path, format: "JPEG", reason: "libjpeg-turbo did not start: not enough memory")
    }
    unsafe self.handle = unsafe handle
    self.path = path
  }

  deinit {
    _ = unsafe tjDestroy(handle)
  }

  /// Width and height that the library itself will decode.
  func size(of content: Span<UInt8>) throws(ImageError) -> (width: Int, height: Int) {
    var width: Int32 = 0
    var height: Int32 = 0
    var subsampling: Int32 = 0
    var colourSpace: Int32 = 0
    // The call also fails when it has no name for the chroma subsampling. Decoding does not need the name, so what
    // counts is whether the size was found.
    let status = unsafe content.withUnsafeBytes { bytes in
      unsafe tjDecompressHeader3(
        handle, bytes.baseAddress, UInt(bytes.count), &width, &height, &subsampling, &colourSpace)
    }
    guard status == 0 || (width > 0 && height > 0) else { throw failure() }
    return (Int(width), Int(height))
  }

  /// The pixels, shape [height, width, 4]: R G B X, or C M Y K as stored.
  func decode(_ content: Span<UInt8>, width: Int, height: Int, isCMYK: Bool) throws(ImageError) -> [UInt8] {
    try [UInt8](count: width * height * 4) { (output: inout MutableSpan<UInt8>) throws(ImageError) in
      if decodeOnce(content, width: width, height: height, isCMYK: isCMYK, into: &output) { return }
      // A warning is about damage that Pillow accepts as well; being cut off was ruled out before. But the library
      // reports a failure after a warning as a warning too. Then the last row was not written: it keeps what was in it.
      guard unsafe tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue) else { throw failure() }
      let lastRow = (height - 1) * width * 4..<height * width * 4
      var lastRows: [[UInt8]] = []
      for filling: UInt8 in [0, 255] {
        for i in lastRow { output[i] = filling }
        _ = decodeOnce(content, width: width, height: height, isCMYK: isCMYK, into: &output)
        lastRows.append(lastRow.map { i in output[i] })
      }
      guard lastRows[0] == lastRows[1] else { throw failure() }
    }
  }

  /// Whether the pixels came out without failure or warning.
  private func decodeOnce(
    _ content: Span<UInt8>, width: Int, height: Int, isCMYK: Bool, into output: inout MutableSpan<UInt8>
  ) -> Bool {
    let status = unsafe content.withUnsafeBytes { bytes in
      unsafe output.withUnsafeMutableBufferPointer { pixels in
        // With width and height given, the library never writes more than that.
        unsafe tjDecompress2(
          handle, bytes.baseAddress, UInt(bytes.count), pixels.baseAddress, Int32(width), 0, Int32(height),
          isCMYK ? Int32(TJPF_CMYK.rawValue) : Int32(TJPF_RGBA.rawValue), TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
      }
    }
    return status == 0
  }

  private func failure() -> ImageError {
    let text = unsafe tjGetErrorStr2(handle).map { unsafe String(cString: $0) } ?? "unknown"
    return .damaged(path: path, format: "JPEG", reason: text)
  }
}

/// Replaces C M Y K, stored inverted as Adobe does, by R G B and a spare byte: R = K − (255 − C)·K/255, rounded, with
/// C and K as stored.
private func convertFromInvertedCMYK(_ samples: inout [UInt8]) {
  var samples = samples.mutableSpan
  for i in stride(from: 0, to: samples.count, by: 4) {
    let k = UInt32(samples[i + 3])
    for channel in i..<i + 3 {
      // a·b/255, rounded: (t + t/256)/256 with t = a·b + 128.
      let t = (255 - UInt32(samples[channel])) * k + 128
      samples[channel] = UInt8(k - (t + t >> 8) >> 8)
    }
  }
}
