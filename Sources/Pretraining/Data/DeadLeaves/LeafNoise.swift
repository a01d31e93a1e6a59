internal import Images
/// Tables of noise, the same for all pictures; a texture takes them at a shift and an angle of its own.
struct LeafNoise: Sendable {
  private static let side = 128

  /// Sums of octaves whose amplitude falls as 1/f, 0 … 1, shape [128, 128].
  private let cloud: [Float]
  /// Independent values 0 … 1, shape [128, 128].
  private let grain: [Float]

  init() {
    let side = Self.side
    var random = RandomStream(0x6E6F_6973_65, 0)
    let grain = (0..<side * side).map { _ in Float(random.uniform()) }
    var cloud = [Float](repeating: 0.5, count: side * side)
    // Octave j repeats grain of 2ʲ × 2ʲ cells over the table, with half the amplitude of the one before.
    for (octave, cells) in [4, 8, 16, 32].enumerated() {
      let amplitude: Float = 0.8 / Float(1 << octave)
      for y in 0..<side {
        for x in 0..<side {
          let (u, v) = (Float(x * cells) / Float(side), Float(y * cells) / Float(side))
          let value = Self.interpolated(grain, u, v, cells: cells, row: octave * 32)
          cloud[y * side + x] += amplitude * (value - 0.5)
        }
      }
    }
    self.grain = grain
    self.cloud = cloud.map { min(max($0, 0), 1) }
  }

  /// Smooth noise at a point in cells of the finest table.
  @inline(__always)
  func cloud(_ x: Float, _ y: Float) -> Float { Self.interpolated(cloud, x, y, cells: Self.side, row: 0) }

  /// Fine noise at a point, one value to a cell.
  @inline(__always)
  func grain(_ x: Float, _ y: Float) -> Float { Self.interpolated(grain, x, y, cells: Self.side, row: 0) }

  /// The value of a cell itself.
  @inline(__always)
  func cell(_ column: Int32, _ row: Int32) -> Float { grain[Int(row & 127) &* Self.side &+ Int(column & 127)] }

  /// The table at a point, bilinear with smoothed fractions, periodic after `cells` (a power of two).
  @inline(__always)
  private static func interpolated(_ table: [Float], _ x: Float, _ y: Float, cells: Int, row: Int) -> Float {
    let (fx, fy) = (fraction(x), fraction(y))
    let (column, line) = (Int(x - fx), Int(y - fy))
    let mask = cells &- 1
    let (left, right) = (column & mask, (column &+ 1) & mask)
    let top = ((line & mask) &+ row) & 127
    let bottom = (((line &+ 1) & mask) &+ row) & 127
    let (sx, sy) = (fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy))
    let upper = table[top &* side &+ left] * (1 - sx) + table[top &* side &+ right] * sx
    let lower = table[bottom &* side &+ left] * (1 - sx) + table[bottom &* side &+ right] * sx
    return upper * (1 - sy) + lower * sy
  }
}
