public import Tensors
internal import VisionTransformers
internal import Checkpoints

/// A frozen network whose patch features a student learns to predict: those of its last block after the final norm.
///
/// Its images are the student's, resized (bilinear) to the student's grid of the teacher's patches and normalised as its
/// family does.
public final class Teacher {
  /// What the student's decoder predicts for each patch: the teacher's width.
  public let width: Int
  /// The checkpoint, and the digest of the tensors that were read.
  public let source: Recipe.Teacher

  private let model: VisionTransformer
  private let normalization: PixelNormalization
  private var workspace: EncoderWorkspace
  private let team: Team
  private let layer: Layer
  private let resizing: BilinearResizing

  /// Loads a teacher.
  ///
  /// - Parameters:
  ///   - source: Its checkpoint; a digest is compared.
  ///   - network: The student.
  ///   - batchSize: Images in a batch.
  ///   - team: Cores to use.
  /// - Throws: `CheckpointError`, `ModelError`, `PretrainingError.otherTeacher`.
  public init(
    _ source: Recipe.Teacher, of network: Recipe.Network, batchSize: Int, team: Team
  ) throws {
    let checkpoint = try Checkpoint(opening: source.path)
    let description = try ModelDescription(checkpoint, options: ModelOptions(heads: source.heads))
    let digest = try checkpoint.digest(of: description.encoderTensors)
    if let expected = source.digest, expected != digest {
      throw PretrainingError.otherTeacher(path: source.path, expected: expected, found: digest)
    }
    let side = network.imageSize / network.patchSize * description.architecture.patchSize
    model = try description.load(imageSize: [side, side], team: team)
    normalization = description.pixelNormalization
    width = description.architecture.width
    layer = description.architecture.finalNorm ? .norm : .block(description.architecture.depth - 1)
    workspace = EncoderWorkspace(for: model.architecture, images: batchSize, width: team.width)
    resizing = BilinearResizing(from: network.imageSize, to: side)
    self.source = Recipe.Teacher(path: source.path, digest: digest, heads: source.heads)
    self.team = team
  }

  /// The features of every patch.
  ///
  /// - Parameter images: Normalised with ImageNet's mean and deviation, shape [N, 3, S, S], N at most the batch size.
  /// - Returns: Shape [N, L, C].
  public func features(of images: [Float]) -> [Float] {
    let pixels = own(images)
    let a = model.architecture
    let count = pixels.count / a.pixels
    var features = [Float](repeating: 0, count: count * a.patches * a.width)
    var out = features.mutableSpan
    model.encode(pixels.span, workspace: &workspace, layers: [layer], team: team) { _, image, tokens in
      let start = image * tokens.count
      for i in tokens.indices { out[start + i] = tokens[i] }
    }
    return features
  }

  /// The images as the teacher's family normalises them, at the teacher's size.
  private func own(_ images: [Float]) -> [Float] {
    let (mean, deviation) = (StudentPixels.mean, StudentPixels.deviation)
    let isSame = normalization.mean == mean && normalization.deviation == deviation
    if isSame && resizing.isIdentity { return images }
    let plane = resizing.from * resizing.from
    var result: [Float] = []
    result.reserveCapacity(images.count / plane * resizing.to * resizing.to)
    for start in stride(from: 0, to: images.count, by: plane) {
      let colour = start / plane % 3
      let factor = deviation[colour] / normalization.deviation[colour]
      let shift = (mean[colour] - normalization.mean[colour]) / normalization.deviation[colour]
      result += resizing.apply(images[start..<start + plane]).map { Float(Double($0) * factor + shift) }
    }
    return result
  }
}

/// ImageNet's mean and deviation, by which images to train on are normalised.
enum StudentPixels {
  static let mean = [0.485, 0.456, 0.406]
  static let deviation = [0.229, 0.224, 0.225]
}

/// Bilinear resizing of a square map as PyTorch's `interpolate` without aligned corners.
struct BilinearResizing {
  let from: Int
  let to: Int
  private let taps: [(low: Int, high: Int, share: Float)]

  init(from: Int, to: Int) {
    self.from = from
    self.to = to
    taps = (0..<to).map { i in
      let x = max(0, (Double(i) + 0.5) * Double(from) / Double(to) - 0.5)
      let low = min(Int(x), from - 1)
      return (low, min(low + 1, from - 1), Float(x - Double(low)))
    }
  }

  var isIdentity: Bool { from == to }

  func apply(_ map: ArraySlice<Float>) -> [Float] {
    guard !isIdentity else { return Array(map) }
    let start = map.startIndex
    var result: [Float] = []
    result.reserveCapacity(to * to)
    for row in taps {
      for column in taps {
        let (a, b) = (start + row.low * from, start + row.high * from)
        let top = map[a + column.low] + column.share * (map[a + column.high] - map[a + column.low])
        let bottom = map[b + column.low] + column.share * (map[b + column.high] - map[b + column.low])
        result.append(top + row.share * (bottom - top))
      }
    }
    return result
  }
}
