/// A training run of the reproduction, as the command line that makes it.
public struct PlannedTraining: Sendable, Hashable {
  /// The name of its folder.
  public let name: String
  /// What figures call it.
  public let title: String
  /// The command line after the program's name, relative to the reproduction's folder.
  public let arguments: [String]
  /// Trainings that must be complete before.
  public let needs: [String]
  /// Images it sees: its share of the work.
  public let images: Int
  /// Its last checkpoint.
  public let checkpoint: String

  /// The run folder.
  public var folder: String { Self.folder(name) }

  /// The run folder of a name.
  static func folder(_ name: String) -> String { "models/\(name)" }

  /// A training with the recipe that all share.
  ///
  /// Batches of 16 at a base rate of 0.032 are a peak of 2e-3, and 3,000 steps of that sum to 3: AdamW moves a fusion logit by
  /// no more. The crop is that of PixMIM and MFF, which keeps the leaf that decides on the class in the picture. One thread
  /// each: with the number of threads the last bits of the weights would change.
  ///
  /// - Parameters:
  ///   - name: The folder's name.
  ///   - title: What figures call it.
  ///   - scale: How long.
  ///   - seed: Initial values, order, crops and masks.
  ///   - learningRate: For batches of 256 images.
  ///   - options: What else the command line has.
  ///   - needs: Trainings that must be complete before.
  init(
    _ name: String, _ title: String, _ scale: ReproductionScale, seed: UInt64, learningRate: Double = 0.032,
    options: [String] = [], needs: [String] = []
  ) {
    self.name = name
    self.title = title
    self.needs = needs
    images = scale.imagesPerEpoch * scale.epochs
    checkpoint = "\(Self.folder(name))/epoch_\(scale.epochs).safetensors"
    arguments =
      [
        "pretrain", "-o", Self.folder(name), "--synthetic", "dead-leaves", "--count", "\(scale.imagesPerEpoch)",
        "--epochs", "\(scale.epochs)", "--batch-size", "16", "--arch", "micro", "--augmentation",
        "simple-resized-crop", "--learning-rate", "\(learningRate)", "--clip", "1", "--threads", "1", "--log-every",
        "20", "--save-every", "\(scale.epochs)", "--seed", "\(seed)",
      ] + options
  }
}
