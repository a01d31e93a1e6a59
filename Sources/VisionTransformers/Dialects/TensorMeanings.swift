/// What tensors are that no table of a dialect covers, told by their names.
enum TensorMeanings {
  /// What well-known tensors of blocks are that ours have no place for, and what to do, by a part of their names.
  static func ofBlock(_ local: Substring) -> String? { meanings.first { local.contains($0.0) }?.1 }

  private static let meanings = [
    ("lora_", "a LoRA adapter beside its layer: merge it first (peft: model.merge_and_unload()) and save again"),
    ("base_layer.", "a layer wrapped by peft: merge its adapter first (model.merge_and_unload()) and save again"),
    ("adapter", "an adapter beside the layers of a block"),
    (
      "_orig",
      "the original of a pruned or spectrally normalised weight: call torch.nn.utils.prune.remove or remove_spectral_norm "
        + "and save again"
    ),
    ("_mask", "the mask of a pruned weight: call torch.nn.utils.prune.remove on it and save again"),
    (
      "parametrizations.",
      "a parametrised weight: call torch.nn.utils.parametrize.remove_parametrizations and save again"
    ),
    ("weight_g", "a part of a normalised weight: call torch.nn.utils.remove_weight_norm and save again"),
    ("weight_v", "a part of a normalised weight: call torch.nn.utils.remove_weight_norm and save again"),
    ("qweight", "a quantised weight: dequantise it first and save again"),
    ("SCB", "the scale of a quantised weight: dequantise it first (model.dequantize()) and save again"),
    ("absmax", "the scale of a quantised weight: dequantise it first (model.dequantize()) and save again"),
    ("_scale", "the scale of a quantised weight: dequantise it first and save again"),
    ("zero_point", "the zero point of a quantised weight: dequantise it first and save again"),
    ("relative_position", "a relative position bias"), ("rope", "a rotary position embedding"),
    ("rotary", "a rotary position embedding"), ("q_norm", "a normalisation of queries"),
    ("k_norm", "a normalisation of keys"), ("q_bias", "a bias of queries alone (BEiT, EVA)"),
    ("v_bias", "a bias of values alone (BEiT, EVA)"), ("k_bias", "a bias of keys alone (BEiT, EVA)"),
    ("w12", "a part of a gated perceptron (SwiGLU)"), ("w1.", "a part of a gated perceptron (SwiGLU)"),
    ("w2.", "a part of a gated perceptron (SwiGLU)"), ("w3.", "a part of a gated perceptron (SwiGLU)"),
    ("fc1_g", "a part of a gated perceptron (SwiGLU)"), ("fc1_x", "a part of a gated perceptron (SwiGLU)"),
    ("attn.kv.", "attention with queries of its own (MILAN)"),
    ("attn.q.", "attention with queries of its own (MILAN)"),
  ]

  /// Why a tensor beside the blocks may not be left out: an encoder that has it computes with it.
  ///
  /// - Parameter local: Its name below the encoder's prefix.
  /// - Returns: What it is; nil for what may be a head's, a decoder's or a training's.
  static func besideBlocks(_ local: Substring) -> String? {
    let parts = local.lowercased().split { $0 == "." || $0 == "/" }
    // Buffers of numbers 0, 1, 2, …, of counters, of tables that follow from the grid.
    guard let last = parts.last, !harmless.contains(where: { last.hasSuffix($0) }) else { return nil }
    // What stands below such a part reads the encoder's output, is another network, or is a training's.
    if let first = parts.first, outside.contains(where: { first.hasPrefix($0) }) { return nil }
    for part in parts { if let found = inputs.first(where: { part.contains($0.0) }) { return found.1 } }
    return nil
  }

  private static let harmless = ["position_ids", "num_batches_tracked", "relative_position_index", "initialized"]

  private static let outside = [
    "head", "fc", "classifier", "decoder", "predictor", "proj", "mlp", "neck", "pooler", "pre_logits", "logit", "text",
    "loss",
    "criterion", "queue", "teacher", "target", "student", "momentum", "ema", "tokenizer", "vocab", "lm_", "language",
    "optimizer",
    "center", "prototypes", "mask", "dino", "ibot", "attn_pool", "map_head", "visual_projection", "decode", "auxiliary",
    "segment", "keypoint", "bbox", "rpn", "roi", "box", "linear", "output", "pred", "bn", "contrast", "temperature",
  ]

  private static let inputs = [
    ("prompt", "a prompt: tokens that the network adds to its input"),
    ("register", "registers under an unknown name: tokens that the network adds to its input"),
    ("storage_tokens", "tokens that the network adds to its input"), ("reg_", "registers under an unknown name"),
    ("extra_token", "tokens that the network adds to its input"),
    ("memory_token", "tokens that the network adds to its input"),
    ("temporal", "an embedding of time"), ("time_", "an embedding of time"), ("timestep", "an embedding of time"),
    ("channel", "an embedding of channels"), ("band", "an embedding of channels"),
    ("sensor", "an embedding of the sensor"),
    ("modality", "an embedding of the kind of input"), ("token_type", "an embedding of the kind of token"),
    ("text_embeddings", "an embedding of text: one network for images and text"),
    ("scale_embed", "an embedding of the image's scale"),
    ("age_", "an input beside the image"), ("camera", "an embedding of the camera"),
    ("view_embed", "an embedding of the view"),
    ("ln_pre", "a normalisation before the first block"), ("pre_norm", "a normalisation before the first block"),
    ("norm_pre", "a normalisation before the first block"), ("pre_ln", "a normalisation before the first block"),
    ("pre_layrnorm", "a normalisation before the first block"),
    ("pre_layernorm", "a normalisation before the first block"),
    ("embed_norm", "a normalisation before the first block"), ("norm_embed", "a normalisation before the first block"),
    ("pos_embed", "a position embedding beside the known one"),
    ("position", "a position embedding beside the known one"),
    ("pos_drop", "a part of the position embedding"), ("rel_pos", "a relative position bias"),
    ("rope", "a rotary position embedding"), ("rotary", "a rotary position embedding"),
    ("merger", "a merging of tokens"),
    ("token", "a token that the network adds to its input"), ("embed", "an embedding beside the known ones"),
    ("adapter", "an adapter beside the blocks"), ("stem", "a stem before the patch embedding"),
    ("interaction", "a branch beside the blocks"), ("spm", "a branch beside the blocks"),
  ]
}
