internal import Ranks

/// How the ranks of a job divide a run.
public enum HessianDivision: String, Sendable, Hashable, Codable, CaseIterable {
  /// Each rank takes whole batches. Every number is what one rank finds, bit for bit; each rank needs the memory of a batch.
  case batches
  /// All ranks work on the same batch, each on some of its images, and add up their products. For batches larger than a machine's
  /// memory; numbers are those of one rank within rounding.
  case images
}

extension HessianDiagnosis {
  /// Who shares a batch with this rank.
  var sharers: any RankGroup { divides == .images ? ranks : SingleRank() }

  /// Which images of a batch are this rank's.
  var share: Range<Int> { sharers.share(of: 0..<batchSize) }

  /// Refuses what cannot be divided.
  ///
  /// - Throws: `LossInputError.warmStartDivided`, `.tooManyRanks`.
  func checkDivision() throws(LossInputError) {
    guard ranks.count > 1 else { return }
    switch divides {
    case .batches: if warmStart { throw .warmStartDivided(ranks: ranks.count) }
    case .images: if ranks.count > batchSize { throw .tooManyRanks(ranks: ranks.count, batchSize: batchSize) }
    }
  }
}
