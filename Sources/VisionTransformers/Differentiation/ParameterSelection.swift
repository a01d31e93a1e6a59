/// The parameters that a gradient or Hessian is taken over.
///
/// Fixed position embeddings belong to none; learned ones to the part of the network they are added in.
public enum ParameterSelection: Sendable, Hashable {
  /// Encoder and decoder (and head).
  case all
  /// Patch embedding, prefix tokens, blocks, final norm, fusion logits and projections.
  case encoder
  /// Everything else, the mask token included.
  case decoder
  /// Block i of the encoder.
  case block(Int)

  /// Whether a parameter belongs to the selection, fixed ones aside.
  public func contains(_ name: ParameterName) -> Bool {
    let belongsToDecoder = name.hasPrefix("decoder.") || name.hasPrefix("head.")
    return switch self {
    case .all: true
    case .encoder: !belongsToDecoder
    case .decoder: belongsToDecoder
    case .block(let i): name.hasPrefix("blocks.\(i).")
    }
  }
}

extension ParameterSelection: CustomStringConvertible {
  /// `all`, `encoder`, `decoder`, `block:3`.
  public var description: String {
    switch self {
    case .all: "all"
    case .encoder: "encoder"
    case .decoder: "decoder"
    case .block(let i): "block:\(i)"
    }
  }

  /// The selection of that name.
  public init?(_ name: String) {
    switch name {
    case "all": self = .all
    case "encoder": self = .encoder
    case "decoder": self = .decoder
    default:
      guard name.hasPrefix("block:"), let i = Int(name.dropFirst(6)), i >= 0 else { return nil }
      self = .block(i)
    }
  }
}
