import Diagnostics
import Foundation
import Hessian

/// How far `hessian` is: batch, eigenvalue, iteration, residual, time left.
final class HessianDisplay {
  private let console: Console
  private let isVerbose: Bool
  private let start = ContinuousClock.now
  private var batchStart = ContinuousClock.now
  private var lastLine: ContinuousClock.Instant?
  /// Seconds of the batches computed by this run, and products of the one that is being computed.
  private var spent: [Double] = []
  private var products = 0
  /// About how many products a batch takes.
  private let usualProducts: Int

  /// How many batches are worked on at the same time.
  private let atOnce: Int

  /// A display for a run whose batches take about so many products.
  init(_ console: Console, verbose: Bool, usualProducts: Int, atOnce: Int) {
    self.atOnce = atOnce
    self.console = console
    isVerbose = verbose
    self.usualProducts = usualProducts
  }

  /// Shows what is happening.
  func show(_ event: HessianDiagnosis.Event) {
    switch event {
    case .opened(let model):
      // Whether a head is used depends on the loss, which is said next.
      for line in model.remarks(verbose: isVerbose) where !line.hasSuffix("(classification head)") {
        console.remark(line)
      }
    case .prepared(_, let words, let warnings):
      for line in words { console.remark("  \(line)") }
      for warning in warnings { console.warn(warning) }
    case .assumed(let values): for value in values { console.remark("  \(value.words)") }
    case .resumed(let batches):
      if batches > 0 { console.remark("\(batches) finished batches of the interrupted run are taken over.") }
    case .batch:
      batchStart = .now
      products = 0
    case .product(let place, let phase, let progress):
      products += 1
      showProgress(place, phase, progress)
    case .finished(let place, let batch):
      spent.append(seconds(.now - batchStart))
      if isVerbose { console.remark("  " + words(place, batch)) }
    case .waiting(let place):
      guard hasTimeForLine else { return }
      console.progress("\(place.done) of \(place.total) batches are done, waiting for those of other ranks")
    case .skipped(let reason): console.skip(reason)
    }
  }

  private func showProgress(_ place: HessianPlace, _ phase: HessianPhase, _ progress: SolverProgress) {
    guard hasTimeForLine else { return }
    let what =
      switch phase {
      case .eigenvalues:
        String(
          format: "eigenvalue %d, product %d: %.5g, residual %.1e", progress.index + 1, progress.products,
          progress.value, progress.residual)
      case .ranks: "looking for overlooked ones, product \(progress.products)"
      case .confirmation: "eigenvalue \(progress.index + 1) in double precision"
      case .trace: "trace, product \(progress.products)"
      case .density: "density, product \(progress.products)"
      }
    console.progress("\(name(place)): \(what)\(left(place))")
  }

  /// Whether the changing line may change now: on a terminal, after two seconds, ten times a second.
  private var hasTimeForLine: Bool {
    guard console.isTerminal, seconds(.now - start) > 2 else { return false }
    if let lastLine, .now - lastLine < .milliseconds(100) { return false }
    lastLine = .now
    return true
  }

  private func name(_ place: HessianPlace) -> String {
    place.model + (place.block.map { ", block \($0)" } ?? "") + ", batch \(place.batch + 1) of \(place.batches)"
  }

  /// By the batches that are done; before the first is, by the products that a batch usually takes.
  private func left(_ place: HessianPlace) -> String {
    let elapsed = seconds(.now - batchStart)
    let batch =
      spent.isEmpty
      ? elapsed / Double(products) * Double(max(usualProducts, products + 1))
      : spent.reduce(0, +) / Double(spent.count)
    // Ranks that take whole batches take as many at the same time.
    let rest = max(batch - elapsed, 0) + batch * Double(max(place.total - place.done - atOnce, 0)) / Double(atOnce)
    return ", \(spent.isEmpty ? "about " : "")\(console.time(max(rest, 1))) left"
  }

  private func words(_ place: HessianPlace, _ batch: HessianBatch) -> String {
    let values = batch.eigenvalues.map { String(format: "%.5g", $0.value) + ($0.converged ? "" : " (not settled)") }
    return name(place) + ": " + values.joined(separator: ", ")
      + String(
        format: "; loss %.4f, %d + %d products, %.1f s", batch.loss, batch.products, batch.checkProducts,
        batch.primalSeconds + batch.seconds + batch.checkSeconds)
  }
}
