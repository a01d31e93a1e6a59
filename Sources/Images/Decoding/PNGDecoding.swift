internal import PNGCodec

extension Raster {
  /// Decodes a PNG file.
  ///
  /// | colour type | Pillow's mode | here |
  /// | --- | --- | --- |
  /// | grey 1, 2, 4 bit | 1, L | scaled to 0 … 255 |
  /// | grey 8 bit | L | as is |
  /// | grey 16 bit | I;16 | min(v, 255): `convert("RGB")` clips |
  /// | grey + alpha | LA; RGBA at 16 bit | alpha dropped, high byte of 16 bit |
  /// | palette | P | looked up; entries beyond the palette are black |
  /// | RGB, RGBA | RGB, RGBA | alpha dropped, high byte of 16 bit |
  ///
  /// tRNS is ignored in every case.
  init(png content: Span<UInt8>, path: String) throws(ImageError) {
    let header = try PNGHeader(content, path: path)
    try PixelLimit.check(
      width: header.width, height: header.height, bytesPerPixel: header.bytesPerPixel, path: path)
    try header.checkCompressedSize(content.count, path: path)
    let decoded = try header.decode(content, path: path)
    // R, G, B, A at 8 bit is the layout of a raster already; alpha becomes the byte without meaning.
    let samples = header.channels == 4 && header.bitDepth == 8 ? decoded : header.expand(decoded)
    self.init(width: header.width, height: header.height, samples: samples)
  }
}

/// What a PNG file says before its pixels.
private struct PNGHeader {
  let width: Int
  let height: Int
  let bitDepth: Int
  let channels: Int
  let rowBytes: Int
  let packedRowBytes: Int
  /// Grey levels or palette entries for samples of 8 bit and less: red, green, blue and a spare byte, by value.
  let levels: [SIMD4<UInt8>]
  let isPalette: Bool

  var bytesPerPixel: Int { channels * (bitDepth == 16 ? 2 : 1) }

  init(_ content: Span<UInt8>, path: String) throws(ImageError) {
    var header = png_codec_header()
    try unsafe trapping(path) { message in
      unsafe content.withUnsafeBytes { bytes in
        unsafe png_codec_read_header(bytes.baseAddress, bytes.count, &header, message)
      }
    }
    width = Int(header.width)
    height = Int(header.height)
    bitDepth = Int(header.bit_depth)
    channels = Int(header.channels)
    rowBytes = header.row_bytes
    packedRowBytes = header.packed_row_bytes
    isPalette = header.colour == PNG_CODEC_PALETTE
    if isPalette {
      levels = Self.palette(of: header)
    } else {
      // 1, 2, 4 bit: v · 255 / (2ⁿ − 1) is a whole number; 8 bit: v.
      let highest = (1 << min(bitDepth, 8)) - 1
      levels = (0...255).map { v in SIMD4(repeating: UInt8(min(v * 255 / highest, 255))) }
    }
  }

  private static func palette(of header: png_codec_header) -> [SIMD4<UInt8>] {
    let count = Int(header.palette_count)
    return unsafe withUnsafeBytes(of: header.palette) { bytes in
      (0..<256).map { i in
        // Pillow shows an index beyond the palette as black.
        i < count ? unsafe SIMD4(bytes[i * 3], bytes[i * 3 + 1], bytes[i * 3 + 2], 0) : SIMD4(repeating: 0)
      }
    }
  }

  /// Refuses a header that claims more rows than the file can hold, before memory is taken for them.
  ///
  /// Deflate makes at most 1032 bytes of one (a match of 258 bytes in two bits).
  func checkCompressedSize(_ bytes: Int, path: String) throws(ImageError) {
    guard (packedRowBytes + 1) * height / 1032 <= bytes else {
      throw .damaged(
        path: path, format: "PNG", reason: "\(bytes) bytes cannot hold \(width)×\(height) pixels: cut off, or a bomb")
    }
  }

  /// The samples as stored, shape [height, width, channels], two bytes each at 16 bit.
  func decode(_ content: Span<UInt8>, path: String) throws(ImageError) -> [UInt8] {
    try [UInt8](count: rowBytes * height) { (output: inout MutableSpan<UInt8>) throws(ImageError) in
      try unsafe trapping(path) { message in
        unsafe content.withUnsafeBytes { bytes in
          unsafe output.withUnsafeMutableBufferPointer { pixels in
            unsafe png_codec_decode(
              bytes.baseAddress, bytes.count, pixels.baseAddress, pixels.count, message)
          }
        }
      }
    }
  }

  /// Red, green, blue and a spare byte per pixel.
  func expand(_ decoded: [UInt8]) -> [UInt8] {
    let samples = decoded.span
    return [UInt8](count: width * height * 4) { (output: inout MutableSpan<UInt8>) in
      for i in 0..<width * height {
        let pixel: SIMD4<UInt8> =
          switch (channels, bitDepth) {
          case (1, 16): SIMD4(repeating: samples[2 * i] == 0 ? samples[2 * i + 1] : 255)
          case (1, _): levels[Int(samples[i])]
          case (2, 16): SIMD4(repeating: samples[4 * i])
          case (2, _): SIMD4(repeating: samples[2 * i])
          case (3, 16): SIMD4(samples[6 * i], samples[6 * i + 2], samples[6 * i + 4], 0)
          case (3, _): SIMD4(samples[3 * i], samples[3 * i + 1], samples[3 * i + 2], 0)
          default: SIMD4(samples[8 * i], samples[8 * i + 2], samples[8 * i + 4], 0)
          }
        for channel in 0..<4 { output[4 * i + channel] = pixel[channel] }
      }
    }
  }
}

/// Calls into the codec and turns its status into an error that names the file.
private func trapping(
  _ path: String, _ body: (UnsafeMutablePointer<CChar>) -> png_codec_status
) throws(ImageError) {
  var message = [CChar](repeating: 0, count: Int(PNG_CODEC_MESSAGE_SIZE))
  let status = unsafe message.withUnsafeMutableBufferPointer { buffer in
    guard let start = buffer.baseAddress else { return PNG_CODEC_OUT_OF_MEMORY }
    return unsafe body(start)
  }
  guard status != PNG_CODEC_OK else { return }
  let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  throw .damaged(path: path, format: "PNG", reason: text)
}
