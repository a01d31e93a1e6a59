public import Figures
internal import Spectra
internal import VisionTransformers

extension FrequencyResult: DrawableResult {
  /// `frequency`.
  public static var commandName: String { "frequency" }
  /// Name and digest of every checkpoint.
  public var checkpointDigests: [String] { models.map { "\($0.checkpoint.name): \($0.checkpoint.digest)" } }
  /// The names of the checkpoints.
  public var names: [String] {
    get { models.map(\.checkpoint.name) }
    set { for (index, name) in zip(models.indices, newValue) { models[index].checkpoint.name = name } }
  }
  /// The digest of the images.
  public var imagesDigest: String? { images?.digest }

  /// The figure.
  ///
  /// - Parameter settings: Title and axis.
  /// - Returns: `figure(title:)` against frequency, `depthFigure(title:)` against depth.
  /// - Throws: `PlotError.tooFewDepths` for a figure against depth of fewer than two places.
  public func figure(_ settings: DrawingSettings) throws(PlotError) -> Figure {
    var shown = self
    shown.drawing = settings
    return switch settings.against ?? .frequency {
    case .frequency: shown.figure(title: settings.title)
    case .depth: try shown.depthFigure(title: settings.title)
    }
  }

  /// The colours of the checkpoints where they stand over each other.
  var colors: CheckpointColors { CheckpointColors(models.map(\.checkpoint.name), company: drawing?.company) }

  // MARK: Several results

  /// One result with the models of all; the paired comparison is kept for a single result only, others lack the images' own values.
  ///
  /// - Parameter results: Results with the files they come from, at least one.
  /// - Returns: A result to draw.
  /// - Throws: `PlotError.incompatible` when bands of different files stand for different frequencies.
  public static func joining(_ results: [(file: String, result: FrequencyResult)]) throws(PlotError) -> FrequencyResult
  {
    precondition(!results.isEmpty, "nothing to join")
    guard results.count > 1 else { return results[0].result }
    for (file, result) in results.dropFirst() {
      if let what = difference(results[0].result, result) {
        throw .incompatible(file: file, first: results[0].file, what: what)
      }
    }
    var joint = results[0].result
    joint.models = distinct(results)
    joint.comparison = nil
    return joint
  }

  private static func difference(_ first: FrequencyResult, _ other: FrequencyResult) -> String? {
    if first.settings.path != other.settings.path {
      return
        "one has bands along the \(first.settings.path.rawValue) path, the other along the \(other.settings.path.rawValue) one"
    }
    let grids = (first.models + other.models).map(\.grid)
    guard let grid = grids.first, let odd = grids.first(where: { $0 != grid }) else { return nil }
    return "their grids are \(words(grid)) and \(words(odd)) patches, so that their bands are different frequencies"
  }

  static func words(_ grid: [Int]) -> String { grid.map(String.init).joined(separator: " × ") }

  /// The models of all results; where names repeat, the file's name tells them apart.
  private static func distinct(_ results: [(file: String, result: FrequencyResult)]) -> [FrequencyModel] {
    let names = results.flatMap { $0.result.models.map(\.checkpoint.name) }
    return results.flatMap { file, result in
      result.models.map { model in
        guard names.count(where: { $0 == model.checkpoint.name }) > 1 else { return model }
        var model = model
        model.checkpoint.name += " (\(stem(file)))"
        return model
      }
    }
  }

  private static func stem(_ file: String) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    return name.hasSuffix(".json") ? String(name.dropLast(5)) : name
  }

  /// Differences that do not forbid a joint figure, but change what it says.
  ///
  /// - Parameter results: Results with the files they come from.
  /// - Returns: A sentence for each difference.
  public static func remarks(on results: [(file: String, result: FrequencyResult)]) -> [String] {
    guard let first = results.first else { return [] }
    return results.dropFirst().compactMap { file, result in
      guard let images = result.images, let others = first.result.images else {
        return "whether \(file) and \(first.file) are about the same images is not known: features do not tell"
      }
      guard images.digest != others.digest else { return nil }
      return "\(file) and \(first.file) were computed on different images (\(images.count) and \(others.count))"
    }
  }

  // MARK: Soundness

  /// Lists whose lengths do not agree.
  public var inconsistency: String? {
    if models.isEmpty { return "it has no models" }
    for model in models {
      let name = model.checkpoint.name
      if model.layers.isEmpty || model.frequencies.isEmpty { return "\(name) has no layers or no frequencies" }
      if let depth = model.checkpoint.architecture?.depth, depth < 1 { return "\(name) has no blocks" }
      for layer in model.layers {
        let lists = [
          layer.logAmplitude, layer.relativeLogAmplitude, layer.standardError, layer.relativeStandardError,
        ]
        let bands = model.frequencies(of: layer).count
        if bands == 0 || lists.contains(where: { $0.map { $0.count != bands } ?? false }) {
          return "layer \(layer.layer) of \(name) has not one value for each of \(bands) frequencies"
        }
        if [layer.standardError, layer.relativeStandardError].contains(where: { $0?.contains { $0 < 0 } ?? false }) {
          return "layer \(layer.layer) of \(name) has a negative standard error"
        }
      }
    }
    guard let comparison else { return nil }
    let lists = [comparison.halfInterval, comparison.pValue, comparison.adjustedPValue].compactMap(\.self)
    if let odd = lists.first(where: { $0.count != comparison.difference.count }) {
      return "its comparison has \(comparison.difference.count) differences and \(odd.count) intervals or probabilities"
    }
    return nil
  }
}
