public import Hessian
public import Images
public import Ranks
public import Tensors
public import VisionTransformers

/// The foremost eigenvalues of checkpoints' loss Hessians, batch by batch.
///
/// - Source: Park and Kim, "How Do Vision Transformers Work?", ICLR 2022, for the max-eigenvalue spectrum; the MFF paper, Fig. 5.
public struct HessianDiagnosis: Sendable {
  /// The checkpoints to examine.
  public var checkpoints: [CheckpointRequest]
  /// Folders, image files, or `.safetensors` batches.
  public var images: [String]
  /// At most so many images; nil for as many as the batches need.
  public var count: Int?
  /// Side of the square images; nil for what the model was trained at.
  public var imageSize: Int?
  /// The centre crop's share of the resized short side; nil for what the checkpoint's own files say, else 0.875.
  public var cropPct: Double?
  /// Normalisation of pixels, of batches too; nil for the family's own.
  public var normalization: Normalization?
  /// Images of a batch.
  public var batchSize = 16
  /// Batches of each checkpoint.
  public var batches: Int?
  /// The loss.
  public var objective = ObjectiveChoice.auto
  /// The network whose features are predicted.
  public var teacher: CheckpointRequest?
  /// Where labels are from.
  public var labels: ImageLabels.Source?
  /// Share of patches removed; nil for the method's own.
  public var maskRatio: Double?
  /// A file of masks, instead of those that the seed draws.
  public var masks: String?
  /// Whether targets are normalised patches; nil for what the checkpoint says, else true.
  public var normPixels: Bool?
  /// The parameters that the Hessian is taken over.
  public var parameters = HessianParameters.selection(.all)
  /// L of ½ L ‖w‖² on weight matrices and the patch kernel; nil for the protocol's own.
  public var weightDecay: Double?
  /// How batches are made and what belongs to the loss.
  public var `protocol` = HessianProtocol.reconstruction
  /// k, eigenvalues of each batch.
  public var top = 5
  /// Which end of the spectrum.
  public var which = SpectrumEnd.magnitude
  /// The method.
  public var solver = HessianSolver.power
  /// A value is settled when its residual is at most this share of it.
  public var tolerance = 1e-3
  /// Most products: for each eigenvalue with power iteration, in all with Lanczos; nil for 100 and 300.
  public var maximumIterations: Int?
  /// Vectors that Lanczos keeps; nil for max(4k, 20), or fewer where memory is short.
  public var basis: Int?
  /// Most bytes to take; nil for what is free.
  public var memory: Int?
  /// Whether a search of its own looks for eigenvalues that the solver overlooked.
  public var checksRanks = true
  /// Most products of that search for each batch while nothing shows, more of which exclude more; nil for those of `RankCheckOptions`.
  public var rankCheckProducts: Int?
  /// Whether ranks are proved by the Hessian itself, formed by a product for each parameter, of which there may be 4,000.
  public var provesRanks = false
  /// Whether a batch's search starts from the vectors of the batch before it.
  public var warmStart = false
  /// Whether the density of the whole spectrum is estimated, too.
  public var density = false
  /// Whether the trace is estimated, too.
  public var trace = false
  /// Where eigenvectors go: a `.safetensors` file for each batch; nil for nowhere.
  public var vectors: String?
  /// Where finished batches are noted; nil for nowhere.
  public var journal: String?
  /// Whether to go on from the batches noted in the journal.
  public var resumes = false
  /// Whether to refuse what would have to be assumed.
  public var isStrict = false
  /// Chooses images, masks and start vectors.
  public var seed: UInt64 = 0
  /// The cores to use.
  public var team = Team()
  /// The processes that divide the work among them.
  public var ranks: any RankGroup = SingleRank()
  /// What they divide.
  public var divides = HessianDivision.batches
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
    /// Images, masks, loss and memory, in words; warnings for what a reader may take wrongly.
    case prepared(model: String, words: [String], warnings: [String])
    /// What neither the file nor an option tells, and changes the numbers.
    case assumed([AssumedValue])
    /// Batches were taken from the journal of an interrupted run.
    case resumed(batches: Int)
    /// A batch begins.
    case batch(HessianPlace)
    /// A product was made.
    case product(HessianPlace, HessianPhase, SolverProgress)
    /// A batch is done; batches come in their order, whichever rank had them.
    case finished(HessianPlace, HessianBatch)
    /// This rank has no batch left and waits for those of others, of which this is the first.
    case waiting(HessianPlace)
    /// An image could not be read; another takes its place.
    case skipped(reason: String)
  }

  /// Finds the eigenvalues.
  ///
  /// All checkpoints see the same images; masks are the same where grids and numbers of removed patches are. With a journal each batch
  /// is on the disk before the next begins.
  ///
  /// All ranks call this with the same settings; each opens checkpoints and images by itself, and all get the same result. Rank 0
  /// alone keeps the journal.
  ///
  /// - Parameter report: Called from this thread as the work goes on, on each rank for its own work, with finished batches on
  ///   rank 0; an error that it throws ends the run and reaches the caller.
  /// - Returns: The eigenvalues of all checkpoints.
  /// - Throws: `LossInputError`, `MaskFileError`, `ImageLabelsError`, `JournalError`, `RankError` where the ranks see different
  ///   files, and those of checkpoints, images and solvers.
  /// - Complexity: For each batch about two forward passes, and about six for each product: some 40 with Lanczos, up to
  ///   several hundred with power iteration. Memory is said before the first batch.
  public func run(_ report: (Event) throws -> Void = { _ in }) throws -> HessianResult {
    let plan = try HessianPlan(self, report)
    let header = try HessianJournal.Header(of: self, plan)
    try header.agree(over: ranks)
    let journal =
      try ranks.isFirst ? self.journal.map { try HessianJournal($0, header: header, resumes: resumes) } : nil
    if let kept = journal?.kept, resumes { try report(.resumed(batches: kept)) }
    var models: [HessianModel] = []
    var images: ImagesUsed?
    var settings = plan.settings
    for pass in plan.passes {
      let outcome = try withoutActuallyEscaping(report) { try pass.run(journal, $0) }
      models.append(outcome.model)
      // Every checkpoint sees the same.
      images = outcome.images
      settings.batchesSharingImages = outcome.sharing > 0 ? outcome.sharing : nil
    }
    guard let images else { throw DiagnosisError.noCheckpoints }
    return HessianResult(
      version: ToolVersion.current, arguments: arguments, seed: seed, kernel: MatrixKernel.current.name,
      images: images, settings: settings, models: models, comparison: HessianComparison(models),
      blockComparisons: HessianComparison.blocks(of: models), assumed: plan.assumptions.listed)
  }

  /// Says what a run would take, after measuring one product.
  ///
  /// - Parameter report: As for `run`.
  /// - Returns: Memory, products and time of each checkpoint.
  /// - Throws: As `run`; what `run` would refuse is refused here.
  /// - Complexity: A batch's forward passes and one product for each checkpoint.
  public func forecast(_ report: (Event) throws -> Void = { _ in }) throws -> HessianForecast {
    let plan = try HessianPlan(self, report)
    return HessianForecast(settings: plan.settings, models: try plan.passes.map { try $0.forecast() })
  }
}

/// Where in a run something happens.
public struct HessianPlace: Sendable, Hashable {
  /// The checkpoint's name.
  public var model: String
  /// The block; nil for a spectrum that is not one block's.
  public var block: Int?
  /// The batch, from 0.
  public var batch: Int
  /// Batches of this spectrum.
  public var batches: Int
  /// Batches of the whole run that are done.
  public var done: Int
  /// Batches of the whole run, those of every checkpoint and block.
  public var total: Int
}

/// What a product is for.
public enum HessianPhase: String, Sendable, Hashable, CaseIterable {
  /// Eigenvalues.
  case eigenvalues
  /// The search for overlooked ones.
  case ranks
  /// Values, residuals and bounds in double precision.
  case confirmation
  /// The trace.
  case trace
  /// The density.
  case density
}

/// The parameters that a Hessian is taken over.
public enum HessianParameters: Sendable, Hashable {
  /// Some of them.
  case selection(ParameterSelection)
  /// Each block's by themselves.
  case perBlock
}
