internal import Foundation

extension HessianForecast {
  /// For people.
  public var text: String {
    var lines = settings.protocolWords.map { "- \($0)" }
    lines.append(
      "- \(settings.solver.rawValue), settled at \(settings.tolerance) of a value; \(settings.batches) batches of "
        + "\(settings.batchSize) images, \(settings.threads) threads")
    if let shared = settings.batchesSharingImages { lines.append("- \(shared) batches share images with others") }
    for model in models {
      let spectra = model.spectra > 1 ? "\(model.spectra) spectra, " : ""
      lines.append("\(model.name): \(spectra)\(model.parameters) parameters")
      lines.append("  memory \(ByteCount.words(model.bytes)): \(model.memory)")
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
