public import Tensors

/// A frozen network whose patch features are what a student's decoder predicts: those of its last block after the final norm.
///
/// Its images are the student's, resized (bilinear) to the student's grid of the teacher's patches and normalised as its family
/// does. A value of this type belongs to one thread; the pass itself uses the whole team.
public final class FeatureTeacher {
  /// C, the teacher's width: what the student's decoder predicts for each patch.
  public let width: Int
  /// The features' place: the final norm, or the last block where the file holds no final norm.
  public let layer: Layer
  /// The most images that a pass holds; a call may hold more.
  public let images: Int
  /// Height and width of the images as the teacher sees them.
  public var imageSize: [Int] { model.architecture.imageSize }

  /// Images of a pass beyond which nothing is gained.
  public static let imagesAtOnce = 16

  let model: VisionTransformer
  private let normalization: PixelNormalization
  private var workspace: EncoderWorkspace
  let team: Team
  let resizing: BilinearResizing

  /// Reads a teacher's weights.
  ///
  /// - Parameters:
  ///   - description: The teacher. Whether its width is what the student predicts is another question:
  ///     `ModelDescription.checkDecoder(predictsFeaturesOf:)`.
  ///   - student: The student at the size of the images that will be given; its grid need not be square.
  ///   - images: Images of a pass, at most.
  ///   - team: Cores to use.
  /// - Throws: As `ModelDescription.load(imageSize:team:)`.
  /// - Complexity: Memory of the teacher's encoder and of a pass of `images` images.
  public init(_ description: ModelDescription, student: Architecture, images: Int, team: Team = Team()) throws {
    try description.pixelNormalization.check(normalizationIsGiven: false, cropIsGiven: true)
    let size = student.grid.map { $0 * description.architecture.patchSize }
    model = try description.load(imageSize: size, team: team)
    normalization = description.pixelNormalization
    width = description.architecture.width
    layer = description.architecture.finalNorm ? .norm : .block(description.architecture.depth - 1)
    workspace = EncoderWorkspace(for: model.architecture, images: images, width: team.width)
    resizing = BilinearResizing(from: student.imageSize, to: size)
    self.images = images
    self.team = team
  }

  /// The features of every patch of the student's grid.
  ///
  /// - Parameters:
  ///   - images: The student's images, shape [N, 3, height, width]; N is worked through in passes.
  ///   - mean: By which they were normalised, for red, green and blue, on the scale of pixels in 0 … 1.
  ///   - deviation: The same.
  /// - Returns: Shape [N, L, C], L row-major on the grid.
  public func features(of images: [Float], mean: [Double], deviation: [Double]) -> [Float] {
    let (a, plane) = (model.architecture, resizing.from[0] * resizing.from[1])
    let count = images.count / (3 * plane)
    var features = [Float](repeating: 0, count: count * a.patches * a.width)
    var out = features.mutableSpan
    for first in stride(from: 0, to: count, by: self.images) {
      let pass = first..<min(first + self.images, count)
      let values =
        pass.count == count ? images : Array(images[pass.lowerBound * 3 * plane..<pass.upperBound * 3 * plane])
      let pixels = own(values, mean: mean, deviation: deviation)
      model.encode(pixels.span, workspace: &workspace, layers: [layer], team: team) { _, image, tokens in
        let start = (first + image) * tokens.count
        for i in tokens.indices { out[start + i] = tokens[i] }
      }
    }
    return features
  }

  /// The images as the teacher's family normalises them, at the teacher's size.
  func own<E: BinaryFloatingPoint>(_ images: [E], mean: [Double], deviation: [Double]) -> [E] {
    precondition(mean.count == 3 && deviation.count == 3, "a mean and a deviation for red, green and blue each")
    // Statistics are compared as images were normalised by them: in single precision.
    let isSame =
      normalization.mean.map(Float.init) == mean.map(Float.init)
      && normalization.deviation.map(Float.init) == deviation.map(Float.init)
    if isSame && resizing.isIdentity { return images }
    let plane = resizing.from[0] * resizing.from[1]
    var result: [E] = []
    result.reserveCapacity(images.count / plane * resizing.to[0] * resizing.to[1])
    for start in stride(from: 0, to: images.count, by: plane) {
      let colour = start / plane % 3
      let map = resizing.apply(images[start..<start + plane])
      if isSame {
        result += map
        continue
      }
      // (x σ + μ − μ′) / σ′ for a pixel of 0 … 1 that was normalised by μ and σ.
      let factor = deviation[colour] / normalization.deviation[colour]
      let shift = (mean[colour] - normalization.mean[colour]) / normalization.deviation[colour]
      result += map.map { E(Double($0) * factor + shift) }
    }
    return result
  }
}

extension ModelDescription {
  /// Checks that the decoder predicts as many values for each patch as a teacher's features are wide.
  ///
  /// - Parameter teacher: The network whose features are the target.
  /// - Throws: `ModelError` that names both files and widths, or the decoder's missing tensor.
  public func checkDecoder(predictsFeaturesOf teacher: ModelDescription) throws(ModelError) {
    guard let outputs = architecture.decoder?.outputs else {
      throw .missingTensor(file: path, tensor: names.foreignName(of: "decoder.embed.weight"), dialect: dialect)
    }
    let width = teacher.architecture.width
    guard outputs != width else { return }
    let pixels = 3 * architecture.patchSize * architecture.patchSize
    let advice =
      outputs == pixels
      ? "as many as the pixels of a patch have: give --objective pixels or pixmim, or a checkpoint trained on this teacher's features"
      : "give the --teacher that the checkpoint was trained with"
    throw .unusableSetting(
      file: path, setting: "the number of values that the decoder predicts for a patch", value: "\(outputs)",
      reason: "the features of the teacher \(teacher.path) have \(width); \(advice)")
  }
}
