import Images
import Foundation
import Testing

@testable import Pretraining

@Suite("Dead leaves look like photographs to a spectrum, and are the same everywhere")
struct DeadLeavesTests {
  @Test("Ten pictures of a seed have the bytes they always had")
  func golden() {
    let leaves = DeadLeaves(seed: 0)
    let bytes = (0..<10).flatMap { leaves.picture($0).pixels }
    // Nothing but exact arithmetic takes part, so this holds on every machine.
    #expect(fnv1a(bytes) == 3_473_119_779_636_426_419, "ten pictures at 64 pixels")
    let large = fnv1a(DeadLeaves(seed: 7, side: 224).picture(123_456).pixels)
    #expect(large == 2_820_144_091_439_305_971, "one picture at 224 pixels")
  }

  @Test("A picture does not depend on what was made before, and differs from all others")
  func independence() {
    let leaves = DeadLeaves(seed: 3)
    let hashes = (0..<100).map { fnv1a(leaves.picture($0).pixels) }
    #expect((0..<100).reversed().map { fnv1a(leaves.picture($0).pixels) } == hashes.reversed())
    let others = (0..<100).map { fnv1a(DeadLeaves(seed: 4).picture($0).pixels) }
    #expect(Set(hashes + others).count == 200)
  }

  @Test("Each of ten pictures in a row shows another family, and its leaf is the largest one visible")
  func classes() {
    let leaves = DeadLeaves(seed: 1)
    let pictures = (0..<200).map { leaves.picture($0) }
    for (i, picture) in pictures.enumerated() {
      #expect(picture.family.classIndex == i % 10)
      #expect((0.02...1).contains(picture.visibleShare))
    }
    let shares = pictures.map(\.visibleShare).sorted()
    // A subject that is hard to see would make a class hard to learn: half of the pictures give it a quarter or more.
    #expect(shares[100] > 0.25, "\(shares[100])")
    #expect(TextureFamily.allCases.map(\.rawValue) == TextureFamily.allCases.map(\.rawValue).sorted())
  }

  @Test("What is visible of all leaves adds up to the picture, and no part is counted twice")
  func coverage() {
    var random = RandomStream(5, 0)
    let scene = LeafScene(random: &random)
    var canvas = LeafCanvas(side: 40, light: scene.light)
    var sum: Float = 0
    for number in 0..<3000 { sum += canvas.place(scene.leaf(number))?.visible ?? 0 }
    sum += canvas.placeGround(Leaf(ground: random)).visible
    // Sums of 1600 shares in single precision.
    #expect(abs(sum - 1600) < 0.05, "\(sum)")
  }

  @Test("A lone disc covers πr²")
  func disc() {
    var canvas = LeafCanvas(side: 64, light: SIMD2(1, 0))
    let leaf = Leaf(x: 30, y: 33, radius: 20, outline: .disc, turn: SIMD2(1, 0), random: RandomStream(0, 0))
    let visible = canvas.place(leaf)?.visible ?? 0
    // Soft edges are right to first order: a ten thousandth of the area is allowed for the curvature.
    #expect(abs(visible / (Float.pi * 400) - 1) < 1e-3, "\(visible)")
  }

  @Test("Radii have the density r⁻³")
  func radii() {
    var random = RandomStream(6, 0)
    let scene = LeafScene(random: &random)
    let count = 20_000
    let radii = (0..<count).map { Double(scene.leaf($0).radius) }
    // P(R > r) = (r⁻² − b⁻²) / (a⁻² − b⁻²) between a and b.
    let (a, b) = (1 / (scene.smallest * scene.smallest), 1 / (scene.largest * scene.largest))
    for factor in [1.2, 1.5, 2, 3, 5] {
      let r = scene.smallest * factor
      let p = (1 / (r * r) - b) / (a - b)
      let found = Double(radii.count { $0 > r }) / Double(count)
      // Five binomial standard deviations.
      #expect(abs(found - p) < 5 * (p * (1 - p) / Double(count)).squareRoot(), "\(factor): \(found), \(p)")
    }
  }

  @Test("The amplitude of the ensemble falls about as 1/f, as that of photographs")
  func spectrum() {
    let slope = amplitudeSlope(of: 120)
    // Field 1987 and later surveys: −1 on average, ensembles within about 0.3.
    #expect(abs(slope + 1) < 0.3, "\(slope)")
  }

