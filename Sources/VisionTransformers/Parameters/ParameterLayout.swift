/// The name of a parameter in our own naming, such as `blocks.3.attention.qkv.weight`.
public typealias ParameterName = String

/// One named tensor's place in the flat parameter vector.
public struct ParameterRange: Sendable, Hashable {
  /// Our own name.
  public let name: ParameterName
  /// The tensor's shape, row-major.
  public let shape: [Int]
  /// Its values' indices in the flat vector.
  public let range: Range<Int>
}

/// The order of all parameters of a model in one flat vector.
///
/// A block's parameters are adjacent, so that "block 3" or "the encoder" is one range.
public struct ParameterLayout: Sendable {
  /// The parameters in their order.
  public let parameters: [ParameterRange]
  /// Length of the flat vector.
  public let count: Int
  private let indices: [ParameterName: Int]

  /// Lays out the encoder of an architecture.
  public init(encoderOf architecture: Architecture) {
    self.init(shapes: Self.encoderShapes(architecture))
  }

  /// Lays out the decoder of an architecture; empty when it has none.
  public init(decoderOf architecture: Architecture) {
    self.init(shapes: architecture.decoder.map { Self.decoderShapes($0, of: architecture) } ?? [])
  }

  /// Lays out a whole model: encoder, decoder, and a classification head where `classes` are given; the encoder comes first.
  public init(of architecture: Architecture, classes: Int? = nil, pooling: HeadPooling = .classToken) {
    self.init(
      shapes: Self.encoderShapes(architecture)
        + (architecture.decoder.map { Self.decoderShapes($0, of: architecture) } ?? [])
        + Self.headShapes(architecture, classes: classes, pooling))
  }

  /// Lays out what an objective uses of a model: the encoder, then the decoder or the classification head.
  ///
  /// This is the order of θ of a `LossFunction`.
  public init(of architecture: Architecture, for objective: Objective) {
    var used = architecture
    if !objective.usesDecoder { used.decoder = nil }
    self.init(of: used, classes: objective.classes, pooling: objective.pooling ?? .classToken)
  }

  /// The parameters that `isIncluded` accepts, moved together: the layout of a vector that holds only these.
  public func filter(_ isIncluded: (ParameterRange) -> Bool) -> ParameterLayout {
    ParameterLayout(shapes: parameters.filter(isIncluded).map { ($0.name, $0.shape) })
  }

  private init(shapes: [(ParameterName, [Int])]) {
    var parameters: [ParameterRange] = []
    var end = 0
    for (name, shape) in shapes {
      let start = end
      end += shape.reduce(1, *)
      parameters.append(ParameterRange(name: name, shape: shape, range: start..<end))
    }
    self.parameters = parameters
    count = end
    indices = Dictionary(uniqueKeysWithValues: parameters.enumerated().map { ($1.name, $0) })
  }

  /// The parameter of that name; asking for one that the layout does not hold is a programming error.
  public subscript(_ name: ParameterName) -> ParameterRange {
    guard let index = indices[name] else { preconditionFailure("the layout holds no parameter \(name)") }
    return parameters[index]
  }

  /// Whether the layout holds a parameter of that name.
  public func contains(_ name: ParameterName) -> Bool { indices[name] != nil }
}

extension ParameterLayout {
  private static func encoderShapes(_ a: Architecture) -> [(ParameterName, [Int])] {
    var shapes: [(ParameterName, [Int])] = [
      ("patch.weight", [a.width, 3, a.patchSize, a.patchSize]), ("patch.bias", [a.width]),
    ]
    if a.positionCount > 0 { shapes.append(("position", [a.positionCount, a.width])) }
    if a.prefix.contains(.class) { shapes.append(("class", [a.width])) }
    if a.prefix.contains(.distillation) { shapes.append(("distillation", [a.width])) }
    let registers = a.prefix.count { $0 == .register }
    if registers > 0 { shapes.append(("registers", [registers, a.width])) }
    shapes += variantShapes(a)
    for i in 0..<a.depth {
      shapes += blockShapes(
        "blocks.\(i)", width: a.width, hidden: a.hiddenWidth, layerScale: a.layerScale, variant: a.variant)
      if a.variant.relativePositions == .perBlock { shapes.append(relativeShape("blocks.\(i).attention.", a)) }
    }
    if let fusion = a.fusion {
      shapes += fusionShapes(fusion, a)
    }
    if a.finalNorm { shapes += [("norm.weight", [a.width]), ("norm.bias", [a.width])] }
    return shapes
  }

