internal import Foundation
internal import Spectra
internal import Synchronization
internal import Tensors

/// All features of one file.
struct FeaturePass {
  let file: FeatureFile
  /// Which images, by their index in the file.
  let images: [Int]
  let path: ProfilePath
  let team: Team
  /// Whether each image's values are kept.
  let keepsImages: Bool
  /// For each layer, in the order of the file's.
  private(set) var profiles: [LayerProfiles] = []
  private(set) var geometries: [ProfileGeometry] = []
  /// The compared layer's log amplitudes for each image.
  private(set) var comparedProfiles: [[Double]] = []
  private(set) var seconds = 0.0

  /// Images whose profiles are kept before they join the statistics.
  private static let batchSize = 512

  init(
    _ file: FeatureFile, images: [Int], path: ProfilePath, keepsImages: Bool, team: Team
  ) throws(FeatureFileError) {
    self.file = file
    self.images = images
    self.path = path
    self.keepsImages = keepsImages
    self.team = team
    for layer in file.layers {
      do throws(SpectrumError) {
        geometries.append(try ProfileGeometry(rows: layer.grid[0], columns: layer.grid[1], path: path))
      } catch {
        throw .noSpectrum(file: file.path, tensor: layer.name, reason: "\(error)")
      }
      try checkMemory(layer)
    }
  }

  /// The layer that is compared with another file's: the last that is neither a norm nor fused, or what else comes last.
  var comparedIndex: Int {
    file.layers.lastIndex { FeatureNames.isBlock($0.name) } ?? file.layers.count - 1
  }

  /// Refuses maps that cannot be held: each core keeps those of an image twice.
  private func checkMemory(_ layer: FeatureFile.LayerMaps) throws(FeatureFileError) {
    let workers = Double(min(team.width, images.count))
    let needed =
      workers * (layer.isDouble ? 16 : 8) * Double(layer.channels) * Double(layer.grid[0]) * Double(layer.grid[1])
    let available = Double(SystemMemory.now.available)
    guard needed <= available else {
      throw .tooMuchMemory(file: file.path, tensor: layer.name, needed: needed, available: available)
    }
  }

  /// Reads and transforms the features, layer by layer and image by image; `report` learns how many maps are done.
  mutating func run(_ report: (Int) -> Void) throws {
    let start = ContinuousClock.now
    var done = 0
    for index in file.layers.indices {
      if file.layers[index].isDouble {
        try run(Double.self, index, &done, report)
      } else {
        try run(Float.self, index, &done, report)
      }
    }
    let elapsed = ContinuousClock.now - start
    seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
  }

  /// One layer, in the precision of its features.
  private mutating func run<Number: FeatureNumber>(
    _: Number.Type, _ index: Int, _ done: inout Int, _ report: (Int) -> Void
  ) throws {
    var layerProfiles = LayerProfiles(bandCount: geometries[index].bandCount, keepsImages: keepsImages)
    let workers = try (0..<max(1, min(team.width, images.count))).map { _ in
      try FeatureWorker<Number>(file, file.layers[index], geometries[index])
    }
    for first in stride(from: 0, to: images.count, by: Self.batchSize) {
      let batch = Array(images[first..<min(first + Self.batchSize, images.count)])
      for profile in try Self.run(workers, batch, team) {
        layerProfiles.add(profile)
        if index == comparedIndex { comparedProfiles.append(profile) }
      }
      done += batch.count
      report(done)
    }
    profiles.append(layerProfiles)
  }

  /// The profiles of some images in their order; of several that cannot be had the first tells why.
  private static func run(
    _ workers: [FeatureWorker<some FeatureNumber>], _ batch: [Int], _ team: Team
  ) throws -> [[Double]] {
    let outcomes = Mutex([Result<[Double], any Error>?](repeating: nil, count: batch.count))
    team.forEach(workers.count) { worker in
      for place in stride(from: worker, to: batch.count, by: workers.count) {
        let outcome = Result { try workers[worker].profile(ofImage: batch[place]) }
        outcomes.withLock { $0[place] = outcome }
        if case .failure = outcome { return }
      }
    }
    return try outcomes.withLock { $0 }.compactMap(\.self).map { try $0.get() }
  }
}
