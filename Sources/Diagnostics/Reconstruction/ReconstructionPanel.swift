public import Figures
public import Images
public import Tensors
public import VisionTransformers
internal import Foundation

/// Pictures of reconstructions: a row for each image, columns for input, masked input, reconstruction, and reconstruction in place of the
/// removed patches only.
public enum ReconstructionPanel {
  /// One model's reconstructions.
  public struct Block: Sendable {
    /// What headings call the model; nil for none.
    public var name: String?
    /// In the order of the images.
    public var reconstructions: [Reconstruction]

    /// Reconstructions of one model.
    public init(name: String? = nil, reconstructions: [Reconstruction]) {
      self.name = name
      self.reconstructions = reconstructions
    }
  }

  /// Reconstructs images with parameters in memory, and draws them: what a training shows as it goes on.
  ///
  /// - Parameters:
  ///   - architecture: The network, with a decoder that predicts pixels.
  ///   - parameters: θ, in the order of `ParameterLayout(of: architecture)`.
  ///   - images: Normalised images, shape [N, 3, height, width].
  ///   - masks: Patches to remove, shape [N, L], true for removed, equally many in each row.
  ///   - normalizedPixels: Whether the model is trained to predict patches normalised one by one.
  ///   - normalization: How the images were normalised.
  ///   - names: What stands beside the images; empty for nothing.
  ///   - title: The line above.
  ///   - team: The cores to use.
  /// - Returns: The figure, and the reconstructions with their scores.
  /// - Throws: `LossError` for what does not fit together, and for values that are not finite.
  /// - Complexity: A forward pass.
  public static func figure(
    _ architecture: Architecture, parameters: Span<Float>, images: [Float], masks: [[Bool]], normalizedPixels: Bool,
    normalization: Normalization = .imagenet, names: [String] = [], title: String? = nil, team: Team = Team()
  ) throws(LossError) -> (figure: Figure, reconstructions: [Reconstruction]) {
    let reconstructions = try Reconstructor(
      architecture, normalizedPixels: normalizedPixels, normalization: normalization, team: team
    ).reconstruct(images, masks: masks, parameters: parameters)
    let note = note([(nil, reconstructions.map(\.scores))])
    return (figure([Block(reconstructions: reconstructions)], names: names, title: title, note: note), reconstructions)
  }

  /// Draws reconstructions of the same images by some models.
  ///
  /// Input and masked input of a later model are shown only where they differ from the first one's.
  ///
  /// - Parameters:
  ///   - blocks: The models, at least one with an image, all with equally many images.
  ///   - names: What stands beside the images; empty for nothing.
  ///   - title: The line above.
  ///   - note: The words below.
  /// - Returns: The figure.
  public static func figure(_ blocks: [Block], names: [String], title: String?, note: String?) -> Figure {
    let first = blocks[0].reconstructions
    var panels: [Panel] = []
    for row in first.indices {
      let columns = blocks.indices.flatMap { index in
        let showsInput = index == 0 || differs(blocks[index].reconstructions, from: first)
        let sharing = blocks.map { $0.reconstructions[row] }.filter {
          isSameTask($0, blocks[index].reconstructions[row])
        }
        return (showsInput ? inputs(sharing) : []) + outputs(blocks[index], row: row)
      }
      for (index, column) in columns.enumerated() {
        panels.append(
          Panel(
            title: row == 0 ? column.heading : nil, side: index == 0 && row < names.count ? names[row] : nil,
            caption: column.caption, picture: column.picture))
      }
    }
    let picture = first[0].original
    let models = blocks.compactMap(\.name)
    return Figure(
      title: title, note: note, panels: panels, columns: panels.count / first.count,
      aspect: Double(picture.height) / Double(picture.width),
      summary: "\(first.count) images, each as it is, with patches removed, and reconstructed"
        + (models.isEmpty ? "" : " by \(models.joined(separator: ", "))"))
  }

  private struct Column {
    var heading: String
    var caption: String?
    var picture: Picture
  }

  /// Input and masked input of an image, with what simple fillings of the removed patches reach.
  private static func inputs(_ items: [Reconstruction]) -> [Column] {
    let fillings = [
      items[0].scores.meanColor.psnr.map { "mean colour \(decibels($0))" },
      items.lazy.compactMap(\.scores.patchMean?.psnr).first.map { "mean greys \(decibels($0))" },
    ].compactMap(\.self)
    return [
      Column(heading: "input", picture: items[0].original),
      Column(
        heading: "masked", caption: fillings.isEmpty ? nil : fillings.joined(separator: "\n"), picture: items[0].masked),
    ]
  }

  /// With a place to break it in narrow columns.
  private static let heading = "recon\u{AD}struction"

  private static func outputs(_ block: Block, row: Int) -> [Column] {
    let item = block.reconstructions[row]
    let prefix = block.name.map { "\($0)\n" } ?? ""
    return [
      Column(
        heading: prefix + heading, caption: item.scores.pixels.psnr.map(decibels), picture: item.predicted),
      Column(heading: "\(prefix)\(heading) + visible", picture: item.completed),
    ]
  }

  /// Whether any image or mask differs.
  private static func differs(_ items: [Reconstruction], from first: [Reconstruction]) -> Bool {
    !zip(items, first).allSatisfy(isSameTask)
  }

  private static func isSameTask(_ item: Reconstruction, _ other: Reconstruction) -> Bool {
    item.original == other.original && item.removed == other.removed && item.grid == other.grid
  }

  static func decibels(_ value: Double) -> String { String(format: "%.1f\u{A0}dB", value) }

  /// What the numbers below the pictures are, and their means over all images.
  static func note(_ models: [(name: String?, scores: [ReconstructionScores])]) -> String {
    var lines = [
      "dB: peak signal-to-noise ratio of the removed patches. Mean colour: each of them has the mean colour of the visible ones."
    ]
    if models.contains(where: { $0.scores.contains { $0.patchMean != nil } }) {
      lines.append(
        "Normalised patches are predicted: each is shown with the mean and deviation of the true one, which are given, not "
          + "predicted. Mean greys: each removed patch has its true mean grey, one number over pixels and colours.")
    }
    lines += models.map { name, scores in
      let summary = ReconstructionSummary(scores)
      let parts = [
        summary.pixels.psnr.map { "reconstruction \($0.decibels)" },
        summary.patchMean?.psnr.map { "mean greys \($0.decibels)" },
        summary.meanColor.psnr.map { "mean colour \($0.decibels)" },
      ].compactMap(\.self)
      let count = scores.count == 1 ? "1 image" : "mean ± standard error of \(scores.count) images"
      return "\(name.map { "\($0): " } ?? "")\(parts.joined(separator: ", ")); \(count)"
    }
    return lines.joined(separator: "\n")
  }
}
