internal import Diagnostics
internal import Foundation
internal import Spectra

extension FrequencyResult: TabulatedResult {
  var numberTables: [ReportTable] { models.indices.map(layerTable) + [comparisonTable].compactMap(\.self) }

  /// Whether the figure shows log amplitude itself.
  private var showsOneLayer: Bool { models.allSatisfy { $0.layers.count == 1 } }

  private func layerTable(_ index: Int) -> ReportTable {
    let model = models[index]
    let (quantity, values, errors) =
      showsOneLayer
      ? ("log amplitude (ln)", "logAmplitude", "standardError")
      : ("relative log amplitude (ln)", "relativeLogAmplitude", "relativeStandardError")
    let columns = columns(model)
    let rows = model.layers.enumerated().map { place, layer in
      let (numbers, spread) =
        showsOneLayer
        ? (layer.logAmplitude, layer.standardError) : (layer.relativeLogAmplitude, layer.relativeStandardError)
      let path = "/models/\(index)/layers/\(place)"
      let grid = layer.grid.map { " (\($0[0]) × \($0[1]))" } ?? ""
      let missing = columns.count - numbers.count
      return [ReportCell.text(layer.layer + grid)]
        + numbers.enumerated().map { band, value in
          .number(
            value, error: spread?[band], .decimals(4), source: "\(path)/\(values)/\(band)",
            errorSource: "\(path)/\(errors)/\(band)")
        } + Array(repeating: .text(""), count: missing)
    }
    let hasErrors = model.layers.contains { $0.standardError != nil }
    return ReportTable(
      caption: "\(model.checkpoint.name): \(quantity) by layer and frequency"
        + (hasErrors ? " ± standard error over images" : ""),
      columns: ["layer"] + columns, rows: rows)
  }

  /// Frequencies; numbers of bands where layers have grids of their own, so that a band is another frequency in each.
  private func columns(_ model: FrequencyModel) -> [String] {
    guard model.layers.contains(where: { $0.frequencies != nil }) else {
      return model.frequencies.map { String(format: "%.3fπ", $0.axisValue) }
    }
    let count = model.layers.map(\.logAmplitude.count).max() ?? 0
    return (1...max(1, count)).map { "band \($0)" }
  }

  private var comparisonTable: ReportTable? {
    guard let comparison, models.count == 2 else { return nil }
    let rows = comparison.difference.enumerated().map { band, difference in
      [
        .count(band + 1),
        ReportCell.number(
          difference, error: comparison.halfInterval?[band], .decimals(4), source: "/comparison/difference/\(band)",
          errorSource: "/comparison/halfInterval/\(band)"),
      ]
    }
    return ReportTable(
      caption: "\(models[1].checkpoint.name) − \(models[0].checkpoint.name): log amplitude of \(comparedLayers)",
      columns: ["band", "difference ± half of the 95 % interval"], rows: rows)
  }

  private var comparedLayers: String {
    guard let layers = comparison?.layers, let first = layers.first, let last = layers.last else { return "" }
    let words = [first, last].map { Int($0) == nil ? $0 : "layer \($0)" }
    return first == last ? words[0] : words.joined(separator: " and ")
  }

  /// In which bands two checkpoints differ, all bands together, and what copies among the images do to errors.
  var conclusions: [String] {
    [bandConclusion, images?.copyWarning.map { "\($0)." }].compactMap(\.self)
  }

  private var bandConclusion: String? {
    guard showsOneLayer, let bandSentence else { return nil }
    let count = images?.count ?? models[0].count
    let same = count.map { "the same \($0) images" } ?? "the same images"
    return "\(bandSentence). Log amplitude of \(comparedLayers) on \(same); intervals are of each band by itself."
  }
}
