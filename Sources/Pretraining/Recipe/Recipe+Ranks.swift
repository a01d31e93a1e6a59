public import Ranks

extension Recipe {
  /// The places in a batch of a rank's images.
  ///
  /// - Parameter ranks: Who shares each batch.
  /// - Returns: One place at least.
  /// - Throws: `PretrainingError.tooManyRanks` where some rank would have none.
  public func share(over ranks: any RankGroup) throws(PretrainingError) -> Range<Int> {
    guard ranks.count <= batchSize else { throw .tooManyRanks(ranks: ranks.count, batchSize: batchSize) }
    return ranks.share(of: 0..<batchSize)
  }

  /// Makes sure that all ranks train on images of the same names, by a teacher of the same tensors.
  ///
  /// Before anything is written: all ranks call it with what each has found on its own machine. What image files hold is not
  /// compared.
  ///
  /// - Parameters:
  ///   - ranks: Who shares each batch.
  ///   - data: The images that this rank has found.
  /// - Throws: `RankError.differs`.
  public func agree(over ranks: any RankGroup, on data: any TrainingData) throws {
    guard ranks.count > 1 else { return }
    try ranks.agree(on: teacher?.digest ?? "", of: "tensors in the teacher's checkpoint")
    try ranks.agree(on: "\(data.count) \(data.identity) \(data.classes ?? [])", of: "images")
  }
}
