import PNGCodec
import Testing

@testable import Images

/// Encodes an image as RGB through the codec.
func encodePNG(_ image: Raster, texts: [(String, String)] = [], dotsPerMetre: UInt32 = 0) throws -> [UInt8] {
  try encodePNG(image.colours, image.width, image.height, channels: 3, texts: texts, dotsPerMetre: dotsPerMetre)
}

struct EncodingFailure: Error {
  let message: String
}

/// Encodes samples, shape [height, width, channels].
func encodePNG(
  _ samples: [UInt8], _ width: Int, _ height: Int, channels: Int, stride: Int? = nil,
  texts: [(String, String)] = [], dotsPerMetre: UInt32 = 0
) throws -> [UInt8] {
  var message = [CChar](repeating: 0, count: Int(PNG_CODEC_MESSAGE_SIZE))
  var data: UnsafeMutablePointer<UInt8>?
  var size = 0
  // Held until the call is over.
  let strings = texts.map { (Array($0.0.utf8CString), Array($0.1.utf8CString)) }
  let pointers = strings.map { pair in
    let copies = [pair.0, pair.1].map { text in
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
      copy.initialize(from: text, count: text.count)
      return copy
    }
    return png_codec_text(keyword: copies[0], text: copies[1])
  }
  defer { for entry in pointers { entry.keyword.deallocate(); entry.text.deallocate() } }
  let status = samples.withUnsafeBufferPointer { pixels in
    pointers.withUnsafeBufferPointer { texts in
      var picture = png_codec_picture(
        pixels: pixels.baseAddress, width: UInt32(width), height: UInt32(height), stride: stride ?? width * channels,
        channels: Int32(channels), dots_per_metre: dotsPerMetre, texts: texts.baseAddress, text_count: texts.count)
      return png_codec_encode(&picture, &data, &size, &message)
    }
  }
  defer { png_codec_free(data) }
  guard status == PNG_CODEC_OK, let data else {
    throw EncodingFailure(message: String(decoding: message.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self))
  }
  return Array(UnsafeBufferPointer(start: data, count: size))
}

@Suite("Writing PNG")
struct PNGCodecTests {
  /// The chunks of a file: type and data.
  private func chunks(_ file: [UInt8]) -> [(type: String, data: [UInt8])] {
    var result: [(String, [UInt8])] = []
    var at = 8
    while at + 12 <= file.count {
      let length = file[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
      result.append((String(decoding: file[at + 4..<at + 8], as: UTF8.self), Array(file[at + 8..<at + 8 + length])))
      at += 12 + length
    }
    return result
  }

  @Test("What is written is read again: RGB and RGBA, with and without gaps between rows")
  func roundTrip() throws {
    let image = raster(23, 17) { x, y in (x * 11, y * 15, (x * y) % 256) }
    #expect(try decode(try encodePNG(image)).colours == image.colours)
    let opaque = try encodePNG(image.samples, 23, 17, channels: 4)
    #expect(try decode(opaque).samples == image.samples)
    // 5 bytes behind each row.
    var rowsWithGap: [UInt8] = []
    for y in 0..<17 {
      rowsWithGap += image.colours[y * 69..<(y + 1) * 69]
      rowsWithGap += [9, 9, 9, 9, 9]
    }
    #expect(try decode(try encodePNG(rowsWithGap, 23, 17, channels: 3, stride: 74)).colours == image.colours)
  }

  @Test("Texts and resolution stand before the pixels: ASCII as tEXt, the rest as iTXt in UTF-8")
  func texts() throws {
    let file = try encodePNG(
      raster(2, 2) { _, _ in (1, 2, 3) },
      texts: [("Software", "mff-inspect 1.0"), ("Description", "‖Hv − θv‖ ≤ ε"), ("Comment", "")], dotsPerMetre: 5906)
    let found = chunks(file)
    #expect(found.map(\.type) == ["IHDR", "pHYs", "tEXt", "iTXt", "tEXt", "IDAT", "IEND"])
    // 5906 = 0x1712 in both directions, unit metre.
    #expect(found[1].data == [0, 0, 0x17, 0x12, 0, 0, 0x17, 0x12, 1])
    #expect(found[2].data == Array("Software\0mff-inspect 1.0".utf8))
    // Keyword, not compressed, no language, no translated keyword, text.
    #expect(found[3].data == Array("Description\0\0\0\0\0‖Hv − θv‖ ≤ ε".utf8))
    #expect(found[4].data == Array("Comment\0".utf8))
  }

  @Test("The same picture gives the same bytes")
  func deterministic() throws {
    let image = raster(40, 30) { x, y in (x * 5, y * 7, 99) }
    #expect(try encodePNG(image, texts: [("Title", "a")]) == encodePNG(image, texts: [("Title", "a")]))
  }

  @Test("Pictures and keywords that PNG cannot hold are refused with a reason")
  func refused() {
    #expect(throws: EncodingFailure.self) { try encodePNG([], 0, 4, channels: 3) }
    #expect(throws: EncodingFailure.self) { try encodePNG([], 4, 0, channels: 3) }
    #expect(throws: EncodingFailure.self) { try encodePNG([1, 2], 1, 1, channels: 2) }
    #expect(throws: EncodingFailure.self) { try encodePNG([1, 2, 3, 4, 5, 6], 2, 1, channels: 3, stride: 5) }
    for keyword in ["", " x", "x ", "a  b", "größe", String(repeating: "k", count: 80)] {
      let error = #expect(throws: EncodingFailure.self) {
        try encodePNG([1, 2, 3], 1, 1, channels: 3, texts: [(keyword, "text")])
      }
      #expect(error?.message.contains("keyword") == true)
    }
  }
}
