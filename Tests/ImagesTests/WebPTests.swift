import Testing

@testable import Images

@Suite("WebP")
struct WebPTests {
  /// Lossy, lossless with alpha, lossy with alpha, written by Pillow; beside each the pixels of its `convert("RGB")` as PNG.
  static let files = ["lossy", "lossless-alpha", "lossy-alpha"]

  @Test("Pixels are those of Pillow, which drops alpha without a background", arguments: files)
  func pixels(_ name: String) throws {
    let image = try decode(golden("\(name).webp"))
    let truth = try decode(golden("\(name)-webp.png"))
    #expect(image.width == 45 && image.height == 31)
    // Equal bits: libwebp fixes the arithmetic of lossy files, too, whatever its version and instruction set. The fourth byte has no meaning.
    let differences = image.samples.indices.filter { $0 % 4 != 3 && image.samples[$0] != truth.samples[$0] }
    #expect(differences.isEmpty, "\(differences.count) samples differ")
  }

  @Test("Cut off at any place, a file is refused with a message", arguments: files)
  func truncation(_ name: String) throws {
    let whole = try golden("\(name).webp")
    for length in whole.indices {
      #expect(throws: ImageError.self, "\(length) of \(whole.count) bytes") { try decode(Array(whole.prefix(length))) }
    }
  }

  @Test("Bytes that change at random never crash the decoder", arguments: files)
  func corruption(_ name: String) throws {
    let whole = try golden("\(name).webp")
    var generator = SplitMix64(seed: 7)
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0..<Int(generator.next(below: 4)) + 1 {
        bytes[Int(generator.next(below: UInt64(bytes.count)))] = UInt8(truncatingIfNeeded: generator.next())
      }
      if let image = try? decode(bytes) { #expect(image.samples.count == image.width * image.height * 4) }
    }
  }

  @Test("A size beyond the limit is refused before memory is taken") func size() throws {
    var bytes = try golden("lossless-alpha.webp")
    // After the signature 0x2F come width − 1 and height − 1, 14 bits each: 16384 × 16384.
    let start = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("VP8L".utf8)) }) + 9
    (bytes[start], bytes[start + 1], bytes[start + 2]) = (0xFF, 0xFF, 0xFF)
    bytes[start + 3] |= 0x0F
    if let canvas = bytes.indices.first(where: { bytes[$0...].starts(with: Array("VP8X".utf8)) }) {
      for i in 0..<2 { bytes[canvas + 12 + 3 * i] = 0xFF; bytes[canvas + 13 + 3 * i] = 0x3F }
    }
    let error = #expect(throws: ImageError.self) { try decode(bytes) }
    #expect(error == .tooLarge(path: "test", width: 16384, height: 16384, limit: 89_478_485))
  }

  @Test("An animation is refused by name, and so is another file in a RIFF container") func others() throws {
    #expect(throws: ImageError.animated(path: "test", format: "WebP")) { try decode(golden("animated.webp")) }
    let sound = Array("RIFF\u{4}\0\0\0WAVE".utf8)
    #expect(throws: ImageError.unknownFormat(path: "test", found: "the content is of an unknown kind")) {
      try decode(sound)
    }
  }
}
