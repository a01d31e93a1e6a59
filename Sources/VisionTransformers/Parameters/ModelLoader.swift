public import Checkpoints
public import Tensors

/// A checkpoint understood: its dialect, its architecture, and what each tensor is for. Nothing but headers has been read.
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
    pixelNormalization = PixelNormalization(names, settings)
    layout = ParameterLayout(encoderOf: architecture)
    try checkShapes()
  }

  /// Reads the encoder's weights.
  ///
  /// - Parameters:
  ///   - imageSize: Height and width of the images that will be given, where they are not the training images': the position
  ///     embedding is then resized as the family's own code does.
  ///   - team: Reads that many tensors at a time.
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

  /// Every parameter of the layout must be in the file with its shape; a bias may be absent from every block.
  private func checkShapes() throws(ModelError) {
    for parameter in layout.parameters {
      guard let shape = names.shape(of: parameter.name) else {
        if mayBeAbsent(parameter.name) { continue }
        throw .missingTensor(file: path, tensor: names.foreignName(of: parameter.name), dialect: dialect)
      }
      guard shape.filter({ $0 != 1 }) == parameter.shape.filter({ $0 != 1 }) else {
        throw .shapeMismatch(
          file: path, tensor: names.tensor(of: parameter.name) ?? parameter.name, expected: parameter.shape, found: shape)
      }
      try checkParts(of: parameter.name)
    }
  }

  private func mayBeAbsent(_ parameter: ParameterName) -> Bool {
    let pattern = NamePattern(parameter).pattern
    guard ["patch.bias", "blocks.#.attention.qkv.bias"].contains(pattern) else { return false }
    return !names.sources.keys.contains { NamePattern($0).pattern == pattern }
  }

  /// Queries, keys and values must all be there and of one size.
  private func checkParts(of parameter: ParameterName) throws(ModelError) {
    guard let parts = names.sources[parameter], let any = parts.first else { return }
    let expected = names.dialect.partCount(of: any.value, below: names.prefix)
    guard parts.count == expected else {
      throw .missingTensor(file: path, tensor: "a part of \(parameter) beside \(any.value)", dialect: dialect)
    }
    let counts = Set(parts.values.map { checkpoint.tensor(named: $0)?.count ?? 0 })
    guard counts.count == 1 else {
      throw .unusableShape(
        file: path, tensor: any.value, shape: checkpoint.tensor(named: any.value)?.shape ?? [],
        reason: "queries, keys and values must have one shape")
    }
  }
}

extension Dialect {
  /// How many tensors make up the parameter that this tensor belongs to.
  func partCount(of tensor: String, below prefix: String) -> Int {
    let local = NamePattern(String(tensor.dropFirst(prefix.count))).pattern
    if case .part(_, _, let count)? = encoder[local] ?? decoder[NamePattern(tensor).pattern] { return count }
    return 1
  }
}
