public import Checkpoints
public import Tensors
internal import Foundation

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
  /// The tensors that the encoder is made of, by their names in the file, sorted.
  public let encoderTensors: [String]
  /// The tensors of the MAE decoder, by their names in the file, sorted.
  public let decoderTensors: [String]
  /// Tensors that nothing uses.
  public let ignored: [IgnoredTensor]
  /// The mean and deviation of pixels that the family normalises with, and where that is from.
  public let pixelNormalization: PixelNormalization

  private let checkpoint: Checkpoint
  private let names: NameResolution
  /// The layout at the training images' size.
  private let layout: ParameterLayout

  /// Works out what the checkpoint is.
  ///
  /// - Throws: `ModelError` naming the tensor or setting that does not fit, and what to do.
  public init(_ checkpoint: Checkpoint, options: ModelOptions = ModelOptions()) throws(ModelError) {
    let names = try NameResolution(checkpoint)
    if let obstacle = names.obstacles.first { throw obstacle }
    let settings = Settings(checkpoint)
    var inference = ArchitectureInference(names, settings, options)
    let architecture = try inference.infer()
    self.checkpoint = checkpoint
    self.names = names
    self.architecture = architecture
    path = checkpoint.path
    dialect = names.dialect.title
    sources = inference.sources
    let own = names.sources.sorted { $0.key < $1.key }
    encoderTensors = own.filter { !$0.key.hasPrefix("decoder.") }.flatMap(\.value.values).sorted()
    decoderTensors = own.filter { $0.key.hasPrefix("decoder.") }.flatMap(\.value.values).sorted()
    ignored = names.ignored
    pixelNormalization = try PixelNormalization(names, settings)
    layout = ParameterLayout(encoderOf: architecture)
    if let problem = names.problems(with: layout).first ?? names.leftOver(by: layout) { throw problem }
  }

  /// Reads the encoder's weights.
  ///
  /// - Parameters:
  ///   - imageSize: Height and width of the images that will be given, where they are not the training images': the position
  ///     embedding is then resized as the family's own code does.
  ///   - team: Reads that many tensors at a time.
  /// - Returns: The encoder, for images of that size.
  /// - Throws: `ModelError` for weights that are not finite or images that cannot be cut into patches, `CheckpointError` for a
  ///   damaged file.
  /// - Complexity: Memory of 4 bytes a parameter, and a small buffer for each member of the team.
  public func load(imageSize: [Int]? = nil, team: Team = Team()) throws -> VisionTransformer {
    let size = imageSize ?? architecture.imageSize
    guard size.count == 2, size.allSatisfy({ $0 > 0 && $0.isMultiple(of: architecture.patchSize) }) else {
      throw ModelError.imageSizeMismatch(
        file: path, patch: architecture.patchSize, height: size.first ?? 0, width: size.last ?? 0)
    }
    let target = architecture.resized(to: size)
    try checkMemory(for: target)
    let layout = ParameterLayout(encoderOf: target)
    return try VisionTransformer(target, layout) { parameters in
      try team.forEachPart(of: &parameters, parts: layout.parameters.map(\.range)) { index, values in
        let parameter = layout.parameters[index].name
        if parameter == "position", target.grid != architecture.grid {
          try readPositions(for: target, into: &values)
        } else {
          try read(parameter, into: &values)
        }
      }
    }
  }

  /// Reads the weights of encoder and decoder, for training images' size.
  ///
  /// - Throws: `ModelError` for a decoder that the file does not hold or that does not fit, and as `load(imageSize:team:)` does.
  /// - Complexity: Memory of 4 bytes a parameter, and a small buffer for each member of the team.
  public func loadWithDecoder(team: Team = Team()) throws -> VisionTransformer {
    guard let decoder = architecture.decoder else {
      throw ModelError.missingTensor(
        file: path, tensor: names.foreignName(of: "decoder.embed.weight"), dialect: dialect)
    }
    guard let heads = decoder.heads, heads > 0, decoder.width.isMultiple(of: heads) else {
      throw ModelError.unknownDecoderHeads(file: path, width: decoder.width, heads: decoder.heads)
    }
    let layout = ParameterLayout(of: architecture)
    if let problem = names.problems(with: layout).first { throw problem }
    return try VisionTransformer(architecture, layout) { parameters in
      try team.forEachPart(of: &parameters, parts: layout.parameters.map(\.range)) { index, values in
        try read(layout.parameters[index].name, into: &values)
      }
    }
  }

  private func readPositions(for target: Architecture, into values: inout MutableSpan<Float>) throws {
    var trained = [Float](repeating: 0, count: layout["position"].range.count)
    var span = trained.mutableSpan
    try read("position", into: &span)
    let resized = architecture.positionResizing.resize(
      trained, prefix: architecture.positionPrefixCount, width: architecture.width,
      from: architecture.grid, to: target.grid)
    for i in resized.indices { values[i] = resized[i] }
  }

  private func read(_ parameter: ParameterName, into values: inout MutableSpan<Float>) throws {
    // Biases that a family leaves out stay zero.
    guard let parts = names.sources[parameter] else { return }
    let length = values.count / parts.count
    for (part, tensor) in parts {
      var place = values.part(part * length..<(part + 1) * length)
      try checkpoint.read(tensor, into: &place)
      guard isFinite(place.span) else { throw ModelError.nonFiniteParameter(file: path, tensor: tensor) }
    }
  }

  /// Refuses what cannot be allocated before anything is.
  private func checkMemory(for target: Architecture) throws(ModelError) {
    let available = Double(ProcessInfo.processInfo.physicalMemory)
    let gigabytes = { (bytes: Double) in "\(Int(min(bytes / 1e9, 1e12).rounded(.up))) GB" }
    let needed = target.bytesForAnImage
    guard needed < available else {
      throw .unusableSetting(
        file: path, setting: "image size", value: "\(target.imageSize[0]) × \(target.imageSize[1])",
        reason:
          "an image of \(target.grid[0]) × \(target.grid[1]) patches would take \(gigabytes(needed)) of activations, "
          + "the memory is \(gigabytes(available)); give a smaller --image-size")
    }
  }
}

extension Architecture {
  /// About how many bytes the activations of one image take.
  ///
  /// In floating point, since the factors may be a stranger's.
  var bytesForAnImage: Double {
    let (rows, columns, patch) = (Double(grid[0]), Double(grid[1]), Double(patchSize))
    let tokens = Double(prefix.count) + rows * columns
    let features = 2 * Double(width) + max(3 * Double(width), Double(hiddenWidth)) + tokens
    return 4 * (tokens * features + 6 * rows * columns * patch * patch)
  }
}
