extension Dialect {
  /// Flax, as google-research/vision_transformer and big_vision write it: names with slashes, kernels with inputs first.
  ///
  /// Sub-layers of a block are numbered among all sub-layers in the former (`MlpBlock_3`) and by kind in the latter (`MlpBlock_0`).
  static let flax = Dialect(
    title: "Flax naming",
    anchor: "embedding/kernel",
    encoderScopes: [],
    encoder: table(
      [
        "cls": .whole("class"), "Transformer/posembed_input/pos_embedding": .whole("position"),
        "pos_embedding": .whole("position"),
      ],
      flaxLinear("embedding", "patch"), flaxNorm("Transformer/encoder_norm", "norm"),
      below("Transformer/encoderblock_#/", "blocks.#.", flaxBlock)),
    decoder: [:],
    head: flaxLinear("head", "head"),
    blocks: ["Transformer/encoderblock_"],
    refused: [
      "Transformer/encoderblock/": "a stack of all blocks (made by a scan over them)",
      "conv_root/": "a part of a convolutional stem", "gn_root/": "a part of a convolutional stem",
      "embedding/": "a part of a patch embedding that is not one convolution",
    ],
    ignored: [
      "head/": "classification head", "pre_logits/": "classification head", "MAPHead_": "classification head",
    ],
    layerNormEpsilon: 1e-6,
    positionResizing: .bilinear,
    separator: "/",
    hasFlaxKernels: true)

  private static let flaxBlock: [String: Destination] = table(
    flaxNorm("LayerNorm_0", "norm1"), flaxNorm("LayerNorm_2", "norm2"), flaxNorm("LayerNorm_1", "norm2"),
    flaxAttention("MultiHeadDotProductAttention_1"), flaxAttention("MultiHeadDotProductAttention_0"),
    flaxPerceptron("MlpBlock_3"), flaxPerceptron("MlpBlock_0"))

  private static func flaxLinear(_ foreign: String, _ own: String) -> [String: Destination] {
    ["\(foreign)/kernel": .whole("\(own).weight"), "\(foreign)/bias": .whole("\(own).bias")]
  }

  private static func flaxNorm(_ foreign: String, _ own: String) -> [String: Destination] {
    ["\(foreign)/scale": .whole("\(own).weight"), "\(foreign)/bias": .whole("\(own).bias")]
  }

  private static func flaxPerceptron(_ foreign: String) -> [String: Destination] {
    table(flaxLinear("\(foreign)/Dense_0", "mlp.fc1"), flaxLinear("\(foreign)/Dense_1", "mlp.fc2"))
  }

  private static func flaxAttention(_ foreign: String) -> [String: Destination] {
    var names = flaxLinear("\(foreign)/out", "attention.output")
    for (part, name) in ["query", "key", "value"].enumerated() {
      names["\(foreign)/\(name)/kernel"] = .part("attention.qkv.weight", part, of: 3)
      names["\(foreign)/\(name)/bias"] = .part("attention.qkv.bias", part, of: 3)
    }
    return names
  }
}
