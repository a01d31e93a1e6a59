internal import Images
/// The outline of a leaf in its own coordinates: u along, v across, half its length is 1.
enum LeafOutline {
  case disc
  /// Shorter across by this factor.
  case ellipse(flatness: Float)
  /// The points that lie below all sides; unused lanes repeat the first side.
  case polygon(normalsX: SIMD8<Float>, normalsY: SIMD8<Float>, reach: Float)
  /// The radius as a short Fourier series of the angle, for the orders 2, 3 and 4.
  case blob(mean: Float, cosines: SIMD4<Float>, sines: SIMD4<Float>)
  /// What two discs share: pointed at both ends.
  case lens(centre: Float, radius: Float)

  /// Any of the outlines.
  init(random: inout RandomStream) {
    switch random.integer(below: 5) {
    case 0: self = .disc
    case 1: self = .ellipse(flatness: Float(random.uniform(1.3, 2.6)))
    case 2: self = Self.polygon(sides: 3 + random.integer(below: 5), random: &random)
    case 3: self = Self.blob(random: &random)
    default:
      let bend = random.uniform(0.35, 0.8)
      self = .lens(
        centre: Float((1 - bend * bend) / (2 * bend)), radius: Float((1 + bend * bend) / (2 * bend)))
    }
  }

  private static func polygon(sides: Int, random: inout RandomStream) -> LeafOutline {
    var (x, y) = (SIMD8<Float>(repeating: 0), SIMD8<Float>(repeating: 0))
    for i in 0..<8 {
      let turns = (Double(i % sides) + (i < sides ? random.uniform(-0.25, 0.25) : 0)) / Double(sides)
      let normal = unitVector(turns: Float(turns))
      (x[i], y[i]) = i < sides ? (normal.x, normal.y) : (x[0], y[0])
    }
    return .polygon(normalsX: x, normalsY: y, reach: Float(random.uniform(0.55, 0.85)))
  }

  private static func blob(random: inout RandomStream) -> LeafOutline {
    var (cosines, sines) = (SIMD4<Float>(repeating: 0), SIMD4<Float>(repeating: 0))
    var mean: Float = 1
    for i in 0..<3 {
      let amplitude = Float(random.uniform(0.02, 0.13))
      let phase = random.direction()
      cosines[i] = amplitude * phase.x
      sines[i] = amplitude * phase.y
      // So that the radius stays at or below 1.
      mean -= amplitude
    }
    return .blob(mean: mean, cosines: cosines, sines: sines)
  }

  /// The distance of a point from the outline, negative inside; exact to first order near the outline.
  @inline(__always)
  func distance(_ u: Float, _ v: Float) -> Float {
    switch self {
    case .disc:
      return (u * u + v * v).squareRoot() - 1
    case .ellipse(let flatness):
      // g/‖∇g‖ with g = u² + f²v² − 1.
      let w = flatness * flatness * v
      return (u * u + w * v - 1) / (2 * (u * u + w * w).squareRoot() + 1e-6)
    case .polygon(let normalsX, let normalsY, let reach):
      let d = normalsX * u + normalsY * v
      let four = d.lowHalf.replacing(with: d.highHalf, where: d.highHalf .> d.lowHalf)
      let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
      return max(two.x, two.y) - reach
    case .blob(let mean, let cosines, let sines):
      let rho = (u * u + v * v).squareRoot()
      let (c, s) = (u / (rho + 1e-6), v / (rho + 1e-6))
      // cos and sin of 2θ, 3θ and 4θ by the addition formulas.
      let (c2, s2) = (c * c - s * s, 2 * c * s)
      let (c3, s3) = (c2 * c - s2 * s, s2 * c + c2 * s)
      let (c4, s4) = (c2 * c2 - s2 * s2, 2 * c2 * s2)
      let waves = cosines * SIMD4(c2, c3, c4, 0) + sines * SIMD4(s2, s3, s4, 0)
      return rho - (mean + waves.x + waves.y + waves.z)
    case .lens(let centre, let radius):
      let w = abs(v) + centre
      return (u * u + w * w).squareRoot() - radius
    }
  }
}

/// A unit vector at an angle in turns.
func unitVector(turns: Float) -> SIMD2<Float> {
  let (x, y) = (wave(turns + 0.25), wave(turns))
  let length = (x * x + y * y).squareRoot()
  return SIMD2(x / length, y / length)
}

/// sin(2πt) to 1e-3, from two parabolas: what a library gives for the sine may differ between machines.
@inline(__always)
func wave(_ turns: Float) -> Float {
  let t = fraction(turns + 0.5) - 0.5
  // The parabola through the zeros and the peaks, then a correction that makes the error 1e-3.
  let y = 8 * t - 16 * t * abs(t)
  return 0.225 * (y * abs(y) - y) + y
}

/// t − ⌊t⌋, for |t| below 2³¹.
@inline(__always)
func fraction(_ t: Float) -> Float {
  let cut = t - Float(Int32(t))
  return cut < 0 ? cut + 1 : cut
}
