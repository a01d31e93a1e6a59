internal import Foundation
internal import Hessian

extension HessianResult {
  /// The numbers as text for a terminal: what was found, what it cost, what is not settled, and how two checkpoints compare.
  public var table: String {
    ([subject] + (isByBlock ? models.map(blockTable) : [valueTable, costTable]) + [remarkLines] + [
      isByBlock ? blockVerdict : verdict
    ])
    .compactMap(\.self).filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  // MARK: A row for each checkpoint

  private var valueTable: String {
    let heads = ["checkpoint"] + Self.valueHeads
    return Self.aligned(
      [heads]
        + models.compactMap { model in model.details.summary.map { [model.printableName] + $0.cells } })
  }

  private var costTable: String {
    let heads = ["checkpoint", "settled", "ranks checked", "products", "a batch", "seconds"]
    let rows = models.compactMap { model -> [String]? in
      guard let batches = model.details.batches, let summary = model.details.summary else { return nil }
      return [model.printableName] + BatchCost(batches).cells(summary, isLong: true)
    }
    return Self.aligned([heads] + rows)
      + "\nProducts of the solver + those that check residuals, ranks and the product's own error."
  }

  // MARK: A row for each block

  private func blockTable(_ model: HessianModel) -> String {
    let heads = ["block", "parameters"] + Self.valueHeads + ["settled", "ranks", "products"]
    let rows = (model.details.blocks ?? []).map { block in
      ["\(block.block)", Self.count(block.parameters)] + block.summary.cells
        + BatchCost(block.batches).cells(block.summary, isLong: false)
    }
    let all = BatchCost((model.details.blocks ?? []).flatMap(\.batches))
    return "\(model.printableName)\n" + Self.aligned([heads] + rows)
      + "\n\(all.solver) + \(all.checks) products (solver + checks), \(Self.digits(all.seconds)) s"
  }

  private static let valueHeads = [
    "mean λ", "95 % interval", "median", "largest", "95 % interval", "negative",
  ]

  // MARK: Sentences

  private var remarkLines: String {
    (models.flatMap(lines) + influenceLines + rankLines + unsettledLines
      + [sharingLine, singleBatchLine].compactMap(\.self)).joined(separator: "\n")
  }

  /// Where errors come from, trace and density.
  private func lines(_ model: HessianModel) -> [String] {
    let (name, details) = (model.printableName, model.details)
    var lines: [String] = []
    if let summary = details.summary, let spread = summary.batchSpread {
      lines.append(
        "\(name): from batch to batch the mean varies by \(Self.digits(spread)) (standard deviation); "
          + "the solver's own error moves it by \(Self.short(summary.solverError)) at most")
    } else if let summary = details.summary {
      lines.append("\(name): the solver's own error moves the mean by \(Self.short(summary.solverError)) at most")
    }
    lines += [(nil, details.trace, details.density)].map { traceLines(name, $0, $1, $2) }.flatMap(\.self)
    lines += (details.blocks ?? []).flatMap { traceLines(name, $0.block, $0.trace, $0.density) }
    return lines
  }

  private func traceLines(_ name: String, _ block: Int?, _ trace: HessianTrace?, _ density: HessianDensity?) -> [String]
  {
    let place = block.map { "\(name), block \($0)" } ?? name
    return [
      trace.map { trace in
        let interval = trace.interval.map { ", 95 % interval \(Self.interval($0))" } ?? ""
        return
          "\(place): trace \(Self.digits(trace.value))\(interval), Hutchinson's estimate, \(trace.products) products"
      },
      density.map { "\(place): density of all eigenvalues from \($0.probes) probes, \($0.products) products" },
    ].compactMap(\.self)
  }

  private var singleBatchLine: String? {
    let lists = models.flatMap { model in
      [model.details.batches].compactMap(\.self) + (model.details.blocks ?? []).map(\.batches)
    }
    guard lists.contains(where: { $0.count == 1 }) else { return nil }
    return "A single batch shows no spread between batches, so there is no interval: --batches 2 or more gives one"
  }

  // MARK: Layout

  /// Columns of equal width, the first to the left, the others to the right.
  static func aligned(_ rows: [[String]]) -> String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, text in
        let room = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 ? text + room : room + text
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// Four digits that count.
  static func digits(_ value: Double) -> String {
    let text = String(format: "%#.4g", value)
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }

  /// The two ends, or a dash where there is no interval.
  static func interval(_ ends: [Double]?, signed: Bool = false) -> String {
    ends.map { "[\($0.map { signed ? self.signed($0) : digits($0) }.joined(separator: ", "))]" } ?? "–"
  }

  static func signed(_ value: Double) -> String { value > 0 ? "+" + digits(value) : digits(value) }
}

extension HessianModel {
  var printableName: String { PrintableText.escaped(checkpoint.name) }
}

extension HessianSummary {
  /// Mean, its interval, median, largest, its interval, share of negative values.
  fileprivate var cells: [String] {
    [
      HessianResult.digits(mean), HessianResult.interval(meanInterval), HessianResult.digits(median),
      HessianResult.digits(meanLargest), HessianResult.interval(interval),
      "\(HessianResult.short(100 * negativeShare)) %",
    ]
  }
}

/// What some batches cost.
struct BatchCost {
  let batches: Int
  /// Batches whose values are known to be the foremost.
  let ranked: Int
  let solver: Int
  let checks: Int
  /// Wall time, of what products share, of the solver and of the checks.
  let seconds: Double

  init(_ batches: [HessianBatch]) {
    self.batches = batches.count
    ranked = batches.count(where: \.rankChecked)
    solver = batches.reduce(0) { $0 + $1.products }
    checks = batches.reduce(0) { $0 + $1.checkProducts }
    seconds = batches.reduce(0) { $0 + $1.primalSeconds + $1.seconds + $1.checkSeconds }
  }

  /// Settled values, ranks, products; with `isLong` also products of a batch and seconds.
  fileprivate func cells(_ summary: HessianSummary, isLong: Bool) -> [String] {
    func mean(_ total: Int) -> String { String(format: "%.1f", Double(total) / Double(max(batches, 1))) }
    let cells = [
      "\(summary.converged) of \(summary.count)", "\(ranked) of \(batches)", "\(solver) + \(checks)",
    ]
    return isLong ? cells + ["\(mean(solver)) + \(mean(checks))", String(format: "%.1f", seconds)] : cells
  }
}
