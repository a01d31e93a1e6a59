/// The networks that timm builds by name, as far as it decides what a file's tensors do not show.
///
/// One line a name: width, blocks, patch side, heads, and what differs from a plain pre-norm block: `1e-5` its ε, `post` norms of the
/// branches' outputs, `rot` EVA-02's rotary positions, `quick` and `tanh` its GELU; after `!` why such a network is refused.
/// Source: timm 1.0.31, every VisionTransformer, Beit, Eva and NaFlexVit among its models, read from their entry functions by `Scripts/timm_table.py`.
enum TimmTable {
  static let text = """
    aimv2_1b_patch14_224 2048 24 14 16 !rms
    aimv2_1b_patch14_336 2048 24 14 16 !rms
    aimv2_1b_patch14_448 2048 24 14 16 !rms
    aimv2_3b_patch14_224 3072 24 14 24 !rms
    aimv2_3b_patch14_336 3072 24 14 24 !rms
    aimv2_3b_patch14_448 3072 24 14 24 !rms
    aimv2_huge_patch14_224 1536 24 14 12 !rms
    aimv2_huge_patch14_336 1536 24 14 12 !rms
    aimv2_huge_patch14_448 1536 24 14 12 !rms
    aimv2_large_patch14_224 1024 24 14 8 !rms
    aimv2_large_patch14_336 1024 24 14 8 !rms
    aimv2_large_patch14_448 1024 24 14 8 !rms
    beit3_base_patch16_224 768 12 16 12 1e-5
    beit3_giant_patch14_224 1408 40 14 16 1e-5
    beit3_giant_patch14_336 1408 40 14 16 1e-5
    beit3_large_patch16_224 1024 24 16 16 1e-5
    beit_base_patch16_224 768 12 16 12
    beit_base_patch16_384 768 12 16 12
    beit_large_patch16_224 1024 24 16 16
    beit_large_patch16_384 1024 24 16 16
    beit_large_patch16_512 1024 24 16 16
    beitv2_base_patch16_224 768 12 16 12
    beitv2_large_patch16_224 1024 24 16 16
    deit3_base_patch16_224 768 12 16 12
    deit3_base_patch16_384 768 12 16 12
    deit3_huge_patch14_224 1280 32 14 16
    deit3_large_patch16_224 1024 24 16 16
    deit3_large_patch16_384 1024 24 16 16
    deit3_medium_patch16_224 512 12 16 8
    deit3_small_patch16_224 384 12 16 6
    deit3_small_patch16_384 384 12 16 6
    deit_base_distilled_patch16_224 768 12 16 12
    deit_base_distilled_patch16_384 768 12 16 12
    deit_base_patch16_224 768 12 16 12
    deit_base_patch16_384 768 12 16 12
    deit_small_distilled_patch16_224 384 12 16 6
    deit_small_patch16_224 384 12 16 6
    deit_tiny_distilled_patch16_224 192 12 16 3
    deit_tiny_patch16_224 192 12 16 3
    eva02_base_patch14_224 768 12 14 12 rot
    eva02_base_patch14_448 768 12 14 12 rot
    eva02_base_patch16_clip_224 768 12 16 12 rot
    eva02_enormous_patch14_clip_224 1792 64 14 16 post
    eva02_large_patch14_224 1024 24 14 16 rot
    eva02_large_patch14_448 1024 24 14 16 rot
    eva02_large_patch14_clip_224 1024 24 14 16 rot
    eva02_large_patch14_clip_336 1024 24 14 16 rot
    eva02_small_patch14_224 384 12 14 6 rot
    eva02_small_patch14_336 384 12 14 6 rot
    eva02_tiny_patch14_224 192 12 14 3 rot
    eva02_tiny_patch14_336 192 12 14 3 rot
    eva_giant_patch14_224 1408 40 14 16
    eva_giant_patch14_336 1408 40 14 16
    eva_giant_patch14_560 1408 40 14 16
    eva_giant_patch14_clip_224 1408 40 14 16
    eva_large_patch14_196 1024 24 14 16
    eva_large_patch14_336 1024 24 14 16
    flexivit_base 768 12 16 12
    flexivit_large 1024 24 16 16
    flexivit_small 384 12 16 6
    naflexvit_base_patch16_gap 0 0 0 0 !naflex
    naflexvit_base_patch16_map 0 0 0 0 !naflex
    naflexvit_base_patch16_par_gap 0 0 0 0 !naflex
    naflexvit_base_patch16_parfac_gap 0 0 0 0 !naflex
    naflexvit_base_patch16_radio_v3 0 0 0 0 !naflex
    naflexvit_base_patch16_siglip 0 0 0 0 !naflex
    naflexvit_giant_patch16_radio_v3 0 0 0 0 !naflex
    naflexvit_huge_patch16_radio_v3 0 0 0 0 !naflex
    naflexvit_huge_patch16_radio_v4 0 0 0 0 !naflex
    naflexvit_large_patch16_radio_v3 0 0 0 0 !naflex
    naflexvit_so150m2_patch16_reg1_gap 0 0 0 0 !naflex
    naflexvit_so150m2_patch16_reg1_map 0 0 0 0 !naflex
    naflexvit_so400m_patch16_radio_v4 0 0 0 0 !naflex
    naflexvit_so400m_patch16_siglip 0 0 0 0 !naflex
    test_vit 64 6 16 2
    test_vit2 64 8 16 2
    test_vit3 96 9 16 3
    test_vit4 96 9 16 3 !rms
    vit_5b_patch16_sapiens2 2432 56 16 32 !qk
    vit_7b_patch16_dinov3 4096 40 16 32 !rotary
    vit_base_mci_224 768 12 1 12 !hybrid
    vit_base_patch14_dinov2 768 12 14 12
    vit_base_patch14_reg1_tipsv2 768 12 14 12
    vit_base_patch14_reg4_dinov2 768 12 14 12
    vit_base_patch16_18x2_224 768 18 16 12 !parallel
    vit_base_patch16_224 768 12 16 12
    vit_base_patch16_224_miil 768 12 16 12
    vit_base_patch16_384 768 12 16 12
    vit_base_patch16_clip_224 768 12 16 12 1e-5
    vit_base_patch16_clip_384 768 12 16 12 1e-5
    vit_base_patch16_clip_quickgelu_224 768 12 16 12 1e-5 quick
    vit_base_patch16_dinov3 768 12 16 12 !rotary
    vit_base_patch16_dinov3_qkvb 768 12 16 12 !rotary
    vit_base_patch16_gap_224 768 12 16 16
    vit_base_patch16_lingbot 768 12 16 12 !rotary
    vit_base_patch16_plus_240 896 12 16 14
    vit_base_patch16_plus_clip_240 896 12 16 14 1e-5
    vit_base_patch16_radio_v3 768 12 16 12
    vit_base_patch16_reg4_gap_256 768 12 16 12
    vit_base_patch16_rope_224 768 12 16 12 !rotary
    vit_base_patch16_rope_ape_224 768 12 16 12 !rotary
    vit_base_patch16_rope_mixed_224 768 12 16 12 !rotary
    vit_base_patch16_rope_mixed_ape_224 768 12 16 12 !rotary
    vit_base_patch16_rope_reg1_gap_256 768 12 16 12 !rotary
    vit_base_patch16_rpn_224 768 12 16 12 post
    vit_base_patch16_sapiens2 768 12 16 12 !qk
    vit_base_patch16_siglip_224 768 12 16 12
    vit_base_patch16_siglip_256 768 12 16 12
    vit_base_patch16_siglip_384 768 12 16 12
    vit_base_patch16_siglip_512 768 12 16 12
    vit_base_patch16_siglip_gap_224 768 12 16 12
    vit_base_patch16_siglip_gap_256 768 12 16 12
    vit_base_patch16_siglip_gap_384 768 12 16 12
    vit_base_patch16_siglip_gap_512 768 12 16 12
    vit_base_patch16_xp_224 768 12 16 12 !parallel
    vit_base_patch32_224 768 12 32 12
    vit_base_patch32_384 768 12 32 12
    vit_base_patch32_clip_224 768 12 32 12 1e-5
    vit_base_patch32_clip_256 768 12 32 12 1e-5
    vit_base_patch32_clip_384 768 12 32 12 1e-5
    vit_base_patch32_clip_448 768 12 32 12 1e-5
    vit_base_patch32_clip_quickgelu_224 768 12 32 12 1e-5 quick
    vit_base_patch32_plus_256 896 12 32 14
    vit_base_patch32_siglip_256 768 12 32 12 tanh
    vit_base_patch32_siglip_gap_256 768 12 32 12 tanh
    vit_base_patch8_224 768 12 8 12
    vit_base_r26_s32_224 768 12 1 12 !hybrid
    vit_base_r50_s16_224 768 12 1 12 !hybrid
    vit_base_r50_s16_384 768 12 1 12 !hybrid
    vit_base_resnet26d_224 768 12 1 12 !hybrid
    vit_base_resnet50d_224 768 12 1 12 !hybrid
    vit_betwixt_patch16_gap_256 640 12 16 10
    vit_betwixt_patch16_reg1_gap_256 640 12 16 10
    vit_betwixt_patch16_reg4_gap_256 640 12 16 10
    vit_betwixt_patch16_reg4_gap_384 640 12 16 10
    vit_betwixt_patch16_rope_reg4_gap_256 640 12 16 10 !rotary
    vit_betwixt_patch32_clip_224 640 12 32 10 1e-5
    vit_dlittle_patch16_reg1_gap_256 320 14 16 5 !diff
    vit_dpwee_patch16_reg1_gap_256 256 16 16 4 !parallel
    vit_dwee_patch16_reg1_gap_256 256 14 16 4 !diff
    vit_giant_patch14_224 1408 40 14 16
    vit_giant_patch14_clip_224 1408 40 14 16 1e-5
    vit_giant_patch14_dinov2 1536 40 14 24
    vit_giant_patch14_reg1_tipsv2 1536 40 14 24
    vit_giant_patch14_reg4_dinov2 1536 40 14 24
    vit_giant_patch16_gap_224 1408 40 16 16
    vit_giant_patch16_lingbot 1536 40 16 24 !rotary
    vit_giant_patch16_radio_v3 1536 40 16 24
    vit_giant_patch16_sapiens2 1536 40 16 24 !qk
    vit_giantopt_patch16_siglip_256 1536 40 16 16 tanh
    vit_giantopt_patch16_siglip_384 1536 40 16 16 tanh
    vit_giantopt_patch16_siglip_gap_256 1536 40 16 16 tanh
    vit_giantopt_patch16_siglip_gap_384 1536 40 16 16 tanh
    vit_gigantic_patch14_224 1664 48 14 16
    vit_gigantic_patch14_clip_224 1664 48 14 16 1e-5
    vit_gigantic_patch14_clip_378 1664 48 14 16 1e-5
    vit_gigantic_patch14_clip_quickgelu_224 1664 48 14 16 1e-5 quick
    vit_huge_patch14_224 1280 32 14 16
    vit_huge_patch14_clip_224 1280 32 14 16 1e-5
    vit_huge_patch14_clip_336 1280 32 14 16 1e-5
    vit_huge_patch14_clip_378 1280 32 14 16 1e-5
    vit_huge_patch14_clip_quickgelu_224 1280 32 14 16 1e-5 quick
    vit_huge_patch14_clip_quickgelu_378 1280 32 14 16 1e-5 quick
    vit_huge_patch14_gap_224 1280 32 14 16
    vit_huge_patch14_xp_224 1280 32 14 16 !parallel
    vit_huge_patch16_gap_448 1280 32 16 16
    vit_huge_patch16_radio_v3 1280 32 16 16
    vit_huge_patch16_radio_v4 1280 32 16 16
    vit_huge_patch16_sapiens2 1280 32 16 16 !qk
    vit_huge_plus_patch16_dinov3 1280 32 16 20 !rotary
    vit_huge_plus_patch16_dinov3_qkvb 1280 32 16 20 !rotary
    vit_intern300m_patch14_448 1024 24 14 16
    vit_large_patch14_224 1024 24 14 16
    vit_large_patch14_clip_224 1024 24 14 16 1e-5
    vit_large_patch14_clip_336 1024 24 14 16 1e-5
    vit_large_patch14_clip_quickgelu_224 1024 24 14 16 1e-5 quick
    vit_large_patch14_clip_quickgelu_336 1024 24 14 16 1e-5 quick
    vit_large_patch14_dinov2 1024 24 14 16
    vit_large_patch14_reg1_tipsv2 1024 24 14 16
    vit_large_patch14_reg4_dinov2 1024 24 14 16
    vit_large_patch14_xp_224 1024 24 14 16 !parallel
    vit_large_patch16_224 1024 24 16 16
    vit_large_patch16_384 1024 24 16 16
    vit_large_patch16_dinov3 1024 24 16 16 !rotary
    vit_large_patch16_dinov3_qkvb 1024 24 16 16 !rotary
    vit_large_patch16_lingbot 1024 24 16 16 !rotary
    vit_large_patch16_radio_v3 1024 24 16 16
    vit_large_patch16_rope_224 1024 24 16 16 !rotary
    vit_large_patch16_rope_ape_224 1024 24 16 16 !rotary
    vit_large_patch16_rope_mixed_224 1024 24 16 16 !rotary
    vit_large_patch16_rope_mixed_ape_224 1024 24 16 16 !rotary
    vit_large_patch16_sapiens2 1024 24 16 16 !qk
    vit_large_patch16_siglip_256 1024 24 16 16
    vit_large_patch16_siglip_384 1024 24 16 16
    vit_large_patch16_siglip_512 1024 24 16 16 tanh
    vit_large_patch16_siglip_gap_256 1024 24 16 16
    vit_large_patch16_siglip_gap_384 1024 24 16 16
    vit_large_patch16_siglip_gap_512 1024 24 16 16 tanh
    vit_large_patch32_224 1024 24 32 16
    vit_large_patch32_384 1024 24 32 16
    vit_large_r50_s32_224 1024 24 1 16 !hybrid
    vit_large_r50_s32_384 1024 24 1 16 !hybrid
    vit_little_patch16_reg1_gap_256 320 14 16 5
    vit_little_patch16_reg4_gap_256 320 14 16 5
    vit_medium_patch16_clip_224 512 12 16 8 1e-5
    vit_medium_patch16_gap_240 512 12 16 8
    vit_medium_patch16_gap_256 512 12 16 8
    vit_medium_patch16_gap_384 512 12 16 8
    vit_medium_patch16_reg1_gap_256 512 12 16 8
    vit_medium_patch16_reg4_gap_256 512 12 16 8
    vit_medium_patch16_rope_reg1_gap_256 512 12 16 8 !rotary
    vit_medium_patch32_clip_224 512 12 32 8 1e-5
    vit_mediumd_patch16_reg4_gap_256 512 20 16 8
    vit_mediumd_patch16_reg4_gap_384 512 20 16 8
    vit_mediumd_patch16_rope_reg1_gap_256 512 20 16 8 !rotary
    vit_pe_core_base_patch16_224 768 12 16 12 !rotary
    vit_pe_core_gigantic_patch14_448 1536 50 14 16 !rotary
    vit_pe_core_large_patch14_336 1024 24 14 16 !rotary
    vit_pe_core_small_patch16_384 384 12 16 6 !rotary
    vit_pe_core_tiny_patch16_384 192 12 16 3 !rotary
    vit_pe_lang_gigantic_patch14_448 1536 47 14 16 !rotary
    vit_pe_lang_large_patch14_448 1024 23 14 16 !rotary
    vit_pe_spatial_base_patch16_512 768 12 16 12 !rotary
    vit_pe_spatial_gigantic_patch14_448 1536 50 14 16 !rotary
    vit_pe_spatial_large_patch14_448 1024 24 14 16 !rotary
    vit_pe_spatial_small_patch16_512 384 12 16 6 !rotary
    vit_pe_spatial_tiny_patch16_512 192 12 16 3 !rotary
    vit_pwee_patch16_reg1_gap_256 256 16 16 4 !parallel
    vit_small_patch14_dinov2 384 12 14 6
    vit_small_patch14_reg4_dinov2 384 12 14 6
    vit_small_patch16_18x2_224 384 18 16 6 !parallel
    vit_small_patch16_224 384 12 16 6
    vit_small_patch16_36x1_224 384 36 16 6
    vit_small_patch16_384 384 12 16 6
    vit_small_patch16_dinov3 384 12 16 6 !rotary
    vit_small_patch16_dinov3_qkvb 384 12 16 6 !rotary
    vit_small_patch16_lingbot 384 12 16 6 !rotary
    vit_small_patch16_rope_224 384 12 16 6 !rotary
    vit_small_patch16_rope_ape_224 384 12 16 6 !rotary
    vit_small_patch16_rope_mixed_224 384 12 16 6 !rotary
    vit_small_patch16_rope_mixed_ape_224 384 12 16 6 !rotary
    vit_small_patch32_224 384 12 32 6
    vit_small_patch32_384 384 12 32 6
    vit_small_patch8_224 384 12 8 6
    vit_small_plus_patch16_dinov3 384 12 16 6 !rotary
    vit_small_plus_patch16_dinov3_qkvb 384 12 16 6 !rotary
    vit_small_r26_s32_224 384 12 1 6 !hybrid
    vit_small_r26_s32_384 384 12 1 6 !hybrid
    vit_small_resnet26d_224 768 8 1 8 !hybrid
    vit_small_resnet50d_s16_224 768 8 1 8 !hybrid
    vit_so150m2_patch16_reg1_gap_256 832 21 16 13
    vit_so150m2_patch16_reg1_gap_384 832 21 16 13
    vit_so150m2_patch16_reg1_gap_448 832 21 16 13
    vit_so150m_patch16_reg4_gap_256 896 18 16 14
    vit_so150m_patch16_reg4_gap_384 896 18 16 14
    vit_so150m_patch16_reg4_map_256 896 18 16 14
    vit_so400m_patch14_reg1_tipsv2 1152 27 14 16
    vit_so400m_patch14_siglip_224 1152 27 14 16
    vit_so400m_patch14_siglip_378 1152 27 14 16
    vit_so400m_patch14_siglip_384 1152 27 14 16
    vit_so400m_patch14_siglip_gap_224 1152 27 14 16
    vit_so400m_patch14_siglip_gap_378 1152 27 14 16
    vit_so400m_patch14_siglip_gap_384 1152 27 14 16
    vit_so400m_patch14_siglip_gap_448 1152 27 14 16
    vit_so400m_patch14_siglip_gap_896 1152 27 14 16
    vit_so400m_patch16_radio_v4 1152 27 16 16
    vit_so400m_patch16_siglip_256 1152 27 16 16 tanh
    vit_so400m_patch16_siglip_384 1152 27 16 16 tanh
    vit_so400m_patch16_siglip_512 1152 27 16 16 tanh
    vit_so400m_patch16_siglip_gap_256 1152 27 16 16 tanh
    vit_so400m_patch16_siglip_gap_384 1152 27 16 16 tanh
    vit_so400m_patch16_siglip_gap_512 1152 27 16 16 tanh
    vit_tiny_patch16_224 192 12 16 3
    vit_tiny_patch16_384 192 12 16 3
    vit_tiny_patch16_dinov3_qkvb 192 12 16 3 !rotary
    vit_tiny_r_s16_p8_224 192 12 8 3 !hybrid
    vit_tiny_r_s16_p8_384 192 12 8 3 !hybrid
    vit_wee_patch16_reg1_gap_256 256 14 16 4
    vit_xsmall_patch16_clip_224 256 10 16 4 1e-5
    vitamin_base_224 768 14 1 12 !hybrid
    vitamin_large2_224 1024 31 1 16 !hybrid
    vitamin_large2_256 1024 31 1 16 !hybrid
    vitamin_large2_336 1024 31 1 16 !hybrid
    vitamin_large2_384 1024 31 1 16 !hybrid
    vitamin_large_224 1024 31 1 16 !hybrid
    vitamin_large_256 1024 31 1 16 !hybrid
    vitamin_large_336 1024 31 1 16 !hybrid
    vitamin_large_384 1024 31 1 16 !hybrid
    vitamin_small_224 384 14 1 6 !hybrid
    vitamin_xlarge_256 1152 32 1 16 !hybrid
    vitamin_xlarge_336 1152 32 1 16 !hybrid
    vitamin_xlarge_384 1152 32 1 16 !hybrid
    """
}
