internal import Foundation

extension WeightsResult {
  /// The weights as text for a terminal, with the verdict on the shallow layers below.
  public var table: String {
    overTraining
      ? (runs.map(trainingTable) + [runsSentence].compactMap(\.self)).joined(separator: "\n\n") : checkpointTable
  }

  // MARK: Checkpoints

  private var checkpointTable: String {
    let scale = LayerScale(runs)
    let names = runs.map { PrintableText.escaped($0.name) }
    let widths = names.map { max(8, $0.count) }
    let heads = zip(names, widths).map { "  " + right($0, $1) }
    var lines = [pad(scale.isLayers ? "layer" : "position", 10) + heads.joined()]
    let places = runs.map(scale.places)
    for (place, index) in scale.indices.enumerated() {
      let cells = runs.indices.map { run in
        let position = places[run].firstIndex(of: place)
        return "  " + right(position.map { number(runs[run].endWeights[$0]) } ?? "", widths[run])
      }
      lines.append(pad("\(index)", 10) + cells.joined())
    }
    lines += runs.map(shareSentence)
    return lines.joined(separator: "\n")
  }

  // MARK: Runs

  private func trainingTable(_ run: WeightsRun) -> String {
    guard let first = run.points.first, let last = run.points.last else { return "" }
    let names = run.layers ?? run.positions
    let changes = run.changes.flatMap { $0.contains { $0.standardError != nil } ? $0 : nil }
    var lines = [
      "\(PrintableText.escaped(run.name)): fusion weights, \(place(first)) to \(place(last)), \(run.points.count) "
        + (run.points.count == 1 ? "point" : "points") + " from \(run.source.title)",
      pad(run.layers == nil ? "position" : "layer", 10) + right("start", 10) + right("end", 10) + right("change", 10)
        + (changes == nil ? "" : right("late − early", 14) + right("± error", 10)),
    ]
    for (position, name) in names.enumerated() {
      let (start, end) = (first.weights[position], last.weights[position])
      let cells = changes.map { right(change($0[position].value), 14) + right(error($0[position].standardError), 10) }
      lines.append(
        pad("\(name)", 10) + right(number(start), 10) + right(number(end), 10) + right(change(end - start), 10)
          + (cells ?? ""))
    }
    if changes != nil { lines.append(run.errorWords) }
    lines.append(courseSentence(run))
    return lines.joined(separator: "\n")
  }

  // MARK: Sentences

  /// What a reader should take from the numbers, a sentence for each checkpoint or run, and one for several runs together.
  public var sentences: [String] {
    overTraining
      ? runs.map { "\(PrintableText.escaped($0.name)): \(courseSentence($0))" } + [runsSentence].compactMap(\.self)
      : runs.map(shareSentence)
  }

  private func shareSentence(_ run: WeightsRun) -> String {
    "\(PrintableText.escaped(run.name)): \(number(run.firstThird.end)) of the weight lies on \(run.thirdWords); "
      + "equal weights would put \(number(Double(run.firstThird.count) / Double(run.positions.count))) there"
  }

  private func courseSentence(_ run: WeightsRun) -> String {
    let third = run.firstThird
    let equal = number(Double(third.count) / Double(run.positions.count))
    var words = "\(run.thirdWords): \(number(third.start)) at the start, \(number(third.end)) at the end"
    if let slope = third.slope, let per = third.per {
      words += ", slope \(signed(slope))\(plusMinus(third.slopeError)) per \(per.rawValue)"
    }
    if let change = third.change, change.standardError != nil {
      words += ", late − early \(signed(change.value))\(plusMinus(change.standardError))"
    }
    words += " (equal weights: \(equal)); " + verdict(run)
    return words.prefix(1).uppercased() + words.dropFirst()
  }

  /// What the records of one run settle, which is at most what happened along it.
  private func verdict(_ run: WeightsRun) -> String {
    guard run.points.count > 1 else { return "a single point shows no course" }
    switch run.course {
    case .still: return "these weights do not move"
    case .rises: return "along this run the model relies on shallow layers more and more"
    case .falls: return "along this run the model relies on shallow layers less and less"
    case .open:
      return
        "whether it relies on shallow layers more or less is not settled along this run: the records scatter by as much"
    case .drift:
      return "whether that is growth or drift a single run cannot tell: of \(run.points.count) records about "
        + "\(Int((run.firstThird.reach ?? 1).rounded())) in a row depend on each other, and errors are too small; several runs can"
    case nil:
      return
        "\(run.points.count) records tell no error: \(LongRunVariance.leastRecords) are needed to say whether that is more "
        + "than scatter"
    }
  }

