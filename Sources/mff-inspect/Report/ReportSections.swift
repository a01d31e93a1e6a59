import ArgumentParser
import Diagnostics
import Foundation
import OutputFiles
import Reports

/// Computes the parts of a report, each by the command line of its figures.
struct ReportSections {
  let inputs: ReportInputs
  private let console: Console
  /// What each diagnosis would remark on stands on the page; progress and warnings do not.
  private let diagnosisConsole: Console

  init(_ inputs: ReportInputs, _ console: Console) {
    self.inputs = inputs
    self.console = console
    diagnosisConsole = Console(quiet: inputs.isQuiet, terse: !inputs.isVerbose)
  }

  /// The parts that the files allow, and those that are missing with the reason.
  func all() throws -> [ReportSection] {
    var sections: [ReportSection] = []
    if !inputs.items.isEmpty {
      if inputs.scope.frequency { sections.append(try frequency()) }
      if inputs.scope.hessian { sections.append(try hessian()) }
      if let weights = try weights() { sections.append(weights) }
    }
    if inputs.runs?.isEmpty != true { sections.append(try training()) }
    if !inputs.items.isEmpty, inputs.scope.reconstruction { sections.append(try reconstruction()) }
    return sections
  }

  // MARK: Parts

  private func frequency() throws -> ReportSection {
    let extra = inputs.scope.count.map { ["--count", "\($0)"] } ?? []
    let made = try make(FrequencyCommand.self, "frequency", extra)
    // Side by side means over each other where there are two and more.
    let last =
      made.results.count == 1 && made.results[0].models.count > 1
      ? try compute(FrequencyCommand.self, inputs.arguments("frequency", made.items, extra + ["--layers", "last"]))
      : nil
    return .frequency(made.results, last: last?.result, gaps: made.gaps + [last?.failure].compactMap(\.self))
  }

  private func hessian() throws -> ReportSection {
    let scope = inputs.scope
    var extra = ["--solver", scope.solver.rawValue]
    if let batches = scope.batches { extra += ["--batches", "\(batches)"] }
    if let top = scope.top { extra += ["--top", "\(top)"] }
    if let size = scope.batchSize { extra += ["--batch-size", "\(size)"] }
    let made = try make(HessianCommand.self, "hessian", extra) { items in
      // A loss that has no use for one of these refuses it.
      [("--labels", scope.labels), ("--teacher", scope.teacher)].flatMap { option, value in
        value.map { value in items.contains { $0.needs(option, for: "hessian") } ? [option, value] : [] } ?? []
      }
    }
    return .hessian(made.results, gaps: made.gaps)
  }

  /// nil where no checkpoint fuses layers: there is nothing to say then.
  private func weights() throws -> ReportSection? {
    guard inputs.items.contains(where: { $0.allows("weights") }) else { return nil }
    let made = try make(WeightsCommand.self, "weights")
    return .weights(made.results, gaps: made.gaps)
  }

  private func training() throws -> ReportSection {
    let runs = inputs.runs ?? []
    let whole = try compute(WeightsCommand.self, inputs.trainingArguments(runs))
    if let result = whole.result { return .training([result]) }
    guard runs.count > 1 else { return .training([], gaps: [whole.failure].compactMap(\.self)) }
    let single = try runs.map { try compute(WeightsCommand.self, inputs.trainingArguments([$0])) }
    return .training(single.compactMap(\.result), gaps: single.compactMap(\.failure))
  }

  private func reconstruction() throws -> ReportSection {
    let made = try make(ReconstructCommand.self, "reconstruct")
    return .reconstruction(made.results, gaps: made.gaps)
  }

  // MARK: Computing

  /// What came of a diagnosis.
  private struct Made<Result> {
    var results: [Result] = []
    var items: [ReportInputs.Item] = []
    var gaps: [String] = []
  }

  /// One result of all checkpoints that allow a diagnosis; where they do not go together, one of each.
  private func make<Command: DiagnosisCommand>(
    _: Command.Type, _ name: String, _ extra: [String] = [], needed: ([ReportInputs.Item]) -> [String] = { _ in [] }
  ) throws -> Made<Command.Result> {
    let items = inputs.items.filter { $0.allows(name) }
    var made = Made<Command.Result>(items: items, gaps: inputs.items.compactMap { $0.reason(name) })
    guard !items.isEmpty else { return made }
    let whole = try compute(Command.self, inputs.arguments(name, items, extra + needed(items)))
    if let result = whole.result {
      made.results = [result]
      return made
    }
    guard items.count > 1 else {
      made.gaps += [whole.failure].compactMap(\.self)
      return made
    }
    for item in items {
      let single = try compute(Command.self, inputs.arguments(name, [item], extra + needed([item])))
      made.results += [single.result].compactMap(\.self)
      made.gaps += [single.failure].compactMap(\.self).map { failure in
        failure.hasPrefix("\(item.request.name):") ? failure : "\(item.request.name): \(failure)"
      }
    }
    return made
  }

  /// Computes a result by its command line; what goes wrong is said on the page and here.
  private func compute<Command: DiagnosisCommand>(
    _: Command.Type, _ arguments: [String]
  ) throws -> (result: Command.Result?, failure: String?) {
    do {
      console.remark(ShellWords.line(arguments))
      let command = try Command.parsed(arguments + inputs.quietly)
      let result = try command.result(arguments: arguments, journal: nil, diagnosisConsole)
      diagnosisConsole.clearProgress()
      return (result, nil)
    } catch let error as Interruption {
      throw error
    } catch let error as StandardOutputError {
      throw error
    } catch {
      diagnosisConsole.clearProgress()
      let words = Command.exitCode(for: error) == .failure ? "\(error)" : Command.message(for: error)
      console.warn(words)
      return (nil, words)
    }
  }
}
