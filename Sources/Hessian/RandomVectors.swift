public import Tensors

/// Random vectors that are the same on every machine and for every number of threads.
///
/// Entry i is a function of (seed, stream, i) alone: output i + 1 of the generator SplitMix64 started from a mix of seed and stream.
/// Only whole numbers and the five operations that IEEE 754 rounds correctly take part, so that equal seeds give equal bits everywhere.
///
/// - Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; constants of the public-domain
///   `splitmix64.c` by Vigna; Box and Muller, "A note on the generation of random normal deviates", 1958.
public struct RandomVectors: Sendable, Hashable {
  private let start: UInt64

  /// The vector of one seed and stream; streams of a seed are independent of each other.
  public init(seed: UInt64, stream: UInt64) {
    start = mixed(seed &+ mixed(stream &+ increment))
  }

  /// Fills `vector` with standard normal values: its direction is uniform on the sphere, which bounds on a random start need.
  ///
  /// Box and Muller's radius and cosine, each entry from its own 64 bits, 40 for the radius (at most 7.4) and 24 for the angle. Logarithm
  /// and cosine are sums of a few terms, to 1e-10, so that no library's rounding takes part.
  public func fillGaussian(_ vector: inout MutableSpan<Float>, team: Team = .single) {
    fill(&vector, team: team, gaussian)
  }

  /// Fills `vector` with −1 and +1, each equally likely (Rademacher): a probe for traces and densities.
  public func fillSigns(_ vector: inout MutableSpan<Float>, team: Team = .single) {
    fill(&vector, team: team) { bits in bits >> 63 == 0 ? 1 : -1 }
  }

  private func fill(_ vector: inout MutableSpan<Float>, team: Team, _ value: @Sendable (UInt64) -> Float) {
    let parts = team.runs(of: vector.count, grain: 1024)
    team.forEachPart(of: &vector, parts: parts) { part, values in
      var state = start &+ UInt64(parts[part].lowerBound) &* increment
      for i in values.indices {
        state &+= increment
        values[i] = value(mixed(state))
      }
    }
  }
}

/// The golden ratio's odd 64-bit fraction.
private let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

/// A standard normal value of 64 random bits.
private func gaussian(_ bits: UInt64) -> Float {
  let radius = (-2 * logarithm(Double((bits >> 24) + 1) * 0x1p-40)).squareRoot()
  let size = radius * cosine(quarter: (Double(bits & 0x7F_FFFF) + 0.5) * 0x1p-23)
  return Float(bits & 0x80_0000 == 0 ? size : -size)
}

/// ln x for x > 0: 2 artanh((m − 1)/(m + 1)) of a mantissa m between √½ and √2; what the series leaves out is below 2e-11.
func logarithm(_ x: Double) -> Double {
  var (mantissa, exponent) = (x.significand, Double(x.exponent))
  if mantissa > 1.414_213_562_373_095 { (mantissa, exponent) = (mantissa / 2, exponent + 1) }
  let t = (mantissa - 1) / (mantissa + 1)
  let s = t * t
  let series = 1 + s * (1.0 / 3 + s * (1.0 / 5 + s * (1.0 / 7 + s * (1.0 / 9 + s / 11))))
  return exponent * 0.693_147_180_559_945_3 + 2 * t * series
}

/// cos(x π/2) for 0 ≤ x ≤ 1, by Taylor's series of whichever of sine and cosine has the smaller angle, to 1e-11.
func cosine(quarter x: Double) -> Double {
  let angle = (x <= 0.5 ? x : 1 - x) * (Double.pi / 2)
  let s = angle * angle
  guard x <= 0.5 else {
    return angle * (1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110)))))
  }
  return 1 - s / 2 * (1 - s / 12 * (1 - s / 30 * (1 - s / 56 * (1 - s / 90 * (1 - s / 132)))))
}

private func mixed(_ state: UInt64) -> UInt64 {
  var z = state
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}

/// Streams of a seed, one for each purpose, so that no two draw the same vectors.
enum Stream {
  /// The start of eigenvalue number `index`, or the `index`-th new direction after a Krylov space was exhausted.
  static func start(_ index: Int) -> UInt64 { 1 << 32 | UInt64(index) }
  static func rankCheck(_ index: Int) -> UInt64 { 2 << 32 | UInt64(index) }
  static func operatorCheck(_ index: Int) -> UInt64 { 3 << 32 | UInt64(index) }
  static func density(_ probe: Int) -> UInt64 { 4 << 32 | UInt64(probe) }
  static func trace(_ probe: Int) -> UInt64 { 5 << 32 | UInt64(probe) }
}
