internal import Foundation
internal import Hessian

extension HessianResult {
  /// Which values did not settle, and what would settle them: a sentence for each spectrum where some did not; otherwise none.
  public var unsettledWords: [String] {
    models.flatMap { model in
      let blocks = (model.details.blocks ?? []).map { ("\(model.checkpoint.name), block \($0.block)", $0.batches) }
      let whole = model.details.batches.map { [(model.checkpoint.name, $0)] } ?? []
      return (whole + blocks).compactMap { unsettledWords($0.0, $0.1) }
    }
  }

  private func unsettledWords(_ name: String, _ batches: [HessianBatch]) -> String? {
    let open = batches.compactMap { batch -> String? in
      let ranks = batch.eigenvalues.indices.filter { !batch.eigenvalues[$0].converged }
      guard let first = ranks.first else { return nil }
      let value = batch.eigenvalues[first]
      let share = String(format: "%.1e", value.residual / max(abs(value.value), .leastNormalMagnitude))
      return "batch \(batch.index) from value \(first + 1) on (residual \(share) of it)"
    }
    guard !open.isEmpty else { return nil }
    let shown = open.prefix(3).joined(separator: ", ") + (open.count > 3 ? " and \(open.count - 3) more batches" : "")
    let limit = String(format: "%.1e", settings.tolerance)
    return "\(name): not settled to \(limit) after \(settings.maximumIterations) products"
      + (settings.solver == .power ? " each: \(shown); \(lanczosAdvice(batches))" : ": \(shown); give a larger --max-iterations or --basis")
  }

  /// What Lanczos would need, by the time that products took here.
  private func lanczosAdvice(_ batches: [HessianBatch]) -> String {
    var options = LanczosOptions()
    options.count = settings.top
    let products = Double(options.basisSize + 3 * settings.top)
    let rates = batches.filter { $0.products > 0 }.map { $0.seconds / Double($0.products) }
    guard !rates.isEmpty else { return "--solver lanczos would settle them" }
    let seconds = rates.mean * products * Double(batches.count)
    return "--solver lanczos would settle them, in about \(DurationWords.words(seconds))"
  }
}

/// Durations for people.
enum DurationWords {
  static func words(_ seconds: Double) -> String {
    switch seconds {
    case ..<1: "a second"
    case ..<100: "\(Int(seconds.rounded(.up))) s"
    case ..<6000: "\(Int((seconds / 60).rounded(.up))) min"
    default: String(format: "%.1f h", seconds / 3600)
    }
  }
}

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
        String(format: "  a product takes %.3g s, what all of a batch share %.3g s (measured)", model.productSeconds, model.primalSeconds))
      lines.append(
        "  about \(model.products) products a batch, \(DurationWords.words(model.seconds)) in all; "
          + "at most \(model.mostProducts), \(DurationWords.words(model.mostSeconds))")
    }
    return lines.joined(separator: "\n")
  }
}
