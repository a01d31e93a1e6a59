extension Dialect {
  /// Hugging Face transformers: ViT, DeiT, ViTMAE, BEiT, DINOv2 (with registers), as stored on disk and as version 5 names them in
  /// memory.
  static let huggingFace = Dialect(
    title: "Hugging Face naming",
    anchor: "embeddings.patch_embeddings.projection.weight",
    encoderScopes: ["vit.", "deit.", "beit.", "dinov2.", "dinov2_with_registers."],
    encoder: table(
      [
        "embeddings.cls_token": .whole("class"), "embeddings.distillation_token": .whole("distillation"),
        "embeddings.register_tokens": .whole("registers"), "embeddings.position_embeddings": .whole("position"),
        "encoder.relative_position_bias.relative_position_bias_table": .whole("relative"),
        "encoder.relative_position_bias.relative_position_index":
          .derived("offsets of patches, which follow from the grid"),
      ],
      pairs(["embeddings.patch_embeddings.projection": "patch", "layernorm": "norm"]),
      below("encoder.layer.#.", "blocks.#.", table(huggingFaceBlock, variantBlock)),
      below("layers.#.", "blocks.#.", table(huggingFaceBlock, variantBlock))),
    decoder: table(
      [
        "decoder.mask_token": .whole("decoder.mask"), "decoder.decoder_pos_embed": .whole("decoder.position"),
      ],
      pairs([
        "decoder.decoder_embed": "decoder.embed", "decoder.decoder_norm": "decoder.norm",
        "decoder.decoder_pred": "decoder.output",
        // BEiT for masked images keeps its final norm beside the encoder.
        "layernorm": "norm",
      ]),
      below("decoder.decoder_layers.#.", "decoder.blocks.#.", huggingFaceBlock),
      below("decoder.decoder_encoder.layer.#.", "decoder.blocks.#.", huggingFaceBlock)),
    head: pairs(["classifier": "head"]),
    blocks: ["encoder.layer.", "layers."],
    refused: [
      "encoder.relative_position_bias.": "a relative position bias",
      "embeddings.patch_embeddings.": "a part of a patch embedding that is not one convolution",
    ],
    ignored: [
      "pooler.": "pooled output", "lm_head.": "token prediction head",
      "classifier.": "classification head", "cls_classifier.": "classification head",
      "distillation_classifier.": "classification head",
      "embeddings.mask_token": "replaces masked patches in training only",
    ],
    layerNormEpsilon: 1e-12,
    positionResizing: .bicubic)

  private static let huggingFaceBlock: [String: Destination] = table(
    ["layer_scale1.lambda1": .whole("scale1"), "layer_scale2.lambda1": .whole("scale2")],
    split(
      ["attention.attention.query", "attention.attention.key", "attention.attention.value"], into: "attention.qkv"),
    split(["attention.q_proj", "attention.k_proj", "attention.v_proj"], into: "attention.qkv"),
    pairs([
      "layernorm_before": "norm1", "norm1": "norm1", "layernorm_after": "norm2", "norm2": "norm2",
      "attention.output.dense": "attention.output", "attention.o_proj": "attention.output",
      "intermediate.dense": "mlp.fc1", "output.dense": "mlp.fc2", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2",
    ]))

  /// What the blocks of BEiT and DINOv2 giant have beside or in place of a plain one's tensors.
  private static let variantBlock: [String: Destination] = table(
    [
      "lambda_1": .whole("scale1"), "lambda_2": .whole("scale2"),
      "attention.attention.relative_position_bias.relative_position_bias_table": .whole("attention.relative"),
      "attention.attention.relative_position_bias.relative_position_index":
        .derived("offsets of patches, which follow from the grid"),
    ],
    pairs(["mlp.weights_in": "mlp.fc1", "mlp.weights_out": "mlp.fc2"]))
}
