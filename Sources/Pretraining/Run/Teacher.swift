public import Tensors
internal import VisionTransformers
internal import Checkpoints

/// A frozen network whose patch features a student learns to predict: those of its last block after the final norm.
///
/// Its images are the student's, resized (bilinear) to the student's grid of the teacher's patches and normalised as its
/// family does.
public final class Teacher {
  /// What the student's decoder predicts for each patch: the teacher's width.
  public var width: Int { network.width }
  /// The checkpoint, and the digest of the tensors that were read.
  public let source: Recipe.Teacher

  private let network: FeatureTeacher

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
    let student = Architecture(
      imageSize: network.imageSize, patchSize: network.patchSize, width: network.width, depth: network.depth,
      heads: network.heads)
    self.network = try FeatureTeacher(description, student: student, images: batchSize, team: team)
    self.source = Recipe.Teacher(path: source.path, digest: digest, heads: source.heads)
  }

  /// The features of every patch.
  ///
  /// - Parameter images: Normalised with ImageNet's mean and deviation, shape [N, 3, S, S], N at most the batch size.
  /// - Returns: Shape [N, L, C].
  public func features(of images: [Float]) -> [Float] {
    network.features(of: images, mean: StudentPixels.mean, deviation: StudentPixels.deviation)
  }
}

/// ImageNet's mean and deviation, by which images to train on are normalised.
enum StudentPixels {
  static let mean = [0.485, 0.456, 0.406]
  static let deviation = [0.229, 0.224, 0.225]
}
