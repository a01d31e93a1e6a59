extension Dialect {
  /// torchvision's `VisionTransformer`.
  static let torchvision = Dialect(
    title: "torchvision naming",
    anchor: "conv_proj.weight",
    encoderScopes: [],
    encoder: table(
      [
        "class_token": .whole("class"), "encoder.pos_embedding": .whole("position"),
        "encoder.layers.encoder_layer_#.self_attention.in_proj_weight": .whole("blocks.#.attention.qkv.weight"),
        "encoder.layers.encoder_layer_#.self_attention.in_proj_bias": .whole("blocks.#.attention.qkv.bias"),
      ],
      pairs(["conv_proj": "patch", "encoder.ln": "norm"]),
      below(
        "encoder.layers.encoder_layer_#.", "blocks.#.",
        pairs([
          "ln_1": "norm1", "self_attention.out_proj": "attention.output", "ln_2": "norm2",
          "mlp.0": "mlp.fc1", "mlp.linear_1": "mlp.fc1", "mlp.3": "mlp.fc2", "mlp.linear_2": "mlp.fc2",
        ]))),
    decoder: [:],
    head: pairs(["heads.head": "head"]),
    blocks: ["encoder.layers."],
    refused: ["conv_proj.": "a part of a convolutional stem"],
    ignored: ["heads.": "classification head"],
    layerNormEpsilon: 1e-6,
    positionResizing: .bicubicAlignedCorners)
}
