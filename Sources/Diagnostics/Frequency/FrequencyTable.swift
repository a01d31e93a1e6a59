internal import Foundation
internal import Spectra

extension FrequencyResult {
  /// The numbers as text for a terminal, the same quantity as in the figure, and what two checkpoints differ by.
  public var table: String {
    (models.map(table) + [comparisonTable].compactMap(\.self)).joined(separator: "\n\n")
  }

  private func table(_ model: FrequencyModel) -> String {
    let names = model.layers.map { PrintableText.escaped($0.layer) }
    let grids = model.layers.map { layer in layer.grid.map { "layer (\(Self.words($0)))" } ?? "layer" }
    let width = max(10, (names + grids).map(\.count).max() ?? 0)
    let quantity = showsOneLayer ? "log amplitude" : "relative log amplitude"
    var lines = ["\(PrintableText.escaped(model.checkpoint.name)): \(quantity)"]
    var bands: [BandFrequency]?
    for (index, layer) in model.layers.enumerated() {
      let frequencies = model.frequencies(of: layer)
      // A head of its own for each run of layers with the same grid.
      if frequencies != bands {
        lines.append(
          pad(grids[index], width) + frequencies.map { right(String(format: "%.3fπ", $0.axisValue)) }.joined())
        bands = frequencies
      }
      let values = showsOneLayer ? layer.logAmplitude : layer.relativeLogAmplitude
      lines.append(pad(names[index], width) + values.map { right(String(format: "%.3f", $0)) }.joined())
    }
    return lines.joined(separator: "\n")
  }

  private var comparisonTable: String? {
    guard let comparison, models.count == 2 else { return nil }
    let names = models.map { PrintableText.escaped($0.checkpoint.name) }
    let layers = comparison.layers[0] == comparison.layers[1] ? [comparison.layers[0]] : comparison.layers
    var lines = [
      "\(names[1]) − \(names[0]), log amplitude of layer \(layers.joined(separator: " and ")), 95 % interval"
    ]
    lines += comparison.difference.enumerated().map { band, difference in
      let half = comparison.halfInterval.map { String(format: " ± %.4f", $0[band]) } ?? ""
      return "  band \(band + 1): " + String(format: "%+.4f", difference) + half
    }
    return (lines + [bandSentence].compactMap(\.self)).joined(separator: "\n")
  }

  /// In which bands two checkpoints differ, all bands together; nil without intervals.
  public var bandSentence: String? {
    guard let comparison, let pValues = comparison.adjustedPValue, models.count == 2 else { return nil }
    let bands = zip(comparison.difference, pValues).map { (difference: $0, isSettled: $1 <= PairedDifferences.level) }
    func list(_ words: String, _ isWanted: (Int) -> Bool) -> String? {
      let found = bands.indices.filter(isWanted)
      guard !found.isEmpty else { return nil }
      return "\(words) \(found.count == 1 ? "band" : "bands") " + found.map { "\($0 + 1)" }.joined(separator: ", ")
    }
    let parts = [
      list("higher in") { bands[$0].isSettled && bands[$0].difference > 0 },
      list("lower in") { bands[$0].isSettled && bands[$0].difference < 0 },
      list("not told apart in") { !bands[$0].isSettled },
    ].compactMap(\.self)
    let names = models.map { PrintableText.escaped($0.checkpoint.name) }
    return "\(names[1]) against \(names[0]): \(parts.joined(separator: "; ")) (Student's t at 5 % for "
      + "\(bands.count) bands together, by Holm's correction)"
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private func right(_ text: String) -> String { String(repeating: " ", count: max(1, 9 - text.count)) + text }

  /// The numbers as comma-separated values: a row for each checkpoint, layer and band; where the values of each image are kept, one for
  /// each image, too, without errors.
  public var csv: String {
    let isOfImages = models.contains { $0.imageNames != nil }
    let columns = isOfImages ? "logAmplitude,relativeLogAmplitude" : Self.meanColumns
    var lines = [(isOfImages ? "name,image,layer,band,frequency," : "name,layer,band,frequency,") + columns]
    for model in models {
      for layer in model.layers { lines += isOfImages ? imageRows(of: layer, model) : meanRows(of: layer, model) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static let meanColumns = "logAmplitude,standardError,relativeLogAmplitude,relativeStandardError"

  private func meanRows(of layer: FrequencyLayer, _ model: FrequencyModel) -> [String] {
    layer.logAmplitude.indices.map { band in
      let values: [Double?] = [
        layer.logAmplitude[band], layer.standardError?[band], layer.relativeLogAmplitude[band],
        layer.relativeStandardError?[band],
      ]
      let fields =
        [quoted(model.checkpoint.name), quoted(layer.layer), "\(band + 1)", frequency(band, of: layer, model)]
        + values.map { $0.map { "\($0)" } ?? "" }
      return fields.joined(separator: ",")
    }
  }

  private func imageRows(of layer: FrequencyLayer, _ model: FrequencyModel) -> [String] {
    zip(model.imageNames ?? [], layer.imageLogAmplitude ?? []).flatMap { image, profile in
      profile.indices.map { band in
        [
          quoted(model.checkpoint.name), quoted(image), quoted(layer.layer), "\(band + 1)",
          frequency(band, of: layer, model), "\(profile[band])", "\(profile[band] - profile[0])",
        ].joined(separator: ",")
      }
    }
  }

  private func frequency(_ band: Int, of layer: FrequencyLayer, _ model: FrequencyModel) -> String {
    switch model.frequencies(of: layer)[band] {
    case .single(let value): "\(value)"
    case .pair(let row, let column): "\(row) \(column)"
    }
  }

  private func quoted(_ text: String) -> String {
    text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
      ? "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : text
  }
}
