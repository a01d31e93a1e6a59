extension Dialect {
  /// The naming that timm coined and that MAE, DeiT, DINO, DINOv2, BEiT, EVA and MILAN kept in their own repositories; also what we
  /// write.
  static let original = Dialect(
    title: "MAE / timm / DeiT / DINO naming",
    anchor: "patch_embed.proj.weight",
    encoderScopes: [],
    encoder: table(
      [
        "cls_token": .whole("class"), "dist_token": .whole("distillation"), "pos_embed": .whole("position"),
        "reg_token": .whole("registers"), "register_tokens": .whole("registers"),
        "proj_weights": .whole("fusion.logits"),
        "rel_pos_bias.relative_position_bias_table": .whole("relative"),
        "rel_pos_bias.relative_position_index": .derived("offsets of patches, which follow from the grid"),
        "rope.freqs_cos": .whole("rotary.cos"), "rope.freqs_sin": .whole("rotary.sin"),
      ],
      pairs([
        "patch_embed.proj": "patch", "norm": "norm", "norm_pre": "embedding.norm",
        "proj_layers.#": "fusion.projections.#",
        // A perceptron, as a sequence of linear layer, GELU, linear layer.
        "proj_layers.#.0": "fusion.projections.#.fc1", "proj_layers.#.2": "fusion.projections.#.fc2",
      ]),
      below("fusion_attention.", "fusion.block.", originalBlock),
      below("blocks.#.", "blocks.#.", table(originalBlock, originalScales, variantBlock))),
    decoder: table(
      ["mask_token": .whole("decoder.mask"), "decoder_pos_embed": .whole("decoder.position")],
      pairs(["decoder_embed": "decoder.embed", "decoder_norm": "decoder.norm", "decoder_pred": "decoder.output"]),
      below("decoder_blocks.#.", "decoder.blocks.#.", table(originalBlock, originalScales))),
    head: pairs(["head": "head", "fc_norm": "head.norm"]),
    blocks: ["blocks."],
    refused: [
      "rel_pos_bias.": "a relative position bias",
      "rope.": "rotary position embeddings",
      "proj_layers.": "a projection of a fused layer that is no linear layer and no perceptron",
      "fusion_attention.": "a part of an attention over the fused layers with no place in our block",
      "patch_embed.": "a part of a patch embedding that is not one convolution",
    ],
    ignored: [
      "head.": "classification head", "head_dist.": "classification head", "lm_head.": "token prediction head",
      "fc_norm.": "normalises the mean of the patch tokens, not the tokens",
      "attn_pool.": "classification head", "cls_pt_layers.": "blocks that only BEiT v2's pre-training uses",
      "target_generator.": "another model, the target's",
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

  /// What the blocks of BEiT, EVA and DINOv2 giant have beside or in place of a plain one's tensors.
  private static let variantBlock: [String: Destination] = table(
    [
      "attn.q_bias": .part("attention.qkv.bias", 0, of: 3), "attn.k_bias": .part("attention.qkv.bias", 1, of: 3),
      "attn.v_bias": .part("attention.qkv.bias", 2, of: 3),
      "attn.relative_position_bias_table": .whole("attention.relative"),
      "attn.relative_position_index": .derived("offsets of patches, which follow from the grid"),
      "attn.rope.freqs_cos": .copy(of: "rotary.cos"), "attn.rope.freqs_sin": .copy(of: "rotary.sin"),
    ],
    split(["attn.q_proj", "attn.k_proj", "attn.v_proj"], into: "attention.qkv"),
    split(["mlp.fc1_g", "mlp.fc1_x"], into: "mlp.fc1"), split(["mlp.w1", "mlp.w2"], into: "mlp.fc1"),
    pairs([
      "attn.norm": "attention.norm", "attn.inner_attn_ln": "attention.norm", "mlp.w12": "mlp.fc1", "mlp.w3": "mlp.fc2",
      "mlp.norm": "mlp.norm", "mlp.ffn_ln": "mlp.norm",
    ]))
}
