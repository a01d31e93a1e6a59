internal import Images
/// What all leaves of a picture have in common; lengths are in 64ths of the side.
struct LeafScene {
  /// Radii lie between these two, with density r⁻³.
  let smallest: Double
  let largest: Double
  /// Where the light comes from, a unit vector in the plane of the picture.
  let light: SIMD2<Float>
  let exposure: Float
  let palette: LeafPalette
  /// The textures of all leaves but the one that gives the label.
  let families: [TextureFamily]
  /// The share of the picture that is still uncovered when the principal leaf is laid.
  let principalDepth: Float
  private let key: UInt64

  static let side = 64.0

  init(random: inout RandomStream) {
    let spread = random.uniform()
    smallest = 2 + 4 * spread * spread
    largest = random.uniform(20, 45)
    light = random.direction()
    exposure = Float(random.uniform(0.75, 1.1))
    palette = LeafPalette(random: &random)
    families = (0..<3).map { _ in TextureFamily.allCases[random.integer(below: TextureFamily.allCases.count)] }
    principalDepth = Float(random.uniform(0.55, 1.3))
    key = random.word()
  }

  /// A leaf's own random numbers.
  ///
  /// A stream for each leaf, so that a leaf that is not seen at some resolution does not change all others.
  func random(of number: Int) -> RandomStream { RandomStream(key, UInt64(bitPattern: Int64(number))) }

  /// A leaf that may touch the picture.
  func leaf(_ number: Int) -> Leaf {
    var random = random(of: number)
    // Density r⁻³ by inversion: r⁻² is uniform. Centres are uniform over all places from which a leaf can reach in.
    let (most, least) = (1 / (smallest * smallest), 1 / (largest * largest))
    let radius = 1 / random.uniform(least, most).squareRoot()
    let x = random.uniform(-largest, Self.side + largest)
    let y = random.uniform(-largest, Self.side + largest)
    let reaches = max(-x, x - Self.side, -y, y - Self.side) < radius
    // What lies outside is not drawn, and needs no shape.
    let outline = reaches ? LeafOutline(random: &random) : .disc
    let turn = reaches ? random.direction() : SIMD2(1, 0)
    return Leaf(x: Float(x), y: Float(y), radius: Float(radius), outline: outline, turn: turn, random: random)
  }

  /// A large leaf near the centre.
  func principalLeaf() -> Leaf {
    var random = random(of: -2)
    let (x, y) = (random.uniform(0.3, 0.7) * Self.side, random.uniform(0.3, 0.7) * Self.side)
    let radius = random.uniform(0.32, 0.6) * Self.side
    let outline = LeafOutline(random: &random)
    let turn = random.direction()
    return Leaf(x: Float(x), y: Float(y), radius: Float(radius), outline: outline, turn: turn, random: random)
  }
}

/// The shape and the place of a leaf.
struct Leaf {
  var x: Float
  var y: Float
  /// Half the length.
  var radius: Float
  var outline: LeafOutline
  /// Cosine and sine of the angle by which the leaf is turned.
  var turn: SIMD2<Float>
  /// What is still to be drawn at random comes from here.
  var random: RandomStream

  /// Coordinates along and across the leaf, of a point given relative to its centre.
  @inline(__always)
  func local(_ x: Float, _ y: Float) -> (along: Float, across: Float) {
    (turn.x * x + turn.y * y, turn.x * y - turn.y * x)
  }
}

extension Leaf {
  /// What lies behind all leaves.
  init(ground random: RandomStream) {
    let half = Float(LeafScene.side / 2)
    self.init(x: half, y: half, radius: 2 * half, outline: .disc, turn: SIMD2(1, 0), random: random)
  }
}

extension RandomStream {
  /// A unit vector, each direction equally likely.
  mutating func direction() -> SIMD2<Float> {
    while true {
      let (x, y) = (uniform(-1, 1), uniform(-1, 1))
      let square = x * x + y * y
      if square <= 1, square > 0.01 {
        let length = square.squareRoot()
        return SIMD2(Float(x / length), Float(y / length))
      }
    }
  }
}
