extension Dialect {
  /// MMPretrain, MMSelfSup and MMClassification: encoder below `backbone.`, decoder below `neck.`.
  static let mmpretrain = Dialect(
    title: "MMPretrain naming",
    anchor: "patch_embed.projection.weight",
    encoderScopes: ["backbone."],
    encoder: table(
      [
        "cls_token": .whole("class"), "pos_embed": .whole("position"), "proj_weights": .whole("fusion.logits"),
        "rel_pos_bias.relative_position_bias_table": .whole("relative"),
        "rel_pos_bias.relative_position_index": .derived("offsets of patches, which follow from the grid"),
        "rope.freqs_cos": .whole("rotary.cos"), "rope.freqs_sin": .whole("rotary.sin"),
      ],
      pairs([
        "patch_embed.projection": "patch", "ln1": "norm", "pre_norm": "embedding.norm",
        "proj_layers.#": "fusion.projections.#",
      ]),
      below("layers.#.", "blocks.#.", table(mmpretrainBlock, mmpretrainVariantBlock))),
    decoder: table(
      ["neck.mask_token": .whole("decoder.mask"), "neck.decoder_pos_embed": .whole("decoder.position")],
      pairs([
        "neck.decoder_embed": "decoder.embed", "neck.ln1": "decoder.norm", "neck.decoder_pred": "decoder.output",
      ]),
      below("neck.decoder_blocks.#.", "decoder.blocks.#.", mmpretrainBlock)),
    head: pairs(["head.fc": "head", "head.layers.head": "head", "ln2": "head.norm"]),
    blocks: ["layers."],
    refused: [
      "rel_pos_bias.": "a relative position bias",
      "rope.": "rotary position embeddings", "dist_token": "a distillation token of a model we have not seen",
      "proj_layers.": "a projection of a fused layer that is not one linear layer",
      "patch_embed.": "a part of a patch embedding that is not one convolution",
    ],
    ignored: [
      "head.": "classification head", "ln2.": "normalises the mean of the patch tokens, not the tokens",
      "target_generator.": "another model, the target's", "data_preprocessor.": "normalisation of pixels",
    ],
    layerNormEpsilon: 1e-6,
    positionResizing: .bicubic)

  private static let mmpretrainBlock: [String: Destination] = table(
    ["attn.gamma1.weight": .whole("scale1"), "ffn.gamma2.weight": .whole("scale2")],
    pairs([
      "ln1": "norm1", "attn.qkv": "attention.qkv", "attn.proj": "attention.output", "ln2": "norm2",
      "ffn.layers.0.0": "mlp.fc1", "ffn.layers.1": "mlp.fc2",
    ]))

  /// What the blocks of BEiT, EVA-02 and DINOv2 giant have beside or in place of a plain one's tensors.
  private static let mmpretrainVariantBlock: [String: Destination] = table(
    [
      "gamma_1": .whole("scale1"), "gamma_2": .whole("scale2"),
      "attn.q_bias": .part("attention.qkv.bias", 0, of: 3), "attn.k_bias": .part("attention.qkv.bias", 1, of: 3),
      "attn.v_bias": .part("attention.qkv.bias", 2, of: 3),
      "attn.relative_position_bias_table": .whole("attention.relative"),
      "attn.relative_position_index": .derived("offsets of patches, which follow from the grid"),
      "attn.rope.freqs_cos": .copy(of: "rotary.cos"), "attn.rope.freqs_sin": .copy(of: "rotary.sin"),
    ],
    pairs([
      "norm1": "norm1", "norm2": "norm2", "ffn.w12": "mlp.fc1", "ffn.w3": "mlp.fc2", "ffn.norm": "mlp.norm",
      "mlp.w12": "mlp.fc1", "mlp.w3": "mlp.fc2", "mlp.norm": "mlp.norm",
    ]))
}
