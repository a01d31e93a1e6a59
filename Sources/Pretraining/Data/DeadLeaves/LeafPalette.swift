internal import Images
/// Five to eight colours around a few hues that go together, from dark to light.
struct LeafPalette {
  /// Red, green, blue and a spare lane, 0 … 1.
  let colours: [SIMD4<Float>]

  init(random: inout RandomStream) {
    let base = random.uniform()
    // Hues as parts of the circle: near ones, a complement, a triad, a split.
    let schemes: [[Double]] = [[0, 0.06, -0.06], [0, 0.5, 0.08], [0, 0.33, 0.67], [0, 0.1, 0.45]]
    let scheme = schemes[random.integer(below: schemes.count)]
    let vivid = random.uniform(0.35, 0.9)
    let count = 5 + random.integer(below: 4)
    let (dark, bright) = (random.uniform(0.12, 0.32), random.uniform(0.82, 1))
    colours = (0..<count).map { i in
      let hue = base + scheme[random.integer(below: scheme.count)] + random.uniform(-0.04, 0.04)
      let saturation = min(vivid * random.uniform(0.5, 1.2), 1)
      return Self.colour(
        hue: hue, saturation: saturation, value: dark + (bright - dark) * Double(i) / Double(count - 1))
    }
  }

  /// Two colours that are not neighbours in brightness, each a little off the palette's.
  func pair(random: inout RandomStream) -> (SIMD4<Float>, SIMD4<Float>) {
    let first = random.integer(below: colours.count)
    let second = (first + 2 + random.integer(below: colours.count - 3)) % colours.count
    func off() -> SIMD4<Float> {
      SIMD4(
        Float(random.uniform(-0.04, 0.04)), Float(random.uniform(-0.04, 0.04)), Float(random.uniform(-0.04, 0.04)), 0)
    }
    return (colours[first] + off(), colours[second] + off())
  }

  /// Hue in turns, saturation and value in 0 … 1.
  private static func colour(hue: Double, saturation: Double, value: Double) -> SIMD4<Float> {
    // Each channel is a trapezoid over the hue, a third of a turn apart.
    func channel(_ shift: Double) -> Float {
      let turns = hue + shift - (hue + shift).rounded(.down)
      let height = min(max(abs(turns * 6 - 3) - 1, 0), 1)
      return Float(value * (1 - saturation + saturation * height))
    }
    return SIMD4(channel(0), channel(2.0 / 3), channel(1.0 / 3), 0)
  }
}
