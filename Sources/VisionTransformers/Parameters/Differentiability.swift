extension ModelDescription {
  /// The tensor that keeps losses and their derivatives from being computed, where there is one; features can be computed all the same.
  public var differentiationProblem: ModelError? {
    let a = architecture
    if let (parameter, reason) = a.variant.obstacleToDerivatives {
      // What no tensor shows is a matter of the linear layer before it.
      let tensor = names.sources[parameter]?.values.min() ?? names.foreignName(of: parameter)
      return .notDifferentiable(file: path, tensor: tensor, reason: reason)
    }
    if names.lacksKeyBias, let tensor = names.sources["blocks.0.attention.qkv.bias"]?[0] {
      // Zeros in the place of the keys' biases would count as parameters.
      return .notDifferentiable(file: path, tensor: tensor, reason: "a bias of queries beside keys that have none")
    }
    guard a.positions == .absent else { return nil }
    return .notDifferentiable(
      file: path, tensor: names.foreignName(of: "patch.weight"), reason: "an embedding of patches without positions")
  }
}

extension Architecture.Variant {
  /// A parameter that the layers of `Differentiation` do not know, and what it is; nil for networks that they do.
  var obstacleToDerivatives: (parameter: ParameterName, reason: String)? {
    if embeddingNorm { return ("embedding.norm.weight", "a normalisation before the first block") }
    switch relativePositions {
    case .none: break
    case .shared: return ("relative", "a relative position bias")
    case .perBlock: return ("blocks.0.attention.relative", "a relative position bias")
    }
    let linear = "blocks.0.mlp.fc1.weight"
    switch perceptron {
    case .gelu: break
    case .swiGLU: return (linear, "a part of a gated perceptron (SwiGLU)")
    case .quickGELU, .tanhGELU: return (linear, "a linear layer before \(perceptron.rawValue)")
    }
    if rotaryPositions { return ("blocks.0.attention.qkv.weight", "a layer before rotary positions") }
    if attentionNorm { return ("blocks.0.attention.norm.weight", "a normalisation inside the attention") }
    if perceptronNorm { return ("blocks.0.mlp.norm.weight", "a normalisation inside the perceptron") }
    if norms == .output { return ("blocks.0.norm1.weight", "a normalisation of a branch's output") }
    return nil
  }
}
