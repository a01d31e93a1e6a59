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
    return showsOneLayer ? bandFigure(title: title) : layerFigure(title: title)
  }

  /// Whether each checkpoint shows one layer only: then log amplitude itself is the point, not its shape.
  var showsOneLayer: Bool { models.allSatisfy { $0.layers.count == 1 } }

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
              x: model.frequencies(of: layer).map(\.axisValue), y: layer.relativeLogAmplitude, color: colors[place],
              uncertainty: names.count > Self.mostBands ? nil : layer.relativeStandardError.map { .symmetric($0) }))
        })
    }
    return Figure(
      title: title ?? (models.count == 1 ? models[0].checkpoint.name : nil),
      note: layerNote(hasTints: hasErrors && names.count <= Self.mostBands),
      panels: panels, sharesX: true, sharesY: true,
      colorBar: ColorBar("Layer", labels: names, colors: colors))
  }

  private func layerNote(hasTints: Bool) -> String? {
    let sentences = [
      hasGridsByLayer ? "Frequencies are those of each layer's own grid." : nil, hasTints ? errorWords : nil,
    ].compactMap(\.self)
    return sentences.isEmpty ? nil : sentences.joined(separator: " ")
  }

  /// Whether a model's layers have different grids.
  var hasGridsByLayer: Bool { models.contains { $0.layers.contains { $0.frequencies != nil } } }

  /// With more layers than this, bands around the curves cover the curves; the numbers keep the errors.
  private static let mostBands = 20

  /// What the tints around the curves are.
  var errorWords: String {
    let counts = Set(models.map { $0.count ?? images?.count })
    let count = counts.count == 1 ? counts.first ?? nil : nil
    return "Around the curves: ± one standard error over \(count.map { "\($0) " } ?? "")images."
  }

  /// A single image has no spread.
  var hasErrors: Bool { models.contains { $0.layers.contains { $0.relativeStandardError != nil } } }
}
