internal import Checkpoints
internal import Hessian
internal import Images
internal import Ranks
internal import Tensors
internal import VisionTransformers

/// A run decided on in all points, before anything is computed.
struct HessianPlan {
  let settings: HessianSettings
  let passes: [HessianPass]
  /// What was assumed of the checkpoints.
  let assumptions: Assumptions
  /// What every rank that plans alike may take.
  let budget: MemoryBudget

  init(_ diagnosis: HessianDiagnosis, _ report: (HessianDiagnosis.Event) throws -> Void) throws {
    try diagnosis.checkDivision()
    let counts = try BatchCounts(diagnosis)
    let imageSet = counts.imageSet
    let masks = try diagnosis.masks.map { path throws(MaskFileError) in try MaskFile(path) }
    let knownSize = imageSet.preprocessedSize.map { [$0.height, $0.width] }
    let opened = try diagnosis.checkpoints.map { try OpenedModel($0, imageSize: knownSize) }
    let teacher = try diagnosis.teacher.map { try OpenedModel($0) }
    let budget = try Self.budget(of: diagnosis)
    var passes = try opened.map {
      try HessianPass(diagnosis, $0, counts, masks: masks, teacher: teacher, budget: budget)
    }
    let shrunk = try Self.decideOnMemory(of: &passes, diagnosis.ranks)
    var assumptions = Assumptions()
    for pass in passes {
      let name = pass.opened.request.name
      try report(.opened(pass.opened))
      try report(.prepared(model: name, words: pass.words, warnings: pass.warnings))
      assumptions.add(pass.assumptions, of: name)
      try report(.assumed(assumptions.values.filter { $0.model == name }))
    }
    if let teacher { assumptions.add(teacher.description.assumptions([.encoder]), of: teacher.request.name) }
    try assumptions.check(strict: diagnosis.isStrict)
    self.assumptions = assumptions
    try Self.checkUse(of: diagnosis, by: passes)
    let labels = try diagnosis.labels.map { source in
      try ImageLabels(source: source, images: imageSet.withReserve, roots: diagnosis.images)
    }
    let units = passes.map { $0.units.count }
    let total = units.reduce(0, +) * counts.batches
    for index in passes.indices {
      passes[index].labels = labels
      passes[index].place = (model: index, before: units.prefix(index).reduce(0, +) * counts.batches, total: total)
    }
    self.passes = passes
    self.budget = budget
    var decided = diagnosis
    if let shrunk { decided.basis = shrunk.basis }
    decided.cropPct = commonCrop(of: passes.map(\.preprocessing))
    settings = try HessianSettings(
      decided, counts, masks: masks, labels: labels,
      teacherDigest: try teacher.map { try $0.checkpoint.digest(of: $0.description.encoderTensors) },
      basisWanted: shrunk?.wanted)
  }

  /// What a rank may take: that of an interrupted run, so that it is gone on with alike, or what is asked for, or what is free.
  private static func budget(of diagnosis: HessianDiagnosis) throws -> MemoryBudget {
    let ranks = diagnosis.ranks
    var budget = MemoryBudget(asked: diagnosis.memory, of: .now, sharers: ranks.countOnMachine)
    if diagnosis.resumes, diagnosis.memory == nil, ranks.isFirst,
      let kept = diagnosis.journal.flatMap(HessianJournal.budget), kept.planned <= budget.most
    {
      budget = kept
    }
    // Ranks with whole batches must cut them alike: a number must not depend on who computed it.
    return diagnosis.divides == .batches ? MemoryBudget(leastOf: try ranks.collect([budget])) : budget
  }

  /// Decides how loss and solver share the memory, with one basis for all checkpoints.
  ///
  /// - Returns: The basis and what it would be with more memory, where that is more.
  private static func decideOnMemory(
    of passes: inout [HessianPass], _ ranks: any RankGroup
  ) throws -> (basis: Int, wanted: Int)? {
    for index in passes.indices { try passes[index].decideOnMemory(basis: nil) }
    let wanted = passes.compactMap(\.basisWanted).first
    let own = wanted.flatMap { wanted in passes.compactMap(\.basis).min().map { [$0, wanted] } } ?? []
    // Where ranks share a batch, rank 0 alone keeps vectors.
    let decided = try ranks.broadcast(own)
    guard let basis = decided.first, let wanted = decided.last else { return nil }
    for index in passes.indices { try passes[index].decideOnMemory(basis: basis) }
    return (basis, wanted)
  }

  /// A teacher or labels that no checkpoint's loss uses were given by mistake.
  private static func checkUse(of diagnosis: HessianDiagnosis, by passes: [HessianPass]) throws(LossInputError) {
    guard let first = passes.first else { return }
    func refuse(_ what: String) -> LossInputError {
      .unusedInput(
        model: first.opened.request.name, objective: first.loss.objective.name, source: first.loss.source, unused: what)
    }
    if diagnosis.teacher != nil, !passes.contains(where: \.loss.wantsTeacher) { throw refuse("--teacher") }
    if diagnosis.labels != nil, !passes.contains(where: \.loss.wantsLabels) { throw refuse("--labels") }
    guard !passes.contains(where: { $0.loss.masked != nil }) else { return }
    if diagnosis.masks != nil { throw refuse("--masks") }
    if diagnosis.maskRatio != nil { throw refuse("--mask-ratio") }
    if diagnosis.normPixels != nil { throw refuse("--norm-pixels") }
  }
}

/// The images of a run and how many batches they make.
struct BatchCounts {
  let imageSet: ImageSet
  let batches: Int

  init(_ diagnosis: HessianDiagnosis) throws {
    switch diagnosis.protocol {
    case .reconstruction:
      batches = diagnosis.batches ?? 8
      imageSet = try ImageSet(
        paths: diagnosis.images, count: diagnosis.count ?? batches * diagnosis.batchSize, seed: diagnosis.seed)
    case .park2022:
      let all = try ImageSet(paths: diagnosis.images)
      guard !all.isPreprocessed else { throw LossInputError.preprocessed(file: all.name(of: 0)) }
      // A tenth, and at least a batch of what there is.
      let tenth = max((all.count + 9) / 10, min(diagnosis.batchSize, all.count))
      imageSet = try ImageSet(paths: diagnosis.images, count: diagnosis.count ?? tenth, seed: diagnosis.seed)
      batches = diagnosis.batches ?? max(1, imageSet.count / diagnosis.batchSize)
    }
  }

  /// How many batches must share images with others when every image can be read.
  func sharing(batchSize: Int) -> Int { max(0, batches - imageSet.count / batchSize) }
}
