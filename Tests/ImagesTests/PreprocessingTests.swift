import Testing

@testable import Images

@Suite("Preprocessing")
struct PreprocessingTests {
  @Test("The resized side is the image size over the crop's share, cut to an integer")
  func resizedSide() {
    #expect(Preprocessing(imageSize: 224).resizedSide == 256)
    #expect(Preprocessing(imageSize: 224, cropPct: 0.9).resizedSide == 248)
    #expect(Preprocessing(imageSize: 224, cropPct: 1).resizedSide == 224)
    #expect(Preprocessing(imageSize: 96).resizedSide == 109)
    #expect(Preprocessing(imageSize: 518, cropPct: 1).resizedSide == 518)
  }

  @Test("480 × 641 becomes 256 × 341 and loses 16 rows and 58 columns: halves are rounded to even")
  func geometry() {
    let geometry = CropGeometry(width: 641, height: 480, preprocessing: Preprocessing(imageSize: 224))
    #expect((geometry.resizedWidth, geometry.resizedHeight) == (341, 256))
    // (341 − 224) / 2 = 58.5.
    #expect(geometry.columns == 58..<282)
    #expect(geometry.rows == 16..<240)
    #expect((geometry.left, geometry.top) == (0, 0))
  }

  @Test("An image smaller than the square lies in its middle, black around it")
  func padding() {
    let preprocessing = Preprocessing(imageSize: 9, cropPct: 1.5, normalization: .none)
    let pixels = values(of: raster(6, 6) { _, _ in (255, 255, 255) }, preprocessing)
    for y in 0..<9 {
      for x in 0..<9 {
        // 6 of 9: one column and row before, two behind.
        let isInside = (1..<7).contains(x) && (1..<7).contains(y)
        #expect(pixels[y * 9 + x] == (isInside ? 1 : 0), "\(x), \(y)")
      }
    }
  }

  @Test("Grey 128 has the values one expects", arguments: Normalization.allCases)
  func normalization(_ normalization: Normalization) {
    let preprocessing = Preprocessing(imageSize: 4, cropPct: 1, normalization: normalization)
    let pixels = values(of: raster(4, 4) { _, _ in (128, 128, 128) }, preprocessing)
    for channel in 0..<3 {
      let expected = (Float(128) / 255 - normalization.mean[channel]) / normalization.std[channel]
      #expect(pixels[channel * 16..<channel * 16 + 16].allSatisfy { $0 == expected })
    }
    if normalization == .none { #expect(pixels[0] == 128.0 / 255) }
    if normalization == .inception { #expect(abs(pixels[0] - 1 / 255) < 1e-7) }
  }

  @Test("Channels stand one after the other: red, green, blue")
  func layout() {
    let preprocessing = Preprocessing(imageSize: 2, cropPct: 1, normalization: .none)
    let pixels = values(of: raster(2, 2) { x, y in (255, x * 255, y * 255) }, preprocessing)
    #expect(pixels == [1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1])
  }

  @Test("Sizes that make no sense are refused and name the option")
  func validation() {
    for (size, share, option) in [
      (0, 0.875, "--image-size"), (-4, 1, "--image-size"), (1 << 20, 1, "--image-size"), (224, 0, "--crop-pct"),
      (224, -1, "--crop-pct"), (224, .nan, "--crop-pct"), (224, .infinity, "--crop-pct"), (224, 1e-9, "--crop-pct"),
      (4, 8, "--crop-pct"),
    ] {
      let error = #expect(throws: ImageError.self) {
        try Preprocessing(imageSize: size, cropPct: share).validate()
      }
      #expect(error?.description.contains(option) == true)
    }
    #expect(throws: Never.self) { try Preprocessing(imageSize: 224).validate() }
  }
}
