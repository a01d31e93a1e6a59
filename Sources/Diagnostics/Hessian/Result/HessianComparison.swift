internal import Hessian

/// Two checkpoints on the same images and masks, paired by batch.
public struct HessianComparison: Sendable, Hashable, Codable {
  /// The first checkpoint's name.
  public var first: String
  /// The second checkpoint's name.
  public var second: String
  /// How many batches both have.
  public var batches: Int
  /// The second's mean eigenvalue minus the first's.
  public var difference: Double
  /// Its 95 % interval, by Student's t over batches; absent for a single batch.
  public var interval: [Double]?
  /// Whether the interval leaves out 0 by more than the solvers' own errors.
  public var settled: Bool
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
    /// Whether the interval leaves out 0 by more than the solvers' own errors.
    public var settled: Bool
  }

  /// The comparison of two checkpoints' batches; nil where they share none.
  ///
  /// - Parameters:
  ///   - first: The first checkpoint's name and batches.
  ///   - second: The second's; those that share an index are paired.
  public init?(_ first: (name: String, batches: [HessianBatch]), _ second: (name: String, batches: [HessianBatch])) {
    let others = Dictionary(second.batches.map { ($0.index, $0) }) { one, _ in one }
    let pairs = first.batches.compactMap { batch in others[batch.index].map { (batch, $0) } }
      .filter { !$0.0.eigenvalues.isEmpty && !$0.1.eigenvalues.isEmpty }
    guard !pairs.isEmpty else { return nil }
    let mean = Self.paired(pairs, { $0.map(\.value).mean }, error: { $0.map(\.bound).mean })
    magnitude = Self.paired(pairs, { $0.map { abs($0.value) }.mean }, error: { $0.map(\.bound).mean })
    largest = Self.paired(pairs, { $0.map(\.value).max() ?? 0 }, error: { $0.map(\.bound).max() ?? 0 })
    (difference, interval, settled) = (mean.difference, mean.interval, mean.settled)
    self.first = first.name
    self.second = second.name
    self.batches = pairs.count
    flatter = magnitude.settled ? (magnitude.difference < 0 ? second.name : first.name) : nil
  }

  /// The difference of a statistic that the solver knows up to `error` on each batch.
  private static func paired(
    _ pairs: [(HessianBatch, HessianBatch)], _ statistic: ([Eigenvalue]) -> Double, error: ([Eigenvalue]) -> Double
  ) -> PairedDifference {
    let differences = BatchMeans(pairs.map { statistic($1.eigenvalues) - statistic($0.eigenvalues) })
    let interval = differences.interval(around: differences.mean)
    // The solvers' errors could add up, in every batch the same way.
    let error = pairs.map { error($0.eigenvalues) + error($1.eigenvalues) }.mean
    let settled = interval.map { $0[0] - error > 0 || $0[1] + error < 0 } ?? false
    return PairedDifference(difference: differences.mean, interval: interval, settled: settled)
  }
}

/// One block of two checkpoints.
public struct HessianBlockComparison: Sendable, Hashable, Codable {
  /// The block's index.
  public var block: Int
  /// Its spectrum in the second checkpoint against that in the first.
  public var comparison: HessianComparison
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
    return first.compactMap { block in
      others[block.block].flatMap { other in
        HessianComparison((models[0].checkpoint.name, block.batches), (models[1].checkpoint.name, other.batches))
          .map { HessianBlockComparison(block: block.block, comparison: $0) }
      }
    }
  }
}
