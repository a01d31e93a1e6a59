extension Dialect {
  /// The image towers of Hugging Face's CLIP and SigLIP, alone or beside their text towers.
  static let huggingFaceTower = Dialect(
    title: "Hugging Face CLIP / SigLIP naming",
    anchor: "embeddings.patch_embedding.weight",
    encoderScopes: ["vision_model."],
    encoder: table(
      [
        "embeddings.class_embedding": .whole("class"), "embeddings.position_embedding.weight": .whole("position"),
        "embeddings.position_ids": .derived("indices of position embeddings"),
      ],
      pairs([
        "embeddings.patch_embedding": "patch", "pre_layrnorm": "embedding.norm", "pre_layernorm": "embedding.norm",
        "post_layernorm": "norm",
      ]),
      below("encoder.layers.#.", "blocks.#.", towerBlock), below("layers.#.", "blocks.#.", towerBlock)),
    decoder: [:],
    head: [:],
    blocks: ["encoder.layers.", "layers."],
    refused: ["embeddings.": "a part of an embedding with no place in ours"],
    ignored: [
      "head.": "pools the tokens by attention", "visual_projection.": "projects the pooled output",
      "text_model.": "the text tower", "text_projection.": "the text tower", "logit_": "compares texts and images",
    ],
    layerNormEpsilon: 1e-5,
    positionResizing: .bicubic)

  private static let towerBlock: [String: Destination] = table(
    split(["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"], into: "attention.qkv"),
    pairs([
      "layer_norm1": "norm1", "self_attn.out_proj": "attention.output", "layer_norm2": "norm2", "mlp.fc1": "mlp.fc1",
      "mlp.fc2": "mlp.fc2",
    ]))
}
