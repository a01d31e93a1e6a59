extension Dialect {
  /// The naming that timm coined and that MAE, DeiT, DINO, DINOv2 and MILAN kept in their own repositories; also what we write.
  static let original = Dialect(
    title: "MAE / timm / DeiT / DINO naming",
    anchor: "patch_embed.proj.weight",
    encoderScopes: [],
    encoder: table(
      [
        "cls_token": .whole("class"), "dist_token": .whole("distillation"), "pos_embed": .whole("position"),
        "reg_token": .whole("registers"), "register_tokens": .whole("registers"),
        "proj_weights": .whole("fusion.logits"),
      ],
      pairs([
        "patch_embed.proj": "patch", "norm": "norm", "proj_layers.#": "fusion.projections.#",
        // A perceptron, as a sequence of linear layer, GELU, linear layer.
        "proj_layers.#.0": "fusion.projections.#.fc1", "proj_layers.#.2": "fusion.projections.#.fc2",
      ]),
      below("fusion_attention.", "fusion.block.", originalBlock),
      below("blocks.#.", "blocks.#.", table(originalBlock, originalScales))),
    decoder: table(
      ["mask_token": .whole("decoder.mask"), "decoder_pos_embed": .whole("decoder.position")],
      pairs(["decoder_embed": "decoder.embed", "decoder_norm": "decoder.norm", "decoder_pred": "decoder.output"]),
      below("decoder_blocks.#.", "decoder.blocks.#.", table(originalBlock, originalScales))),
    head: pairs(["head": "head", "fc_norm": "head.norm"]),
    blocks: ["blocks."],
    refused: [
      "norm_pre.": "a normalisation before the first block", "rel_pos_bias.": "a relative position bias",
      "rope.": "rotary position embeddings",
      "proj_layers.": "a projection of a fused layer that is no linear layer and no perceptron",
      "fusion_attention.": "a part of an attention over the fused layers with no place in our block",
      "patch_embed.": "a part of a patch embedding that is not one convolution",
    ],
    ignored: [
      "head.": "classification head", "head_dist.": "classification head", "lm_head.": "token prediction head",
      "fc_norm.": "normalises the mean of the patch tokens, not the tokens",
      "attn_pool.": "classification head", "target_generator.": "another model, the target's",
    ],
    layerNormEpsilon: 1e-6,
    positionResizing: .bicubic)

  private static let originalBlock: [String: Destination] = pairs([
    "norm1": "norm1", "attn.qkv": "attention.qkv", "attn.proj": "attention.output", "norm2": "norm2",
    "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2",
  ])

  private static let originalScales: [String: Destination] = [
    "ls1.gamma": .whole("scale1"), "ls2.gamma": .whole("scale2"),
    "gamma_1": .whole("scale1"), "gamma_2": .whole("scale2"),
  ]
}
