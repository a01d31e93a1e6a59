internal import Diagnostics
internal import Hessian

extension HessianResult: TabulatedResult {
  var summaryTables: [ReportTable] { [summaryTable] + [comparisonTable, blockComparisonTable].compactMap(\.self) }

  /// A sentence on two checkpoints, batches that carry a mean or are not independent, and what is not settled.
  var conclusions: [String] {
    let unsettled = unsettledLines
    let sentences =
      [verdictSentence].compactMap(\.self) + influenceLines + [images.copyWarning, sharingLine].compactMap(\.self)
    return sentences.map { $0 + "." } + (unsettled.isEmpty ? [] : [unsettled.joined(separator: " ")])
  }

  // MARK: Summaries

  private static let heads = [
    "mean λ", "its 95 % interval", "median", "largest λ, mean of batches", "its 95 % interval", "share negative",
    "settled",
    "ranks checked",
  ]

  private var summaryTable: ReportTable {
    var rows: [[ReportCell]] = []
    for (index, model) in models.enumerated() {
      let (name, path) = (model.checkpoint.name, "/models/\(index)")
      if let summary = model.details.summary, let batches = model.details.batches {
        rows.append([.text(name)] + Self.cells(summary, batches, path: "\(path)/summary"))
      }
      for (place, block) in (model.details.blocks ?? []).enumerated() {
        rows.append(
          [.text("\(name), block \(block.block)")]
            + Self.cells(block.summary, block.batches, path: "\(path)/blocks/\(place)/summary"))
      }
    }
    return ReportTable(
      caption:
        "The \(settings.top) eigenvalues of largest \(settings.which.rawValue) of \(settings.batches) batches of "
        + "\(settings.batchSize) images",
      columns: ["checkpoint"] + Self.heads, rows: rows,
      note: "Intervals: Student’s t over batches. Settled: the residual met the tolerance of \(settings.tolerance).")
  }

  private static func cells(_ summary: HessianSummary, _ batches: [HessianBatch], path: String) -> [ReportCell] {
    [
      .number(summary.mean, source: "\(path)/mean"),
      .interval(summary.meanInterval, source: "\(path)/meanInterval"),
      .number(summary.median, source: "\(path)/median"),
      .number(summary.meanLargest, source: "\(path)/meanLargest"),
      .interval(summary.interval, source: "\(path)/interval"),
      .number(summary.negativeShare, .decimals(3), source: "\(path)/negativeShare"),
      ReportCell([
        .number(String(summary.converged), source: "\(path)/converged"), .text(" of "),
        .number(String(summary.count), source: "\(path)/count"),
      ]),
      .text("\(batches.count(where: \.rankChecked)) of \(batches.count) batches"),
    ]
  }

  private var comparisonTable: ReportTable? {
    guard let comparison else { return nil }
    let paths = ["/comparison", "/comparison/magnitude", "/comparison/largest"]
    return ReportTable(
      caption: "\(comparison.second) − \(comparison.first), paired by batch (\(comparison.batches))",
      columns: ["quantity", "difference", "95 % interval", "median", "sign test, p", "signed rank, p", "settled"],
      rows: zip(comparison.rows, paths).map { row, path in
        let pair = row.difference
        return [
          .text(row.name), .number(pair.difference, .signed(4), source: "\(path)/difference"),
          .interval(pair.interval, .signed(4), source: "\(path)/interval"),
          .number(pair.medianDifference, .signed(4), source: "\(path)/medianDifference"),
          .number(pair.signTest, .digits(2), source: "\(path)/signTest"),
          .number(pair.signedRank, .digits(2), source: "\(path)/signedRank"), .text(pair.settled ? "yes" : "no"),
        ]
      },
      note:
        "Settled: Student’s t and the signed-rank test both below 5 %, from at least six batches without common images."
    )
  }

  private var blockComparisonTable: ReportTable? {
    guard let blockComparisons, let first = blockComparisons.first else { return nil }
    return ReportTable(
      caption: "\(first.comparison.second) − \(first.comparison.first) by block, mean |λ|, paired by batch",
      columns: ["block", "difference", "95 % interval", "settled"],
      rows: blockComparisons.enumerated().map { index, item in
        let (pair, path) = (item.comparison.magnitude, "/blockComparisons/\(index)/comparison/magnitude")
        return [
          .count(item.block), .number(pair.difference, .signed(4), source: "\(path)/difference"),
          .interval(pair.interval, .signed(4), source: "\(path)/interval"),
          .text(item.settled ?? false ? "yes" : "no"),
        ]
      }, note: "Intervals: of each block by itself. Settled: of all together, by Holm’s correction.")
  }

  // MARK: Every eigenvalue

  var numberTables: [ReportTable] {
    models.enumerated().map { index, model in
      var rows: [[ReportCell]] = []
      func add(_ batches: [HessianBatch], block: Int?, path: String) {
        for (place, batch) in batches.enumerated() {
          for (rank, value) in batch.eigenvalues.enumerated() {
            rows.append(
              (block.map { [.text("block \($0), batch \(batch.index)")] } ?? [.text("batch \(batch.index)")])
                + [.count(rank + 1)] + Self.cells(value, path: "\(path)/\(place)/eigenvalues/\(rank)"))
          }
        }
      }
      add(model.details.batches ?? [], block: nil, path: "/models/\(index)/batches")
      for (place, block) in (model.details.blocks ?? []).enumerated() {
        add(block.batches, block: block.block, path: "/models/\(index)/blocks/\(place)/batches")
      }
      let shown = ReportTable.shown(rows.count)
      return ReportTable(
        caption: "\(model.checkpoint.name): every eigenvalue",
        columns: ["batch", "rank", "λ", "residual", "bound", "products or iterations", "settled"],
        rows: shown.indices.map { rows[$0] }, note: shown.note)
    }
  }

  private static func cells(_ value: Eigenvalue, path: String) -> [ReportCell] {
    [
      .number(value.value, .digits(6), source: "\(path)/value"),
      .number(value.residual, .digits(2), source: "\(path)/residual"),
      .number(value.bound, .digits(2), source: "\(path)/bound"),
      .count(value.iterations, source: "\(path)/iterations"), .text(value.converged ? "yes" : "no"),
    ]
  }
}
