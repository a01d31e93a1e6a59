/// A value that changes numbers, which neither the file nor an option gives, and in which published files with these names and shapes
/// differ.
public struct Assumption: Sendable, Hashable, Codable {
  /// The value's name in words, such as `attention heads`.
  public let what: String
  /// What it was taken to be.
  public let value: String
  /// Why that.
  public let why: String
  /// The option that replaces it.
  public let option: String

  /// An assumption in words.
  public init(what: String, value: String, why: String, option: String) {
    (self.what, self.value, self.why, self.option) = (what, value, why, option)
  }

  /// The assumption behind a value; nil for one that something tells.
  public init?(_ what: String, value: some CustomStringConvertible, source: ValueSource) {
    guard case .assumed(let why, let option) = source else { return nil }
    self.init(what: what, value: value.description, why: why, option: option)
  }
}

/// What a command computes of a checkpoint, which decides what assumptions change its numbers.
public enum AssumptionScope: Sendable, Hashable {
  /// Features of the encoder.
  case encoder
  /// The position embedding on another grid.
  case resizedPositions
  /// Features of fused layers, or a loss that depends on them.
  case fusion
  /// The MAE decoder.
  case decoder
  /// Derivatives with respect to parameters, of which position embeddings may be some.
  case parameters
  /// The classification head.
  case head
  /// Pixels of image files.
  case pixels
}

extension ModelDescription {
  /// What was assumed of the checkpoint, in the order of finding.
  ///
  /// - Parameter scopes: What will be computed.
  /// - Returns: The assumptions that change its numbers.
  public func assumptions(_ scopes: Set<AssumptionScope>) -> [Assumption] {
    facts.compactMap { fact in
      guard scopes.contains(fact.scope) else { return nil }
      return Assumption(fact.words, value: fact.value, source: fact.source)
    } + (scopes.contains(.pixels) ? pixelNormalization.assumptions : [])
  }
}

extension ArchitectureFact {
  /// What the value changes.
  fileprivate var scope: AssumptionScope {
    switch name {
    case "positionResizing": .resizedPositions
    case "positionEmbedding": .parameters
    case let name where name.hasPrefix("fusion"): .fusion
    case let name where name.hasPrefix("decoder."): .decoder
    case let name where name.hasPrefix("head."): .head
    default: .encoder
    }
  }

  /// The name as the field says it.
  fileprivate var words: String {
    let words = [
      "heads": "attention heads", "decoder.heads": "attention heads of the decoder", "perceptron": "activation",
      "layerNormEpsilon": "ε of layer normalisation", "fusion.layers": "fused layers",
      "head.pooling": "pooling of the head", "positionResizing": "position resizing",
      "positionEmbedding": "position embedding", "rotaryGrid": "rotary grid", "rotaryPositions": "rotary positions",
    ]
    return words[name] ?? name
  }
}

extension PixelNormalization {
  /// What was assumed of pixels.
  fileprivate var assumptions: [Assumption] {
    let words = { (values: [Double]) in values.map { "\($0)" }.joined(separator: ",") }
    return [Assumption("pixel mean/deviation", value: "\(words(mean))/\(words(deviation))", source: source)].compactMap(
      \.self)
  }
}
