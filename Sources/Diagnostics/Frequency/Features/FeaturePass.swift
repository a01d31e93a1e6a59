internal import Checkpoints
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
  /// For each layer, in the order of the file's.
  private(set) var statistics: [ProfileStatistics] = []
  private(set) var geometries: [ProfileGeometry] = []
  /// The compared layer's log amplitudes for each image.
  private(set) var comparedProfiles: [[Double]] = []
  private(set) var seconds = 0.0

  /// Images whose profiles are kept before they join the statistics.
  private static let batchSize = 512

  init(_ file: FeatureFile, images: [Int], path: ProfilePath, team: Team) throws(FeatureFileError) {
    self.file = file
    self.images = images
    self.path = path
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
    let needed = workers * 8 * Double(layer.channels) * Double(layer.grid[0]) * Double(layer.grid[1])
    let available = Double(ProcessInfo.processInfo.physicalMemory)
    guard needed <= available else {
      throw .tooMuchMemory(file: file.path, tensor: layer.name, needed: needed, available: available)
    }
  }

  /// Reads and transforms the features, layer by layer and image by image; `report` learns how many maps are done.
  mutating func run(_ report: (Int) -> Void) throws {
    let start = ContinuousClock.now
    var done = 0
    for (index, layer) in file.layers.enumerated() {
      var layerStatistics = ProfileStatistics(bandCount: geometries[index].bandCount)
      let workers = try (0..<max(1, min(team.width, images.count))).map { _ in
        try FeatureWorker(file, layer, geometries[index])
      }
      for first in stride(from: 0, to: images.count, by: Self.batchSize) {
        let batch = Array(images[first..<min(first + Self.batchSize, images.count)])
        for profile in try Self.run(workers, batch, team) {
          layerStatistics.add(profile)
          if index == comparedIndex { comparedProfiles.append(profile) }
        }
        done += batch.count
        report(done)
      }
      statistics.append(layerStatistics)
    }
    let elapsed = ContinuousClock.now - start
    seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
  }

  /// The profiles of some images in their order; of several that cannot be had the first tells why.
  private static func run(_ workers: [FeatureWorker], _ batch: [Int], _ team: Team) throws -> [[Double]] {
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

/// One core's share of a layer, with buffers that every image uses again.
private final class FeatureWorker: Sendable {
  private struct State: ~Copyable {
    /// One image's features as stored, shape [C, h · w].
    var maps: Buffer
    /// The same as the analysis takes them, shape [h · w, C].
    var tokens: Buffer
    var analyzer: LogAmplitudeAnalyzer
  }

  private let file: FeatureFile
  private let layer: FeatureFile.LayerMaps
  private let state: Mutex<State>

  init(_ file: FeatureFile, _ layer: FeatureFile.LayerMaps, _ geometry: ProfileGeometry) throws(SpectrumError) {
    self.file = file
    self.layer = layer
    let count = layer.channels * layer.grid[0] * layer.grid[1]
    state = Mutex(
      State(
        maps: Buffer(count: count), tokens: Buffer(count: count),
        analyzer: try LogAmplitudeAnalyzer(geometry: geometry, channels: layer.channels)))
  }

  /// Reads one image's features and takes their profile.
  func profile(ofImage image: Int) throws -> [Double] {
    try state.withLock { state in
      try read(image, into: &state.maps)
      transpose(state.maps, into: &state.tokens)
      guard let profile = profile(of: state.tokens, &state.analyzer) else { throw complaint(image, state.maps) }
      return profile
    }
  }

  private func read(_ image: Int, into maps: inout Buffer) throws(CheckpointError) {
    var span = maps.mutableSpan
    try file.checkpoint.read(layer.name, rows: image..<image + 1, into: &span)
  }

  /// The profile; nil where it is not finite, which is all that can go wrong with sizes of our own.
  private func profile(of tokens: borrowing Buffer, _ analyzer: inout LogAmplitudeAnalyzer) -> [Double]? {
    var profile = [Double](repeating: 0, count: analyzer.geometry.bandCount)
    var span = profile.mutableSpan
    do throws(SpectrumError) { try analyzer.profile(of: tokens.span, into: &span) } catch { return nil }
    return profile
  }

  /// [C, h · w] → [h · w, C], some channels at a time so that the lines being written stay in the cache.
  private func transpose(_ maps: borrowing Buffer, into tokens: inout Buffer) {
    let (channels, points) = (layer.channels, layer.grid[0] * layer.grid[1])
    let maps = maps.span
    var tokens = tokens.mutableSpan
    for first in stride(from: 0, to: channels, by: 16) {
      for point in 0..<points {
        for channel in first..<min(first + 16, channels) {
          tokens[point * channels + channel] = maps[channel * points + point]
        }
      }
    }
  }

  /// Why an image has no profile: a value that is not finite, or sums that are not.
  private func complaint(_ image: Int, _ maps: borrowing Buffer) -> FeatureFileError {
    let maps = maps.span
    let (rows, columns) = (layer.grid[0], layer.grid[1])
    for i in maps.indices where !maps[i].isFinite {
      let index = [image, i / (rows * columns), i / columns % rows, i % columns]
      return .notFinite(file: file.path, tensor: layer.name, index: index)
    }
    return .overflow(file: file.path, tensor: layer.name, image: image)
  }
}
