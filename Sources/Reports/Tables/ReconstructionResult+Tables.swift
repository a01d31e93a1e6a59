internal import Diagnostics

extension ReconstructionResult: TabulatedResult {
  var conclusions: [String] { sentences.map { $0 + "." } }

  /// A row for each checkpoint.
  var summaryTables: [ReportTable] {
    let hasMeans = models.contains { $0.details.summary.patchMean != nil }
    let rows = models.enumerated().map { index, model in
      let (summary, path) = (model.details.summary, "/models/\(index)/summary")
      return [.text(model.checkpoint.name), Self.mean(summary.loss, .decimals(4), path: "\(path)/loss")]
        + [Self.decibels(summary.pixels, path: "\(path)/pixels")]
        + (hasMeans ? [Self.decibels(summary.patchMean, path: "\(path)/patchMean")] : [])
        + [Self.decibels(summary.meanColor, path: "\(path)/meanColor")]
    }
    return [
      ReportTable(
        caption: images.count == 1
          ? "One image: loss, and PSNR of the removed patches in dB"
          : "\(images.count) images, mean ± standard error: loss, and PSNR of the removed patches in dB",
        columns: ["checkpoint", "loss", "reconstruction"] + (hasMeans ? ["mean greys"] : []) + ["mean colour"],
        rows: rows)
    ]
  }

  private static func mean(_ value: SampleMean?, _ format: ReportNumber, path: String) -> ReportCell {
    guard let value else { return .none }
    return .number(
      value.mean, error: value.standardError, format, source: "\(path)/mean", errorSource: "\(path)/standardError")
  }

  private static func decibels(_ errors: ReconstructionSummary.PixelErrors?, path: String) -> ReportCell {
    mean(errors?.psnr, .decimals(2), path: "\(path)/psnr")
  }

  /// A row for each image.
  var numberTables: [ReportTable] {
    models.enumerated().map { index, model in
      let images = model.details.images
      let hasMeans = images.contains { $0.scores.patchMean != nil }
      let shown = ReportTable.shown(images.count)
      let rows = shown.indices.map { place in
        let (scores, path) = (images[place].scores, "/models/\(index)/images/\(place)/scores")
        return [
          .text(images[place].name.split(separator: "/").last.map(String.init) ?? images[place].name),
          .number(scores.loss, .decimals(4), source: "\(path)/loss"),
          .number(scores.pixels.psnr, .decimals(2), source: "\(path)/pixels/psnr"),
        ]
          + (hasMeans ? [.number(scores.patchMean?.psnr, .decimals(2), source: "\(path)/patchMean/psnr")] : [])
          + [ReportCell.number(scores.meanColor.psnr, .decimals(2), source: "\(path)/meanColor/psnr")]
      }
      return ReportTable(
        caption:
          "\(model.checkpoint.name): loss, and PSNR of the \(model.details.removedPatches) removed patches in dB",
        columns: ["image", "loss", "reconstruction"] + (hasMeans ? ["mean greys"] : []) + ["mean colour"], rows: rows,
        note: shown.note)
    }
  }
}
