import Testing

@testable import Images

@Suite("Resampling")
struct ResamplingTests {
  @Test("The cubic kernel has a = −0.5: Keys' values at halves, interpolation at integers")
  func bicubicKernel() {
    // a|x|³ − 5a|x|² + 8a|x| − 4a and (a + 2)|x|³ − (a + 3)|x|² + 1, worked out by hand; exact in binary.
    #expect(Interpolation.bicubic.kernel(0) == 1)
    #expect(Interpolation.bicubic.kernel(0.5) == 0.5625)
    #expect(Interpolation.bicubic.kernel(-0.5) == 0.5625)
    #expect(Interpolation.bicubic.kernel(1) == 0)
    #expect(Interpolation.bicubic.kernel(1.5) == -0.0625)
    #expect(Interpolation.bicubic.kernel(2) == 0)
    #expect(Interpolation.bilinear.kernel(0.25) == 0.75)
    #expect(Interpolation.bilinear.kernel(-1) == 0)
  }

  @Test("Doubling a row: the known weights of the two phases, made up for at the border")
  func weightsOfDoubling() {
    let weights = ResamplingWeights(source: 8, target: 16, window: 0..<16, interpolation: .bicubic)
    // Target 7 lies at 3.75 of the source: 0.75 and 0.25 of a pixel from the centres of samples 3 and 4.
    let exact = [-0.0703125, 0.8671875, 0.2265625, -0.0234375].map { Int32($0 * Double(1 << 22)) }
    #expect(weights.first[7] == 2)
    #expect(Array(weights.values[7 * weights.stride..<7 * weights.stride + 4]) == exact)
    // Target 0 lacks two samples on its left; what is left is scaled up to one.
    let border = weights.values[0..<weights.count[0]].reduce(0, +)
    #expect(abs(border - 1 << 22) <= 2)
  }

  @Test("Every target's weights sum to one", arguments: [(5, 3), (641, 256), (375, 256), (10, 33), (1, 7), (7, 1)])
  func weightsSumToOne(source: Int, target: Int) {
    for interpolation in Interpolation.allCases {
      let weights = ResamplingWeights(
        source: source, target: target, window: 0..<target, interpolation: interpolation)
      for i in 0..<target {
        let sum = weights.values[i * weights.stride..<(i + 1) * weights.stride].reduce(0, +)
        // Each weight is off by half a unit at most.
        #expect(abs(sum - 1 << 22) <= weights.stride, "target \(i): \(sum)")
        #expect(weights.first[i] >= 0 && weights.first[i] + weights.count[i] <= source)
      }
    }
  }

  @Test("A constant image stays constant", arguments: [(100, 75), (13, 40), (300, 7), (1, 1), (224, 224)])
  func constant(width: Int, height: Int) {
    for level in [0, 1, 127, 254, 255] {
      let image = raster(41, 29) { _, _ in (level, 255 - level, 128) }
      for interpolation in Interpolation.allCases {
        let resized = image.resized(width, height, interpolation)
        let expected = raster(width, height) { _, _ in (level, 255 - level, 128) }
        #expect(resized.colours == expected.colours)
      }
    }
  }

  @Test("A size that does not change leaves every byte")
  func identity() {
    let image = raster(37, 23) { x, y in (x * 7 % 256, y * 11 % 256, (x * y) % 256) }
    #expect(image.resized(37, 23).samples == image.samples)
    // Only the rows change: columns are not mixed, so the red channel, constant along columns, stays as it is.
    let taller = image.resized(37, 50)
    #expect((0..<37).allSatisfy { taller[$0, 20].red == image[$0, 0].red })
  }

  @Test("Halving a row with a triangle: weights 1 3 3 1 over 8")
  func halvingBilinear() {
    let row = [10, 50, 90, 20, 200, 30]
    let image = raster(6, 1) { x, _ in (row[x], 0, 0) }
    // Target 1 covers samples 2 and 3; the triangle of width 2 reaches 1 … 4 with weights ¼ ¾ ¾ ¼ over 2.
    let expected = (row[1] + 3 * row[2] + 3 * row[3] + row[4] + 4) / 8
    #expect(Int(image.resized(3, 1, .bilinear)[1, 0].red) == expected)
  }

  @Test("Turning an image and resizing it are exchangeable up to rounding")
  func transposition() {
    // Values away from 0 and 255: clipping between the passes would depend on their order.
    let image = raster(40, 27) { x, y in (64 + (x * 37 + y * 91) % 128, x * 6, y * 9) }
    let turned = raster(27, 40) { x, y in
      let pixel = image[y, x]
      return (Int(pixel.red), Int(pixel.green), Int(pixel.blue))
    }
    let (a, b) = (image.resized(21, 33), turned.resized(33, 21))
    for y in 0..<33 {
      for x in 0..<21 {
        // Either way the first pass rounds by ½, which the second amplifies by Σ|w| ≤ 1.3 and rounds by ½ again.
        #expect(abs(Int(a[x, y].red) - Int(b[y, x].red)) <= 2)
      }
    }
  }

  @Test("A window of the resized image is the same as the whole, cut")
  func window() {
    let image = raster(61, 83) { x, y in ((x * 53 + y * 17) % 256, (x * x) % 256, (y * 29) % 256) }
    for (width, height) in [(40, 55), (61, 50), (30, 83), (100, 120), (61, 83)] {
      let whole = image.resized(width, height)
      let part = image.resized(width: width, height: height, columns: 7..<27, rows: 11..<36, interpolation: .bicubic)
      #expect(part.samples == whole.cropped(columns: 7..<27, rows: 11..<36).samples)
    }
  }

  @Test("Overshoot is clipped to 0 … 255")
  func overshoot() {
    let image = raster(8, 8) { x, _ in x < 4 ? (0, 255, 0) : (255, 0, 0) }
    let resized = image.resized(64, 8)
    let reds = (0..<64).map { resized[$0, 0].red }
    // Wrapping round instead would bring large values into the dark half.
    #expect(reds.prefix(24).allSatisfy { $0 < 20 } && reds.suffix(24).allSatisfy { $0 > 235 })
  }
}
