/// How many fresh batches settle a difference.
enum FreshBatches {
  /// The number with which Student's t and the signed-rank test both reach 5 %, two-sided, in 80 % of runs.
  ///
  /// A line through what simulated normal differences need, to within three batches up to 200. Six must all have one sign, which takes
  /// Φ(effect)⁶ = 0.8.
  ///
  /// - Parameter effect: The mean difference over the deviation of single differences, its sign aside.
  /// - Returns: At least six; nil for more than 10,000.
  static func needed(effect: Double) -> Int? {
    guard effect > 0 else { return nil }
    let count = (8.6 / (effect * effect) + 2.5).rounded(.up)
    let least = PairedDifferences.leastBatches + (effect < 1.8 ? 1 : 0)
    return count <= 10_000 ? max(least, Int(count)) : nil
  }
}
