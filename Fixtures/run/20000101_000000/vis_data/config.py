model = dict(
    type='MFF',
    backbone=dict(
        type='MFFViT',
        arch=dict(
            embed_dims=64, num_layers=12, num_heads=2, feedforward_channels=256),
        img_size=56,
        patch_size=4,
        mask_ratio=0.75,
        out_indices=[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    neck=dict(
        type='MAEPretrainDecoder',
        num_patches=196,
        patch_size=4,
        in_chans=3,
        embed_dim=64,
        decoder_embed_dim=48,
        decoder_depth=2,
        decoder_num_heads=2,
        mlp_ratio=4.0),
    head=dict(
        type='MAEPretrainHead',
        norm_pix=True,
        patch_size=4,
        loss=dict(type='PixelReconstructionLoss', criterion='L2')))
data_preprocessor = dict(
    type='SelfSupDataPreprocessor',
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=0.002, betas=(0.9, 0.95), weight_decay=0.05))
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=16)
randomness = dict(seed=0, deterministic=True)
