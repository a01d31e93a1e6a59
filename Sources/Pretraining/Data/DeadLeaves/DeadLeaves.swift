package import Images

/// Synthetic pictures with the statistics of photographs, made from a seed.
///
/// Leaves of power-law size hide one another, from the nearest to the farthest, until nothing is left to see. That
/// alone gives edges at every scale, occlusion, and a spectrum whose amplitude falls about as 1/f; colours of few hues,
/// shading, shadows and ten families of texture are added. Picture i of a seed depends on both numbers alone. It is the
/// same scene at any side, and the same bytes on every machine: only additions, multiplications, divisions and square
/// roots take part, which IEEE 754 defines to the last bit.
///
/// - Source: Lee, Mumford, Huang, "Occlusion models for natural images", IJCV 41, 2001: radii of density r⁻³.
public struct DeadLeaves: Sendable {
  /// A picture and what it shows.
  public struct Picture: Sendable {
    package let raster: Raster
    /// The texture of the leaf of which most is visible.
    public let family: TextureFamily
    /// How much of the picture that leaf takes, 0 … 1.
    public let visibleShare: Double

    /// Red, green and blue, shape [side, side, 3].
    public var pixels: [UInt8] { raster.samples.indices.filter { $0 % 4 != 3 }.map { raster.samples[$0] } }
  }

  /// Decides on all pictures.
  public let seed: UInt64
  /// Width and height of a picture in pixels.
  public let side: Int

  private let noise = LeafNoise()

  /// A generator of pictures.
  ///
  /// - Parameters:
  ///   - seed: Decides on all pictures.
  ///   - side: Width and height in pixels, 1 or more. The scene does not depend on it.
  public init(seed: UInt64, side: Int = 64) {
    precondition(side > 0, "a picture has at least one pixel")
    self.seed = seed
    self.side = side
  }

  /// Picture `index` of the seed: half a millisecond at 64 pixels, in proportion to the pixels above.
  ///
  /// The leaf of which most is visible has texture `index` mod 10, so ten pictures in a row show each family once.
  public func picture(_ index: Int) -> Picture {
    // The first word keeps this stream apart from those of crops and orders.
    var random = RandomStream(0x6C65_6166, seed, UInt64(bitPattern: Int64(index)))
    let scene = LeafScene(random: &random)
    var canvas = LeafCanvas(side: side, light: scene.light)
    var leaves = cover(&canvas, with: scene)
    let largest = leaves.indices.max { leaves[$0].visible < leaves[$1].visible } ?? 0
    let families = TextureFamily.allCases
    let family = families[((index % families.count) + families.count) % families.count]
    // Outlines do not depend on textures, so the label can be given to the leaf that turned out to be the largest.
    for i in leaves.indices { leaves[i].addTexture(of: scene, family: i == largest ? family : nil) }
    let samples = canvas.painted(leaves, exposure: scene.exposure, noise: noise)
    return Picture(
      raster: Raster(width: side, height: side, samples: samples), family: family,
      visibleShare: Double(leaves[largest].visible) / Double(side * side))
  }

  /// Lays leaves behind one another until hardly anything shows between them, then a ground behind all.
  private func cover(_ canvas: inout LeafCanvas, with scene: LeafScene) -> [PlacedLeaf] {
    var leaves: [PlacedLeaf] = []
    let whole = Float(side * side)
    var needsPrincipal = true
    // A bound that is not met: some ten thousand leaves do, most of which lie outside.
    for number in 0..<1_000_000 {
      guard canvas.uncovered > 0.015 * whole else { break }
      if needsPrincipal, canvas.uncovered < scene.principalDepth * whole {
        // One leaf that is large and not far back, so that most pictures have an evident subject.
        needsPrincipal = false
        if let placed = canvas.place(scene.principalLeaf()) { leaves.append(placed) }
      }
      if let placed = canvas.place(scene.leaf(number)) { leaves.append(placed) }
    }
    leaves.append(canvas.placeGround(Leaf(ground: scene.random(of: -1))))
    return leaves
  }
}