  @Test("A picture is the same scene at any side")
  func sides() {
    let (small, large) = (DeadLeaves(seed: 2, side: 32), DeadLeaves(seed: 2, side: 128))
    for i in 0..<10 {
      let (a, b) = (small.picture(i).pixels, large.picture(i).pixels)
      var error = 0.0
      for p in 0..<32 * 32 {
        for c in 0..<3 {
          var sum = 0.0
          for k in 0..<16 {
            let (row, column) = (p / 32 * 4 + k / 4, p % 32 * 4 + k % 4)
            sum += Double(b[3 * (row * 128 + column) + c])
          }
          error += abs(sum / 16 - Double(a[3 * p + c]))
        }
      }
      // Means of 4 × 4 pixels against single ones: textures near the resolution differ, the scene does not. Other
      // pictures differ by 50 and more.
      #expect(error / 3072 < 16, "\(i): \(error / 3072)")
    }
  }

  @Test("Sine and fraction are what they say")
  func wave() {
    for i in -2000...2000 {
      let t = Float(i) / 371
      // The approximation's own error, and rounding of the argument.
      #expect(abs(Pretraining.wave(t) - Float(sin(2 * Double.pi * Double(t)))) < 1.2e-3)
      #expect(fraction(t) == t - t.rounded(.down) || fraction(t) == 1)
    }
  }

  @Test(
    "A contact sheet, a column for each family, goes to the file that DEAD_LEAVES_SHEET names",
    .enabled(if: ProcessInfo.processInfo.environment["DEAD_LEAVES_SHEET"] != nil))
  func sheet() throws {
    let file = try #require(ProcessInfo.processInfo.environment["DEAD_LEAVES_SHEET"])
    let leaves = DeadLeaves(seed: 0, side: 128)
    var sheet = [UInt8](repeating: 0, count: 1280 * 1024 * 3)
    for i in 0..<80 {
      let pixels = leaves.picture(i).pixels
      for y in 0..<128 {
        let start = ((i / 10 * 128 + y) * 1280 + i % 10 * 128) * 3
        sheet.replaceSubrange(start..<start + 384, with: pixels[y * 384..<(y + 1) * 384])
      }
    }
    try Data(try encodedPNG(sheet, width: 1280, height: 1024)).write(to: URL(fileURLWithPath: file))
  }

  /// The slope of ln(amplitude) over ln(frequency) from 2 to 24 periods a side, root mean square over pictures and
  /// directions.
  private func amplitudeSlope(of count: Int) -> Double {
    let side = 64
    let leaves = DeadLeaves(seed: 11, side: side)
    let waves: [(c: Double, s: Double)] = (0..<side).map { i in
      let angle = 2 * Double.pi * Double(i) / Double(side)
      return (cos(angle), sin(angle))
    }
    // Half a cosine: without it the jump from one rim to the other would add a slope of −1 by itself.
    let window: [Double] = (0..<side).map { i in
      let angle = 2 * Double.pi * (Double(i) + 0.5) / Double(side)
      return 0.5 - 0.5 * cos(angle)
    }
    var power = [Double](repeating: 0, count: 25)
    var cells = [Double](repeating: 0, count: 25)
    for index in 0..<count {
      let pixels = leaves.picture(index).pixels
      let grey: [Double] = (0..<side * side).map { i in
        let (red, green, blue) = (Double(pixels[3 * i]), Double(pixels[3 * i + 1]), Double(pixels[3 * i + 2]))
        return 0.299 * red + 0.587 * green + 0.114 * blue
      }
      let mean = grey.reduce(0, +) / Double(grey.count)
      // Columns −24 … 24 of each row, then the same of each column.
      var rows = [(Double, Double)](repeating: (0, 0), count: side * 49)
      for y in 0..<side {
        for k in -24...24 {
          var (re, im) = (0.0, 0.0)
          for x in 0..<side {
            let (value, wave) = ((grey[y * side + x] - mean) * window[x] * window[y], waves[(k + side) * x % side])
            re += value * wave.c
            im -= value * wave.s
          }
          rows[y * 49 + k + 24] = (re, im)
        }
      }
      for v in -24...24 {
        for k in -24...24 {
          let ring = Int(Double(k * k + v * v).squareRoot().rounded())
          guard (2...24).contains(ring) else { continue }
          var (re, im) = (0.0, 0.0)
          for y in 0..<side {
            let (value, wave) = (rows[y * 49 + k + 24], waves[(v + side) * y % side])
            re += value.0 * wave.c + value.1 * wave.s
            im += value.1 * wave.c - value.0 * wave.s
          }
          power[ring] += re * re + im * im
          cells[ring] += 1
        }
      }
    }
    let x: [Double] = (2...24).map { ring in log(Double(ring)) }
    let y: [Double] = (2...24).map { ring in 0.5 * log(power[ring] / cells[ring]) }
    let (meanX, meanY) = (x.reduce(0, +) / 23, y.reduce(0, +) / 23)
    var (products, squares) = (0.0, 0.0)
    for (x, y) in zip(x, y) {
      products += (x - meanX) * (y - meanY)
      squares += (x - meanX) * (x - meanX)
    }
    return products / squares
  }

  /// A checksum, 64 bit.
  private func fnv1a(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
