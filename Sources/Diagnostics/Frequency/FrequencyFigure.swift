public import Figures
internal import Spectra

extension FrequencyResult {
  /// The figure of the result.
  ///
  /// Several layers: relative log amplitude against frequency, a line for each layer coloured by depth, a panel for each checkpoint
  /// (Fig. 2 of the MFF paper). One layer a checkpoint: log amplitude against the band, checkpoints over each other, and for two of
  /// them their difference (Fig. 4).
  ///
  /// - Parameter title: A line above everything; nil for none.
  /// - Returns: A figure to render in any format.
  public func figure(title: String? = nil) -> Figure {
    let single = models.allSatisfy { $0.layers.count == 1 }
    return single ? bandFigure(title: title) : layerFigure(title: title)
  }

  // MARK: A line for each layer

  private func layerFigure(title: String?) -> Figure {
    // One colour scale for all panels: the model with most layers decides.
    let names = models.map { $0.layers.map(\.layer) }.max { $0.count < $1.count } ?? []
    let colors = Palette.sequence(names.count)
    let panels = models.map { model in
      Panel(
        title: models.count > 1 ? model.checkpoint.name : nil,
        x: Axis("Frequency", ticks: .multiplesOfPi), y: Axis("Relative log amplitude (ln)"),
        marks: model.layers.enumerated().map { index, layer in
          let place = names.firstIndex(of: layer.layer) ?? min(index, names.count - 1)
          return .curve(
            Curve(
              x: model.frequencies.map(\.axisValue), y: layer.relativeLogAmplitude, color: colors[place],
              uncertainty: layer.relativeStandardError.map { .symmetric($0) }))
        })
    }
    return Figure(
      title: title ?? (models.count == 1 ? models[0].checkpoint.name : nil),
      note: hasErrors ? "Around the curves: ± one standard error over \(images.count) images." : nil,
      panels: panels, sharesX: true, sharesY: true,
      colorBar: ColorBar("Layer", labels: names, colors: colors))
  }

  /// A single image has no spread.
  private var hasErrors: Bool { models.contains { $0.layers.contains { $0.relativeStandardError != nil } } }

  // MARK: A line for each checkpoint

  private func bandFigure(title: String?) -> Figure {
    let layers = Set(models.flatMap { $0.layers.map(\.layer) })
    let amplitudes = Panel(
      x: Axis("Frequency band", ticks: .integers), y: Axis("Log amplitude (ln)"),
      marks: models.enumerated().map { index, model in
        let layer = model.layers[0]
        return .curve(
          Curve(
            x: bands(layer), y: layer.logAmplitude, color: Palette.category(index),
            label: layers.count == 1 ? model.checkpoint.name : "\(model.checkpoint.name), \(layer.layer)",
            marker: .category(index), uncertainty: layer.standardError.map { .symmetric($0) }))
      }, relativeHeight: 1.3)
    var panels = [amplitudes]
    if let comparison, models.count == 2 { panels.append(differencePanel(comparison)) }
    return Figure(
      title: title,
      note: bandNote(hasDifference: panels.count > 1),
      panels: panels, columns: 1, sharesX: true, legend: Legend(placement: .top))
  }

  private func bandNote(hasDifference: Bool) -> String? {
    guard hasErrors else { return nil }
    let errors = "Around the curves: ± one standard error over \(images.count) images."
    return hasDifference ? errors + " Bars: 95 % interval, paired by image." : errors
  }

  private func bands(_ layer: FrequencyLayer) -> [Double] { layer.logAmplitude.indices.map { Double($0 + 1) } }

  private func differencePanel(_ comparison: FrequencyComparison) -> Panel {
    let items = comparison.difference.enumerated().map { band, difference in
      let half = comparison.halfInterval?[band]
      return Points.Item(Double(band + 1), difference, vertical: half.map { (difference - $0)...(difference + $0) })
    }
    return Panel(
      x: Axis("Frequency band", ticks: .integers),
      y: Axis("\(models[1].checkpoint.name) − \(models[0].checkpoint.name)"),
      marks: [.rule(Rule(.horizontal(at: 0))), .points(Points(items, color: .ink))])
  }
}
