/// How a checkpoint is written so that both PyTorch users and this module read it: tensors in the naming of MAE's and timm's own
/// repositories, and strings for safetensors' `__metadata__` that tell what tensors cannot.
///
/// The names are those of `Dialect.original`. MFF adds `proj_weights` (the fusion logits), `proj_layers.j` (linear),
/// `proj_layers.j.0` and `.2` (perceptron), and `fusion_attention` (the block of a fusion by attention).
public enum OfficialNaming {
  /// A tensor to write.
  public struct Tensor: Sendable, Hashable {
    /// Its name in the file.
    public let name: String
    /// Its shape in the file, row-major: MAE stores a class token as 1 × 1 × D.
    public let shape: [Int]
    /// Its values' indices in the flat vector.
    public let range: Range<Int>
  }

  /// The tensors of a model, every value of the flat vector in exactly one.
  ///
  /// - Parameter layout: The model's layout.
  /// - Returns: Tensors in the order of the flat vector.
  public static func tensors(of layout: ParameterLayout) -> [Tensor] {
    layout.parameters.map { parameter in
      let names = Dialect.original.names(of: parameter.name)
      guard let name = (names.encoder + names.beside).first else {
        preconditionFailure("\(parameter.name) has no name in the official naming")
      }
      return Tensor(name: name, shape: shape(of: parameter), range: parameter.range)
    }
  }

  private static func shape(of parameter: ParameterRange) -> [Int] {
    switch parameter.name {
    case "class", "distillation", "decoder.mask": [1, 1] + parameter.shape
    case "registers", "position", "decoder.position": [1] + parameter.shape
    case "fusion.logits": parameter.shape + [1, 1, 1]
    default: parameter.shape
    }
  }

  /// What the tensors do not tell of an architecture, as keys and values of safetensors' `__metadata__`.
  ///
  /// - Parameters:
  ///   - architecture: The network.
  ///   - pooling: What its classification head reads; nil without one.
  /// - Returns: `heads`, `layer_norm_eps`, `image_size`, `position_resizing`; `perceptron` where it is not GELU; with a decoder `decoder_heads`; with fusion `fuse`,
  ///   `projection`, `fusion`, `detach`; with a head `global_pool`.
  public static func metadata(of architecture: Architecture, pooling: HeadPooling? = nil) -> [String: String] {
    var metadata = [
      "heads": "\(architecture.heads)", "layer_norm_eps": "\(architecture.layerNormEpsilon)",
      "image_size": words(architecture.imageSize), "position_resizing": architecture.positionResizing.rawValue,
    ]
    let perceptron = architecture.variant.perceptron
    if perceptron != .gelu, perceptron != .swiGLU { metadata["perceptron"] = perceptron.rawValue }
    if let heads = architecture.decoder?.heads { metadata["decoder_heads"] = "\(heads)" }
    if let fusion = architecture.fusion {
      metadata["fuse"] = fusion.layers.map(words)
      metadata["projection"] = fusion.projection.rawValue
      metadata["fusion"] = fusion.combination.rawValue
      metadata["detach"] = "\(fusion.detach)"
    }
    if let pooling { metadata["global_pool"] = pooling == .classToken ? "token" : "avg" }
    return metadata
  }

  private static func words(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ",") }
}
