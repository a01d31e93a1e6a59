internal import Images
/// How the two colours of a leaf are spread over it.
struct LeafTexture {
  let family: TextureFamily
  let first: SIMD4<Float>
  let second: SIMD4<Float>
  /// Periods for each 64th of the side.
  let frequency: Float
  /// In periods.
  let phase: Float
  /// Where the noise is taken.
  let shift: SIMD2<Float>

  init(
    family: TextureFamily, radius: Float, leastContrast: Double, palette: LeafPalette, random: inout RandomStream
  ) {
    self.family = family
    let colours = palette.pair(random: &random)
    first = colours.0
    second = colours.0 + Float(random.uniform(leastContrast, 1)) * (colours.1 - colours.0)
    // A leaf that is smaller than a period would look plain.
    frequency = 1 / min(Float(random.uniform(4, 10)), max(3.5, radius))
    phase = Float(random.uniform())
    shift = SIMD2(Float(random.uniform(200, 300)), Float(random.uniform(200, 300)))
  }

  /// The colour at a point given along and across the leaf, in 64ths of the side from its centre.
  @inline(__always)
  func colour(_ a: Float, _ b: Float, radius: Float, noise: LeafNoise) -> SIMD4<Float> {
    first + (second - first) * min(max(mix(a, b, radius: radius, noise: noise), 0), 1)
  }

  /// How much of the second colour there is; values outside 0 … 1 are cut.
  @inline(__always)
  private func mix(_ a: Float, _ b: Float, radius: Float, noise: LeafNoise) -> Float {
    switch family {
    case .plain: 0.5 + 0.5 * a / radius
    case .stripes: 0.5 + 0.9 * wave(frequency * a + phase)
    case .checks: 0.5 + 1.6 * wave(0.6 * frequency * a + phase) * wave(0.6 * frequency * b)
    case .rings: 0.5 + 0.8 * wave(frequency * (a * a + b * b).squareRoot() + phase)
    case .dots: dots(a * frequency + phase, b * frequency)
    case .veins: 1.6 * min(abs(b) / 1.2, 0.55 + 0.55 * wave(frequency * (a - abs(b)) + phase))
    case .clouds: 0.5 + 2.4 * (noise.cloud(shift.x + 2.8 * a, shift.y + 2.8 * b) - 0.5)
    case .marble: 0.5 + 0.8 * wave(frequency * 0.9 * a + 2.6 * noise.cloud(shift.x + 1.5 * a, shift.y + 1.5 * b))
    case .speckle: 0.5 + 1.8 * (noise.grain(shift.x + 0.75 * a, shift.y + 0.75 * b) - 0.5)
    case .cells: cells(shift.x + 0.85 * frequency * a, shift.y + 0.85 * frequency * b, noise: noise)
    }
  }

  /// Spots whose rows are shifted by half a period in turn.
  @inline(__always)
  private func dots(_ s: Float, _ t: Float) -> Float {
    let row = t * 1.155
    let fy = fraction(row) - 0.5
    let isOdd = Int32(row - fy - 0.5) & 1 == 1
    let fx = fraction(s + (isOdd ? 0.5 : 0)) - 0.5
    // A spot takes a third of a period on each side of its centre; its rim is as soft as a pixel of 64.
    return 0.5 + (0.32 - (fx * fx + 0.75 * fy * fy).squareRoot()) / frequency
  }

  /// A Voronoi pattern: how much farther the second nearest seed is than the nearest.
  @inline(__always)
  private func cells(_ x: Float, _ y: Float, noise: LeafNoise) -> Float {
    let (fx, fy) = (fraction(x), fraction(y))
    let (column, row) = (Int32(x - fx), Int32(y - fy))
    var nearest: Float = 9
    var second: Float = 9
    for j in -1...1 as ClosedRange<Int32> {
      for i in -1...1 as ClosedRange<Int32> {
        let dx = Float(i) + 0.15 + 0.7 * noise.cell(column &+ i, row &+ j) - fx
        let dy = Float(j) + 0.15 + 0.7 * noise.cell(row &+ j &+ 57, column &+ i &+ 31) - fy
        let square = dx * dx + dy * dy
        second = min(second, max(square, nearest))
        nearest = min(nearest, square)
      }
    }
    return 4.5 * (second.squareRoot() - nearest.squareRoot()) - 0.25
  }
}