  /// What stands below the figure: of one run the trend with its error, of several what they settle together.
  var trendNote: String? {
    guard overTraining else { return nil }
    guard runs.count == 1 else { return runsSentence }
    let (run, third) = (runs[0], runs[0].firstThird)
    guard let slope = third.slope, let per = third.per, let error = third.slopeError else { return nil }
    return
      "Share of \(run.thirdWords): slope \(signed(slope))\(plusMinus(error)) per \(per.rawValue), the standard error along this run"
  }

  /// What several runs settle together, or why they do not; nil for one run and for checkpoints.
  private var runsSentence: String? {
    guard overTraining, runs.count > 1 else { return nil }
    guard let all = overRuns else {
      if Set(runs.map(\.positions.count)).count > 1 {
        return "The runs fuse different numbers of layers, so their shares have no common mean"
      }
      if let names = ChangeOverRuns.ofOneLog(runs) {
        return
          "\(names.map(PrintableText.escaped).joined(separator: " and ")) are series of the same logs: no interval over runs is given"
      }
      return ChangeOverRuns.repeated(runs).map {
        "\($0.map(PrintableText.escaped).joined(separator: " and ")) have the same weights throughout: they are not two "
          + "independent runs, and no interval over runs is given"
      }
    }
    let ends = all.interval.map { signed($0) }.joined(separator: ", ")
    let verdict =
      all.settled
      ? "models trained so rely on shallow layers \(all.change > 0 ? "more" : "less") as training goes on"
      : "whether models trained so rely on shallow layers more or less is not settled"
    return
      "Over \(all.runs) runs, late − early \(signed(all.change)), 95 % interval [\(ends)] by Student's t over runs: \(verdict)"
  }

  private func place(_ point: WeightsPoint) -> String {
    let words = [point.epoch.map { "epoch \(RunGaps.text($0))" }, point.step.map { "step \($0)" }].compactMap(\.self)
    return words.isEmpty ? point.source.lastComponent : words.joined(separator: ", ")
  }

  // MARK: Numbers

  private func number(_ value: Double) -> String { String(format: "%.4f", value) }

  private func change(_ value: Double) -> String { String(format: "%+.4f", value) }

  /// An error, with digits also where it is small; a dash where there is none.
  private func error(_ value: Double?) -> String {
    value.map { $0 >= 5e-4 || $0 == 0 ? number($0) : String(format: "%.1e", $0) } ?? "–"
  }

  private func plusMinus(_ error: Double?) -> String { error.map { " ± " + String(format: "%.2g", $0) } ?? "" }

  private func signed(_ value: Double) -> String {
    // Weights are of the order of 1 in double precision: a slope below 1e-12 is the rounding of weights that do not move.
    guard abs(value) >= 1e-12 else { return "0" }
    return abs(value) < 1e-3 ? String(format: "%+.2e", value) : String(format: "%+.4f", value)
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  // MARK: CSV

  /// The weights as comma-separated values, a row for each point; `weights --over-training` reads such a table again.
  public var csv: String {
    let most = runs.map(\.positions.count).max() ?? 0
    let heads = ["name", "source", "layers", "epoch", "step"] + (0..<most).map { "weight_\($0)" }
    var lines = [heads.joined(separator: ",")]
    for run in runs {
      let layers = (run.layers ?? []).map(String.init).joined(separator: " ")
      for point in run.points {
        let weights = point.weights.map { "\($0)" } + Array(repeating: "", count: most - point.weights.count)
        let fields = [
          quoted(run.name), quoted(point.source), layers, point.epoch.map(RunGaps.text) ?? "",
          point.step.map(String.init) ?? "",
        ]
        lines.append((fields + weights).joined(separator: ","))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func quoted(_ text: String) -> String {
    text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
      ? "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : text
  }
}

extension WeightsRun {
  /// Which layers the first third are.
  fileprivate var thirdWords: String {
    let shallow = (layers ?? positions).prefix(firstThird.count).map(String.init).joined(separator: ", ")
    let one = firstThird.count == 1
    return (layers == nil ? (one ? "position " : "positions ") : (one ? "layer " : "layers ")) + shallow
      + " (the first third)"
  }

  /// What the column of errors means.
  fileprivate var errorWords: String {
    "late − early: the mean over the last third of the records less that over the first; ± the standard error along this run, "
      + "which allows for neighbours that depend on each other (\(firstThird.change?.cosines ?? 0) cosines)"
  }
}

extension WeightsSource {
  /// The source in words.
  public var title: String {
    switch self {
    case .checkpoint: "a checkpoint"
    case .checkpoints: "checkpoints"
    case .history: "the history in an MMEngine checkpoint"
    case .jsonLines: "a JSON log"
    case .events: "TensorBoard event files"
    case .csv: "a table"
    }
  }
}
