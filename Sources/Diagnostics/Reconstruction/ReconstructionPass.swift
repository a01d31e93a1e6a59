internal import Digests
internal import Foundation
internal import Images
internal import Tensors
internal import VisionTransformers

/// All images through one checkpoint.
struct ReconstructionPass {
  /// What a pass yields.
  struct Outcome {
    var items: [(name: String, reconstruction: Reconstruction)]
    var seconds: Double
    var images: ImagesUsed
  }

  let opened: OpenedModel
  let settings: ReconstructionDiagnosis
  let imageSet: ImageSet
  let normalization: Normalization
  let preprocessing: Preprocessing
  let masked: MaskedTraining
  let training: TrainingFacts
  /// A mask for each image of the set.
  let masks: [[Bool]]

  private var architecture: Architecture { opened.description.architecture }

  init(
    _ settings: ReconstructionDiagnosis, _ opened: OpenedModel, _ imageSet: ImageSet, _ maskFile: MaskFile?
  ) throws {
    self.settings = settings
    self.opened = opened
    self.imageSet = imageSet
    let survey = ModelSurvey(opened.checkpoint, options: opened.request.options)
    try Self.checkDecoder(opened, survey)
    training = survey.training
    let a = opened.description.architecture
    try opened.checkTrainedSize(imageSet, option: settings.imageSize)
    try opened.checkPixels(imageSet, normalization: settings.normalization, cropPct: settings.cropPct)
    normalization = settings.normalization ?? Normalization(of: opened.description)
    preprocessing = Preprocessing(
      of: opened.description, imageSize: a.imageSize[0], cropPct: settings.cropPct, normalization: normalization)
    if !imageSet.isPreprocessed { try preprocessing.validate() }
    masked = try MaskedTraining(
      of: opened, training, normPixels: settings.normPixels, maskRatio: settings.maskRatio, masks: maskFile)
    masks =
      try maskFile?.masks(
        of: (0..<imageSet.count).map(imageSet.candidateIndex), grid: a.grid, model: opened.request.name)
      ?? PatchMasks.random(
        images: imageSet.count, patches: a.patches, masked: masked.removed, seed: settings.seed, batch: 0)
  }

  /// The decoder must be whole and predict pixels.
  private static func checkDecoder(_ opened: OpenedModel, _ survey: ModelSurvey) throws(LossInputError) {
    let path = opened.request.path
    let facts = DiagnosisFacts(survey, path: path, hasLogits: false, fusion: nil).diagnoses
    guard let verdict = facts.first(where: { $0.command == "reconstruct" }), !verdict.allowed else { return }
    let hasFusion = opened.description.architecture.fusion != nil
    let others = facts.filter { $0.allowed && ToolVersion.diagnoses.contains($0.command) }.map(\.command)
    throw .refused(
      command: "reconstruct", file: path, reason: verdict.reason ?? "its decoder cannot be computed with",
      allowed: others + (hasFusion ? ["weights"] : []))
  }

  /// What is assumed of the checkpoint for its reconstructions.
  var assumptions: [Assumption] {
    opened.assumptions(
      [.encoder, .decoder, .fusion], imageSet, normalization: settings.normalization, cropPct: settings.cropPct)
      + masked.assumptions
  }

  // MARK: Running

  /// Loads the weights and reconstructs every image, batch by batch.
  func run(_ report: (ReconstructionDiagnosis.Event) -> Void) throws -> Outcome {
    let model = try opened.description.loadForLoss(.pixels(normalized: masked.normPixels.value), team: settings.team)
    let reconstructor = Reconstructor(
      architecture, normalizedPixels: masked.normPixels.value, normalization: normalization, team: settings.team)
    var (items, digests, skipped): ([(String, Reconstruction)], [SHA256Digest], [String]) = ([], [], [])
    report(.images(model: opened.request.name, done: 0, count: imageSet.count))
    let start = ContinuousClock.now
    for first in stride(from: 0, to: imageSet.count, by: settings.batchSize) {
      let batch = first..<min(first + settings.batchSize, imageSet.count)
      var (used, pixels): ([Int], [Float]) = ([], [])
      for index in batch {
        do {
          let (image, digest) = try load(index)
          pixels += image
          digests.append(digest)
          used.append(index)
        } catch {
          skipped.append(error.description)
          report(.skipped(reason: error.description))
        }
      }
      if !used.isEmpty {
        let own = try reconstruct(pixels, used.map { masks[$0] }, reconstructor, model)
        items += zip(used.map(imageSet.name), own)
      }
      report(.images(model: opened.request.name, done: batch.upperBound, count: imageSet.count))
    }
    guard !items.isEmpty else { throw DiagnosisError.noUsableImage(reasons: skipped) }
    let elapsed = ContinuousClock.now - start
    return Outcome(
      items: items, seconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18,
      images: ImagesUsed(digests, skipped: skipped))
  }

  private func load(_ index: Int) throws(ImageError) -> ([Float], SHA256Digest) {
    var image = [Float](repeating: 0, count: architecture.pixels)
    var span = image.mutableSpan
    let digest = try imageSet.load(index, preprocessing: preprocessing, into: &span)
    return (image, digest)
  }

  private func reconstruct(
    _ pixels: [Float], _ masks: [[Bool]], _ reconstructor: Reconstructor, _ model: VisionTransformer
  ) throws(LossInputError) -> [Reconstruction] {
    do {
      return try model.withParameterVector { (parameters) throws(LossError) in
        try reconstructor.reconstruct(pixels, masks: masks, parameters: parameters)
      }
    } catch {
      throw .failed(model: opened.request.name, reason: error.description)
    }
  }
}
