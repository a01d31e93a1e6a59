public import Figures
internal import Foundation
internal import Images
internal import VisionTransformers

extension ReconstructionResult: DrawableResult {
  /// `reconstruct`.
  public static var commandName: String { "reconstruct" }
  /// The names of the checkpoints.
  public var names: [String] {
    get { models.map(\.checkpoint.name) }
    set { for (index, name) in zip(models.indices, newValue) { models[index].checkpoint.name = name } }
  }
  /// Name and digest of every checkpoint.
  public var checkpointDigests: [String] { models.map { "\($0.checkpoint.name): \($0.checkpoint.digest)" } }
  /// The digest of the images.
  public var imagesDigest: String? { images.digest }

  /// The figure, from the pictures in the result.
  ///
  /// - Parameter settings: The title.
  /// - Returns: A row for each image, columns for each checkpoint; `mostPictures` rows at most.
  /// - Throws: `PlotError` for a picture that is none.
  public func figure(_ settings: DrawingSettings) throws(PlotError) -> Figure {
    var blocks: [ReconstructionPanel.Block] = []
    for model in models {
      let name = models.count > 1 ? model.checkpoint.name : nil
      blocks.append(ReconstructionPanel.Block(name: name, reconstructions: try reconstructions(of: model)))
    }
    let shown = blocks[0].reconstructions.count
    var note = ReconstructionPanel.note(
      models.map { (models.count > 1 ? $0.checkpoint.name : nil, $0.details.images.map(\.scores)) })
    if shown < images.count { note += "\nThe first \(shown) of \(images.count) images are shown." }
    let title = settings.title ?? (models.count == 1 ? models[0].checkpoint.name : nil)
    let names = models[0].details.images.prefix(shown).map { Self.shortName($0.name) }
    return ReconstructionPanel.figure(blocks, names: names, title: title, note: note)
  }

  /// A file's name without its folders.
  static func shortName(_ name: String) -> String { name.split(separator: "/").last.map(String.init) ?? name }

  /// The pictures of the images shown.
  private func reconstructions(of model: ReconstructionModel) throws(PlotError) -> [Reconstruction] {
    var items: [Reconstruction] = []
    for (index, image) in model.details.images.enumerated() {
      guard let predicted = image.predicted, let input = image.input ?? models[0].details.images[index].input else {
        break
      }
      let patches = model.details.grid.reduce(1, *)
      var removed = [Bool](repeating: false, count: patches)
      for patch in image.removed { removed[patch] = true }
      do throws(ImageError) {
        items.append(
          Reconstruction(
            grid: model.details.grid, removed: removed, original: try Picture(base64: input, name: image.name),
            predicted: try Picture(base64: predicted, name: image.name), scores: image.scores))
      } catch {
        throw .inconsistent(file: model.checkpoint.name, what: "a picture cannot be read: \(error.description)")
      }
    }
    return items
  }

  // MARK: Several results

  /// One result with the models of all.
  ///
  /// - Parameter results: Results with the files they come from, at least one.
  /// - Returns: A result to draw.
  /// - Throws: `PlotError.incompatible` for other images.
  public static func joining(
    _ results: [(file: String, result: ReconstructionResult)]
  ) throws(PlotError) -> ReconstructionResult {
    precondition(!results.isEmpty, "nothing to join")
    for (file, result) in results.dropFirst() where result.images.digest != results[0].result.images.digest {
      throw .incompatible(
        file: file, first: results[0].file, what: "they are about different images, and a row shows one image")
    }
    guard results.count > 1 else { return results[0].result }
    var joint = results[0].result
    let names = results.flatMap { $0.result.models.map(\.checkpoint.name) }
    joint.models = results.flatMap { file, result in
      result.models.map { model in
        var model = model
        if names.count(where: { $0 == model.checkpoint.name }) > 1 { model.checkpoint.name += " (\(shortName(file)))" }
        // Inputs that a result keeps with its first model only.
        for index in model.details.images.indices where model.details.images[index].predicted != nil {
          model.details.images[index].input =
            model.details.images[index].input ?? result.models[0].details.images[index].input
        }
        return model
      }
    }
    return joint
  }

  /// Differences that do not forbid a joint figure, but change what it says.
  ///
  /// - Parameter results: Results with the files they come from.
  /// - Returns: A sentence for each difference.
  public static func remarks(on results: [(file: String, result: ReconstructionResult)]) -> [String] {
    func masks(_ result: ReconstructionResult) -> [[Int]]? { result.models.first?.details.images.map(\.removed) }
    guard let first = results.first else { return [] }
    return results.dropFirst().filter { masks($0.result) != masks(first.result) }.map { file, _ in
      "\(file) and \(first.file) have different patches removed: their numbers do not compare"
    }
  }

  // MARK: Soundness

  /// What does not fit together.
  public var inconsistency: String? {
    guard let first = models.first else { return "it has no models" }
    guard !first.details.images.isEmpty else { return "it has no images" }
    for model in models {
      let (name, details) = (model.checkpoint.name, model.details)
      if details.images.map(\.name) != first.details.images.map(\.name) { return "\(name) is about other images" }
      let patches = details.grid.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
      if details.grid.count != 2 || !details.grid.allSatisfy({ (1...32_767).contains($0) }) {
        return "\(name) has a grid of \(details.grid)"
      }
      if details.images[0].predicted == nil { return "\(name) has no pictures" }
      for (index, image) in details.images.enumerated() {
        if let patch = image.removed.first(where: { !(0..<patches).contains($0) }) {
          return "\(image.name): patch \(patch) lies outside the grid of \(name)"
        }
        guard let predicted = image.predicted else { continue }
        guard let input = image.input ?? first.details.images[index].input else {
          return "\(image.name) of \(name) has no input picture"
        }
        if let what = unfit(predicted, input, details.grid) { return "\(image.name) of \(name): \(what)" }
      }
    }
    return nil
  }

  /// Why two pictures do not show the same patches.
  private func unfit(_ predicted: String, _ input: String, _ grid: [Int]) -> String? {
    do throws(ImageError) {
      let pictures = [try Picture(base64: predicted, name: "predicted"), try Picture(base64: input, name: "input")]
      let sizes = pictures.map { [$0.height, $0.width] }
      guard sizes[0] == sizes[1] else { return "input and prediction differ in size" }
      guard zip(sizes[0], grid).allSatisfy({ $0.isMultiple(of: $1) }) else { return "pictures do not fit the grid" }
      return nil
    } catch { return error.description }
  }
}
