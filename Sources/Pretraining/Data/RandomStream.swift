internal import Images

/// Random numbers that depend on a key alone, the same on every machine: no library function takes part.
struct RandomStream {
  private var generator: SplitMix64

  /// The stream of a key, for example (seed, epoch, index).
  ///
  /// The order and the number of the words count.
  init(_ key: UInt64...) {
    var state: UInt64 = 0
    for word in key {
      var mixer = SplitMix64(seed: state ^ word)
      state = mixer.next()
    }
    generator = SplitMix64(seed: state)
  }

  /// Uniform in 0 ..< 1, a multiple of 2⁻⁵³.
  mutating func uniform() -> Double {
    Double(generator.next() >> 11) * 0x1p-53
  }

  /// Uniform in `low` ..< `high`.
  mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * uniform()
  }

  /// A whole number of 0 ..< `bound`, each equally likely.
  mutating func integer(below bound: Int) -> Int {
    Int(generator.next(below: UInt64(bound)))
  }

  /// 0 ..< `count` in random order (Fisher–Yates).
  mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for i in order.indices.dropLast() { order.swapAt(i, i + integer(below: count - i)) }
    return order
  }
}
