extension Dialect {
  /// MMPretrain, MMSelfSup and MMClassification: encoder below `backbone.`, decoder below `neck.`.
  static let mmpretrain = Dialect(
    title: "MMPretrain naming",
    anchor: "patch_embed.projection.weight",
    encoderScopes: ["backbone."],
    encoder: table(
      ["cls_token": .whole("class"), "pos_embed": .whole("position"), "proj_weights": .whole("fusion.logits")],
      pairs(["patch_embed.projection": "patch", "ln1": "norm", "proj_layers.#": "fusion.projections.#"]),
      below("layers.#.", "blocks.#.", mmpretrainBlock)),
    decoder: table(
      ["neck.mask_token": .whole("decoder.mask"), "neck.decoder_pos_embed": .whole("decoder.position")],
      pairs([
        "neck.decoder_embed": "decoder.embed", "neck.ln1": "decoder.norm", "neck.decoder_pred": "decoder.output",
      ]),
      below("neck.decoder_blocks.#.", "decoder.blocks.#.", mmpretrainBlock)),
    head: pairs(["head.fc": "head", "head.layers.head": "head", "ln2": "head.norm"]),
    blocks: ["layers."],
    refused: [
      "pre_norm.": "a normalisation before the first block", "rel_pos_bias.": "a relative position bias",
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
}
