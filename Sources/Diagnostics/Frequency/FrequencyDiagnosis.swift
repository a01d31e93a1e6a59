public import Images
public import Ranks
public import Spectra
public import Tensors
internal import Foundation

/// Fourier log-amplitude of every layer's patch tokens.
///
/// - Source: Park & Kim, ICLR 2022; Fig. 2 and 4 of the MFF paper.
public struct FrequencyDiagnosis: Sendable {
  /// The checkpoints to examine.
  public var checkpoints: [CheckpointRequest]
  /// Folders, image files, or `.safetensors` batches.
  public var images: [String]
  /// At most so many images.
  public var count = 64
  /// Side of the square images that the model sees; nil for what it was trained at.
  public var imageSize: Int?
  /// The centre crop's share of the resized short side; nil for what the checkpoint's own files say, else 0.875.
  public var cropPct: Double?
  /// Normalisation of pixels; nil for the family's own.
  public var normalization: Normalization?
  /// Images a batch.
  public var batchSize = 8
  /// Which layers.
  public var layers: LayerSelection = .all
  /// Whether the places inside blocks are shown too.
  public var positions: FrequencyPositions = .block
  /// Which Fourier cells make up a band.
  public var path: ProfilePath = .diagonal
  /// Whether the result holds the values of each image, too; they take 8 bytes a layer, band and image.
  public var keepsImages = false
  /// Whether to refuse what would have to be assumed.
  public var isStrict = false
  /// Chooses the images.
  public var seed: UInt64 = 0
  /// The cores to use.
  public var team = Team()
  /// The processes that divide the images among them.
  public var ranks: any RankGroup = SingleRank()
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
    /// What happens to images and position embedding before the first block, in words; warnings for options that change nothing.
    case prepared(model: String, words: String, warnings: [String])
    /// What neither the file nor an option tells, and changes the numbers.
    case assumed([AssumedValue])
    /// `done` of `count` images have passed through the model; 0 when its weights are loaded.
    case images(model: String, done: Int, count: Int)
    /// An image could not be read and is left out.
    case skipped(reason: String)
  }

  /// Computes the spectra.
  ///
  /// All ranks call this with the same settings. Each opens checkpoints and images by itself, and all get the same result, or the same
  /// error where an image is to blame. With as many threads each as one rank has, and the same BLAS kernel, no bit of the result depends
  /// on their number.
  ///
  /// - Parameter report: Called from this thread as the work goes on, with all ranks' images, on every rank.
  /// - Returns: The spectra of all checkpoints, with what they were made from.
  /// - Throws: `CheckpointError`, `ModelError`, `ImageError`, `SpectrumError`, `DiagnosisError`, `RankError` where the ranks see
  ///   different files.
  /// - Complexity: A forward pass for each image and checkpoint; memory is one model, a batch's activations, and for two
  ///   checkpoints 8 bytes a band and image, whatever the number of images.
  public func run(_ report: (Event) -> Void = { _ in }) throws -> FrequencyResult {
    let imageSet = try ImageSet(paths: images, count: count, seed: seed)
    try ranks.agree(on: imageSet.listDigest, of: "images")
    let knownSize = imageSet.preprocessedSize.map { [$0.height, $0.width] } ?? imageSize.map { [$0, $0] }
    let opened = try checkpoints.map { try OpenedModel($0, imageSize: knownSize) }
    var passes: [FrequencyPass] = []
    var assumptions = Assumptions()
    for model in opened {
      report(.opened(model))
      let pass = try FrequencyPass(self, model, imageSet)
      report(.prepared(model: model.request.name, words: pass.preparationWords, warnings: pass.warnings))
      assumptions.add(pass.assumptions, of: model.request.name)
      report(.assumed(assumptions.values.filter { $0.model == model.request.name }))
      passes.append(pass)
    }
    try assumptions.check(strict: isStrict)
    // Ranks that divide other work than each other would wait for ever, or add what does not belong together.
    try ranks.agree(on: passes.map(\.outline).joined(separator: "\n"), of: "checkpoints or options")
    var models: [FrequencyModel] = []
    var used: ImagesUsed?
    for index in passes.indices {
      // The digest reads every tensor once more; it does so beside the forward passes.
      let (outcome, identity) = try inParallel {
        try passes[index].run(report)
      } and: {
        try opened[index].identity()
      }
      try ranks.agree(on: identity.digest, of: "weights in \(identity.path)")
      models.append(passes[index].model(identity, outcome))
      used = outcome.images
    }
    guard let used else { throw DiagnosisError.noCheckpoints }
    return FrequencyResult(
      version: ToolVersion.current, arguments: arguments, seed: seed, kernel: MatrixKernel.current.name, images: used,
      settings: FrequencySettings(
        path: path, positions: positions,
        cropPct: imageSet.isPreprocessed ? nil : commonCrop(of: passes.map(\.preprocessing)), batchSize: batchSize,
        threads: team.width, ranks: ranks.count > 1 ? ranks.count : nil),
      models: models, comparison: FrequencyComparison(passes), assumed: assumptions.listed)
  }
}
