internal import Hessian

extension HessianResult {
  /// What does not fit together in a result that was read from a file.
  public var inconsistency: String? {
    if models.isEmpty { return "it has no models" }
    if settings.batchSize < 1 || settings.top < 1 { return "its batches are empty" }
    let isByBlock = isByBlock
    for model in models {
      let name = model.checkpoint.name
      if isByBlock != (model.details.blocks != nil) { return "some models have blocks and others none" }
      if let what = model.details.inconsistency { return "\(name): \(what)" }
    }
    guard let comparison else { return nil }
    if models.count != 2 { return "it compares two models and has \(models.count)" }
    let intervals = [comparison.interval, comparison.magnitude.interval, comparison.largest.interval]
    return comparison.batches < 1 || intervals.contains { !isInterval($0) } ? "its comparison has no interval" : nil
  }
}

extension HessianModel.Details {
  fileprivate var inconsistency: String? {
    if let blocks {
      if blocks.isEmpty { return "it has no blocks" }
      if Set(blocks.map(\.block)).count < blocks.count || blocks.contains(where: { $0.block < 0 }) {
        return "its blocks are not numbered each once"
      }
      for block in blocks {
        let what =
          unfit(block.batches, block.summary) ?? block.density?.inconsistency
          ?? (block.parameters < 1 ? "it has no parameters" : nil)
        if let what { return "block \(block.block): \(what)" }
      }
      return nil
    }
    guard let batches, let summary else { return "it has neither batches with a summary nor blocks" }
    if parameters < 1 { return "it has no parameters" }
    return unfit(batches, summary) ?? density?.inconsistency
  }

  /// Why batches and their summary cannot be drawn.
  private func unfit(_ batches: [HessianBatch], _ summary: HessianSummary) -> String? {
    if batches.isEmpty { return "it has no batches" }
    if Set(batches.map(\.index)).count < batches.count { return "two of its batches have the same index" }
    for batch in batches {
      if batch.eigenvalues.isEmpty { return "batch \(batch.index) has no eigenvalues" }
      if batch.eigenvalues.contains(where: { !$0.value.isFinite || !($0.residual >= 0) || !($0.bound >= 0) }) {
        return "batch \(batch.index) has a negative residual"
      }
      if batch.products < 0 || batch.checkProducts < 0 {
        return "batch \(batch.index) has a negative count of products"
      }
    }
    let count = batches.reduce(0) { $0 + $1.eigenvalues.count }
    if summary.count != count { return "its summary is of \(summary.count) eigenvalues, its batches have \(count)" }
    let intervals = [summary.meanInterval, summary.interval]
    return intervals.contains { !isInterval($0) } ? "an interval of its summary is none" : nil
  }
}

extension HessianDensity {
  fileprivate var inconsistency: String? {
    if eigenvalues.isEmpty || eigenvalues.count != weights.count || probes < 1 {
      return "its density has not one weight for each of \(eigenvalues.count) nodes"
    }
    if !weights.allSatisfy({ $0 >= 0 }) || !(weights.reduce(0, +) > 0) { return "its density has negative weights" }
    return nil
  }
}

/// Whether these are the two ends of an interval, or none is given.
private func isInterval(_ ends: [Double]?) -> Bool {
  guard let ends else { return true }
  return ends.count == 2 && ends[0] <= ends[1]
}
