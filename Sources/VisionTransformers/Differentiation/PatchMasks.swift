/// Random masks: which patches of each image are removed.
public enum PatchMasks {
  /// How many of `patches` a mask ratio removes: all but ⌊patches · (1 − ratio)⌋, as MAE has it.
  public static func removed(ratio: Double, of patches: Int) -> Int { patches - Int(Double(patches) * (1 - ratio)) }

  /// Masks that depend on (seed, batch, image) alone: not on threads, nor on how many images there are.
  ///
  /// - Parameters:
  ///   - images: Number of images.
  ///   - patches: L, patches of an image.
  ///   - masked: How many of them each mask removes, each set equally likely.
  ///   - seed: The seed.
  ///   - batch: Index of the batch.
  /// - Returns: Shape [images, L], true for removed.
  public static func random(images: Int, patches: Int, masked: Int, seed: UInt64, batch: Int) -> [[Bool]] {
    precondition(masked >= 0 && masked <= patches)
    return (0..<images).map { image in
      var generator = MixedGenerator(seed, UInt64(batch), UInt64(image))
      var order = Array(0..<patches)
      var mask = [Bool](repeating: false, count: patches)
      // The first steps of a Fisher–Yates shuffle.
      for i in 0..<masked {
        order.swapAt(i, i + generator.next(below: patches - i))
        mask[order[i]] = true
      }
      return mask
    }
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014) started from several numbers, each mixed in whole before the next.
struct MixedGenerator {
  private var state: UInt64 = 0

  init(_ seeds: UInt64...) {
    for seed in seeds { state = next() ^ seed }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A whole number below `bound`; the bias of at most bound / 2⁶⁴ does not matter here.
  mutating func next(below bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

  /// A number between −1 and 1.
  mutating func nextSigned() -> Float { Float(Int64(bitPattern: next()) >> 39) / Float(1 << 24) }
}
