internal import Figures
internal import OutputFiles
public import Images
public import Tensors
public import VisionTransformers

/// The picture that a training leaves beside each checkpoint: the same images, with the same patches removed, as the model
/// reconstructs them by then.
public struct TrainingPanel: Sendable {
  private let architecture: Architecture
  private let images: [Float]
  private let masks: [[Bool]]
  private let normalizedPixels: Bool
  private let normalization: Normalization
  private let team: Team

  /// A picture to be.
  ///
  /// - Parameters:
  ///   - architecture: The network, with a decoder that predicts pixels.
  ///   - images: Normalised images, shape [N, 3, height, width].
  ///   - masks: Patches to remove, shape [N, L], true for removed, equally many in each row.
  ///   - normalizedPixels: Whether the model is trained to predict patches normalised one by one.
  ///   - normalization: How the images were normalised.
  ///   - team: The cores to use.
  public init(
    _ architecture: Architecture, images: [Float], masks: [[Bool]], normalizedPixels: Bool,
    normalization: Normalization = .imagenet, team: Team = Team()
  ) {
    self.architecture = architecture
    self.images = images
    self.masks = masks
    self.normalizedPixels = normalizedPixels
    self.normalization = normalization
    self.team = team
  }

  /// Reconstructs the images and writes the picture as PNG, whole or not at all.
  ///
  /// - Parameters:
  ///   - parameters: θ by now, in the order of `ParameterLayout(of: architecture)`; not changed.
  ///   - title: The line above.
  ///   - path: The file.
  /// - Returns: The scores of each image.
  /// - Throws: `LossError` for values that are not finite; `FigureError`; `OutputError`, what was at the path then is unchanged.
  /// - Complexity: A forward pass.
  @discardableResult
  public func write(_ parameters: Span<Float>, title: String, to path: String) throws -> [ReconstructionScores] {
    let (figure, items) = try ReconstructionPanel.figure(
      architecture, parameters: parameters, images: images, masks: masks, normalizedPixels: normalizedPixels,
      normalization: normalization, title: title, team: team)
    let metadata = [("Software", "mff-inspect \(ToolVersion.current)"), ("Title", title)]
    try AtomicFile.write(figure.render(as: .png(dpi: Self.dpi), width: nil, metadata: metadata), to: path)
    return items.map(\.scores)
  }

  /// That of `reconstruct` unless told otherwise.
  private static let dpi = 150.0
}
