public import Checkpoints
public import VisionTransformers

/// A checkpoint that a diagnosis shall examine, and what the user says of it.
public struct CheckpointRequest: Sendable {
  /// A file, the index of a sharded checkpoint, or a model folder.
  public var path: String
  /// What figures and tables call it.
  public var name: String
  /// Which state dictionary of a file that holds several.
  public var weights: WeightsSelection
  /// Heads and fused layers where the file cannot tell.
  public var options: ModelOptions
  /// A file that describes the model, in place of a `config.json` beside it.
  public var configuration: String?

  /// A checkpoint named after its file unless told otherwise.
  public init(
    path: String, name: String? = nil, weights: WeightsSelection = .model, options: ModelOptions = ModelOptions(),
    configuration: String? = nil
  ) {
    self.path = path
    self.name = name ?? path.split(separator: "/").last.map(String.init) ?? path
    self.weights = weights
    self.options = options
    self.configuration = configuration
  }
}

/// A checkpoint that has been opened and understood; no weights have been read.
public struct OpenedModel: Sendable {
  /// What was asked for.
  public let request: CheckpointRequest
  /// The open file.
  public let checkpoint: Checkpoint
  /// What it holds.
  public let description: ModelDescription

  /// Opens a checkpoint and works out what it is.
  ///
  /// - Parameters:
  ///   - request: The checkpoint and what the user says of it.
  ///   - imageSize: Height and width of the images that will be given, when they are known.
  /// - Throws: `CheckpointError` for a file that cannot be read, `ModelError` for one that cannot be computed with.
  public init(_ request: CheckpointRequest, imageSize: [Int]? = nil) throws {
    self.request = request
    checkpoint = try Checkpoint(
      opening: request.path, weights: request.weights, configuration: request.configuration)
    var options = request.options
    options.imageSize = options.imageSize ?? imageSize
    do throws(ModelError) {
      description = try ModelDescription(checkpoint, options: options)
    } catch {
      guard case .unknownDialect = error, let file = FeatureReport(checkpoint) else { throw error }
      throw FeatureFileError.notACheckpoint(file: request.path, layers: file.layers.count, images: file.images)
    }
  }

  /// The identity of the checkpoint in a result; the digest is over the encoder's tensors and takes a pass over their bytes.
  func identity() throws -> CheckpointIdentity {
    CheckpointIdentity(
      name: request.name, path: request.path, digest: try checkpoint.digest(of: description.encoderTensors),
      container: checkpoint.container.rawValue, dialect: description.dialect, architecture: description.architecture,
      architectureSources: description.sources.mapValues(\.description))
  }
}
