import Foundation

/// Random numbers that depend on a seed alone.
///
/// - Source: xoshiro256++ of Blackman and Vigna, seeded by SplitMix64.
struct Generator {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// Numbers of a stream of a seed.
  init(seed: UInt64, stream: Int) {
    var mixer = seed &+ UInt64(stream) &* 0x9E37_79B9_7F4A_7C15
    func next() -> UInt64 {
      mixer &+= 0x9E37_79B9_7F4A_7C15
      var z = mixer
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
    // The first number of neighbouring seeds and streams would be neighbours of each other.
    mixer = next()
    state = (next(), next(), next(), next())
  }

  private mutating func next() -> UInt64 {
    func rotated(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
    let result = rotated(state.0 &+ state.3, 23) &+ state.0
    let t = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= t
    state.3 = rotated(state.3, 45)
    return result
  }

  /// Uniform on (0, 1), neither end included.
  mutating func uniform() -> Double { (Double(next() >> 12) + 0.5) * 0x1p-52 }

  /// 1 or −1.
  mutating func sign() -> Double { next() >> 63 == 0 ? 1 : -1 }

  /// 0 … count − 1.
  mutating func index(below count: Int) -> Int { Int(uniform() * Double(count)) }

  /// Standard normal, by Box and Muller.
  mutating func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) }

  mutating func normals(_ count: Int) -> [Double] { (0..<count).map { _ in normal() } }

  /// Exponential with mean 1.
  mutating func exponential() -> Double { -log(uniform()) }

  /// Gamma of a whole shape, scaled to mean 0 and deviation 1; its skewness is 2 / √shape.
  mutating func skewed(shape: Int) -> Double {
    let sum = (0..<shape).reduce(0.0) { sum, _ in sum + exponential() }
    return (sum - Double(shape)) / Double(shape).squareRoot()
  }

  /// Records of an autoregressive process of deviation 1: each is ρ times the one before, plus noise.
  mutating func autoregressive(_ count: Int, rho: Double) -> [Double] {
    var value = normal()
    return (0..<count).map { record in
      if record > 0 { value = rho * value + (1 - rho * rho).squareRoot() * normal() }
      return value
    }
  }

  /// A walk at random: each record is the one before plus noise.
  mutating func walk(_ count: Int) -> [Double] {
    var value = 0.0
    return (0..<count).map { _ in
      value += normal()
      return value
    }
  }
}
