internal import Digests
internal import Foundation
internal import Images
internal import Ranks
internal import Spectra
internal import Synchronization
internal import Tensors
internal import VisionTransformers

/// All images through one checkpoint.
final class FrequencyPass {
  /// What a pass yields.
  struct Outcome {
    var seconds: Double
    var images: ImagesUsed
  }

  let opened: OpenedModel
  let layers: [Layer]
  let geometry: ProfileGeometry
  /// Which of the layers is compared with another checkpoint's: the last block's output, which means the same in every model, or what
  /// else comes last.
  var comparedIndex: Int {
    layers.firstIndex(of: .block(opened.description.architecture.depth - 1)) ?? layers.count - 1
  }
  /// That layer's log amplitudes for each image used.
  private(set) var comparedProfiles: [[Double]] = []
  private(set) var profiles: [LayerProfiles]
  /// The images used, in their order; empty unless their values are kept.
  private(set) var imageNames: [String] = []
  let settings: FrequencyDiagnosis
  let imageSet: ImageSet
  let preprocessing: Preprocessing
  let imageSize: [Int]

  init(_ settings: FrequencyDiagnosis, _ opened: OpenedModel, _ imageSet: ImageSet) throws {
    self.settings = settings
    self.opened = opened
    self.imageSet = imageSet
    let description = opened.description
    layers = try description.layers(settings.layers, subblocks: settings.positions == .subblock)
    imageSize = try Self.imageSize(settings, opened, imageSet)
    let patch = description.architecture.patchSize
    guard imageSize.allSatisfy({ $0 > 0 && $0.isMultiple(of: patch) }) else {
      throw ModelError.imageSizeMismatch(
        file: opened.request.path, patch: patch, height: imageSize[0], width: imageSize[1])
    }
    try opened.checkPixels(imageSet, normalization: settings.normalization, cropPct: settings.cropPct)
    let preprocessing = Preprocessing(
      of: description, imageSize: imageSize[0], cropPct: settings.cropPct,
      normalization: imageSet.isPreprocessed
        ? .none : settings.normalization ?? Normalization(of: description))
    if !imageSet.isPreprocessed { try preprocessing.validate() }
    self.preprocessing = preprocessing
    let grid = imageSize.map { $0 / patch }
    try Self.checkMemory(
      opened, imageSize, grid, batchSize: min(settings.batchSize, imageSet.count), team: settings.team)
    let geometry = try ProfileGeometry(rows: grid[0], columns: grid[1], path: settings.path)
    self.geometry = geometry
    profiles = layers.map { _ in LayerProfiles(bandCount: geometry.bandCount, keepsImages: settings.keepsImages) }
  }

  /// Refuses what cannot fit: attention over the tokens of a very large image asks for terabytes.
  private static func checkMemory(
    _ opened: OpenedModel, _ imageSize: [Int], _ grid: [Int], batchSize: Int, team: Team
  ) throws(DiagnosisError) {
    var architecture = opened.description.architecture
    architecture.imageSize = imageSize
    architecture.grid = grid
    // The position embedding as trained and as resized stands beside the activations.
    let positions = 8 * Double(architecture.tokens) * Double(architecture.width)
    let needed = positions + FrequencyWorkers.byteCount(architecture, batchSize: batchSize, team: team)
    let available = Double(SystemMemory.now.available)
    guard needed <= available else {
      throw .tooMuchMemory(model: opened.request.name, imageSize: imageSize, needed: needed, available: available)
    }
  }

  private static func imageSize(
    _ settings: FrequencyDiagnosis, _ opened: OpenedModel, _ imageSet: ImageSet
  ) throws -> [Int] {
    let trained = opened.description.architecture.imageSize
    if let size = imageSet.preprocessedSize.map({ [$0.height, $0.width] }) {
      if let option = settings.imageSize, size != [option, option] {
        throw DiagnosisError.imageSizeOption(option: option, images: size)
      }
      guard settings.imageSize != nil || size == trained else {
        throw DiagnosisError.imageSizeDiffers(images: size, model: opened.request.name, trained: trained)
      }
      return size
    }
    if let side = settings.imageSize { return [side, side] }
    guard trained[0] == trained[1] else {
      throw DiagnosisError.oblongModel(model: opened.request.name, size: trained)
    }
    return trained
  }

  /// Loads the weights and runs every image, batch by batch, each rank its share of them.
  func run(_ report: (FrequencyDiagnosis.Event) -> Void) throws -> Outcome {
    let model = try opened.description.load(imageSize: imageSize, team: settings.team)
    let workers = try FrequencyWorkers(
      model, layers: layers, geometry: geometry, batchSize: min(settings.batchSize, imageSet.count), team: settings.team
    )
    var digests: [SHA256Digest] = []
    var skipped: [String] = []
    report(.images(model: opened.request.name, done: 0, count: imageSet.count))
    let start = ContinuousClock.now
    let ranks = settings.ranks
    // Ranks take whole batches, the same as one rank would, and what they found is added in the order of the images: results are
    // equal bit for bit. (Other images beside one in a batch may change its last bits.)
    for first in stride(from: 0, to: batchCount, by: ranks.count) {
      let round = first..<min(first + ranks.count, batchCount)
      let own = workers.run(images(of: ranks.share(of: round)), of: imageSet, preprocessing)
      for (image, outcome) in zip(images(of: round), try ranks.collect(own)) {
        switch outcome {
        case .profiles(let found, let digest):
          for (index, profile) in found.enumerated() { profiles[index].add(profile) }
          if settings.keepsImages { imageNames.append(imageSet.name(of: image)) }
          comparedProfiles.append(found[comparedIndex])
          digests.append(digest)
        case .unreadable(let reason):
          skipped.append(reason)
          report(.skipped(reason: reason))
        case .notFinite(let layer, let image):
          throw DiagnosisError.notFinite(model: opened.request.name, layer: layer, image: image)
        }
      }
      report(.images(model: opened.request.name, done: images(of: round).upperBound, count: imageSet.count))
    }
    guard !digests.isEmpty else { throw DiagnosisError.noUsableImage(reasons: skipped) }
    let elapsed = ContinuousClock.now - start
    return Outcome(
      seconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18,
      images: ImagesUsed(digests, skipped: skipped))
  }

  /// What decides on the exchanges between ranks, as text: layers, bands, and the division into batches.
  var outline: String { "\(layers) \(geometry.bandCount) \(imageSize) \(imageSet.count) \(settings.batchSize)" }

  /// How many batches the images make.
  var batchCount: Int { 1 + (imageSet.count - 1) / settings.batchSize }

  /// The images of some batches; the last batch may be smaller.
  private func images(of batches: Range<Int>) -> Range<Int> {
    let size = min(settings.batchSize, imageSet.count)
    return min(batches.lowerBound * size, imageSet.count)..<min(batches.upperBound * size, imageSet.count)
  }

  /// The result of a finished pass.
  func model(_ identity: CheckpointIdentity, _ outcome: Outcome) -> FrequencyModel {
    FrequencyModel(
      checkpoint: identity, seconds: outcome.seconds,
      normalize: imageSet.isPreprocessed ? nil : preprocessing.normalization.rawValue,
      imageSize: imageSize, grid: [geometry.rows, geometry.columns], frequencies: geometry.frequencies,
      cellsLeftOut: settings.path == .radial ? geometry.cellsLeftOut : nil,
      layers: zip(layers, profiles).map { $1.layer(named: $0.description) },
      imageNames: settings.keepsImages ? imageNames : nil)
  }
}
