internal import Checkpoints

/// Arguments with which timm builds a network, in `model_args` of its `config.json`.
enum TimmArguments {
  /// Arguments that tensors show, that are read by name elsewhere, or that change nothing outside training.
  private static let known: Set<String> = [
    "img_size", "patch_size", "in_chans", "num_classes", "global_pool", "embed_dim", "depth", "num_heads", "mlp_ratio",
    "qkv_bias", "qkv_fused", "scale_attn_norm", "scale_mlp_norm", "scale_attn_inner", "scale_mlp", "proj_bias",
    "init_values",
    "class_token", "no_embed_class", "reg_tokens", "num_reg_tokens", "pre_norm", "use_pre_transformer_norm",
    "final_norm",
    "use_post_transformer_norm", "fc_norm", "use_fc_norm", "pool_include_prefix", "dynamic_img_size", "drop_rate",
    "pos_drop_rate",
    "patch_drop_rate", "proj_drop_rate", "attn_drop_rate", "drop_path_rate", "weight_init", "fix_init", "act_layer",
    "swiglu_mlp",
    "swiglu_align_to", "use_abs_pos_emb", "use_rel_pos_bias", "use_shared_rel_pos_bias", "use_rot_pos_emb",
    "ref_feat_shape",
    "use_post_norm", "head_init_scale", "attn_only_layer_scale", "device", "dtype", "strict_img_size",
    "attn_pool_num_heads",
    "attn_pool_mlp_ratio",
  ]

  /// Values that leave a network as it is, by the argument.
  private static let harmless: [String: [MetadataValue]] = [
    "pos_embed": [.string("learn")], "norm_layer": [.string("layernorm"), .string("LayerNorm")],
    "qk_norm": [.bool(false)],
    "attn_type": [.string("")], "rope_type": [.string("cat")], "rope_temperature": [.double(10_000), .int(10_000)],
    "rope_grid_offset": [.double(0), .int(0)], "rope_grid_indexing": [.string("ij")],
    "rope_rotate_half": [.bool(false)],
    "dynamic_img_pad": [.bool(false)],
  ]

  /// An argument whose value may change what a block computes and is not understood; nil where there is none.
  static func unknown(in arguments: MetadataValue?) -> String? {
    guard let arguments else { return nil }
    return arguments.keys.first { key in
      guard !known.contains(key), let value = arguments[key], value != .null else { return false }
      return !(harmless[key]?.contains(value) ?? false)
    }
  }
}
