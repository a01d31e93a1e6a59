/// Random numbers that depend on a key alone, the same on every machine: no library function takes part.
package struct RandomStream {
  private var generator: SplitMix64

  /// The stream of a key, for example (seed, epoch, index).
  ///
  /// The order of the words counts.
  package init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
    self.init(Self.mixed(Self.mixed(first) ^ second), Self.mixed(third) ^ fourth)
  }

  /// The stream of a key of three words.
  package init(_ first: UInt64, _ second: UInt64, _ third: UInt64) {
    self.init(Self.mixed(first) ^ second, third)
  }

  /// The stream of a key of two words.
  package init(_ first: UInt64, _ second: UInt64) {
    generator = SplitMix64(seed: Self.mixed(Self.mixed(first) ^ second))
  }

  /// A one-to-one map under which similar words get far apart.
  private static func mixed(_ word: UInt64) -> UInt64 {
    var generator = SplitMix64(seed: word)
    return generator.next()
  }

  /// 64 random bits.
  package mutating func word() -> UInt64 { generator.next() }

  /// Uniform in 0 ..< 1, a multiple of 2⁻⁵³.
  package mutating func uniform() -> Double {
    Double(generator.next() >> 11) * 0x1p-53
  }

  /// Uniform in `low` ..< `high`.
  package mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * uniform()
  }

  /// A whole number of 0 ..< `bound`, each equally likely.
  package mutating func integer(below bound: Int) -> Int {
    Int(generator.next(below: UInt64(bound)))
  }

  /// 0 ..< `count` in random order (Fisher–Yates).
  package mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for i in order.indices.dropLast() { order.swapAt(i, i + integer(below: count - i)) }
    return order
  }
}
