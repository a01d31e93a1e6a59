public import Tensors

/// Random vectors that are the same on every machine and for every number of threads.
///
/// Entry i is a function of (seed, stream, i) alone: output i + 1 of the generator SplitMix64 started from a mix of seed and stream.
/// Only whole-number arithmetic and exact scaling take part, so that equal seeds give equal bits everywhere.
///
/// - Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; constants of the public-domain
///   `splitmix64.c` by Vigna.
public struct RandomVectors: Sendable, Hashable {
  private let start: UInt64

  /// The vector of one seed and stream; streams of a seed are independent of each other.
  public init(seed: UInt64, stream: UInt64) {
    start = mixed(seed &+ mixed(stream &+ increment))
  }

  /// Fills `vector` with values spread evenly over (−1, 1): a start for a solver, not normalised.
  public func fillUniform(_ vector: inout MutableSpan<Float>, team: Team = .single) {
    fill(&vector, team: team) { bits in
      // 23 bits and a half: odd multiples of 2⁻²³, which Float holds exactly and none of which is 0.
      (Float(bits >> 41) + 0.5) * 0x1p-22 - 1
    }
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
