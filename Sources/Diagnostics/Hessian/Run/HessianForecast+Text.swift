internal import Foundation

extension HessianForecast {
  /// For people.
  public var text: String {
    var lines = settings.protocolWords.map { "- \($0)" }
    lines.append(
      "- \(settings.solver.rawValue), settled at \(settings.tolerance) of a value; "
        + "\(counted(settings.batches, "batch", "batches")) of \(counted(settings.batchSize, "image", "images")), "
        + counted(settings.threads, "thread", "threads"))
    if let shared = settings.batchesSharingImages { lines.append("- \(shared) batches share images with others") }
    for model in models {
      let spectra = model.spectra > 1 ? "\(model.spectra) spectra, " : ""
      lines.append("\(PrintableText.escaped(model.name)): \(spectra)\(model.parameters) parameters")
      lines.append("  memory \(ByteCount.words(model.bytes)): \(model.memory)")
      lines += model.remarks.map { "  \($0)" }
      lines.append(
        String(
          format: "  a product takes %.3g s, what all of a batch share %.3g s (measured)", model.productSeconds,
          model.primalSeconds))
      lines.append(
        "  about \(model.products) products a batch, \(DurationWords.words(model.seconds)) in all; "
          + "at most \(model.mostProducts), \(DurationWords.words(model.mostSeconds))")
    }
    return lines.joined(separator: "\n")
  }
}

/// A number with its noun.
private func counted(_ count: Int, _ one: String, _ many: String) -> String { "\(count) \(count == 1 ? one : many)" }
