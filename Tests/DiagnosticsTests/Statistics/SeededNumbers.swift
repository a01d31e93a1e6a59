import Foundation

/// Random numbers for simulations: SplitMix64, the same at every run.
struct SeededNumbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func bits() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Evenly in (0, 1).
  mutating func uniform() -> Double { (Double(bits() >> 12) + 0.5) * 0x1p-52 }

  mutating func sign() -> Double { bits() >> 63 == 0 ? 1 : -1 }

  /// Normal, by Box and Muller.
  mutating func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) }

  /// A place among so many.
  mutating func place(of count: Int) -> Int { min(Int(uniform() * Double(count)), count - 1) }
}
