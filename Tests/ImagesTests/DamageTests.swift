import Testing

@testable import Images

@Suite("Damaged files")
struct DamageTests {
  static let files = [
    "rgb8-transparent.png", "grey1.png", "palette4.png", "grey16-full.png", "interlaced-rgba16.png", "baseline-420.jpg",
    "progressive.jpg", "grey.jpg", "ycck.jpg", "restarts.jpg",
  ]

  @Test("Cut off at any place, a file is refused with a message, and nothing crashes", arguments: files)
  func truncation(_ name: String) throws {
    let whole = try golden(name)
    #expect(throws: Never.self) { try decode(whole) }
    let lengths = Array(stride(from: 0, to: whole.count, by: 16)) + Array(max(whole.count - 40, 0)..<whole.count)
    for length in lengths {
      let error = #expect(throws: ImageError.self, "\(length) of \(whole.count) bytes") {
        try decode(Array(whole.prefix(length)))
      }
      #expect(error?.description.isEmpty == false)
    }
  }

  @Test("Bytes that change at random never crash the decoders", arguments: files)
  func corruption(_ name: String) throws {
    let whole = try golden(name)
    var generator = SplitMix64(seed: 7)
    for _ in 0..<200 {
      var bytes = whole
      for _ in 0..<Int(generator.next(below: 4)) + 1 {
        bytes[Int(generator.next(below: UInt64(bytes.count)))] = UInt8(truncatingIfNeeded: generator.next())
      }
      // Damage within JPEG's entropy-coded data shows in the picture only: what counts is a whole raster or an error.
      if let image = try? decode(bytes) { #expect(image.samples.count == image.width * image.height * 4) }
    }
  }

  @Test("A PNG that claims no pixels, or more than its bytes can hold, is refused before memory is taken")
  func pngSizes() throws {
    let whole = try golden("rgb8.png")
    #expect(throws: ImageError.self) { try decode(withPNGSize(0, 64, in: whole)) }
    #expect(throws: ImageError.self) { try decode(withPNGSize(97, 0, in: whole)) }
    let cutOff = #expect(throws: ImageError.self) { try decode(withPNGSize(10_000, 10_000, in: whole)) }
    #expect(cutOff?.description.contains("cannot hold") == true)
    let bomb = #expect(throws: ImageError.self) { try decode(withPNGSize(20_000, 20_000, in: whole)) }
    #expect(bomb == .tooLarge(path: "test", width: 20_000, height: 20_000, limit: 178_956_970))
    #expect(throws: ImageError.self) { try decode(withPNGSize(0x7FFF_FFFF, 0x7FFF_FFFF, in: whole)) }
  }

  @Test("So is a JPEG")
  func jpegSizes() throws {
    let whole = try golden("baseline-444.jpg")
    #expect(throws: ImageError.self) { try decode(withJPEGSize(0, 75, in: whole)) }
    #expect(throws: ImageError.self) { try decode(withJPEGSize(101, 0, in: whole)) }
    let cutOff = #expect(throws: ImageError.self) { try decode(withJPEGSize(13_000, 13_000, in: whole)) }
    #expect(cutOff?.description.contains("cannot hold") == true)
    let bomb = #expect(throws: ImageError.self) { try decode(withJPEGSize(65_000, 65_000, in: whole)) }
    #expect(bomb == .tooLarge(path: "test", width: 65_000, height: 65_000, limit: 178_956_970))
  }

  @Test("A second frame header of another size cannot overrun the pixels")
  func twoFrames() throws {
    let small = try golden("baseline-444.jpg")
    let large = try golden("photo.jpg")
    // The frame of the large image in front of the small one's scan, and the other way round.
    for (first, second) in [(small, large), (large, small)] {
      let scan = try #require(position(of: [0xFF, 0xDA], in: first))
      let frame = try #require(position(of: [0xFF, 0xC0], in: second))
      let length = Int(second[frame + 2]) << 8 + Int(second[frame + 3])
      let mixed = first[..<scan] + second[frame..<frame + 2 + length] + first[scan...]
      _ = try? decode(Array(mixed))
    }
  }

  @Test("Other content is named")
  func otherContent() {
    for (content, word) in [
      ("", "empty"), ("just some text", "unknown"), ("GIF89a...", "GIF"), ("RIFF....WEBP", "WebP"), ("BM......", "BMP"),
    ] {
      let error = #expect(throws: ImageError.self) { try decode(Array(content.utf8)) }
      #expect(error?.description.contains(word) == true)
    }
  }

  private func position(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
    bytes.indices.first { bytes[$0...].starts(with: pattern) }
  }

  func withPNGSize(_ width: UInt32, _ height: UInt32, in bytes: [UInt8]) -> [UInt8] {
    var header = Array("IHDR".utf8)
    header += bigEndian(width)
    header += bigEndian(height)
    header += bytes[24..<29]
    var changed = bytes
    changed.replaceSubrange(12..<33, with: header + bigEndian(crc32(header)))
    return changed
  }

  private func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

  private func withJPEGSize(_ width: Int, _ height: Int, in bytes: [UInt8]) throws -> [UInt8] {
    let frame = try #require(position(of: [0xFF, 0xC0], in: bytes))
    var changed = bytes
    changed.replaceSubrange(
      frame + 5..<frame + 9, with: [height >> 8, height & 255, width >> 8, width & 255].map { UInt8($0) })
    return changed
  }

  /// PNG specification, annex D, bit by bit.
  private func crc32(_ bytes: [UInt8]) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1) * 0xEDB8_8320 }
    }
    return ~sum
  }
}
