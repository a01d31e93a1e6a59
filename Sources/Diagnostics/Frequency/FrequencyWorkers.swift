internal import Digests
internal import Images
internal import Spectra
internal import Synchronization
internal import Tensors
internal import VisionTransformers

/// Takes batches of images through a model and its spectra, images divided over the cores.
///
/// Each core takes images from file to spectrum by itself, so that decoding, forward pass and Fourier transform of different images
/// overlap. With fewer images than cores, several cores share the matrix products of an image instead.
struct FrequencyWorkers {
  private let model: VisionTransformer
  private let team: Team
  private let workers: [FrequencyWorker]

  /// The bytes of activations that workers for batches of `batchSize` images take; see `init`.
  static func byteCount(_ architecture: Architecture, batchSize: Int, team: Team) -> Double {
    let count = max(1, min(team.width, batchSize))
    let images = (batchSize + count - 1) / count
    let pixels = 4 * Double(images) * Double(architecture.pixels)
    let activations = EncoderWorkspace.byteCount(for: architecture, images: images, width: max(1, team.width / count))
    return Double(count) * (pixels + activations)
  }

  /// Workers for batches of at most `batchSize` images.
  init(
    _ model: VisionTransformer, layers: [Layer], geometry: ProfileGeometry, batchSize: Int, team: Team
  ) throws(SpectrumError) {
    self.model = model
    self.team = team
    let count = max(1, min(team.width, batchSize))
    var workers: [FrequencyWorker] = []
    for _ in 0..<count {
      workers.append(
        try FrequencyWorker(
          model, layers: layers, geometry: geometry, images: (batchSize + count - 1) / count,
          team: Team(threads: team.width / count)))
    }
    self.workers = workers
  }

  /// What became of each image of a batch, in order.
  func run(_ batch: Range<Int>, of images: ImageSet, _ preprocessing: Preprocessing) -> [ImageOutcome] {
    let outcomes = Mutex([[ImageOutcome]](repeating: [], count: workers.count))
    let share = (batch.count + workers.count - 1) / workers.count
    team.forEach(workers.count) { index in
      let first = min(batch.lowerBound + index * share, batch.upperBound)
      let part = first..<min(first + share, batch.upperBound)
      let result = workers[index].run(part, of: images, preprocessing)
      outcomes.withLock { $0[index] = result }
    }
    return outcomes.withLock { $0.flatMap(\.self) }
  }
}

/// What became of one image; ranks send it to one another.
enum ImageOutcome: Sendable, Codable {
  /// A profile for each layer.
  case profiles([[Double]], digest: SHA256Digest)
  /// The file is no usable image.
  case unreadable(reason: String)
  /// A layer's values are NaN or infinite.
  case notFinite(layer: String, image: String)
}

/// One core's share of the work, with buffers that every batch uses again.
private final class FrequencyWorker: Sendable {
  private struct State: ~Copyable {
    var pixels: Buffer
    var workspace: EncoderWorkspace
    var analyzer: LogAmplitudeAnalyzer
  }

  private let model: VisionTransformer
  private let layers: [Layer: Int]
  private let team: Team
  private let state: Mutex<State>

  init(
    _ model: VisionTransformer, layers: [Layer], geometry: ProfileGeometry, images: Int, team: Team
  ) throws(SpectrumError) {
    self.model = model
    self.team = team
    self.layers = Dictionary(uniqueKeysWithValues: layers.enumerated().map { ($1, $0) })
    let architecture = model.architecture
    let analyzer = try LogAmplitudeAnalyzer(geometry: geometry, channels: architecture.width)
    state = Mutex(
      State(
        pixels: Buffer(count: images * architecture.pixels),
        workspace: EncoderWorkspace(for: architecture, images: images, width: team.width), analyzer: analyzer))
  }

  func run(_ part: Range<Int>, of images: ImageSet, _ preprocessing: Preprocessing) -> [ImageOutcome] {
    guard !part.isEmpty else { return [] }
    return state.withLock { state in
      let loaded = load(part, of: images, preprocessing, into: &state.pixels)
      let readable = loaded.count { if case .success = $0 { true } else { false } }
      var analysis = Analysis(layers: layers.count, images: readable)
      analyze(readable, &state.pixels, &state.workspace, &state.analyzer, into: &analysis)
      var next = 0
      return zip(part, loaded).map { index, result in
        switch result {
        case .failure(let error): return .unreadable(reason: error.description)
        case .success(let digest):
          defer { next += 1 }
          if let layer = analysis.notFinite[next] { return .notFinite(layer: layer, image: images.name(of: index)) }
          return .profiles(analysis.profiles[next], digest: digest)
        }
      }
    }
  }

  /// Loads images one behind the other; those that cannot be read take no place.
  private func load(
    _ part: Range<Int>, of images: ImageSet, _ preprocessing: Preprocessing, into pixels: inout Buffer
  ) -> [Result<SHA256Digest, ImageError>] {
    let size = model.architecture.pixels
    var place = 0
    var span = pixels.mutableSpan
    var results: [Result<SHA256Digest, ImageError>] = []
    for index in part {
      var image = span.part(place * size..<(place + 1) * size)
      do throws(ImageError) {
        results.append(.success(try images.load(index, preprocessing: preprocessing, into: &image)))
        place += 1
      } catch {
        results.append(.failure(error))
      }
    }
    return results
  }

  private struct Analysis {
    /// By image, then layer.
    var profiles: [[[Double]]]
    var notFinite: [String?]

    init(layers: Int, images: Int) {
      profiles = Array(repeating: Array(repeating: [], count: layers), count: images)
      notFinite = Array(repeating: nil, count: images)
    }
  }

  private func analyze(
    _ count: Int, _ pixels: inout Buffer, _ workspace: inout EncoderWorkspace, _ analyzer: inout LogAmplitudeAnalyzer,
    into analysis: inout Analysis
  ) {
    guard count > 0 else { return }
    let bands = analyzer.geometry.bandCount
    model.encode(
      pixels.span.extracting(0..<count * model.architecture.pixels), workspace: &workspace, layers: Set(layers.keys),
      team: team
    ) { layer, image, tokens in
      guard let index = layers[layer] else { return }
      var profile = [Double](repeating: 0, count: bands)
      var span = profile.mutableSpan
      do {
        try analyzer.profile(of: tokens, into: &span)
        analysis.profiles[image][index] = profile
      } catch {
        // Sizes are ours; only values that are not finite remain.
        analysis.notFinite[image] = analysis.notFinite[image] ?? layer.description
      }
    }
  }
}
