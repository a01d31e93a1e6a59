public import Hessian

/// What `hessian` found: the foremost eigenvalues of each checkpoint's loss, batch by batch.
public struct HessianResult: Sendable, Hashable, Codable {
  /// Always `hessian`.
  public var command = "hessian"
  /// The program's version.
  public var version: String
  /// The command line after the program's name.
  public var arguments: [String]
  /// The seed of everything random.
  public var seed: UInt64
  /// The matrix kernel that multiplied, by OpenBLAS' name.
  public var kernel: String?
  /// The images of all batches.
  public var images: ImagesUsed
  /// How the numbers were made.
  public var settings: HessianSettings
  /// A result for each checkpoint, in the order given.
  public var models: [HessianModel]
  /// The second checkpoint against the first, paired by batch; absent unless there are two.
  public var comparison: HessianComparison?
  /// The same for each block that both have; absent unless there are two with `per-block`.
  public var blockComparisons: [HessianBlockComparison]?
  /// What neither files nor options told, and changes the numbers; absent for nothing.
  public var assumed: [AssumedValue]?
  /// How the command drew it.
  public var drawing: DrawingSettings?
  /// The settings of all results in a joint figure; absent from what the command writes.
  var joined: [HessianSettings]?
}

/// What besides checkpoints and images decides the numbers.
public struct HessianSettings: Sendable, Hashable, Codable {
  /// The protocol's name.
  public var `protocol`: HessianProtocol
  /// The protocol in full, a sentence each.
  public var protocolWords: [String]
  /// Which end of the spectrum.
  public var which: SpectrumEnd
  /// k, eigenvalues of each batch.
  public var top: Int
  /// The method.
  public var solver: HessianSolver
  /// A value is settled when its residual is at most this share of it.
  public var tolerance: Double
  /// Most products: for each eigenvalue with power iteration, in all with Lanczos.
  public var maximumIterations: Int
  /// Vectors that Lanczos keeps; absent for power iteration.
  public var basis: Int?
  /// Vectors that it would have kept with more memory; absent where it keeps as many as it should.
  public var basisWanted: Int?
  /// Batches of each checkpoint.
  public var batches: Int
  /// Images of a batch.
  public var batchSize: Int
  /// How many batches hold images that an earlier one had, too, be it as a copy; absent where none does.
  public var batchesSharingImages: Int?
  /// The parameters asked for: `all`, `encoder`, `decoder`, `block:I` or `per-block`.
  public var parameters: String
  /// L of the curvature of ½ L ‖w‖², which is contained in every eigenvalue.
  public var weightDecay: Double
  /// Whether overlooked eigenvalues were looked for.
  public var checksRanks: Bool
  /// Most products of each search for them that were asked for; absent for the usual number.
  public var rankCheckProducts: Int?
  /// Whether the Hessian was formed to prove ranks; absent where it was not.
  public var provesRanks: Bool?
  /// Whether a batch's search starts from the vectors of the batch before it.
  public var warmStart: Bool
  /// What happens to images at random; absent for nothing.
  public var augmentation: String?
  /// Share of the resized short side that the centre crop keeps; absent for images that came normalised, and with augmentation.
  public var cropPct: Double?
  /// The file of masks; absent for masks drawn by the seed.
  public var masks: String?
  /// SHA-256 of its tensor.
  public var masksDigest: String?
  /// The checkpoint whose features are predicted.
  public var teacher: String?
  /// SHA-256 over its tensors.
  public var teacherDigest: String?
  /// Where labels are from.
  public var labels: String?
  /// SHA-256 of the labels.
  public var labelsDigest: String?
  /// Processor cores used, by each rank.
  public var threads: Int
  /// Processes that divided the work; absent for one.
  public var ranks: Int?
  /// What they divided; absent for one.
  public var divides: HessianDivision?
}

/// The method that finds eigenvalues.
public enum HessianSolver: String, Sendable, Hashable, Codable, CaseIterable {
  /// Power iteration with deflation, each step a Rayleigh–Ritz.
  case power
  /// Lanczos with partial reorthogonalisation and thick restart.
  case lanczos
}

/// How batches are made and what belongs to the loss.
public enum HessianProtocol: String, Sendable, Hashable, Codable, CaseIterable {
  /// The pre-training loss alone, on images as for evaluation.
  case reconstruction
  /// The settings of Park and Kim, ICLR 2022: batches of 16, a tenth of the images, augmentation, and ½ L ‖w‖² with L = 0.05.
  case park2022
}

/// The spectrum of one checkpoint.
public struct HessianModel: Sendable, Hashable {
  /// Which checkpoint; the digest is over all tensors that the loss uses.
  public var checkpoint: CheckpointIdentity
  /// How, and what was found.
  public var details: Details

