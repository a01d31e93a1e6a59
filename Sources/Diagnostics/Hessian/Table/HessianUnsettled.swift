internal import Foundation
internal import Hessian

extension HessianResult {
  /// The values that did not settle, each with its residual and limit, and what would settle them; and what no bound contains.
  public var unsettledLines: [String] {
    let all = models.flatMap { model in
      (model.details.batches ?? []).flatMap { openValues($0, model.printableName) }
        + (model.details.blocks ?? []).flatMap { block in
          block.batches.flatMap { openValues($0, "\(model.printableName), block \(block.block)") }
        }
    }
    guard !all.isEmpty else { return roundedTargetLines }
    let shown = all.prefix(Self.mostListed)
    let rest = all.count > shown.count ? ["… and \(all.count - shown.count) more; the JSON has all"] : []
    let title =
      all.count == 1 ? "1 value has not settled:" : "\(all.count) values have not settled (ranks count from 1):"
    return [title] + shown.map { "  \($0)" } + rest.map { "  \($0)" } + precisionLines + (needsProducts ? [advice] : [])
      + roundedTargetLines
  }

  private static let mostListed = 10

  private func openValues(_ batch: HessianBatch, _ place: String) -> [String] {
    batch.eigenvalues.enumerated().filter { !$0.element.converged }.map { index, eigenvalue in
      let limit = settings.tolerance * abs(eigenvalue.value)
      let reason =
        eigenvalue.residual > limit
        ? "residual \(Self.short(eigenvalue.residual)), limit \(Self.short(limit))"
        : "residual \(Self.short(eigenvalue.residual)) within \(Self.short(limit)), but an earlier value is not settled"
      return "\(place), batch \(batch.index), rank \(index + 1): \(Self.digits(eigenvalue.value)), \(reason)"
    }
  }

  private var allBatches: [HessianBatch] {
    models.flatMap { ($0.details.batches ?? []) + ($0.details.blocks ?? []).flatMap(\.batches) }
  }

  /// Whether any value failed for want of products.
  private var needsProducts: Bool {
    allBatches.contains { batch in batch.exceedsPrecision != true && !batch.eigenvalues.allSatisfy(\.converged) }
  }

  /// Where single precision is the reason, which no number of products mends.
  private var precisionLines: [String] {
    let batches = Set(allBatches.filter { $0.exceedsPrecision == true }.map(\.index)).sorted()
    guard !batches.isEmpty else { return [] }
    let shown = batches.prefix(Self.mostListed).map { "\($0)" }.joined(separator: ", ")
    return [
      "Single precision cannot carry \(batches.count == 1 ? "batch \(shown)" : "batches \(shown)"): its values converged there, but in "
        + "double precision their residuals are those above. Large token means, massive channels and large attention logits do this. "
        + "More products do not help; each bound holds all the same"
    ]
  }

  /// Where a teacher's features are known in single precision alone.
  private var roundedTargetLines: [String] {
    guard allBatches.contains(where: { $0.targetRounded == true }) else { return [] }
    return [
      "The teacher's features are known in single precision alone, since its network is no plain one: each bound holds for the loss with "
        + "these features, not for that with the teacher's own, and ranks are not checked"
    ]
  }

  /// What to do, with about how long it takes.
  private var advice: String {
    switch settings.solver {
    case .lanczos:
      return "A larger --max-iterations (it was \(settings.maximumIterations)) gives Lanczos the products it lacks"
    case .power:
      let batches = allBatches
      let (products, seconds) = (batches.reduce(0) { $0 + $1.products }, batches.reduce(0) { $0 + $1.seconds })
      let each = Self.lanczosProducts(top: settings.top)
      var words = "--solver lanczos would settle them, with about \(each) products for each batch"
      if products > 0, seconds > 0 {
        let time = seconds / Double(products) * Double(each * batches.count)
        words += ": about \(DurationWords.words(time)) in all at this run's pace"
      }
      return words
    }
  }

  /// Products after which Lanczos is usually done: its basis of max(4k, 20) vectors filled, and once more after a restart.
  static func lanczosProducts(top: Int) -> Int { 2 * max(4 * top, 20) - top }
}
