internal import Foundation

extension WeightsResult {
  /// The weights as text for a terminal, with the verdict on the shallow layers below.
  public var table: String {
    overTraining ? runs.map(trainingTable).joined(separator: "\n\n") : checkpointTable
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
    var lines = [
      "\(PrintableText.escaped(run.name)): fusion weights, \(place(first)) to \(place(last)), \(run.points.count) "
        + (run.points.count == 1 ? "point" : "points") + " from \(run.source.title)",
      pad(run.layers == nil ? "position" : "layer", 10) + right("start", 10) + right("end", 10) + right("change", 10),
    ]
    lines += zip(names, zip(first.weights, last.weights)).map { name, ends in
      pad("\(name)", 10) + right(number(ends.0), 10) + right(number(ends.1), 10)
        + right(String(format: "%+.4f", ends.1 - ends.0), 10)
    }
    lines.append(courseSentence(run))
    return lines.joined(separator: "\n")
  }

  // MARK: Sentences

  /// What a reader should take from the numbers, a sentence for each checkpoint or run.
  public var sentences: [String] {
    overTraining
      ? runs.map { "\(PrintableText.escaped($0.name)): \(courseSentence($0))" } : runs.map(shareSentence)
  }

  private func shareSentence(_ run: WeightsRun) -> String {
    "\(PrintableText.escaped(run.name)): \(number(run.firstThird.end)) of the weight lies on \(run.thirdWords); "
      + "equal weights would put \(number(Double(run.firstThird.count) / Double(run.positions.count))) there"
  }

  private func courseSentence(_ run: WeightsRun) -> String {
    let third = run.firstThird
    let equal = number(Double(third.count) / Double(run.positions.count))
    var verdict = "\(run.thirdWords): \(number(third.start)) at the start, \(number(third.end)) at the end"
    if let slope = third.slope, let per = third.per {
      verdict += ", slope \(signed(slope)) per \(per.rawValue)"
    }
    verdict += " (equal weights: \(equal)); "
    let change = third.end - third.start
    // What four digits show as no change is none.
    verdict +=
      run.points.count < 2
      ? "a single point shows no course"
      : abs(change) < 5e-5
        ? "the model relies on shallow layers as much as before"
        : "the model relies on shallow layers \(change > 0 ? "more" : "less") than at the start"
    return verdict.prefix(1).uppercased() + verdict.dropFirst()
  }

  private func place(_ point: WeightsPoint) -> String {
    let words = [point.epoch.map { "epoch \(RunGaps.text($0))" }, point.step.map { "step \($0)" }].compactMap(\.self)
    return words.isEmpty ? point.source.lastComponent : words.joined(separator: ", ")
  }

  // MARK: Numbers

  private func number(_ value: Double) -> String { String(format: "%.4f", value) }

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
