/// A small generator whose sequence is fixed by its seed on every machine.
///
/// - Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; constants of the
///   public-domain `splitmix64.c` by Vigna.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A whole number below `bound`, each equally likely: the upper half of a 128-bit product, drawn again in the rare
  /// case that would favour some numbers (Lemire 2019).
  ///
  /// Written out, because the standard library does not promise that its own way stays the same.
  package mutating func next(below bound: UInt64) -> UInt64 {
    precondition(bound > 0)
    let threshold = (0 &- bound) % bound
    while true {
      let (high, low) = next().multipliedFullWidth(by: bound)
      if low >= threshold { return high }
    }
  }
}

/// Indices of the images to use out of `total`.
///
/// All in their order when there are no more than `count`. Otherwise the first `count` steps of a Fisher–Yates shuffle,
/// in the order drawn: neighbours in a folder, often of one class, do not end up in one batch, and with the same seed a
/// smaller count gives the beginning of a larger one.
package func chosenIndices(count: Int?, of total: Int, seed: UInt64) -> [Int] {
  guard let count, count < total else { return Array(0..<total) }
  return Array(drawnIndices(steps: max(count, 0), of: total, seed: seed).prefix(max(count, 0)))
}

/// 0 ..< `total` after the first steps of a Fisher–Yates shuffle: with the same seed more steps leave the beginning as it is.
func drawnIndices(steps: Int, of total: Int, seed: UInt64) -> [Int] {
  var indices = Array(0..<total)
  var generator = SplitMix64(seed: seed)
  for i in 0..<steps {
    indices.swapAt(i, i + Int(generator.next(below: UInt64(total - i))))
  }
  return indices
}
