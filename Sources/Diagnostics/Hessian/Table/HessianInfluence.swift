internal import Foundation

extension HessianResult {
  /// The means and differences that single batches carry, each with these batches, their images and what is left without them.
  public var influenceLines: [String] {
    let means = models.flatMap { model in
      [model.details.summary.flatMap { influence($0, model.printableName) }]
        + (model.details.blocks ?? []).map { influence($0.summary, "\(model.printableName), block \($0.block)") }
    }
    let differences =
      [comparison.flatMap { influence($0, "") }]
      + (blockComparisons ?? []).map { influence($0.comparison, "block \($0.block), ") }
    let all = (means + differences).compactMap(\.self)
    let rest =
      all.count > Self.mostInfluences ? ["… and \(all.count - Self.mostInfluences) more; the JSON has all"] : []
    return all.prefix(Self.mostInfluences) + rest
  }

  private static let mostInfluences = 10

  private func influence(_ summary: HessianSummary, _ place: String) -> String? {
    summary.influential.map { influential in
      "\(place): \(influential.words) the mean λ, \(Self.digits(summary.mean)) with \(influential.pronoun) and "
        + "\(Self.digits(influential.meanWithout)) without: an interval around such a mean holds in far fewer than 95 % of cases; "
        + "the median is \(Self.digits(summary.median))"
    }
  }

  private func influence(_ comparison: HessianComparison, _ place: String) -> String? {
    let pair = comparison.magnitude
    guard models.count == 2, let influential = pair.influential else { return nil }
    let names = models.map(\.printableName)
    return
      "\(names[1]) − \(names[0]), \(place)mean |λ|: \(influential.words) the difference, \(Self.signed(pair.difference)) with "
      + "\(influential.pronoun) and \(Self.signed(influential.meanWithout)) without"
      + (pair.medianDifference.map { "; the median of the differences is \(Self.signed($0))" } ?? "")
  }

  /// Why intervals over batches are too narrow; nil where all images differ.
  public var sharingLine: String? {
    settings.batchesSharingImages.map {
      "\($0) of \(settings.batches) batches share images with others: batches are not independent, and intervals over them are too "
        + "narrow; give more --images, a larger --count, or fewer --batches"
    }
  }
}

extension InfluentialBatches {
  /// It or them.
  fileprivate var pronoun: String { batches.count == 1 ? "it" : "them" }

  /// The batches with some of their images, and “carries”.
  fileprivate var words: String {
    let indices = batches.map(String.init).joined(separator: ", ")
    let shown = (images ?? []).prefix(Self.mostImages).map(PrintableText.escaped)
    let rest = (images?.count ?? 0) - shown.count
    let names = shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    return (batches.count == 1 ? "batch " : "batches ") + indices + (names.isEmpty ? "" : " (\(names))")
      + (batches.count == 1 ? " carries" : " carry")
  }

  private static let mostImages = 4
}
