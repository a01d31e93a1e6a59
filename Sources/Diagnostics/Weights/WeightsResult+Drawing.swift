public import Figures

extension WeightsResult: DrawableResult {
  /// `weights`.
  public static var commandName: String { "weights" }
  /// The names of the runs.
  public var names: [String] {
    get { runs.map(\.name) }
    set { for (index, name) in zip(runs.indices, newValue) { runs[index].name = name } }
  }
  /// Name and digest of every checkpoint; of a run, its last one's.
  public var checkpointDigests: [String] {
    runs.compactMap { run in (run.digest ?? run.points.last?.digest).map { "\(run.name): \($0)" } }
  }
  /// No images are used.
  public var imagesDigest: String? { nil }

  /// The figure.
  ///
  /// - Parameter settings: Title and, over training, the axis.
  /// - Returns: A figure to render in any format.
  /// - Throws: `PlotError.axisMissing` where a run knows nothing of the axis.
  public func figure(_ settings: DrawingSettings) throws(PlotError) -> Figure {
    var shown = self
    shown.drawing = settings
    return overTraining
      ? try shown.trainingFigure(title: settings.title, by: settings.by) : shown.checkpointFigure(title: settings.title)
  }

  /// One result with the runs of all.
  ///
  /// - Parameter results: Results with the files they come from, at least one.
  /// - Returns: A result to draw.
  /// - Throws: `PlotError.incompatible` when some are over training and others are not.
  public static func joining(_ results: [(file: String, result: WeightsResult)]) throws(PlotError) -> WeightsResult {
    precondition(!results.isEmpty, "nothing to join")
    var joint = results[0].result
    for (file, result) in results.dropFirst() {
      guard result.overTraining == joint.overTraining else {
        throw .incompatible(
          file: file, first: results[0].file, what: "one shows weights over training, the other those of checkpoints")
      }
    }
    guard results.count > 1 else { return joint }
    let names = results.flatMap { $0.result.runs.map(\.name) }
    joint.runs = results.flatMap { file, result in
      result.runs.map { run in
        guard names.count(where: { $0 == run.name }) > 1 else { return run }
        var run = run
        let stem = file.lastComponent
        run.name += " (\(stem.hasSuffix(".json") ? String(stem.dropLast(5)) : stem))"
        return run
      }
    }
    if joint.overTraining { joint.overRuns = ChangeOverRuns(joint.runs) }
    return joint
  }

  /// Whether positions stand where some results know layers.
  ///
  /// - Parameter results: Results with the files they come from.
  /// - Returns: A sentence, or none.
  public static func remarks(on results: [(file: String, result: WeightsResult)]) -> [String] {
    let known = Set(results.flatMap { $0.result.runs.map { $0.layers != nil } })
    return known.count > 1 ? ["not all runs tell their layers: positions among the fused layers are shown for all"] : []
  }

  /// Lists whose lengths do not agree, or weights that are none.
  public var inconsistency: String? {
    if runs.isEmpty { return "it has no runs" }
    for run in runs {
      if run.positions.isEmpty || run.positions != Array(run.positions.indices) {
        return "the positions of \(run.name) are not 0, 1, 2, …"
      }
      if run.points.isEmpty { return "\(run.name) has no points" }
      if let layers = run.layers {
        let ascending = zip(layers, layers.dropFirst()).allSatisfy { $0 < $1 }
        guard layers.count == run.positions.count, ascending else {
          return "\(run.name) has not one ascending layer for each of \(run.positions.count) positions"
        }
      }
      for point in run.points {
        if point.weights.count != run.positions.count {
          return "a point of \(run.name) has \(point.weights.count) weights for \(run.positions.count) positions"
        }
        if abs(point.weights.reduce(0, +) - 1) > 0.02 { return "weights of \(run.name) do not sum to 1" }
      }
      if !(1...run.positions.count).contains(run.firstThird.count) { return "the first third of \(run.name) is none" }
      if let what = run.unfitEstimates { return what }
    }
    if let interval = overRuns?.interval, !Self.isInterval(interval) { return "its interval over runs is none" }
    return nil
  }

  fileprivate static func isInterval(_ ends: [Double]?) -> Bool {
    ends.map { $0.count == 2 && $0[0] <= $0[1] } ?? true
  }
}

extension WeightsRun {
  /// Why slope and changes cannot be shown.
  fileprivate var unfitEstimates: String? {
    if let changes, changes.count != positions.count {
      return "\(name) has \(changes.count) changes for \(positions.count) positions"
    }
    let estimates = (changes ?? []) + [firstThird.change].compactMap(\.self)
    let intervals = estimates.map(\.interval) + [firstThird.slopeInterval]
    let errors = estimates.map(\.standardError) + [firstThird.slopeError]
    return intervals.allSatisfy(WeightsResult.isInterval) && errors.allSatisfy { ($0 ?? 0) >= 0 }
      ? nil : "an error or interval of \(name) is none"
  }
}
