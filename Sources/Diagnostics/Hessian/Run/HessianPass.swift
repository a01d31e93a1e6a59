internal import Checkpoints
internal import Digests
internal import Foundation
internal import Hessian
internal import Images
internal import Ranks
internal import Tensors
internal import VisionTransformers

/// All batches of one checkpoint.
struct HessianPass {
  /// With the basis that fits, once memory is decided on.
  private(set) var diagnosis: HessianDiagnosis
  let opened: OpenedModel
  let loss: ChosenLoss
  /// What is no parameter of the loss, and why position embeddings are or are not.
  let fixed: (names: Set<ParameterName>, positions: Sourced<ModelOptions.PositionEmbedding>?)
  /// Those chosen and, behind them, those in reserve.
  let imageSet: ImageSet
  /// How many are used at most.
  let limit: Int
  let normalization: Normalization
  let preprocessing: Preprocessing
  let masks: MaskFile?
  /// Known once all checkpoints are: a wrong label is no matter where no loss wants any.
  var labels: ImageLabels?
  let teacher: OpenedModel?
  let batches: Int
  /// What this rank may take.
  let budget: MemoryBudget
  /// How the first spectrum's loss and solver share the memory, once `decideOnMemory(basis:)` has decided; the others take no more.
  private var choice: HessianMemoryChoice?
  /// M that Lanczos would have with more memory; nil where it has it.
  private(set) var basisWanted: Int?
  /// Which checkpoint this is, and how many batches of the run are before and in all.
  var place = (model: 0, before: 0, total: 0)

  var architecture: Architecture { opened.description.architecture }

  /// The spectra that are asked for: one of some parameters, or each block's.
  var units: [ParameterSelection] {
    switch diagnosis.parameters {
    case .selection(let selection): [selection]
    case .perBlock: (0..<architecture.depth).map { .block($0) }
    }
  }

  init(
    _ diagnosis: HessianDiagnosis, _ opened: OpenedModel, _ counts: BatchCounts, masks: MaskFile?,
    teacher: OpenedModel?, budget: MemoryBudget
  ) throws {
    self.diagnosis = diagnosis
    self.budget = budget
    self.opened = opened
    let imageSet = counts.imageSet.withReserve
    self.imageSet = imageSet
    limit = counts.imageSet.count
    self.masks = masks
    batches = counts.batches
    let survey = ModelSurvey(opened.checkpoint, options: opened.request.options)
    try opened.checkTrainedSize(imageSet, option: diagnosis.imageSize)
    // Augmentation crops at random, whatever files say.
    try opened.checkPixels(
      imageSet, normalization: diagnosis.normalization, cropPct: diagnosis.protocol == .park2022 ? 1 : diagnosis.cropPct
    )
    normalization = diagnosis.normalization ?? Normalization(of: opened.description)
    loss = try ChosenLoss(of: opened, survey, diagnosis, normalization: normalization, masks: masks)
    self.teacher = loss.wantsTeacher ? teacher : nil
    if let teacher = self.teacher { try opened.description.checkDecoder(predictsFeaturesOf: teacher.description) }
    let a = opened.description.architecture
    if case .selection(.block(let block)) = diagnosis.parameters, block >= a.depth {
      throw LossInputError.noBlock(model: opened.request.name, block: block, depth: a.depth)
    }
    fixed = try opened.description.fixedParameters(for: loss.objective)
    preprocessing = Preprocessing(
      of: opened.description, imageSize: a.imageSize[0], cropPct: diagnosis.cropPct, normalization: normalization)
    if !imageSet.isPreprocessed { try preprocessing.validate() }
    if loss.masked != nil { _ = try masks?.masks(of: [], grid: a.grid, model: opened.request.name) }
  }

  /// M of Lanczos as memory allows; nil for power iteration.
  var basis: Int? { choice?.basis }

  /// What the first spectrum takes.
  var memory: HessianMemory {
    guard let choice else { preconditionFailure("memory has not been decided on") }
    return choice.memory
  }

