internal import Foundation
internal import VisionTransformers

extension ModelReport {
  /// The report for people: aligned, grouped by what uses the tensors.
  ///
  /// - Parameter verbose: Whether every tensor stands in a line of its own, instead of a line for all blocks.
  /// - Returns: Lines without an end of line after the last.
  public func text(verbose: Bool = false) -> String {
    let sections = [
      head, section("Features", featureRows), section("Architecture", architectureRows),
      section("Parameters", parameterRows),
      section("Fusion weights", fusionRows), section("Training", trainingRows),
      section("Also in the file", contents.map { [$0.key, $0.summary] }),
    ]
    return
      (sections + tensorSections(verbose: verbose) + [
        section("Diagnoses", diagnosisRows), section("Assumed by them", assumedRows),
      ])
      .compactMap(\.self).joined(separator: "\n\n")
  }

  private func section(_ title: String, _ rows: [[String]]) -> String? {
    rows.isEmpty ? nil : ([title] + Columns.lines(rows)).joined(separator: "\n")
  }

  // MARK: Head

  private var head: String {
    var rows = [["file", path], ["container", containerWords]]
    if files.count > 1 {
      rows.append(["files", files.map { ($0 as NSString).lastPathComponent }.joined(separator: ", ")])
    }
    if !stateDictionary.isEmpty { rows.append(["weights from", stateDictionary]) }
    if !otherStateDictionaries.isEmpty {
      let others = otherStateDictionaries.map { $0.isEmpty ? "the outermost dictionary" : $0 }
      rows.append(["other weights", others.joined(separator: ", ") + " (--weights-from)"])
    }
    rows.append(["naming", dialect ?? "unknown"])
    if let prefix, !prefix.isEmpty { rows.append(["prefix", prefix]) }
    if let problem { rows.append(["not computable", problem]) }
    if let decoderProblem { rows.append(["decoder", decoderProblem]) }
    return ([PrintableText.escaped(name)] + Columns.lines(rows)).joined(separator: "\n")
  }

  /// How the file is laid out, in words.
  public var containerWords: String {
    switch container {
    case "safetensors": "safetensors"
    case "shardedSafetensors": "safetensors in shards"
    case "pytorchZip": "PyTorch zip"
    case "pytorchLegacy": "PyTorch legacy"
    case "shardedPyTorch": "PyTorch in shards"
    case "npz": "NumPy archive"
    default: container
    }
  }

  // MARK: Tables

  /// The architecture: name in words, value, source.
  public var architectureRows: [[String]] {
    let words = [
      "patchSize": "patch size", "hiddenWidth": "MLP width", "layerNormEpsilon": "layer norm ε",
      "positionResizing": "position resizing", "finalNorm": "final norm", "prefix": "prefix tokens",
      "pixelMean": "pixel mean", "pixelDeviation": "pixel deviation", "pixelProblem": "pixels",
      "fusion.layers": "fused layers",
      "fusion.count": "fused layers' count", "fusion.projection": "fusion projections",
      "decoder.width": "decoder width",
      "decoder.depth": "decoder depth", "decoder.hiddenWidth": "decoder MLP width",
      "decoder.outputs": "decoder outputs", "decoder.heads": "decoder heads",
      "imageSize": "image size", "embeddingNorm": "norm before blocks", "attentionNorm": "norm in attention",
      "perceptronNorm": "norm in perceptron", "norms": "norms of a branch's", "relativePositions": "relative positions",
      "rotaryPositions": "rotary positions",
    ]
    return values.map { [words[$0.name] ?? $0.name, $0.value, $0.source] }
  }

  private var featureRows: [[String]] {
    guard let features else { return [] }
    return [["images", "\(features.images)"]]
      + features.layers.map { ["layer \($0.layer)", "\($0.channels) channels", "grid \($0.grid[0]) × \($0.grid[1])"] }
  }

  /// What the file tells of its training: name in words, value, source.
  public var trainingRows: [[String]] {
    let words = ["maskRatio": "mask ratio", "normPixels": "normalised patches"]
    return training.map { [words[$0.name] ?? $0.name, $0.value, $0.source] }
  }

  private var parameterRows: [[String]] {
    let counts = [
      ("encoder", parameters.encoder), ("decoder", parameters.decoder), ("fusion", parameters.fusion),
      ("other", parameters.other), ("total", parameters.total),
    ]
    let words = counts.map { Columns.number($0.1) }
    let width = words.map(\.count).max() ?? 0
    return zip(counts, words).map { [$0.0, String(repeating: " ", count: width - $1.count) + $1] }
  }

  private var fusionRows: [[String]] {
    guard let fusion else { return [] }
    return fusion.weights.enumerated().map { index, weight in
      [fusion.layers.map { "block \($0[index])" } ?? "position \(index)", String(format: "%.4f", weight)]
    } + (fusion.layers == nil ? [["", "which blocks they belong to is not known; --fuse tells"]] : [])
  }

  private var diagnosisRows: [[String]] {
    diagnoses.map { diagnosis in
      let words = [diagnosis.reason ?? diagnosis.note, pending(diagnosis)].compactMap(\.self)
      return [diagnosis.command, diagnosis.allowed ? "yes" : "no", words.joined(separator: "; ")]
    }
  }

  /// What is assumed: name, value, reason and the option that replaces it.
  private var assumedRows: [[String]] { (assumed ?? []).map { [$0.what, $0.value, "\($0.why) (\($0.option))"] } }

  /// A verdict is about the file; whether this version has the command is said beside it.
  private func pending(_ diagnosis: DiagnosisReport) -> String? {
    diagnosis.allowed && !ToolVersion.diagnoses.contains(diagnosis.command)
      ? "the file allows it, this version has no such command yet" : nil
  }

  // MARK: Tensors

  private func tensorSections(verbose: Bool) -> [String?] {
    let parts: [(String, [TensorReport])] =
      ModelPart.allCases.map { part in
        ("used by the \(part.rawValue)", tensors.filter { $0.status == .used && $0.part == part })
      } + [
        ("ignored", tensors.filter { $0.status == .ignored }), ("missing", tensors.filter { $0.status == .missing }),
      ]
    return parts.map { title, tensors in
      let groups = verbose ? TensorGroup.single(tensors) : TensorGroup.groups(of: tensors)
      return section(
        "\(tensors.count) \(tensors.count == 1 ? "tensor" : "tensors") \(title)",
        groups.map { [$0.name, $0.shape, $0.reason ?? ""] })
    }
  }
}

/// Text in columns.
enum Columns {
  /// A line for each row: cells padded to the widest of their column, except the last.
  static func lines(_ rows: [[String]]) -> [String] {
    let count = rows.map(\.count).max() ?? 0
    // A cell that is far wider than the others must not push the rest of every line off the screen.
    let widths = (0..<count).map { column in
      rows.compactMap { column < $0.count ? $0[column].count : nil }.filter { $0 <= 80 }.max() ?? 0
    }
    return rows.map { row in
      let row = row.map(PrintableText.escaped)
      let cells = row.enumerated().map { index, cell in
        index == row.count - 1 ? cell : cell + String(repeating: " ", count: max(0, widths[index] - cell.count))
      }
      var line = "  " + cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  /// 85,798,656.
  static func number(_ value: Int) -> String {
    var text = ""
    for (index, digit) in String(value).reversed().enumerated() {
      if index > 0, index.isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }
}
