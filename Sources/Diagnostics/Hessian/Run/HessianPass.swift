internal import Checkpoints
internal import Digests
internal import Foundation
internal import Images
internal import Ranks
internal import Tensors
internal import VisionTransformers

/// All batches of one checkpoint.
struct HessianPass {
  let diagnosis: HessianDiagnosis
  let opened: OpenedModel
  let loss: ChosenLoss
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
  /// What the first spectrum takes; the others take no more.
  let memory: HessianMemory
  /// Bytes that this rank may take, of what was free of its machine before anything was loaded.
  let available: Int
  let remark: String?
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
    teacher: OpenedModel?
  ) throws {
    self.diagnosis = diagnosis
    self.opened = opened
    let imageSet = counts.imageSet.withReserve
    self.imageSet = imageSet
    limit = counts.imageSet.count
    self.masks = masks
    batches = counts.batches
    let survey = ModelSurvey(opened.checkpoint, options: opened.request.options)
    try opened.checkTrainedSize(imageSet, option: diagnosis.imageSize)
    normalization = try diagnosis.normalization ?? Normalization(of: opened.description, name: opened.request.name)
    loss = try ChosenLoss(of: opened, survey, diagnosis, normalization: normalization, masks: masks)
    self.teacher = loss.wantsTeacher ? teacher : nil
    if let teacher = self.teacher { try opened.description.checkDecoder(predictsFeaturesOf: teacher.description) }
    let a = opened.description.architecture
    if case .selection(.block(let block)) = diagnosis.parameters, block >= a.depth {
      throw LossInputError.noBlock(model: opened.request.name, block: block, depth: a.depth)
    }
    preprocessing = Preprocessing(imageSize: a.imageSize[0], cropPct: diagnosis.cropPct, normalization: normalization)
    if !imageSet.isPreprocessed { try preprocessing.validate() }
    if loss.masked != nil { _ = try masks?.masks(of: [], grid: a.grid, model: opened.request.name) }
    let first: ParameterSelection =
      if case .selection(let selection) = diagnosis.parameters { selection } else { .block(0) }
    available = SystemMemory.available / diagnosis.ranks.countOnMachine
    let (function, memory) = try Self.function(diagnosis, opened, loss, first, within: available)
    self.memory = memory
    remark = function.remark
  }

  /// The loss over some parameters, within what memory is free.
  ///
  /// - Throws: `LossInputError.memory` where the machine has too little, `.failed` for what the model lacks.
  static func function(
    _ diagnosis: HessianDiagnosis, _ opened: OpenedModel, _ loss: ChosenLoss, _ selection: ParameterSelection,
    fixed: Set<ParameterName> = ["position", "decoder.position"], within available: Int
  ) throws(LossInputError) -> (LossFunction, HessianMemory) {
    let a = opened.description.architecture
    let layout = ParameterLayout(of: a, for: loss.objective)
    let active = layout.filter { selection.contains($0.name) && !fixed.contains($0.name) }.count
    let vectors = diagnosis.vectorsInMemory
    func memory(_ activations: Int, _ parameters: Int? = nil) -> HessianMemory {
      HessianMemory(
        weights: 4 * layout.count, activations: activations, vectors: vectors, parameters: parameters ?? active)
    }
    func tooMuch(_ activations: Int) -> LossInputError {
      .memory(
        model: opened.request.name, needed: memory(activations).bytes, available: available,
        words: memory(activations).words, advice: diagnosis.memoryAdvice)
    }
    guard memory(0).bytes < available else { throw tooMuch(0) }
    do throws(LossError) {
      let function = try LossFunction(
        a, objective: loss.objective, images: diagnosis.share.count, batchImages: diagnosis.batchSize,
        masked: loss.masked?.removed ?? 0, selection: selection, fixed: fixed,
        options: LossOptions(team: diagnosis.team, memoryLimit: available - memory(0).bytes))
      return (function, memory(function.bytes, function.active.count))
    } catch {
      if case .notEnoughMemory(let needed, _) = error { throw tooMuch(needed) }
      throw .failed(model: opened.request.name, reason: error.description)
    }
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
      try FeatureTeacher($0.description, student: architecture, images: diagnosis.share.count, team: diagnosis.team)
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
