public import Tensors
internal import Checkpoints
internal import Foundation

extension ModelDescription {
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
    try load(imageSize, team) { ParameterLayout(encoderOf: $0) }
  }

  /// Reads exactly the weights that a `LossFunction` of this objective has, in its order: the encoder's, then those of the decoder
  /// or of the classification head.
  ///
  /// - Parameters:
  ///   - objective: The loss. A decoder that it does not use is not read, and need not be known.
  ///   - imageSize: As for `load(imageSize:team:)`; the decoder's position embedding is resized in the same way.
  ///   - team: Reads that many tensors at a time.
  /// - Returns: The model, for images of that size.
  /// - Throws: `ModelError` for a network whose derivatives are not known, for a decoder or a head that the file does not hold or
  ///   that does not fit, and as `load(imageSize:team:)` does.
  /// - Complexity: Memory of 4 bytes a parameter, and a small buffer for each member of the team.
  public func loadForLoss(
    _ objective: Objective, imageSize: [Int]? = nil, team: Team = Team()
  ) throws -> VisionTransformer {
    if let problem = differentiationProblem { throw problem }
    if objective.usesDecoder { try checkDecoder() }
    if let classes = objective.classes { try checkHead(classes, objective.pooling) }
    if let problem = names.problems(with: ParameterLayout(of: architecture, for: objective)).first { throw problem }
    return try load(imageSize, team) { ParameterLayout(of: $0, for: objective) }
  }

  private func checkDecoder() throws(ModelError) {
    guard let decoder = architecture.decoder else {
      throw .missingTensor(file: path, tensor: names.foreignName(of: "decoder.embed.weight"), dialect: dialect)
    }
    if let problem = names.decoderProblem(architecture) { throw problem }
    guard let heads = decoder.heads, heads > 0, decoder.width.isMultiple(of: heads) else {
      throw .unknownDecoderHeads(file: path, width: decoder.width, heads: decoder.heads)
    }
  }

  private func checkHead(_ classes: Int, _ pooling: HeadPooling?) throws(ModelError) {
    let head = try requiredHead()
    guard head.classes.value == classes else {
      throw .unusableSetting(
        file: path, setting: "number of classes", value: "\(classes)",
        reason: "the classification head in the file has \(head.classes.value)")
    }
    guard head.pooling.value == pooling else {
      throw .unusableSetting(
        file: path, setting: "pooling of the classification head", value: pooling?.rawValue ?? "none",
        reason: "the head in the file reads \(head.pooling.value.rawValue) (\(head.pooling.source))")
    }
  }

  private func load(
    _ imageSize: [Int]?, _ team: Team, _ layout: (Architecture) -> ParameterLayout
  ) throws -> VisionTransformer {
    let size = imageSize ?? architecture.imageSize
    guard size.count == 2, size.allSatisfy({ $0 > 0 && $0.isMultiple(of: architecture.patchSize) }) else {
      throw ModelError.imageSizeMismatch(
        file: path, patch: architecture.patchSize, height: size.first ?? 0, width: size.last ?? 0)
    }
    let target = architecture.resized(to: size)
    try checkMemory(for: target)
    try checkPositions(for: target)
    let (layout, trained) = (layout(target), layout(architecture))
    let isResized = target.grid != architecture.grid
    // Whether positions are a fixed table shows only before they are resized.
    let fixed = try fixedPositions(trained).names
    let absent = Set(layout.parameters.lazy.map(\.name).filter { names.sources[$0] == nil })
    return try VisionTransformer(target, layout, fixed: fixed, absent: absent) { parameters in
      try team.forEachPart(of: &parameters, parts: layout.parameters.map(\.range)) { index, values in
        let parameter = layout.parameters[index].name
        if isResized, VisionTransformer.positions.contains(parameter) {
          try readPositions(trained[parameter], for: target, into: &values)
        } else if let table = rotaryTable(of: parameter, for: target) {
          for i in table.indices { values[i] = table[i] }
        } else {
          try read(parameter, into: &values)
        }
      }
    }
  }

  /// Angles that the file does not hold, or holds for another grid.
  private func rotaryTable(of parameter: ParameterName, for target: Architecture) -> [Float]? {
    guard ["rotary.cos", "rotary.sin"].contains(parameter) else { return nil }
    guard names.sources[parameter] == nil || target.grid != architecture.grid else { return nil }
    return target.rotaryTable.values(of: parameter)
  }

  /// Refuses positions that the file holds for its own grid only, and tables that contradict each other.
  private func checkPositions(for target: Architecture) throws {
    let isResized = target.grid != architecture.grid
    let relative = ["relative", "blocks.0.attention.relative"].lazy.compactMap { names.tensor(of: $0) }.first
    if isResized, let relative {
      throw ModelError.unusableSetting(
        file: path, setting: "image size", value: "\(target.imageSize[0]) × \(target.imageSize[1])",
        reason:
          "\(relative) holds biases for \(architecture.grid[0]) × \(architecture.grid[1]) patches, which are not resized; "
          + "give images of \(architecture.imageSize[0]) × \(architecture.imageSize[1])")
    }
    guard architecture.variant.rotaryPositions else { return }
    let own = architecture.rotaryTable
    for parameter in ["rotary.cos", "rotary.sin"] {
      let stored = names.tensor(of: parameter)
      let values = try stored.map { try checkpoint.floats($0) }
      let computed = isResized || values == nil ? own.values(of: parameter) : []
      // Half precision leaves 5e-4 of a cosine, angles in single precision 1e-6.
      if isResized, let stored, let values, zip(values, computed).contains(where: { abs($0 - $1) > 2e-3 }) {
        throw ModelError.unsupportedTensor(
          file: path, tensor: stored,
          reason: "a table of angles other than EVA-02's, which cannot be made for another grid")
      }
      for copy in names.copies[parameter] ?? [] where try checkpoint.floats(copy) != values ?? computed {
        throw ModelError.unsupportedTensor(
          file: path, tensor: copy, reason: "a table of angles of one block that differs from the others'")
      }
    }
  }

  /// The position embeddings that are no parameters of a loss.
  ///
  /// - Parameter objective: The loss.
  /// - Returns: Their names with those of biases that the file lacks, and why positions are fixed or trained; nil where there are none.
  /// - Throws: `CheckpointError` for a damaged file.
  /// - Complexity: Reads the position embeddings.
  public func fixedParameters(
    for objective: Objective
  ) throws -> (names: Set<ParameterName>, positions: Sourced<ModelOptions.PositionEmbedding>?) {
    let layout = ParameterLayout(of: architecture, for: objective)
    let fixed = try fixedPositions(layout)
    return (fixed.names.union(layout.parameters.lazy.map(\.name).filter { names.sources[$0] == nil }), fixed.kind)
  }

  private func fixedPositions(
    _ layout: ParameterLayout
  ) throws -> (names: Set<ParameterName>, kind: Sourced<ModelOptions.PositionEmbedding>?) {
    let all = VisionTransformer.positions.filter { layout.contains($0) && names.sources[$0] != nil }
    guard !all.isEmpty else { return ([], nil) }
    if let positionEmbedding {
      let source = ValueSource.option("--position-embedding")
      return (positionEmbedding == .fixed ? all : [], Sourced(value: positionEmbedding, source: source))
    }
    // A table that was resized to another grid, or rounded, no longer is sines and cosines to the last digit.
    if neverTrainsPositions {
      return (all, Sourced(value: .fixed, source: .usual("MAE and its kin never train them")))
    }
    let tables = try all.filter { name in
      let parameter = layout[name]
      return architecture.isFixedPositions(try positions(parameter), width: parameter.shape[1])
    }
    if tables.isEmpty, names.classPositionIsZero(width: architecture.width) {
      let source = ValueSource.assumed(
        "the class token's row is zero, as in MAE's fixed table; the others are not its sines and cosines",
        option: "--position-embedding")
      return (all, Sourced(value: .fixed, source: source))
    }
    let source: ValueSource =
      !tables.isEmpty
      ? .tensors("sines and cosines")
      : names.showsMAE
        ? .assumed(
          "they are no sines and cosines; those of an MAE resized to another grid are none either",
          option: "--position-embedding")
        : .usual("learned, as they are no table")
    return (tables, Sourced(value: tables.isEmpty ? .trained : .fixed, source: source))
  }

  private func positions(_ parameter: ParameterRange) throws -> [Float] {
    var values = [Float](repeating: 0, count: parameter.range.count)
    var span = values.mutableSpan
    try read(parameter.name, into: &span)
    return values
  }

  private func readPositions(
    _ parameter: ParameterRange, for target: Architecture, into values: inout MutableSpan<Float>
  ) throws {
    let resized = architecture.positionResizing.resize(
      try positions(parameter), prefix: architecture.positionPrefixCount, width: parameter.shape[1],
      from: architecture.grid, to: target.grid)
    for i in resized.indices { values[i] = resized[i] }
  }

  private func read(_ parameter: ParameterName, into values: inout MutableSpan<Float>) throws {
    // Biases that a family leaves out stay zero.
    guard let parts = names.sources[parameter] else { return }
    let length = values.count / (names.partCounts[parameter] ?? 1)
    for (part, tensor) in parts {
      var place = values.part(part * length..<(part + 1) * length)
      if let axes = names.axes[tensor] {
        try checkpoint.read(tensor, axes: axes, into: &place)
      } else {
        try checkpoint.read(tensor, into: &place)
      }
      guard isFinite(place.span) else { throw ModelError.nonFiniteParameter(file: path, tensor: tensor) }
    }
  }

  /// Refuses what cannot be allocated before anything is.
  private func checkMemory(for target: Architecture) throws(ModelError) {
    let available = Double(SystemMemory.now.available)
    let gigabytes = { (bytes: Double) in "\(Int(min(bytes / 1e9, 1e12).rounded(.up))) GB" }
    let needed = target.bytesForAnImage
    guard needed < available else {
      throw .unusableSetting(
        file: path, setting: "image size", value: "\(target.imageSize[0]) × \(target.imageSize[1])",
        reason:
          "an image of \(target.grid[0]) × \(target.grid[1]) patches would take \(gigabytes(needed)) of activations, "
          + "\(gigabytes(available)) are free; give a smaller --image-size")
    }
  }
}

extension Architecture {
  /// The angles of its patches.
  fileprivate var rotaryTable: RotaryTable {
    RotaryTable(grid: grid, headWidth: width / heads, reference: variant.rotaryGrid ?? grid)
  }

  /// About how many bytes the activations of one image take.
  ///
  /// In floating point, since the factors may be a stranger's.
  var bytesForAnImage: Double {
    let (rows, columns, patch) = (Double(grid[0]), Double(grid[1]), Double(patchSize))
    let tokens = Double(prefix.count) + rows * columns
    let features = 2 * Double(width) + max(3 * Double(width), Double(perceptronWidth)) + tokens
    return 4 * (tokens * features + 6 * rows * columns * patch * patch)
  }
}
