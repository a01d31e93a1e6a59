internal import Diagnostics
internal import VisionTransformers

/// What a checkpoint is, at a glance.
struct ModelCard {
  let model: ModelReport

  var html: HTML {
    .tag(
      "article", ["class": "model"],
      [.tag("h3", [:], model.name), facts] + fusion + [diagnoses, sources])
  }

  // MARK: At a glance

  private var facts: HTML {
    var rows: [(String, String)] = [
      ("file", model.path), ("container", model.containerWords), ("naming", model.dialect ?? "unknown"),
    ]
    if let architecture = model.architecture { rows.append(("network", Self.words(architecture))) }
    rows.append(("parameters", parameters))
    if let architecture = model.architecture { rows.append(("fused layers", Self.fusedLayers(architecture))) }
    let training = model.trainingRows.map { "\($0[0]) \($0[1])" }
    if !training.isEmpty { rows.append(("training", training.joined(separator: ", "))) }
    if let problem = model.problem { rows.append(("not computable", problem)) }
    if let problem = model.decoderProblem { rows.append(("decoder", problem)) }
    if !model.otherStateDictionaries.isEmpty {
      rows.append(("weights from", model.stateDictionary.isEmpty ? "the outermost dictionary" : model.stateDictionary))
      rows.append(("also in the file", model.otherStateDictionaries.joined(separator: ", ")))
    }
    return .tag("dl", ["class": "facts"], rows.flatMap { [HTML.tag("dt", [:], $0), .tag("dd", [:], $1)] })
  }

  private static func words(_ a: Architecture) -> String {
    let size = a.imageSize.map(String.init).joined(separator: " × ")
    var words = "ViT, \(a.depth) blocks × \(a.width), \(a.heads) heads, \(size) px in patches of \(a.patchSize)"
    if let decoder = a.decoder { words += "; decoder of \(decoder.depth) blocks × \(decoder.width)" }
    return words
  }

  private static func fusedLayers(_ a: Architecture) -> String {
    guard let fusion = a.fusion else { return "none" }
    return fusion.layers.map { $0.map(String.init).joined(separator: ", ") }
      ?? "\(fusion.count), which is not known (--fuse tells)"
  }

  private var parameters: String {
    let counts = model.parameters
    let parts = [
      ("encoder", counts.encoder), ("decoder", counts.decoder), ("fusion", counts.fusion), ("not used", counts.other),
    ].filter { $0.1 > 0 }.map { "\($0.0) \(Self.grouped($0.1))" }
    return "\(Self.grouped(counts.total)) (\(parts.joined(separator: ", ")))"
  }

  /// 85,798,656.
  private static func grouped(_ value: Int) -> String {
    let digits = Array(String(value))
    return digits.enumerated().map { index, digit in
      index > 0 && (digits.count - index).isMultiple(of: 3) ? ",\(digit)" : "\(digit)"
    }.joined()
  }

  // MARK: Fusion weights, diagnoses, sources

  private var fusion: [HTML] {
    guard let fusion = model.fusion else { return [] }
    let names = fusion.layers ?? Array(fusion.weights.indices)
    let words = zip(names, fusion.weights).map { "\($0): \(ReportNumber.decimals(4).text($1))" }
    return [
      .tag(
        "p", ["class": "weights"],
        "Fusion weights by \(fusion.layers == nil ? "position" : "layer"): \(words.joined(separator: ", "))")
    ]
  }

  private var diagnoses: HTML {
    .tag(
      "ul", ["class": "diagnoses"],
      model.diagnoses.map { diagnosis in
        let reason = diagnosis.reason ?? diagnosis.note
        return .tag(
          "li", ["class": diagnosis.allowed ? "yes" : "no"],
          [
            .tag("span", ["class": "mark", "aria-hidden": "true"], diagnosis.allowed ? "+" : "–"),
            .tag("strong", [:], diagnosis.command), .text(diagnosis.allowed ? " possible" : " not possible"),
          ] + (reason.map { [.text(": \($0)")] } ?? []))
      })
  }

  private var sources: HTML {
    let rows = (model.architectureRows + model.trainingRows).filter { $0.count == 3 }
    let table = ReportTable(
      caption: "\(model.name): what was read or inferred, and from where", columns: ["value", "", "source"],
      rows: rows.map { $0.map(ReportCell.text) })
    return .tag(
      "details", [:],
      [.tag("summary", [:], "Where each value comes from")]
        + (rows.isEmpty ? [.tag("p", [:], "Nothing of the network could be read.")] : [table.html]))
  }
}