  /// What is written beside the checkpoint's fields.
  public struct Details: Sendable, Hashable, Codable {
    /// n, the number of parameters that the Hessian is taken over; with `per-block` those of all blocks.
    public var parameters: Int
    /// The loss, by name.
    public var objective: String
    /// Who says so.
    public var objectiveSource: String
    /// Whether targets are patches normalised one by one; absent for objectives without pixels.
    public var normPixels: Bool?
    /// Who says so.
    public var normPixelsSource: String?
    /// The radius of PixMIM's low-pass filter, in samples of the transform; absent for other objectives.
    public var lowPassRadius: Double?
    /// The share of patches to remove; absent for objectives that remove none.
    ///
    /// As patches are whole, `removedPatches` of the grid's are.
    public var maskRatio: Double?
    /// Who says so.
    public var maskRatioSource: String?
    /// How many patches of each image are removed.
    public var removedPatches: Int
    /// Height and width of the images as the model saw them.
    public var imageSize: [Int]
    /// Rows and columns of patches.
    public var grid: [Int]
    /// The normalisation of pixels, by name.
    public var normalize: String
    /// Most bytes in use: program, weights, images, values that products share, and vectors.
    public var bytes: Int
    /// Parts that a batch is worked through in: on them, seed, threads and matrix kernel depend the last bits.
    public var parts: Int?
    /// Whether values that products share did not fit into memory and were computed anew for each.
    public var recomputes: Bool?
    /// The batches; absent with `per-block`.
    public var batches: [HessianBatch]?
    /// Whether the ranks of every batch were checked; absent with `per-block`.
    public var rankChecked: Bool?
    /// All their eigenvalues together; absent with `per-block`.
    public var summary: HessianSummary?
    /// The density of the whole spectrum, the mean of all batches; absent unless asked for.
    public var density: HessianDensity?
    /// The trace, the mean of all batches; absent unless asked for.
    public var trace: HessianTrace?
    /// The spectrum of each block; absent unless asked for.
    public var blocks: [HessianBlock]?
  }
}

/// The spectrum of the loss over the parameters of one block, all others fixed: a diagonal block of the Hessian.
public struct HessianBlock: Sendable, Hashable, Codable {
  /// The block's index.
  public var block: Int
  /// Its parameters.
  public var parameters: Int
  /// Its batches.
  public var batches: [HessianBatch]
  /// Whether the ranks of every batch were checked.
  public var rankChecked: Bool
  /// All their eigenvalues together.
  public var summary: HessianSummary
  /// The density of its whole spectrum; absent unless asked for.
  public var density: HessianDensity?
  /// Its trace; absent unless asked for.
  public var trace: HessianTrace?
}

/// The foremost eigenvalues of the loss on one batch.
public struct HessianBatch: Sendable, Hashable, Codable {
  /// Which batch, from 0.
  public var index: Int
  /// Its images, by path or by file and row.
  public var images: [String]?
  /// Whether an earlier batch had one of them, or a copy of one; absent where none had.
  public var sharesImages: Bool?
  /// The loss on it, without ½ L ‖w‖².
  public var loss: Double
  /// Hessian-vector products that the solver spent.
  public var products: Int
  /// Products spent on true residuals, the operator's own error and ranks.
  public var checkProducts: Int
  /// Wall time of what all products share.
  public var primalSeconds: Double
  /// Wall time of the solver.
  public var seconds: Double
  /// Wall time of the check products.
  public var checkSeconds: Double
  /// The relative error of a product, as measured: every `bound` contains it.
  public var productError: Double
  /// In the order of `which`.
  public var eigenvalues: [Eigenvalue]
  /// Whether all values settled and an independent search found nothing that belongs before the last of them.
  public var rankChecked: Bool
  /// Where ranks were checked, value j lies within this of the j-th eigenvalue, with the probability of `excluded`; absent where they were not.
  public var rankMargin: Double?
  /// Present and true where values that converged in single precision do not meet the tolerance in double precision.
  public var exceedsPrecision: Bool?
  /// Present and true where the teacher's features are known in single precision alone: bounds then hold for the loss with these features, not
  /// for that with the teacher's own, and ranks are not checked.
  public var targetRounded: Bool?
  /// The margin as a share of the spectrum's width, and its probability; absent where ranks were not checked.
  public var excluded: ExcludedRange?
  /// Hutchinson's estimate of the trace on this batch.
  public var trace: HessianTrace?
}

/// A trace and how far it may be off.
public struct HessianTrace: Sendable, Hashable, Codable {
  /// The sum of all eigenvalues.
  public var value: Double
  /// Of a batch, the probes' deviation / √probes; of all, the batches' deviation / √batches, which contains the probes'.
  public var standardError: Double?
  /// The 95 % interval by Student's t, with one degree of freedom less than probes or batches.
  public var interval: [Double]?
  /// Products spent.
  public var products: Int
}

/// The density of a spectrum by stochastic Lanczos quadrature: nodes and weights that sum to 1.
public struct HessianDensity: Sendable, Hashable, Codable {
  /// Nodes, ascending.
  public var eigenvalues: [Double]
  /// Their weights.
  public var weights: [Double]
  /// Random probes, those of all batches together.
  public var probes: Int
  /// Products spent.
  public var products: Int
}

extension HessianModel: Codable {
  /// Writes the checkpoint's fields beside the others, as one object.
  public func encode(to encoder: any Encoder) throws {
    try checkpoint.encode(to: encoder)
    try details.encode(to: encoder)
  }

  /// Reads what `encode` writes.
  public init(from decoder: any Decoder) throws {
    checkpoint = try CheckpointIdentity(from: decoder)
    details = try Details(from: decoder)
  }
}
