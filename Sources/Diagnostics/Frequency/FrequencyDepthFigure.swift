public import Figures
internal import Spectra

extension FrequencyResult {
  /// Relative log amplitude of the highest band against normalised depth, a curve for each checkpoint (Park & Kim, ICLR 2022).
  ///
  /// Depth 0 is the embedding, 1 the last block's output; with subblocks the stream after each attention stands half a block
  /// before its block's end, and the stretches of attention and perceptron are shaded. Final norm and fused layers have no place
  /// on the way and are left out.
  ///
  /// - Parameter title: A line above everything; nil for the name of a single checkpoint, none for several.
  /// - Returns: The figure.
  /// - Throws: `PlotError.tooFewDepths` when a checkpoint has fewer than two places on the way.
  public func depthFigure(title: String? = nil) throws(PlotError) -> Figure {
    var marks: [Mark] = []
    for (index, model) in models.enumerated() {
      let places = model.places
      guard places.count > 1 else { throw .tooFewDepths(model: model.checkpoint.name, found: places.count) }
      let errors = places.compactMap { $0.layer.relativeStandardError?.last }
      marks.append(
        .curve(
          Curve(
            x: places.map(\.depth), y: places.compactMap { $0.layer.relativeLogAmplitude.last },
            color: colors[index], label: models.count > 1 ? model.checkpoint.name : nil,
            marker: colors.marker(index), uncertainty: errors.count == places.count ? .symmetric(errors) : nil)))
    }
    return Figure(
      title: title ?? (models.count == 1 ? models[0].checkpoint.name : nil), note: bandWords,
      panels: [
        Panel(
          x: Axis("Normalised depth", range: 0...1), y: Axis("Relative log amplitude (ln)"),
          marks: shadings + marks)
      ], legend: Legend(placement: .top))
  }

  /// Which band is shown, and what the tints around the curves are.
  private var bandWords: String {
    let last = Set(
      models.flatMap { model in model.places.compactMap { model.frequencies(of: $0.layer).last?.axisValue } })
    let interval = models.contains { $0.layers.contains { $0.relativeStandardError != nil } }
    let tints = interval ? " Around the curves: ± one standard error over images." : ""
    guard let highest = last.max(), let lowest = last.min() else { return "Highest band." + tints }
    if last.count == 1 { return "Highest band, \(Self.words(highest))." + tints }
    guard hasGridsByLayer else { return "Highest band of each checkpoint." + tints }
    return "Highest band of each layer's own grid, \(Self.words(lowest)) to \(Self.words(highest))." + tints
  }

  /// A frequency to three digits.
  private static func words(_ frequency: Double) -> String {
    let thousandths = Int((frequency * 1000).rounded())
    return (thousandths == 1000 ? "" : "0." + String(String(1000 + thousandths).dropFirst())) + "π"
  }

  /// The stretches of attention and perceptron, where all models have the same and the curves can tell them apart.
  private var shadings: [Mark] {
    let depths = Set(models.map(\.blockCount))
    let hasSubblocks = models.contains { $0.layers.contains { $0.layer.hasSuffix(".attention") } }
    guard hasSubblocks, depths.count == 1, let depth = depths.first ?? nil else { return [] }
    let steps = 2 * depth
    func stretches(from start: Int) -> [ClosedRange<Double>] {
      stride(from: start, to: steps, by: 2).map {
        (Double($0) / Double(steps))...(Double($0 + 1) / Double(steps))
      }
    }
    return [
      .shading(Shading(stretches(from: 0), color: Color(0xE4EDF7), label: "Attention")),
      .shading(Shading(stretches(from: 1), color: Color(0xF9EFDF), label: "MLP")),
    ]
  }
}

extension FrequencyModel {
  /// The layers on the way from the embedding to the last block, with their normalised depths.
  fileprivate var places: [(depth: Double, layer: FrequencyLayer)] {
    zip(FeatureNames.depths(of: layers.map(\.layer), blocks: blockCount), layers).compactMap { depth, layer in
      depth.map { ($0, layer) }
    }
  }
}
