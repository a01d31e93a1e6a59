/// A place in the network whose patch tokens are analysed.
public enum Layer: Sendable, Hashable {
  /// Patch plus position embedding.
  case embedding
  /// The residual stream after the attention of block i, before its perceptron.
  case attention(Int)
  /// The residual stream after block i.
  case block(Int)
  /// The final norm of the last block's output.
  case norm
  /// The weighted sum of the fused layers (Eq. 4).
  case fused
  /// The final norm of the weighted sum.
  case fusedNorm
}

extension Layer: CustomStringConvertible {
  /// The name in results and options: `embedding`, `0.attention`, `0`, `norm`, `fused`, `fused-norm`.
  public var description: String {
    switch self {
    case .embedding: "embedding"
    case .attention(let i): "\(i).attention"
    case .block(let i): "\(i)"
    case .norm: "norm"
    case .fused: "fused"
    case .fusedNorm: "fused-norm"
    }
  }

  /// The layer of that name.
  public init?(_ name: String) {
    switch name {
    case "embedding": self = .embedding
    case "norm": self = .norm
    case "fused": self = .fused
    case "fused-norm": self = .fusedNorm
    default:
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      guard let first = parts.first, let i = Int(first), i >= 0, String(i) == first else { return nil }
      switch parts.count {
      case 1: self = .block(i)
      case 2 where parts[1] == "attention": self = .attention(i)
      default: return nil
      }
    }
  }
}

extension Architecture {
  /// Every layer of the model in the order of computation, without the places inside blocks.
  public var layers: [Layer] { layers(subblocks: false) }

  /// Every layer of the model in the order of computation.
  ///
  /// - Parameter subblocks: Whether the stream after each attention is listed too, as Park and Kim (ICLR 2022) plot it.
  /// - Returns: The layers; the fused ones only where it is known which are fused.
  public func layers(subblocks: Bool) -> [Layer] {
    var layers: [Layer] = [.embedding]
    for i in 0..<depth {
      if subblocks { layers.append(.attention(i)) }
      layers.append(.block(i))
    }
    if finalNorm { layers.append(.norm) }
    if let fusion, fusion.layers != nil {
      layers.append(.fused)
      if finalNorm { layers.append(.fusedNorm) }
    }
    return layers
  }
}
