extension Dialect {
  /// The image tower of OpenAI's CLIP, which open_clip names alike.
  static let openAI = Dialect(
    title: "OpenAI CLIP naming",
    // Not its convolution, conv1.weight: that is also what residual networks call theirs.
    anchor: "ln_pre.weight",
    encoderScopes: ["visual."],
    encoder: table(
      [
        "conv1.weight": .whole("patch.weight"), "conv1.bias": .whole("patch.bias"),
        "class_embedding": .whole("class"), "positional_embedding": .whole("position"),
      ],
      pairs(["ln_pre": "embedding.norm", "ln_post": "norm"]),
      below(
        "transformer.resblocks.#.", "blocks.#.",
        table(
          [
            "attn.in_proj_weight": .whole("attention.qkv.weight"), "attn.in_proj_bias": .whole("attention.qkv.bias"),
            "ls_1.gamma": .whole("scale1"), "ls_2.gamma": .whole("scale2"),
          ],
          pairs([
            "ln_1": "norm1", "attn.out_proj": "attention.output", "ln_2": "norm2", "mlp.c_fc": "mlp.fc1",
            "mlp.c_proj": "mlp.fc2",
          ])))),
    decoder: [:],
    head: [:],
    blocks: ["transformer."],
    refused: ["attn_pool.probe": "a pooling of the Perception Encoder, whose rotary positions are not in its file"],
    ignored: [
      "proj": "projects the pooled output", "attn_pool.": "pools the tokens by attention",
      "ln_final.": "the text tower", "token_embedding.": "the text tower", "text_projection": "the text tower",
      "text.": "the text tower",
      "logit_": "compares texts and images", "input_resolution": "a number of the text tower's file",
      "context_length": "a number of the text tower's file", "vocab_size": "a number of the text tower's file",
    ],
    layerNormEpsilon: 1e-5,
    positionResizing: .antialiasedBicubic)
}
