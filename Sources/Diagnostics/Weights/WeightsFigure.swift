internal import Figures

extension WeightsResult {
  /// The fusion weights of checkpoints side by side: a group of bars for each layer, or lines for more than four.
  ///
  /// - Parameter title: A line above everything; nil for the name of a single checkpoint, none for several.
  /// - Returns: The figure.
  func checkpointFigure(title: String?) -> Figure {
    let scale = LayerScale(runs)
    let colors = CheckpointColors(runs.map(\.name), company: drawing?.company)
    func label(_ run: WeightsRun) -> String? { runs.count > 1 ? run.name : nil }
    var marks: [Mark] = []
    if runs.count <= 4 {
      marks.append(
        .bars(
          Bars(
            runs.enumerated().map { index, run in
              var values = [Double?](repeating: nil, count: scale.indices.count)
              for (place, weight) in zip(scale.places(run), run.endWeights) { values[place] = weight }
              return Bars.Series(values, color: colors[index], label: label(run))
            })))
    } else {
      marks += runs.enumerated().map { index, run in
        .curve(
          Curve(
            x: scale.places(run).map(Double.init), y: run.endWeights, color: colors[index], label: label(run),
            marker: colors.marker(index)))
      }
    }
    if let share = equalShare { marks.append(.rule(Rule(.horizontal(at: share), dash: .dashed))) }
    return Figure(
      title: title ?? (runs.count == 1 ? runs[0].name : nil), note: note,
      panels: [
        Panel(
          x: Axis(scale.title, ticks: .categories(scale.labels)), y: Axis("Fusion weight", includesZero: true),
          marks: marks)
      ], legend: Legend(placement: .top))
  }

  /// The fusion weights along training: a line for each fused layer, coloured by depth, a panel for each run.
  ///
  /// Long logs are thinned where the figure is rendered, with every extreme kept; the marks hold all points.
  ///
  /// - Parameters:
  ///   - title: A line above everything; nil for the name of a single run.
  ///   - wanted: The axis asked for.
  /// - Returns: The figure.
  /// - Throws: `PlotError.axisMissing` where a run knows nothing of the axis.
  func trainingFigure(title: String?, by wanted: TrainingAxis?) throws(PlotError) -> Figure {
    let axis: TrainingAxis?
    do throws(DiagnosisError) {
      axis = try self.axis(wanted)
    } catch {
      guard case .axisMissing(let run, let axis) = error else { preconditionFailure("no other error of an axis") }
      throw .axisMissing(run: run, axis: axis)
    }
    let scale = LayerScale(runs)
    let panels = runs.map { run in
      let x = axis.map(run.abscissa) ?? run.points.indices.map { Double($0 + 1) }
      var marks: [Mark] = scale.places(run).enumerated().map { position, place in
        let points = zip(x, run.points).compactMap { x, point in x.map { Point($0, point.weights[position]) } }
        return .curve(Curve(points, color: scale.colors[place], marker: points.count <= 20 ? .circle : .none))
      }
      // Beneath the lines of the weights: equal weights are where every training begins.
      marks.insert(.rule(Rule(.horizontal(at: 1 / Double(run.positions.count)), dash: .dashed)), at: 0)
      return Panel(
        title: runs.count > 1 ? run.name : nil, x: Axis(axis?.title ?? "Point"), y: Axis("Fusion weight"), marks: marks)
    }
    // Other numbers of layers have other equal weights: one scale would flatten the run that fuses more.
    return Figure(
      title: title ?? (runs.count == 1 ? runs[0].name : nil), note: note, panels: panels,
      sharesX: haveSimilarLengths(axis),
      sharesY: Set(runs.map(\.positions.count)).count == 1,
      colorBar: ColorBar(scale.shortTitle, labels: scale.labels, colors: scale.colors))
  }

  /// Runs of very different lengths would leave most of a panel empty on one axis.
  private func haveSimilarLengths(_ axis: TrainingAxis?) -> Bool {
    let ends = runs.map { run in
      axis.map { run.abscissa($0).compactMap(\.self).max() ?? 0 } ?? Double(run.points.count)
    }
    guard let least = ends.min(), let most = ends.max() else { return true }
    return most <= 3 * least
  }

  private var equalShare: Double? {
    let counts = Set(runs.map(\.positions.count))
    return counts.count == 1 ? counts.first.map { 1 / Double($0) } : nil
  }

  private var note: String {
    let counts = Set(runs.map(\.positions.count))
    var words: [String] = []
    if equalShare != nil || overTraining {
      words.append("Dashed: equal weights, 1/\(counts.count == 1 ? "\(counts.first ?? 1)" : "K").")
    }
    if runs.contains(where: { $0.layers == nil }) {
      words.append("Which blocks the positions are is not known (--fuse tells).")
    }
    if let trendNote { words.append(trendNote + ".") }
    return words.joined(separator: " ")
  }
}

extension TrainingAxis {
  /// The axis in a figure.
  var title: String { self == .epoch ? "Epoch" : "Step" }
}

extension WeightsRun {
  /// The weights at the end.
  var endWeights: [Double] { points.last?.weights ?? [] }
}

/// One scale of layers for all runs of a figure: block indices where every run knows them, otherwise positions.
struct LayerScale {
  /// The indices, ascending.
  let indices: [Int]
  /// What they are.
  let title: String
  /// The same beside a colour bar.
  let shortTitle: String
  /// Whether they are block indices.
  let isLayers: Bool

  init(_ runs: [WeightsRun]) {
    isLayers = runs.allSatisfy { $0.layers != nil }
    title = isLayers ? "Layer (block index)" : "Position among the fused layers"
    shortTitle = isLayers ? "Layer" : "Position"
    let layers = isLayers
    indices = Set(runs.flatMap { layers ? $0.layers ?? [] : $0.positions }).sorted()
  }

  var labels: [String] { indices.map(String.init) }
  var colors: [Color] { Palette.sequence(indices.count) }

  /// The place on the scale of each of a run's positions.
  func places(_ run: WeightsRun) -> [Int] {
    let own = isLayers ? run.layers ?? [] : run.positions
    return own.compactMap { indices.firstIndex(of: $0) }
  }
}
