public import Checkpoints

/// A checkpoint understood: its dialect, its architecture, and what each tensor is for.
///
/// Only headers have been read, and the position embedding where its values tell the family.
public struct ModelDescription: Sendable {
  /// The file or folder.
  public let path: String
  /// The naming, in words.
  public let dialect: String
  /// The network's shape.
  public let architecture: Architecture
  /// Where each value of the architecture came from, by the value's name.
  public let sources: [String: ValueSource]
  /// The values of the architecture in the order of their finding, each with its source.
  public let facts: [ArchitectureFact]
  /// The tensors that the encoder is made of, by their names in the file, sorted.
  public let encoderTensors: [String]
  /// The tensors of the MAE decoder, by their names in the file, sorted.
  public let decoderTensors: [String]
  /// The tensors of the classification head, by their names in the file, sorted.
  public let headTensors: [String]
  /// Tensors that nothing uses.
  public let ignored: [IgnoredTensor]
  /// The mean and deviation of pixels that the family normalises with, and where that is from.
  public let pixelNormalization: PixelNormalization

  /// What was left aside of what lies beside the tensors, and why; what of the tensors nothing is known.
  public let warnings: [String]

  /// The classification head, where the file holds one that is understood.
  public let head: ClassificationHead?
  /// Why its classification head is not; nil where there is none.
  public let headProblem: ModelError?
  /// Number of classes of the classification head; nil without one that is understood.
  public var classes: Int? { head?.classes.value }

  /// Whether it is of a family whose position embeddings are never trained.
  let neverTrainsPositions: Bool
  /// `--position-embedding`.
  let positionEmbedding: ModelOptions.PositionEmbedding?
  let checkpoint: Checkpoint
  let names: NameResolution
  /// The layout at the training images' size.
  let layout: ParameterLayout

  /// Works out what the checkpoint is.
  ///
  /// - Throws: `ModelError` naming the tensor or setting that does not fit, and what to do.
  public init(_ checkpoint: Checkpoint, options: ModelOptions = ModelOptions()) throws(ModelError) {
    let names = try NameResolution(checkpoint, headPrefix: options.headPrefix)
    try self.init(checkpoint, names, Settings(checkpoint, names), options)
  }

  /// The same for a caller who has sorted the tensors and read the settings.
  init(
    _ checkpoint: Checkpoint, _ names: NameResolution, _ settings: Settings, _ options: ModelOptions
  ) throws(ModelError) {
    if let obstacle = names.obstacles.first { throw obstacle }
    var inference = ArchitectureInference(names, settings, options)
    let architecture = try inference.infer()
    do throws(ModelError) {
      head = try inference.head(of: architecture)
      headProblem = nil
    } catch {
      head = nil
      headProblem = error
    }
    self.checkpoint = checkpoint
    positionEmbedding = options.positionEmbedding
    neverTrainsPositions = settings.isOfMAE
    self.names = names
    self.architecture = architecture
    path = checkpoint.path
    dialect = names.dialect.title
    sources = inference.sources
    facts = inference.facts
    let own = names.sources.sorted { $0.key < $1.key }
    encoderTensors = own.filter { !$0.key.hasPrefix("decoder.") && !$0.key.hasPrefix("head.") }
      .flatMap(\.value.values).sorted()
    decoderTensors = own.filter { $0.key.hasPrefix("decoder.") }.flatMap(\.value.values).sorted()
    headTensors = own.filter { $0.key.hasPrefix("head.") }.flatMap(\.value.values).sorted()
    ignored = names.ignored
    pixelNormalization = PixelNormalization(names, settings, architecture)
    warnings =
      settings.warnings + names.unknownWarning + pixelNormalization.warnings
      + pixelNormalization.sizeWarning(architecture.imageSize, inference.sources["imageSize"])
    layout = ParameterLayout(encoderOf: architecture)
    if let problem = names.problems(with: layout).first ?? names.leftOver(by: layout) { throw problem }
  }
}

extension NameResolution {
  /// Tensors beside the blocks of which nothing is known, by what stands before the first dot; empty where there are none.
  fileprivate var unknownWarning: [String] {
    guard !unknown.isEmpty else { return [] }
    var counts: [(name: String, count: Int)] = []
    for tensor in unknown {
      let local = tensor.dropFirst(prefix.count)
      let name = prefix + (local.firstIndex(of: ".").map { String(local[...$0]) } ?? String(local))
      if counts.last?.name == name { counts[counts.count - 1].count += 1 } else { counts.append((name, 1)) }
    }
    let words = counts.prefix(6).map { $0.count > 1 ? "\($0.name)… (\($0.count) tensors)" : $0.name }
    let more = counts.count > 6 ? ", …" : ""
    return [
      "not used, and not known here: \(words.joined(separator: ", "))\(more); if the encoder computes with them, its numbers are others"
    ]
  }
}
