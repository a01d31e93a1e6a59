internal import Hessian

/// Two checkpoints on the same images and masks, paired by batch.
public struct HessianComparison: Sendable, Hashable, Codable {
  /// The first checkpoint's name.
  public var first: String
  /// The second checkpoint's name.
  public var second: String
  /// How many batches both have.
  public var batches: Int
  /// Whether some of them hold images of another, so that they are not independent; absent where none does.
  public var sharesImages: Bool?
  /// The second's mean eigenvalue minus the first's.
  public var difference: Double
  /// Its 95 % interval, by Student's t over batches; absent for a single batch.
  public var interval: [Double]?
  /// The median of the batches' differences.
  public var medianDifference: Double?
  /// The two-sided p of Student's t over batches; absent for a single batch.
  public var tTest: Double?
  /// The two-sided p of the sign test over batches, exact.
  public var signTest: Double?
  /// The two-sided p of Wilcoxon's signed-rank test over batches: exact up to `SignedRankTest.mostExact`, zeros dropped.
  public var signedRank: Double?
  /// The larger p of Student's t and the signed-rank test, with the solvers' errors against the difference; absent for a single batch.
  public var pValue: Double?
  /// Whether `pValue` is at most 5 %, from at least six batches of which none shares images.
  public var settled: Bool
  /// The batches that carry the difference; absent where none does.
  public var influential: InfluentialBatches?
  /// The same of mean |λ|: below 0, the second is flatter.
  public var magnitude: PairedDifference
  /// The same of the largest eigenvalue of each batch.
  public var largest: PairedDifference
  /// The checkpoint with the smaller mean |λ|, where that is settled.
  public var flatter: String?

  /// A difference and what it is worth.
  public struct PairedDifference: Sendable, Hashable, Codable {
    /// The second minus the first.
    public var difference: Double
    /// Its 95 % interval, by Student's t over batches; absent for a single batch.
    public var interval: [Double]?
    /// The median of the batches' differences.
    public var medianDifference: Double?
    /// The two-sided p of Student's t.
    public var tTest: Double?
    /// The two-sided p of the sign test.
    public var signTest: Double?
    /// The two-sided p of the signed-rank test.
    public var signedRank: Double?
    /// The larger p of Student's t and the signed-rank test, with the solvers' errors against the difference.
    public var pValue: Double?
    /// Whether `pValue` is at most 5 %, from at least six batches of which none shares images.
    public var settled: Bool
    /// The batches that carry the difference; absent where none does.
    public var influential: InfluentialBatches?
  }

  /// The comparison of two checkpoints' batches; nil where they share none.
  ///
  /// - Parameters:
  ///   - first: The first checkpoint's name and batches.
  ///   - second: The second's; those that share an index are paired.
  public init?(_ first: (name: String, batches: [HessianBatch]), _ second: (name: String, batches: [HessianBatch])) {
    let others = Dictionary(second.batches.map { ($0.index, $0) }) { one, _ in one }
    let pairs: [BatchPair] = first.batches.compactMap { batch in others[batch.index].map { (batch, $0) } }
      .filter { !$0.0.eigenvalues.isEmpty && !$0.1.eigenvalues.isEmpty }
    guard !pairs.isEmpty else { return nil }
    let mean = PairedDifference(pairs, { $0.map(\.value).mean }, error: { $0.map(\.bound).mean })
    magnitude = PairedDifference(pairs, { $0.map { abs($0.value) }.mean }, error: { $0.map(\.bound).mean })
    largest = PairedDifference(pairs, { $0.map(\.value).max() ?? 0 }, error: { $0.map(\.bound).max() ?? 0 })
    (difference, interval, medianDifference) = (mean.difference, mean.interval, mean.medianDifference)
    (tTest, signTest, signedRank, pValue) = (mean.tTest, mean.signTest, mean.signedRank, mean.pValue)
    (settled, influential) = (mean.settled, mean.influential)
    self.first = first.name
    self.second = second.name
    self.batches = pairs.count
    sharesImages = pairs.contains(where: holdsSharedImages) ? true : nil
    flatter = magnitude.settled ? (magnitude.difference < 0 ? second.name : first.name) : nil
  }
}

/// A batch of one checkpoint and the same of another.
private typealias BatchPair = (first: HessianBatch, second: HessianBatch)

extension HessianComparison.PairedDifference {
  /// The difference of a statistic that the solver knows up to `error` on each batch.
  fileprivate init(
    _ pairs: [BatchPair], _ statistic: ([Eigenvalue]) -> Double, error: ([Eigenvalue]) -> Double
  ) {
    let values = pairs.map { statistic($0.second.eigenvalues) - statistic($0.first.eigenvalues) }
    let errors = pairs.map { error($0.first.eigenvalues) + error($0.second.eigenvalues) }
    let differences = PairedDifferences(values, errors: errors)
    let areIndependent = !pairs.contains(where: holdsSharedImages)
    self.init(
      difference: differences.mean, interval: differences.interval, medianDifference: differences.median,
      tTest: differences.tTest, signTest: differences.signTest, signedRank: differences.signedRank,
      pValue: differences.pValue, settled: differences.isSettled && areIndependent,
      influential: InfluentialBatches(values, of: pairs.map(\.first), resolution: errors.mean))
  }
}

/// Whether a batch holds images of an earlier one.
private func holdsSharedImages(_ pair: BatchPair) -> Bool {
  pair.first.sharesImages ?? false || pair.second.sharesImages ?? false
}

/// One block of two checkpoints.
public struct HessianBlockComparison: Sendable, Hashable, Codable {
  /// The block's index.
  public var block: Int
  /// Its spectrum in the second checkpoint against that in the first.
  public var comparison: HessianComparison
  /// Whether mean |λ| differs by Holm's correction over all blocks, by which sentences go; `comparison` is of this block alone.
  public var settled: Bool?
}

extension HessianComparison {
  /// The comparison of two checkpoints with a spectrum each; nil unless there are exactly two with the same loss, because
  /// curvatures of different losses have no common scale.
  init?(_ models: [HessianModel]) {
    guard models.count == 2, models[0].loss == models[1].loss, let first = models[0].details.batches,
      let second = models[1].details.batches
    else { return nil }
    self.init((models[0].checkpoint.name, first), (models[1].checkpoint.name, second))
  }

  /// The comparisons of the blocks that two checkpoints share; nil unless there are exactly two with blocks and the same loss.
  static func blocks(of models: [HessianModel]) -> [HessianBlockComparison]? {
    guard models.count == 2, models[0].loss == models[1].loss, let first = models[0].details.blocks,
      let second = models[1].details.blocks
    else { return nil }
    let others = Dictionary(second.map { ($0.block, $0) }) { one, _ in one }
    let single = first.compactMap { block in
      others[block.block].flatMap { other in
        HessianComparison((models[0].checkpoint.name, block.batches), (models[1].checkpoint.name, other.batches))
          .map { HessianBlockComparison(block: block.block, comparison: $0) }
      }
    }
    let pValues = Holm.adjusted(single.map { $0.comparison.magnitude.pValue ?? 1 })
    return zip(single, pValues).map { block, pValue in
      var block = block
      block.settled = block.comparison.magnitude.settled && pValue <= PairedDifferences.level
      return block
    }
  }
}

extension HessianComparison {
  /// Calls the checkpoints otherwise; names that are not there stay.
  mutating func rename(_ names: [String: String]) {
    first = names[first] ?? first
    second = names[second] ?? second
    flatter = flatter.map { names[$0] ?? $0 }
  }
}
