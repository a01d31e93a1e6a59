internal import Figures
internal import Spectra

extension FrequencyResult {
  /// One layer a checkpoint: log amplitude band by band, checkpoints over each other.
  ///
  /// For two checkpoints their difference stands below, as in Fig. 4 of the MFF paper.
  func bandFigure(title: String?) -> Figure {
    let amplitudes = Panel(
      x: bandAxis, y: Axis("Log amplitude (ln)" + (commonLayer.map { ", \(words(for: $0))" } ?? "")),
      marks: models.enumerated().map { index, model in
        let layer = model.layers[0]
        let name = model.checkpoint.name
        return .curve(
          Curve(
            x: positions(model), y: layer.logAmplitude, color: colors[index],
            label: commonLayer == nil ? "\(name), \(words(for: layer.layer))" : name,
            marker: colors.marker(index), uncertainty: layer.standardError.map { .symmetric($0) }))
      }, relativeHeight: 1.3)
    var panels = [amplitudes]
    if let comparison, models.count == 2 { panels.append(differencePanel(comparison)) }
    return Figure(
      title: title, note: bandNote(hasDifference: panels.count > 1),
      panels: panels, columns: 1, sharesX: true, legend: Legend(placement: .top))
  }

  /// The layer that all checkpoints show; nil when they show different ones.
  private var commonLayer: String? {
    let layers = Set(models.flatMap { $0.layers.map(\.layer) })
    return layers.count == 1 ? layers.first : nil
  }

  private func words(for layer: String) -> String { Int(layer) == nil ? layer : "layer \(layer)" }

  /// Bands of one number are the same frequency only on equal grids; otherwise the frequency itself is the axis.
  private var sharesBands: Bool { Set(models.map { $0.frequencies(of: $0.layers[0]) }).count == 1 }

  private var bandAxis: Axis {
    sharesBands ? Axis("Frequency band", ticks: .integers) : Axis("Frequency", ticks: .multiplesOfPi)
  }

  private func positions(_ model: FrequencyModel) -> [Double] {
    let frequencies = model.frequencies(of: model.layers[0])
    return sharesBands ? frequencies.indices.map { Double($0 + 1) } : frequencies.map(\.axisValue)
  }

  private func bandNote(hasDifference: Bool) -> String? {
    guard hasErrors else { return nil }
    return hasDifference ? errorWords + " Bars: 95 % interval of each band by itself, paired by image." : errorWords
  }

  private func differencePanel(_ comparison: FrequencyComparison) -> Panel {
    let items = comparison.difference.enumerated().map { band, difference in
      let half = comparison.halfInterval?[band]
      return Points.Item(Double(band + 1), difference, vertical: half.map { (difference - $0)...(difference + $0) })
    }
    return Panel(
      x: bandAxis, y: Axis("\(models[1].checkpoint.name) − \(models[0].checkpoint.name)"),
      marks: [.rule(Rule(.horizontal(at: 0))), .points(Points(items, color: .ink))])
  }
}
