internal import VisionTransformers

/// Which layers a diagnosis looks at: `all`, `last`, or a list of names and of ranges of blocks.
public enum LayerSelection: Sendable, Hashable {
  /// Embedding, every block, norm, and for MFF fused and fused-norm.
  case all
  /// The last block's output, fused or not.
  case last
  /// These, by name; `0-11` stands for twelve names where nothing has that one.
  case names([String])

  /// Reads `all`, `last` or `embedding,0,11,norm`; nil where a name can be no layer's.
  public init?(_ text: String) {
    self.init(anyNames: text)
    guard namesKnownLayers else { return nil }
  }

  /// Reads `all`, `last` or a list of any names, as features may have.
  public init(anyNames text: String) {
    switch text {
    case "all": self = .all
    case "last": self = .last
    default:
      self = .names(
        text.split(separator: ",", omittingEmptySubsequences: false).map { name in
          String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        })
    }
  }

  /// Whether each name of a list can be a layer's of a Vision Transformer.
  public var namesKnownLayers: Bool {
    guard case .names(let names) = self else { return true }
    return names.allSatisfy { Layer($0) != nil || Self.range($0) != nil }
  }

  /// The names that a range such as `0-11` stands for, both ends among them; nil for what is no range.
  static func range(_ text: String) -> [String]? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard ends.count == 2, let first = ends[0], let last = ends[1], first >= 0, first <= last, last - first < 4096
    else {
      return nil
    }
    return (first...last).map(String.init)
  }
}

extension ModelDescription {
  /// The selected layers in the order of computation.
  func layers(_ selection: LayerSelection, subblocks: Bool) throws(ModelError) -> [Layer] {
    switch selection {
    case .all:
      if let fusion = architecture.fusion, fusion.layers == nil {
        throw .unknownFusionLayers(file: path, count: fusion.count)
      }
      return architecture.layers(subblocks: subblocks)
    case .last: return [.block(architecture.depth - 1)]
    case .names(let names):
      let available = architecture.layers(subblocks: true)
      var wanted: Set<Layer> = []
      for name in names.flatMap({ Layer($0) == nil ? LayerSelection.range($0) ?? [$0] : [$0] }) {
        guard let layer = Layer(name), available.contains(layer) else { throw missing(name) }
        wanted.insert(layer)
      }
      return available.filter(wanted.contains)
    }
  }

  private func missing(_ name: String) -> ModelError {
    if name.hasPrefix("fused"), let fusion = architecture.fusion, fusion.layers == nil {
      return .unknownFusionLayers(file: path, count: fusion.count)
    }
    return .noSuchLayer(layer: name, available: architecture.layers.map(\.description), file: path)
  }
}

extension LayerSelection {
  /// Whether at least two of the layers lie on the way from the embedding to the last block, for a figure against depth.
  public var spansDepth: Bool {
    switch self {
    case .all: return true
    case .last: return false
    case .names(let names):
      return Set(names.flatMap { Self.range($0) ?? [$0] }).subtracting(
        [Layer.norm, .fused, .fusedNorm].map(\.description)
      ).count > 1
    }
  }
}
