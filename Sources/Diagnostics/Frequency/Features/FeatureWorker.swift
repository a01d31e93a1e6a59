internal import Checkpoints
internal import Spectra
internal import Synchronization

/// A precision in which features are read and transformed.
protocol FeatureNumber: BinaryFloatingPoint, Sendable, BitwiseCopyable {
  /// One image's maps of a layer, converted to this precision.
  static func read(_ checkpoint: Checkpoint, _ layer: String, image: Int, into maps: inout [Self])
    throws(CheckpointError)
  /// The profile of an image's tokens.
  static func profile(
    of tokens: [Self], by analyzer: inout LogAmplitudeAnalyzer, into profile: inout [Double]
  ) throws(SpectrumError)
}

extension Float: FeatureNumber {
  static func read(
    _ checkpoint: Checkpoint, _ layer: String, image: Int, into maps: inout [Float]
  ) throws(CheckpointError) {
    var span = maps.mutableSpan
    try checkpoint.read(layer, rows: image..<image + 1, into: &span)
  }

  static func profile(
    of tokens: [Float], by analyzer: inout LogAmplitudeAnalyzer, into profile: inout [Double]
  ) throws(SpectrumError) {
    var span = profile.mutableSpan
    try analyzer.profile(of: tokens.span, into: &span)
  }
}

extension Double: FeatureNumber {
  static func read(
    _ checkpoint: Checkpoint, _ layer: String, image: Int, into maps: inout [Double]
  ) throws(CheckpointError) {
    var span = maps.mutableSpan
    try checkpoint.read(layer, rows: image..<image + 1, into: &span)
  }

  static func profile(
    of tokens: [Double], by analyzer: inout LogAmplitudeAnalyzer, into profile: inout [Double]
  ) throws(SpectrumError) {
    var span = profile.mutableSpan
    try analyzer.profile(of: tokens.span, into: &span)
  }
}

/// One core's share of a layer, with buffers that every image uses again.
final class FeatureWorker<Number: FeatureNumber>: Sendable {
  private struct State: ~Copyable {
    /// One image's features as stored, shape [C, h · w] or [h · w, C].
    var maps: [Number]
    /// The same as the analysis takes them, shape [h · w, C].
    var tokens: [Number]
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
        maps: [Number](repeating: 0, count: count), tokens: [Number](repeating: 0, count: count),
        analyzer: try LogAmplitudeAnalyzer(geometry: geometry, channels: layer.channels)))
  }

  /// Reads one image's features and takes their profile.
  func profile(ofImage image: Int) throws -> [Double] {
    try state.withLock { state in
      try Number.read(file.checkpoint, layer.name, image: image, into: &state.maps)
      // Channels that stand last are the order of the analysis already.
      if file.isChannelsLast {
        swap(&state.maps, &state.tokens)
      } else {
        transpose(state.maps, into: &state.tokens)
      }
      var profile = [Double](repeating: 0, count: state.analyzer.geometry.bandCount)
      // With sizes of our own all that can go wrong is a profile that is not finite, or memory.
      do throws(SpectrumError) {
        try Number.profile(of: state.tokens, by: &state.analyzer, into: &profile)
      } catch {
        if case .noPlan = error { throw error }
        throw complaint(image, file.isChannelsLast ? state.tokens : state.maps)
      }
      return profile
    }
  }

  /// [C, h · w] → [h · w, C], some channels at a time so that the lines being written stay in the cache.
  private func transpose(_ maps: [Number], into tokens: inout [Number]) {
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
  private func complaint(_ image: Int, _ maps: [Number]) -> FeatureFileError {
    let (rows, columns) = (layer.grid[0], layer.grid[1])
    for i in maps.indices where !maps[i].isFinite {
      let index =
        file.isChannelsLast
        ? [image, i / layer.channels / columns, i / layer.channels % columns, i % layer.channels]
        : [image, i / (rows * columns), i / columns % rows, i % columns]
      return .notFinite(file: file.path, tensor: layer.name, index: index)
    }
    return .overflow(file: file.path, tensor: layer.name, image: image)
  }
}
