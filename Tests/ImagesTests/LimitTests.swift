import Foundation
import Testing

@testable import Images

/// Limits on images: what is at the limit passes, one beyond is refused.
@Suite("Limits of images")
struct LimitTests {
  @Test("As many pixels as Pillow takes, and not one more") func pixels() {
    for (width, height) in [(PixelLimit.pixels, 1), (1, PixelLimit.pixels), (13_377, 13_377)] {
      #expect(throws: Never.self) { try PixelLimit.check(width: width, height: height, bytesPerPixel: 4, path: "x") }
    }
    for (width, height) in [(PixelLimit.pixels + 1, 1), (1, PixelLimit.pixels + 1), (13_378, 13_378)] {
      #expect(throws: ImageError.self) {
        try PixelLimit.check(width: width, height: height, bytesPerPixel: 1, path: "x")
      }
    }
  }

  @Test("As many bytes of samples as four of each of those pixels, and not a pixel more") func samples() {
    let most = PixelLimit.sampleBytes / 8
    #expect(throws: Never.self) { try PixelLimit.check(width: most, height: 1, bytesPerPixel: 8, path: "x") }
    #expect(throws: ImageError.self) { try PixelLimit.check(width: most + 1, height: 1, bytesPerPixel: 8, path: "x") }
  }

  @Test("Width times height beyond 64 bits is refused", arguments: [1 << 31, 1 << 32, 1 << 62, .max])
  func overflow(number: Int) {
    for (width, height) in [(number, number), (number, 2), (3, number)] {
      #expect(throws: ImageError.self) {
        try PixelLimit.check(width: width, height: height, bytesPerPixel: 4, path: "x")
      }
    }
  }

  @Test("A file of a gibibyte is read, of a byte more is not", arguments: [0, 1])
  func file(more: Int) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(ImageFormat.pngSignature, to: "x.png")
    // Sparse: costs no disk.
    try #require(truncate(path, PixelLimit.fileBytes + more) == 0)
    let set = try ImageSet(paths: [path])
    let error = #expect(throws: ImageError.self) { try set.raster(0) }
    let message = error?.description ?? ""
    #expect(message.contains("more than an image file may have") == (more == 1), "\(message)")
  }

  @Test("A PNG may claim 1032 bytes for each of the file, as far as deflate can go") func png() throws {
    let whole = try golden("grey1.png")
    // Rows of a byte and the filter's.
    let most = (whole.count * 1032 + 1031) / 2
    for more in 0...1 {
      let error = #expect(throws: ImageError.self) {
        try decode(DamageTests().withPNGSize(8, UInt32(most + more), in: whole))
      }
      #expect(error?.description.contains("cannot hold") == (more == 1), "\(error?.description ?? "")")
    }
  }
}