  /// What all blocks share: a norm before the first, tables of positions.
  private static func variantShapes(_ a: Architecture) -> [(ParameterName, [Int])] {
    var shapes: [(ParameterName, [Int])] = []
    if a.variant.embeddingNorm { shapes += normShapes("embedding.norm", a.width) }
    if a.variant.relativePositions == .shared { shapes.append(relativeShape("", a)) }
    if a.variant.rotaryPositions {
      shapes += ["rotary.cos", "rotary.sin"].map { ($0, [a.patches, a.width / a.heads]) }
    }
    return shapes
  }

  private static func relativeShape(_ scope: String, _ a: Architecture) -> (ParameterName, [Int]) {
    ("\(scope)relative", [a.relativeRows, a.heads])
  }

  private static func normShapes(_ name: String, _ width: Int) -> [(ParameterName, [Int])] {
    [("\(name).weight", [width]), ("\(name).bias", [width])]
  }

  private static func decoderShapes(
    _ d: Architecture.Decoder, of a: Architecture
  ) -> [(ParameterName, [Int])] {
    var shapes: [(ParameterName, [Int])] = [
      ("decoder.embed.weight", [d.width, a.width]), ("decoder.embed.bias", [d.width]), ("decoder.mask", [d.width]),
      ("decoder.position", [a.positionCount, d.width]),
    ]
    for i in 0..<d.depth {
      shapes += blockShapes("decoder.blocks.\(i)", width: d.width, hidden: d.hiddenWidth, layerScale: false)
    }
    shapes += [
      ("decoder.norm.weight", [d.width]), ("decoder.norm.bias", [d.width]),
      ("decoder.output.weight", [d.outputs, d.width]), ("decoder.output.bias", [d.outputs]),
    ]
    return shapes
  }

  private static func fusionShapes(_ fusion: Architecture.Fusion, _ a: Architecture) -> [(ParameterName, [Int])] {
    var shapes: [(ParameterName, [Int])] = []
    switch fusion.combination {
    case .average: shapes.append(("fusion.logits", [fusion.count]))
    case .attention: shapes += blockShapes("fusion.block", width: a.width, hidden: a.hiddenWidth, layerScale: false)
    }
    for j in 0..<(fusion.count - 1) {
      let name = "fusion.projections.\(j)"
      switch fusion.projection {
      case .none: break
      case .linear: shapes += linearShapes(name, [a.width, a.width])
      case .mlp:
        shapes += linearShapes("\(name).fc1", [a.width, a.width]) + linearShapes("\(name).fc2", [a.width, a.width])
      }
    }
    return shapes
  }

  private static func headShapes(
    _ a: Architecture, classes: Int?, _ pooling: HeadPooling
  ) -> [(ParameterName, [Int])] {
    guard let classes else { return [] }
    let norm = [("head.norm.weight", [a.width]), ("head.norm.bias", [a.width])]
    return (pooling == .normalizedMean ? norm : []) + linearShapes("head", [classes, a.width])
  }

  private static func linearShapes(_ name: String, _ shape: [Int]) -> [(ParameterName, [Int])] {
    [("\(name).weight", shape), ("\(name).bias", [shape[0]])]
  }

  private static func blockShapes(
    _ block: String, width: Int, hidden: Int, layerScale: Bool, variant: Architecture.Variant = .init()
  ) -> [(ParameterName, [Int])] {
    var shapes: [(ParameterName, [Int])] = [
      ("\(block).norm1.weight", [width]), ("\(block).norm1.bias", [width]),
      ("\(block).attention.qkv.weight", [3 * width, width]), ("\(block).attention.qkv.bias", [3 * width]),
    ]
    if variant.attentionNorm { shapes += normShapes("\(block).attention.norm", width) }
    shapes += [
      ("\(block).attention.output.weight", [width, width]), ("\(block).attention.output.bias", [width]),
    ]
    if layerScale { shapes.append(("\(block).scale1", [width])) }
    let first = variant.perceptron == .swiGLU ? 2 * hidden : hidden
    shapes += normShapes("\(block).norm2", width) + linearShapes("\(block).mlp.fc1", [first, width])
    if variant.perceptronNorm { shapes += normShapes("\(block).mlp.norm", hidden) }
    shapes += [
      ("\(block).mlp.fc2.weight", [width, hidden]), ("\(block).mlp.fc2.bias", [width]),
    ]
    if layerScale { shapes.append(("\(block).scale2", [width])) }
    return shapes
  }
}

extension Architecture {
  /// How many prefix tokens have a row in the position embedding.
  public var positionPrefixCount: Int {
    switch positions {
    case .classAndPatches: prefix.count { $0 != .register }
    case .allTokens: prefix.count
    case .patches, .absent: 0
    }
  }

  /// Rows of the position embedding; 0 without one.
  public var positionCount: Int { positions == .absent ? 0 : positionPrefixCount + patches }
}