  /// Decides how loss and solver share the memory.
  ///
  /// - Parameter basis: M of Lanczos, where another checkpoint leaves room for no more.
  /// - Throws: `LossInputError.memory` where the machine has too little, `.failed` for what the model lacks.
  mutating func decideOnMemory(basis: Int?) throws(LossInputError) {
    let isFree = diagnosis.solver == .lanczos && diagnosis.basis == nil
    let wanted = isFree ? diagnosis.lanczosOptions.basisSize : basisWanted
    if let basis { diagnosis.basis = basis }
    let choice = try memoryChoice()
    self.choice = choice
    if let wanted, let fitting = choice.basis, fitting < wanted { (diagnosis.basis, basisWanted) = (fitting, wanted) }
  }

  /// The loss over some parameters, within the memory decided on.
  ///
  /// - Throws: `LossInputError.failed` for what the model lacks.
  func function(
    _ selection: ParameterSelection
  ) throws(LossInputError) -> LossFunction {
    do throws(LossError) {
      return try LossFunction(
        architecture, objective: loss.objective, images: diagnosis.share.count, batchImages: diagnosis.batchSize,
        masked: loss.masked?.removed ?? 0, selection: selection, fixed: fixed.names,
        options: lossOptions(basis: choice?.basis, limit: choice?.limit))
    } catch {
      throw .failed(model: opened.request.name, reason: error.description)
    }
  }

  /// How the loss is computed beside a basis of M vectors, within so many bytes; where Lanczos keeps fewer vectors than it would, memory is short.
  func lossOptions(basis: Int?, limit: Int?) -> LossOptions {
    LossOptions(
      team: diagnosis.team, memoryLimit: limit, sparesDouble: basis.map { $0 < diagnosis.fullBasis } ?? false)
  }

  /// Fresh images, the same for every checkpoint and spectrum.
  func stream() -> BatchStream {
    let augmenter =
      diagnosis.protocol == .park2022
      ? ImageAugmenter(
        imageSize: architecture.imageSize[0], augmentation: .randomResizedCrop, seed: diagnosis.seed,
        normalization: normalization) : nil
    return BatchStream(
      imageSet, limit: limit, preprocessing, augmenter, pixels: architecture.pixels, size: diagnosis.batchSize,
      seed: diagnosis.seed)
  }

  // MARK: Running

  /// Computes every batch that the journal does not hold.
  func run(
    _ journal: HessianJournal?, _ report: @escaping (HessianDiagnosis.Event) throws -> Void
  ) throws -> (model: HessianModel, images: ImagesUsed, sharing: Int) {
    let network = try opened.description.loadForLoss(loss.objective, team: diagnosis.team)
    let teacher = try self.teacher.map {
      try FeatureTeacher(
        $0.description, student: architecture, images: min(diagnosis.share.count, FeatureTeacher.imagesAtOnce),
        team: diagnosis.team)
    }
    var spectra: [HessianSpectrum] = []
    var used: (images: ImagesUsed, sharing: Int)?
    for (index, unit) in units.enumerated() {
      let worker = try HessianWorker(self, unit, network, teacher)
      let run = SpectrumRun(
        self, unit: index, worker, journal, reportsSkipped: used == nil && place.model == 0, report)
      spectra.append(try run.spectrum())
      used = used ?? (run.cursor.used, run.cursor.sharing)
    }
    guard let used else { throw DiagnosisError.noCheckpoints }
    return (try model(spectra), used.images, used.sharing)
  }

  /// Where in the run a batch is, when so many of its spectrum are done.
  func place(unit: Int, batch: Int, done: Int) -> HessianPlace {
    HessianPlace(
      model: opened.request.name, block: diagnosis.parameters == .perBlock ? unit : nil, batch: batch,
      batches: batches, done: place.before + unit * batches + done, total: place.total)
  }
}
