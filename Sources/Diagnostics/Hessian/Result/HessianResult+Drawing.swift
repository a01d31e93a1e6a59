public import Figures
internal import Hessian

extension HessianResult: DrawableResult {
  /// `hessian`.
  public static var commandName: String { "hessian" }
  /// The names of the checkpoints; a comparison of two has them, too.
  public var names: [String] {
    get { models.map(\.checkpoint.name) }
    set {
      let old = names
      for (index, name) in zip(models.indices, newValue) { models[index].checkpoint.name = name }
      let new = Dictionary(zip(old, names)) { first, _ in first }
      comparison?.rename(new)
      for index in blockComparisons?.indices ?? 0..<0 { blockComparisons?[index].comparison.rename(new) }
    }
  }
  /// Name and digest of every checkpoint.
  public var checkpointDigests: [String] { models.map { "\($0.checkpoint.name): \($0.checkpoint.digest)" } }
  /// The digest of the images.
  public var imagesDigest: String? { images.digest }

  /// The figure.
  ///
  /// - Parameter settings: The title.
  /// - Returns: `spectrumFigure(title:)`, or with `per-block` `blockFigure(title:)`.
  /// - Throws: Nothing: a result that is consistent can be drawn.
  public func figure(_ settings: DrawingSettings) throws(PlotError) -> Figure {
    var shown = self
    shown.drawing = settings
    return isByBlock ? shown.blockFigure(title: settings.title) : shown.spectrumFigure(title: settings.title)
  }

  /// Whether the result is of one block after another.
  var isByBlock: Bool { models.contains { $0.details.blocks != nil } }

  // MARK: Several results

  /// One result with the models of all; two models on the same images, masks and batches are compared again.
  ///
  /// - Parameter results: Results with the files they come from, at least one.
  /// - Returns: A result to draw.
  /// - Throws: `PlotError.incompatible` when their eigenvalues are not of the same kind.
  public static func joining(_ results: [(file: String, result: HessianResult)]) throws(PlotError) -> HessianResult {
    precondition(!results.isEmpty, "nothing to join")
    guard let (firstFile, first) = results.first, results.count > 1 else { return results[0].result }
    for (file, result) in results.dropFirst() {
      if let what = difference(first, result) { throw .incompatible(file: file, first: firstFile, what: what) }
    }
    var joint = first
    joint.models = distinct(results)
    (joint.comparison, joint.blockComparisons) = (nil, nil)
    joint.joined = results.map(\.result.settings)
    if joint.models.count == 2, results.allSatisfy({ haveSameBatches($0.result, first) }) {
      let sides = joint.models.map { (name: $0.checkpoint.name, batches: $0.details.batches ?? []) }
      joint.comparison = HessianComparison(sides[0], sides[1])
    }
    return joint
  }

  /// What makes eigenvalues of two results different quantities.
  private static func difference(_ first: HessianResult, _ other: HessianResult) -> String? {
    let (one, two) = (first.settings, other.settings)
    if one.which != two.which {
      return "one has the eigenvalues of largest \(one.which.words), the other those of largest \(two.which.words)"
    }
    if one.parameters != two.parameters {
      return "one is over the parameters `\(one.parameters)`, the other over `\(two.parameters)`"
    }
    if one.weightDecay != two.weightDecay {
      return "one contains a weight decay of \(one.weightDecay), the other of \(two.weightDecay)"
    }
    let losses = Set(first.models.map(\.loss))
    guard let loss = other.models.map(\.loss).first(where: { !losses.contains($0) }) else { return nil }
    return "one is about the loss \(losses.sorted().joined(separator: " and ")), the other about \(loss)"
  }

  /// Whether batch i of both holds the same images and masks, so that batches can be paired.
  private static func haveSameBatches(_ one: HessianResult, _ two: HessianResult) -> Bool {
    func masks(_ result: HessianResult) -> Set<Int> { Set(result.models.map(\.details.removedPatches)) }
    return one.images.digest == two.images.digest && one.seed == two.seed
      && one.settings.batchSize == two.settings.batchSize && one.settings.masksDigest == two.settings.masksDigest
      && one.settings.augmentation == two.settings.augmentation && one.settings.cropPct == two.settings.cropPct
      && one.settings.top == two.settings.top && masks(one) == masks(two)
  }

  /// The models of all results; where names repeat, the file's name tells them apart, where that repeats, too, its path.
  private static func distinct(_ results: [(file: String, result: HessianResult)]) -> [HessianModel] {
    func named(_ suffix: (String) -> String?) -> [String] {
      results.flatMap { file, result in
        result.models.map { model in model.checkpoint.name + (suffix(file).map { " (\($0))" } ?? "") }
      }
    }
    let (plain, withStem, withPath) = (named { _ in nil }, named(stem), named { $0 })
    func repeats(_ names: [String], _ index: Int) -> Bool { names.count { $0 == names[index] } > 1 }
    return results.flatMap(\.result.models).enumerated().map { index, model in
      var model = model
      if repeats(plain, index) {
        model.checkpoint.name = repeats(withStem, index) ? withPath[index] : withStem[index]
        if repeats(withPath, index) { model.checkpoint.name += " #\(index + 1)" }
      }
      return model
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
  public static func remarks(on results: [(file: String, result: HessianResult)]) -> [String] {
    guard let first = results.first else { return [] }
    return results.dropFirst().flatMap { file, result in
      let names = "\(file) and \(first.file)"
      var words: [String] = []
      if result.images.digest != first.result.images.digest {
        words.append(
          "\(names) were computed on different images (\(result.images.count) and \(first.result.images.count))")
      }
      let pairs = zip(result.choices, first.result.choices).filter { $0.value != $1.value }
      if !pairs.isEmpty {
        let differences = pairs.map { "\($0.name) (\($0.value) and \($1.value))" }
        words.append("\(names) differ in \(differences.joined(separator: ", "))")
      }
      return words
    }
  }

  /// Settings that change the values but not what they are.
  private var choices: [(name: String, value: String)] {
    let ratios = Set(models.map { $0.details.maskRatio.map { "\($0)" } ?? "none" }).sorted().joined(separator: ", ")
    return [
      ("batches", "\(settings.batches)"), ("batch size", "\(settings.batchSize)"), ("top", "\(settings.top)"),
      ("solver", settings.solver.rawValue), ("tolerance", "\(settings.tolerance)"), ("seed", "\(seed)"),
      ("protocol", settings.protocol.rawValue), ("augmentation", settings.augmentation ?? "none"),
      ("crop", settings.cropPct.map { "\($0)" } ?? "none"), ("mask ratio", ratios),
      ("masks", settings.masksDigest ?? "drawn by the seed"), ("teacher", settings.teacherDigest ?? "none"),
      ("labels", settings.labelsDigest ?? "none"), ("warm start", settings.warmStart ? "on" : "off"),
    ]
  }
}

extension SpectrumEnd {
  /// The end in words, after “largest”.
  var words: String { self == .magnitude ? "magnitude" : "value" }
}

extension HessianModel {
  /// The loss and what its targets are.
  var loss: String {
    details.objective + (details.normPixels.map { $0 ? " (normalised patches)" : " (raw pixels)" } ?? "")
  }
}
