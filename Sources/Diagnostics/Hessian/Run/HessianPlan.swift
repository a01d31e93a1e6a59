internal import Checkpoints
internal import Hessian
internal import Images
internal import Tensors
internal import VisionTransformers

/// A run decided on in all points, before anything is computed.
struct HessianPlan {
  let settings: HessianSettings
  let passes: [HessianPass]

  init(_ diagnosis: HessianDiagnosis, _ report: (HessianDiagnosis.Event) throws -> Void) throws {
    try diagnosis.checkDivision()
    let counts = try BatchCounts(diagnosis)
    let imageSet = counts.imageSet
    let masks = try diagnosis.masks.map { path throws(MaskFileError) in try MaskFile(path) }
    let knownSize = imageSet.preprocessedSize.map { [$0.height, $0.width] }
    let opened = try diagnosis.checkpoints.map { try OpenedModel($0, imageSize: knownSize) }
    let teacher = try diagnosis.teacher.map { try OpenedModel($0) }
    var passes: [HessianPass] = []
    for model in opened {
      try report(.opened(model))
      let pass = try HessianPass(
        diagnosis, model, counts, masks: masks, teacher: teacher)
      try report(.prepared(model: model.request.name, words: pass.words, warnings: pass.warnings))
      passes.append(pass)
    }
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
    settings = try HessianSettings(
      diagnosis, counts, masks: masks, labels: labels,
      teacherDigest: try teacher.map { try $0.checkpoint.digest(of: $0.description.encoderTensors) })
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
