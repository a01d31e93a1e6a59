internal import Foundation
internal import Hessian

extension HessianResult {
  /// What the searches for overlooked values exclude, a sentence for each checkpoint whose ranks were checked.
  var rankLines: [String] {
    models.compactMap { model in
      let batches = (model.details.batches ?? []) + (model.details.blocks ?? []).flatMap(\.batches)
      let checked = batches.filter(\.rankChecked)
      guard let widest = checked.compactMap(\.excluded).max(by: { $0.share < $1.share }) else { return nil }
      let margin = checked.compactMap(\.rankMargin).max() ?? 0
      return "\(model.printableName): where ranks are checked, each value is within "
        + "\(Self.short(100 * widest.share)) % of the spectrum's width (\(Self.short(margin)) at most) of the eigenvalue of its rank, "
        + "with a probability of \(Self.short(100 * widest.probability)) % a batch"
    }
  }
}
