internal import Foundation
internal import VisionTransformers

extension ReconstructionResult {
  /// The numbers as text for a terminal.
  public var table: String { models.map(table).joined(separator: "\n\n") }

  private func table(_ model: ReconstructionModel) -> String {
    let details = model.details
    let summary = details.summary
    let isNormalized = details.images.contains { $0.scores.patchMean != nil }
    let patches = details.grid.reduce(1, *)
    let title =
      "\(PrintableText.escaped(model.checkpoint.name)): PSNR in dB of the \(details.removedPatches) of \(patches) patches removed"
    var rows = [["image", "loss", "reconstruction"] + (isNormalized ? ["mean greys"] : []) + ["mean colour"]]
    for image in details.images {
      let errors = [image.scores.pixels, image.scores.patchMean, image.scores.meanColor].compactMap(\.self)
      rows.append(
        [PrintableText.escaped(Self.shortName(image.name)), String(format: "%.4f", image.scores.loss)]
          + errors.map { $0.psnr.map { String(format: "%.2f", $0) } ?? "exact" })
    }
    if details.images.count > 1 {
      let errors = [summary.pixels, summary.patchMean, summary.meanColor].compactMap(\.self)
      rows.append(
        ["mean ± s.e.", summary.loss.text("%.4f")] + errors.map { $0.psnr.map { $0.text("%.2f") } ?? "exact" })
    }
    var lines = [title] + Self.aligned(rows)
    if let sentence = gainSentence(model) { lines.append(sentence) }
    return lines.joined(separator: "\n")
  }

  /// What a reader should take from the numbers, a sentence for each checkpoint.
  public var sentences: [String] {
    models.compactMap { model in
      gainSentence(model).map { "\(PrintableText.escaped(model.checkpoint.name)): \($0)" }
    }
  }

  private func gainSentence(_ model: ReconstructionModel) -> String? {
    let summary = model.details.summary
    let comparisons = [
      summary.gain.map { comparison($0, "the mean colour") },
      summary.gainOverPatchMean.map {
        comparison($0, "mean greys") + " (this model is given mean and deviation of each patch)"
      },
    ].compactMap(\.self)
    return comparisons.isEmpty ? nil : comparisons.joined(separator: ", ")
  }

  private func comparison(_ gain: SampleMean, _ other: String) -> String {
    let error = gain.standardError.map { String(format: " ± %.2f", $0) } ?? ""
    return "\(gain.mean < 0 ? "worse" : "better") than \(other) by \(String(format: "%.2f", abs(gain.mean)))\(error) dB"
  }

  /// Columns of equal width, the first to the left, the others to the right.
  private static func aligned(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, text in
        let room = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 ? text + room : room + text
      }.joined(separator: "  ")
    }
  }

  /// The numbers as comma-separated values, a row for each checkpoint and image.
  public var csv: String {
    var lines = ["name,image,loss,mse,psnr,meanColorMSE,meanColorPSNR,patchMeanMSE,patchMeanPSNR"]
    for model in models {
      for image in model.details.images {
        let errors = [image.scores.pixels, image.scores.meanColor, image.scores.patchMean]
        let values = [image.scores.loss] + errors.flatMap { [$0?.mse, $0?.psnr] }
        lines.append(
          ([quoted(model.checkpoint.name), quoted(image.name)] + values.map { $0.map { "\($0)" } ?? "" })
            .joined(separator: ","))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func quoted(_ text: String) -> String {
    text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
      ? "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : text
  }
}
