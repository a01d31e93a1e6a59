internal import Images
/// What of a leaf is visible.
struct PlacedLeaf {
  let leaf: Leaf
  /// Its visible pixels.
  let fragments: Range<Int>
  /// Their number, parts of pixels counted as parts.
  let visible: Float
  private(set) var texture: LeafTexture?

  init(leaf: Leaf, fragments: Range<Int>, visible: Float) {
    (self.leaf, self.fragments, self.visible) = (leaf, fragments, visible)
  }

  /// Gives the leaf a texture: of this family, well visible, or of any family of the scene.
  mutating func addTexture(of scene: LeafScene, family: TextureFamily?) {
    var random = leaf.random
    let any = scene.families[random.integer(below: scene.families.count)]
    texture = LeafTexture(
      family: family ?? any, radius: leaf.radius, leastContrast: family == nil ? 0.3 : 0.65, palette: scene.palette,
      random: &random)
  }
}

/// A picture on which each leaf is laid behind all that lie there.
struct LeafCanvas {
  /// A pixel of a leaf, as far as it is visible.
  private struct Fragment {
    var pixel: Int32
    /// The share of the pixel, 0 … 1.
    var weight: Float
    /// What shadows leave of the light.
    var light: Float
  }

  private let side: Int
  /// Pixels for each 64th of the side.
  private let scale: Float
  private let lightDirection: SIMD2<Float>
  /// The share of each pixel that nothing covers yet.
  private var free: [Float]
  private var light: [Float]
  private var fragments: [Fragment] = []
  /// Pixels that nothing covers yet.
  private(set) var uncovered: Float

  init(side: Int, light direction: SIMD2<Float>) {
    self.side = side
    scale = Float(side) / Float(LeafScene.side)
    lightDirection = direction
    free = Array(repeating: 1, count: side * side)
    light = Array(repeating: 1, count: side * side)
    uncovered = Float(side * side)
    fragments.reserveCapacity(3 * side * side)
  }

  /// Less than this share of a pixel cannot be seen: half a step of 8 bit.
  private static let least: Float = 0.002

  /// Lays a leaf behind all others; nil if nothing of it is visible.
  mutating func place(_ leaf: Leaf) -> PlacedLeaf? {
    let shadowWidth = min(0.5 + 0.12 * leaf.radius, 3)
    let reach = leaf.radius + shadowWidth
    let columns = pixels(from: leaf.x - reach, to: leaf.x + reach)
    let rows = pixels(from: leaf.y - reach, to: leaf.y + reach)
    let start = fragments.count
    var visible: Float = 0
    let inverse = 1 / leaf.radius
    for row in rows {
      let y = (Float(row) + 0.5) / scale - leaf.y
      for column in columns {
        let pixel = row &* side &+ column
        let share = free[pixel]
        if share < Self.least { continue }
        let x = (Float(column) + 0.5) / scale - leaf.x
        let (along, across) = leaf.local(x, y)
        let distance = leaf.outline.distance(along * inverse, across * inverse) * leaf.radius
        // The outline is about straight within a pixel, which it covers up to its distance from the centre.
        let coverage = min(max(0.5 - distance * scale, 0), 1)
        if coverage > 0 {
          let weight = share * coverage
          fragments.append(Fragment(pixel: Int32(pixel), weight: weight, light: light[pixel]))
          free[pixel] = share - weight
          visible += weight
        }
        if coverage < 1, distance < shadowWidth {
          // Darkest beside the leaf, and on the side away from the light.
          let away = max(0, -(x * lightDirection.x + y * lightDirection.y) * inverse)
          let depth = 1 - max(distance, 0) / shadowWidth
          light[pixel] *= 1 - 0.5 * depth * (0.25 + 0.75 * min(away, 1))
        }
      }
    }
    guard visible > 0 else { return nil }
    uncovered -= visible
    return PlacedLeaf(leaf: leaf, fragments: start..<fragments.count, visible: visible)
  }

  /// Fills what is left.
  mutating func placeGround(_ leaf: Leaf) -> PlacedLeaf {
    let start = fragments.count
    var visible: Float = 0
    for pixel in free.indices where free[pixel] > 0 {
      fragments.append(Fragment(pixel: Int32(pixel), weight: free[pixel], light: light[pixel]))
      visible += free[pixel]
      free[pixel] = 0
    }
    uncovered = 0
    return PlacedLeaf(leaf: leaf, fragments: start..<fragments.count, visible: visible)
  }

  /// The picture: red, green, blue and a spare byte, shape [side, side, 4].
  func painted(_ leaves: [PlacedLeaf], exposure: Float, noise: LeafNoise) -> [UInt8] {
    var sums = [SIMD4<Float>](repeating: SIMD4(repeating: 0), count: side * side)
    for placed in leaves {
      guard let texture = placed.texture else { preconditionFailure("every leaf has a texture before it is painted") }
      let leaf = placed.leaf
      for fragment in fragments[placed.fragments] {
        let pixel = Int(fragment.pixel)
        let x = (Float(pixel % side) + 0.5) / scale - leaf.x
        let y = (Float(pixel / side) + 0.5) / scale - leaf.y
        let (along, across) = leaf.local(x, y)
        let colour = texture.colour(along, across, radius: leaf.radius, noise: noise)
        // A leaf is a little domed: brighter towards the light.
        let dome = 1 + 0.22 * (x * lightDirection.x + y * lightDirection.y) / leaf.radius
        sums[pixel] += colour * (fragment.weight * fragment.light * dome * exposure)
      }
    }
    var bytes = [UInt8](repeating: 0, count: side * side * 4)
    for (pixel, sum) in sums.enumerated() {
      for channel in 0..<3 { bytes[4 * pixel + channel] = UInt8(min(max(sum[channel], 0), 1) * 255 + 0.5) }
    }
    return bytes
  }

  /// The pixels whose centres may lie between two places.
  private func pixels(from low: Float, to high: Float) -> Range<Int> {
    let first = min(max(Int(low * scale), 0), side)
    return first..<max(first, min(Int(high * scale) + 1, side))
  }
}
