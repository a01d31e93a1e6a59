public import Images
public import Tensors
internal import Digests

/// Images as checkpoints reconstruct them from their visible patches.
///
/// - Source: He et al. 2022, Fig. 2.
public struct ReconstructionDiagnosis: Sendable {
  /// The checkpoints to examine; each needs its decoder.
  public var checkpoints: [CheckpointRequest]
  /// Folders, image files, or `.safetensors` batches.
  public var images: [String]
  /// At most so many images.
  public var count = 8
  /// Side of the square images; nil for what the model was trained at, which is all that a decoder knows.
  public var imageSize: Int?
  /// The centre crop's share of the resized short side; nil for what the checkpoint's own files say, else 0.875.
  public var cropPct: Double?
  /// Normalisation of pixels, of batches too; nil for the family's own.
  public var normalization: Normalization?
  /// Images a batch.
  public var batchSize = 8
  /// Share of patches removed; nil for the method's own.
  public var maskRatio: Double?
  /// A file of masks, instead of those that the seed draws.
  public var masks: String?
  /// Whether the model predicts normalised patches; nil for what the checkpoint says, else true.
  public var normPixels: Bool?
  /// Whether to refuse what would have to be assumed.
  public var isStrict = false
  /// Chooses images and masks.
  public var seed: UInt64 = 0
  /// The cores to use.
  public var team = Team()
  /// The command line, for the result.
  public var arguments: [String] = []

  /// A diagnosis with the defaults of the command.
  public init(checkpoints: [CheckpointRequest], images: [String]) {
    self.checkpoints = checkpoints
    self.images = images
  }

  /// What is happening, for a progress line.
  public enum Event: Sendable {
    /// A checkpoint was opened and understood.
    case opened(OpenedModel)
    /// What happens to the images and which patches are removed, in words; warnings for what a reader may take wrongly.
    case prepared(model: String, words: [String], warnings: [String])
    /// What neither the file nor an option tells, and changes the numbers.
    case assumed([AssumedValue])
    /// `done` of `count` images have been reconstructed; 0 when the weights are loaded.
    case images(model: String, done: Int, count: Int)
    /// An image could not be read and is left out.
    case skipped(reason: String)
  }

  /// Reconstructs the images.
  ///
  /// All checkpoints see the same images; masks are the same where grids and numbers of removed patches are.
  ///
  /// - Parameter report: Called from this thread as the work goes on.
  /// - Returns: Pictures and scores of all checkpoints.
  /// - Throws: `LossInputError`, `MaskFileError`, and those of checkpoints and images.
  /// - Complexity: A forward pass of encoder and decoder for each image and checkpoint.
  public func run(_ report: (Event) -> Void = { _ in }) throws -> ReconstructionResult {
    let imageSet = try ImageSet(paths: images, count: count, seed: seed)
    let maskFile = try masks.map { path throws(MaskFileError) in try MaskFile(path) }
    let knownSize = imageSet.preprocessedSize.map { [$0.height, $0.width] }
    let opened = try checkpoints.map { try OpenedModel($0, imageSize: knownSize) }
    var passes: [ReconstructionPass] = []
    var assumptions = Assumptions()
    for model in opened {
      report(.opened(model))
      let pass = try ReconstructionPass(self, model, imageSet, maskFile)
      report(.prepared(model: model.request.name, words: pass.words, warnings: pass.warnings))
      assumptions.add(pass.assumptions, of: model.request.name)
      report(.assumed(assumptions.values.filter { $0.model == model.request.name }))
      passes.append(pass)
    }
    try assumptions.check(strict: isStrict)
    var models: [ReconstructionModel] = []
    var used: ImagesUsed?
    var first: [Reconstruction] = []
    for pass in passes {
      let outcome = try pass.run(report)
      models.append(try pass.model(outcome, first: first))
      if first.isEmpty { first = outcome.items.map(\.reconstruction) }
      used = outcome.images
    }
    guard let used else { throw DiagnosisError.noCheckpoints }
    return ReconstructionResult(
      version: ToolVersion.current, arguments: arguments, seed: seed, kernel: MatrixKernel.current.name, images: used,
      settings: ReconstructionSettings(
        cropPct: imageSet.isPreprocessed ? nil : commonCrop(of: passes.map(\.preprocessing)), batchSize: batchSize,
        threads: team.width,
        masks: maskFile?.path, masksDigest: maskFile?.digest),
      models: models, assumed: assumptions.listed)
  }
}
