import PNGCodec

/// Pixels as the bytes of a PNG file.
enum PNGEncoder {
  /// Encodes a picture whose samples fit its size.
  ///
  /// - Parameters:
  ///   - picture: The pixels.
  ///   - dotsPerMetre: The resolution; 0 for none.
  ///   - metadata: Text chunks.
  /// - Returns: The file.
  /// - Throws: `FigureError.png`.
  static func encode(
    _ picture: Picture, dotsPerMetre: UInt32, metadata: [(String, String)]
  ) throws(FigureError) -> [UInt8] {
    // All strings in one block of zero-ended bytes, so that one pointer stays valid for all of them.
    var block: [CChar] = []
    var offsets: [(key: Int, text: Int)] = []
    for (key, text) in metadata {
      let keyStart = block.count
      block += terminated(key)
      offsets.append((keyStart, block.count))
      block += terminated(text)
    }
    var data: UnsafeMutablePointer<UInt8>?
    var size = 0
    var message = [CChar](repeating: 0, count: Int(PNG_CODEC_MESSAGE_SIZE))
    let status = unsafe block.withUnsafeBufferPointer { block in
      unsafe picture.samples.withUnsafeBufferPointer { pixels in
        let texts = unsafe offsets.map { offset in
          unsafe png_codec_text(
            keyword: block.baseAddress.map { unsafe $0 + offset.key },
            text: block.baseAddress.map { unsafe $0 + offset.text })
        }
        return unsafe texts.withUnsafeBufferPointer { texts in
          var source = unsafe png_codec_picture(
            pixels: pixels.baseAddress, width: UInt32(picture.width), height: UInt32(picture.height),
            stride: picture.width * 3, channels: 3, dots_per_metre: dotsPerMetre, texts: texts.baseAddress,
            text_count: texts.count)
          return unsafe png_codec_encode(&source, &data, &size, &message)
        }
      }
    }
    defer { unsafe png_codec_free(data) }
    guard status == PNG_CODEC_OK, let data = unsafe data else {
      let words = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw .png(message: String(decoding: words, as: UTF8.self))
    }
    return unsafe [UInt8](UnsafeBufferPointer(start: data, count: size))
  }

  /// The bytes of a C string; a zero inside would cut it.
  private static func terminated(_ text: String) -> [CChar] {
    text.utf8.filter { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
  }
}
