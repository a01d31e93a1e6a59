#!/usr/bin/env python3
"""Tiny checkpoints of the families whose blocks are not the plain one, and the curves that their own libraries get.

    reference_families.py [FOLDER]     default: Tests/DiagnosticsTests/Golden/families

Like reference_frequency.py, whose spectra, random weights and images it uses: CLIP, SigLIP, DeiT-III, DINOv2 giant,
BEiT, EVA-01, EVA-02, MILAN and PixMIM from timm, transformers and MMPretrain. Where a family's own repository names
tensors otherwise, the library's model is saved under those names. Two runs write the same bytes, except pixmim.pth:
PyTorch names the storages of that format after memory addresses. Needs Scripts/requirements.txt.
"""

import argparse, random, re
from collections import OrderedDict
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from reference_frequency import (
    Golden,
    MaskedAutoencoder,
    cast,
    lively,
    mae_features,
    mmpretrain_features,
    record,
    timm_features,
    timm_resized,
    without_prefix,
)
import timm  # noqa: E402
from safetensors.torch import save_file
from timm.models import save_for_hf

SIZES = dict(img_size=36, patch_size=4, embed_dim=32, depth=2, num_heads=4, mlp_ratio=1.5, num_classes=5)
HEADS = ["--heads", "4"]


class Families(Golden):
    """Cases whose images are those of reference_frequency.py."""

    def batch(self, height, width):
        name = f"images-{height}x{width}.safetensors"
        if name not in self.images:
            super().batch(height, width)
            self.path(name).unlink()
        return f"../frequency/{name}", self.images[name]

    def add(self, name, checkpoint, library, model, features, options=(), size=36):
        self.case(name, checkpoint, library, model, features, (size, size), 4, options)


def vivid(model, seed):
    """Random weights with tables of relative positions that matter to a softmax."""
    lively(model, seed)  # whose result is nothing for MMPretrain's BEiT: its `train` returns none
    g = torch.Generator().manual_seed(seed + 1000)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "relative_position_bias_table" in name:
                p.copy_(2 * torch.randn(p.shape, generator=g))
            elif "gamma" in name or "lambda_" in name:
                p.copy_(torch.rand(p.shape, generator=g) * 0.9 + 0.1)
            elif name.endswith(("q_bias", "v_bias")):
                p.copy_(0.5 * torch.randn(p.shape, generator=g))
            elif "class_embedding" in name or "position_embedding" in name:
                p.copy_(0.5 * torch.randn(p.shape, generator=g))
    with torch.no_grad():  # parameters alone: timm's angles are buffers, computed in single precision
        for p in model.parameters():
            p.copy_(p.half().float())
    return model


def renamed(state, *rules):
    """A state dict with regular expressions of names replaced, in order."""

    def name(key):
        for pattern, replacement in rules:
            key = re.sub(pattern, replacement, key)
        return key

    return OrderedDict((name(k), v) for k, v in state.items())


def halved(model):
    return cast(model.state_dict(), torch.half)


def timm_model(arch, seed, **changes):
    sizes = SIZES | changes
    return vivid(timm.create_model(arch, **sizes), seed), sizes


def hub(golden, name, model, sizes):
    """A folder as timm uploads it, with the weights in half precision."""
    save_for_hf(model, golden.path(name), safe_serialization=True, model_args=sizes)
    save_file(halved(model), golden.path(name) / "model.safetensors")


def eva_features(model, images):
    """timm's Eva and Beit, in which `norm_pre` need not exist and blocks take the positions as an argument."""
    places = {"embedding": (model.pos_drop, "output")} if model.pos_embed is None else {}
    places |= {"embedding": (model.blocks[0] if not hasattr(model, "norm_pre") else model.norm_pre, "input")}
    places |= {str(i): (block, "output") for i, block in enumerate(model.blocks)}
    if not isinstance(model.norm, nn.Identity):
        places["norm"] = (model.norm, "output")
    return without_prefix(record(places, lambda: model(images)), getattr(model, "num_prefix_tokens", 1))


# ---------------------------------------------------------------------------------------------------------------
# CLIP and SigLIP


def tower_features(model, images, prefix, **arguments):
    """Hugging Face's towers; the final norm, which they give the pooled token alone, applied to every token."""
    tower = getattr(model, "vision_model", model)
    places = {"embedding": (tower.embeddings, "output")}
    places |= {str(i): (block, "output") for i, block in enumerate(tower.encoder.layers)}
    found = record(places, lambda: tower(images, **arguments))
    with torch.no_grad():
        found["norm"] = tower.post_layernorm(found[str(len(tower.encoder.layers) - 1)])
    return without_prefix(found, prefix)


def openai_names(state):
    """The names of OpenAI's repository for the image tower of Hugging Face's CLIP."""
    state = OrderedDict(state)
    for i in range(2):
        block = f"vision_model.encoder.layers.{i}.self_attn."
        for kind in ("weight", "bias"):
            parts = [state.pop(f"{block}{p}_proj.{kind}") for p in "qkv"]
            state[f"{block}in_proj_{kind}"] = torch.cat(parts)
    own = OrderedDict((k, v) for k, v in state.items() if k.startswith("vision_model."))
    return renamed(
        own,
        (r"^vision_model\.embeddings\.patch_embedding", "visual.conv1"),
        (r"^vision_model\.embeddings\.class_embedding", "visual.class_embedding"),
        (r"^vision_model\.embeddings\.position_embedding\.weight", "visual.positional_embedding"),
        (r"^vision_model\.pre_layrnorm", "visual.ln_pre"),
        (r"^vision_model\.post_layernorm", "visual.ln_post"),
        (r"^vision_model\.encoder\.layers", "visual.transformer.resblocks"),
        (r"layer_norm(\d)", r"ln_\1"),
        (r"self_attn", "attn"),
        (r"mlp\.fc1", "mlp.c_fc"),
        (r"mlp\.fc2", "mlp.c_proj"),
    )


def clip_cases(golden):
    import transformers as hf

    hf.logging.disable_progress_bar()
    library = f"transformers {hf.__version__}"
    sizes = dict(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, image_size=36, patch_size=4
    )
    text = dict(
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        vocab_size=8,
        max_position_embeddings=4,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )

    def save(name, model):
        model.half().save_pretrained(golden.path(name))
        return model.float()

    features = partial(tower_features, prefix=1)
    tower = save("hf-clip-tower", vivid(hf.CLIPVisionModel(hf.CLIPVisionConfig(**sizes)), 101))
    golden.add("hf-clip-tower", "hf-clip-tower", library, tower, features)
    larger = partial(tower_features, prefix=1, interpolate_pos_encoding=True)
    golden.add("hf-clip-tower-resized-up", "hf-clip-tower", library, tower, larger, ["--image-size", "56"], 56)
    both = vivid(hf.CLIPModel(hf.CLIPConfig(text_config=text, vision_config=sizes, projection_dim=8)), 102)
    golden.add("hf-clip", "hf-clip", library, save("hf-clip", both), features)

    names = f"{library} under the names of openai/CLIP"
    theirs = openai_names(halved(both)) | {
        "visual.proj": torch.zeros(32, 8),
        "positional_embedding": torch.zeros(4, 8),
        "text_projection": torch.zeros(8, 8),
        "transformer.resblocks.0.ln_1.weight": torch.ones(8),
        "token_embedding.weight": torch.zeros(8, 8),
        "ln_final.weight": torch.ones(8),
        "ln_final.bias": torch.zeros(8),
        "logit_scale": torch.tensor(1.0),
        "input_resolution": torch.tensor(36),
        "context_length": torch.tensor(4),
        "vocab_size": torch.tensor(8),
    }
    torch.save(theirs, golden.path("openai-clip.pth"))
    golden.add("openai-clip", "openai-clip.pth", names, both, features, HEADS)
    config = hf.CLIPConfig(text_config=text, vision_config=sizes | {"hidden_act": "gelu"}, projection_dim=8)
    exact = hf.CLIPModel(config)
    exact.load_state_dict(both.state_dict())
    golden.add("openai-clip-gelu", "openai-clip.pth", names, exact.eval(), features, [*HEADS, "--activation", "gelu"])

    features = partial(tower_features, prefix=0)
    tower = save("hf-siglip-tower", vivid(hf.SiglipVisionModel(hf.SiglipVisionConfig(**sizes)), 103))
    golden.add("hf-siglip-tower", "hf-siglip-tower", library, tower, features)
    text = text | dict(projection_size=8)
    config = hf.SiglipConfig(text_config=text, vision_config=sizes | {"vision_use_head": False})
    both = save("hf-siglip", vivid(hf.SiglipModel(config), 104))
    golden.add("hf-siglip", "hf-siglip", library, both, features)

    library = f"timm {timm.__version__}"
    model, _ = timm_model("vit_base_patch16_clip_224", 105)
    save_file(halved(model), golden.path("timm-clip.safetensors"))
    golden.add("timm-clip", "timm-clip.safetensors", library, model, timm_features, HEADS)
    model, sizes = timm_model("vit_base_patch16_clip_quickgelu_224", 106)
    hub(golden, "timm-clip-quickgelu", model, sizes)
    golden.add("timm-clip-quickgelu", "timm-clip-quickgelu", library, model, timm_features)
    model, _ = timm_model("vit_base_patch16_siglip_224", 107, num_classes=0)
    save_file(halved(model), golden.path("timm-siglip.safetensors"))
    golden.add("timm-siglip", "timm-siglip.safetensors", library, model, timm_features, HEADS)
    model, sizes = timm_model("vit_so400m_patch16_siglip_gap_256", 108)
    hub(golden, "timm-siglip-tanh", model, sizes)
    golden.add("timm-siglip-tanh", "timm-siglip-tanh", library, model, timm_features)


# ---------------------------------------------------------------------------------------------------------------
# DeiT-III and DINOv2 giant


def plain_cases(golden):
    import transformers as hf

    library = f"timm {timm.__version__}"
    model, sizes = timm_model("deit3_small_patch16_224", 111)
    save_file(halved(model), golden.path("timm-deit3.safetensors"))
    golden.add("timm-deit3", "timm-deit3.safetensors", library, model, timm_features, HEADS)
    other = timm_resized("deit3_small_patch16_224", sizes, model, 56)
    options = [*HEADS, "--image-size", "56"]
    golden.add("timm-deit3-resized-up", "timm-deit3.safetensors", library, other, timm_features, options, 56)
    theirs = renamed(halved(model), (r"ls(\d)\.gamma", r"gamma_\1"))
    torch.save({"model": theirs}, golden.path("deit3.pth"))
    names = f"{library} under the names of facebookresearch/deit"
    golden.add("deit3", "deit3.pth", names, model, timm_features, HEADS)

    ratio = 2 * 8 / 3 * 1.0001
    model, _ = timm_model("vit_giant_patch14_dinov2", 112, mlp_ratio=ratio)
    save_file(halved(model), golden.path("timm-dinov2-giant.safetensors"))
    golden.add("timm-dinov2-giant", "timm-dinov2-giant.safetensors", library, model, timm_features, HEADS)
    theirs = renamed(halved(model), (r"mlp\.fc1", "mlp.w12"), (r"mlp\.fc2", "mlp.w3"))
    theirs["mask_token"] = torch.zeros(1, 32)
    torch.save(theirs, golden.path("dinov2-giant.pth"))
    names = f"{library} under the names of facebookresearch/dinov2"
    golden.add("dinov2-giant", "dinov2-giant.pth", names, model, timm_features, HEADS)

    library = f"transformers {hf.__version__}"
    config = hf.Dinov2Config(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        mlp_ratio=2,
        image_size=36,
        patch_size=4,
        use_swiglu_ffn=True,
    )
    model = vivid(hf.Dinov2Model(config), 113)
    model.half().save_pretrained(golden.path("hf-dinov2-giant"))
    from reference_frequency import huggingface_features

    features = partial(huggingface_features, prefix=1)
    golden.add("hf-dinov2-giant", "hf-dinov2-giant", library, model.float(), features)


# ---------------------------------------------------------------------------------------------------------------
# BEiT and EVA


def beit_features(model, images):
    base = getattr(model, "beit", model)
    blocks = base.layers if hasattr(base, "layers") else base.encoder.layer
    places = {"embedding": (base.embeddings, "output")} | {str(i): (b, "output") for i, b in enumerate(blocks)}
    if hasattr(model, "layernorm") and not isinstance(model.layernorm, nn.Identity):
        places["norm"] = (model.layernorm, "output")
    return without_prefix(record(places, lambda: model(images)), 1)


def beit_cases(golden):
    import transformers as hf

    library = f"timm {timm.__version__}"
    model, _ = timm_model("beit_base_patch16_224", 121)
    save_file(halved(model), golden.path("timm-beit.safetensors"))
    golden.add("timm-beit", "timm-beit.safetensors", library, model, eva_features)

    # As pre-trained: one table for all blocks, a final norm on tokens; the repository stores indices beside its tables.
    from timm.models.beit import Beit, gen_relative_position_index

    shared = vivid(
        Beit(
            **SIZES,
            qkv_bias=True,
            init_values=0.1,
            use_abs_pos_emb=False,
            use_rel_pos_bias=False,
            use_shared_rel_pos_bias=True,
            global_pool="token",
        ),
        122,
    )
    theirs = halved(shared)
    theirs |= {"rel_pos_bias.relative_position_index": gen_relative_position_index((9, 9))}
    theirs |= {
        "mask_token": torch.zeros(1, 1, 32),
        "lm_head.weight": torch.zeros(7, 32),
        "lm_head.bias": torch.zeros(7),
        "cls_pt_layers.0.norm1.weight": torch.ones(32),
    }
    torch.save({"model": theirs}, golden.path("beit-shared.pth"))
    names = f"{library} with the tensors of microsoft/unilm's BEiT"
    golden.add("beit-shared", "beit-shared.pth", names, shared, eva_features)
    absolute = vivid(
        Beit(
            **SIZES, qkv_bias=True, init_values=None, use_abs_pos_emb=True, use_rel_pos_bias=True, global_pool="token"
        ),
        123,
    )
    theirs = halved(absolute)
    theirs |= {f"blocks.{i}.attn.relative_position_index": gen_relative_position_index((9, 9)) for i in range(2)}
    torch.save({"module": theirs}, golden.path("beit-absolute.pth"))
    golden.add("beit-absolute", "beit-absolute.pth", names, absolute, eva_features)

    library = f"transformers {hf.__version__}"
    sizes = dict(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, image_size=36, patch_size=4
    )
    model = vivid(hf.BeitForImageClassification(hf.BeitConfig(**sizes, use_relative_position_bias=True)), 124)
    model.half().save_pretrained(golden.path("hf-beit"))
    golden.add("hf-beit", "hf-beit", library, model.float(), beit_features)
    config = hf.BeitConfig(
        **sizes,
        use_shared_relative_position_bias=True,
        use_absolute_position_embeddings=True,
        use_mask_token=True,
        vocab_size=7,
    )
    model = vivid(hf.BeitForMaskedImageModeling(config), 125)
    model.half().save_pretrained(golden.path("hf-beit-masked"))
    golden.add("hf-beit-masked", "hf-beit-masked", library, model.float(), beit_features)


def eva_cases(golden):
    library = f"timm {timm.__version__}"
    model, _ = timm_model("eva_giant_patch14_224", 131)
    save_file(halved(model), golden.path("timm-eva.safetensors"))
    golden.add("timm-eva", "timm-eva.safetensors", library, model, eva_features, HEADS)
    enormous, sizes = timm_model("eva02_enormous_patch14_clip_224", 132)
    hub(golden, "timm-eva-enormous", enormous, sizes)
    golden.add("timm-eva-enormous", "timm-eva-enormous", library, enormous, eva_features)


def eva02_cases(golden):
    library = f"timm {timm.__version__}"
    tiny, _ = timm_model("eva02_tiny_patch14_224", 141)
    save_file(halved(tiny), golden.path("timm-eva02-tiny.safetensors"))
    golden.add("timm-eva02-tiny", "timm-eva02-tiny.safetensors", library, tiny, eva_features, HEADS)
    base, sizes = timm_model("eva02_base_patch14_224", 142)
    save_file(halved(base), golden.path("timm-eva02-base.safetensors"))
    golden.add("timm-eva02-base", "timm-eva02-base.safetensors", library, base, eva_features, HEADS)
    from timm.models.eva import checkpoint_filter_fn

    larger = timm.create_model("eva02_base_patch14_224", **sizes | {"img_size": 56}).eval()
    larger.load_state_dict(checkpoint_filter_fn(base.float().state_dict(), larger))
    options = [*HEADS, "--image-size", "56"]
    golden.add("timm-eva02-base-resized-up", "timm-eva02-base.safetensors", library, larger, eva_features, options, 56)
    clip, sizes = timm_model("eva02_base_patch16_clip_224", 143)
    hub(golden, "timm-eva02-clip", clip, sizes)
    golden.add("timm-eva02-clip", "timm-eva02-clip", library, clip, eva_features)

    # The repository's names: angles beside the encoder and again in every block.
    sines, cosines = base.rope.get_embed().float().chunk(2, -1)
    tables = {"freqs_cos": cosines, "freqs_sin": sines}
    theirs = renamed(
        base.state_dict(),
        (r"q_proj\.bias", "q_bias"),
        (r"v_proj\.bias", "v_bias"),
        (r"fc1_g", "w1"),
        (r"fc1_x", "w2"),
        (r"mlp\.fc2", "mlp.w3"),
        (r"mlp\.norm", "mlp.ffn_ln"),
    )
    theirs = cast(theirs, torch.half)
    for scope in ["rope.", *(f"blocks.{i}.attn.rope." for i in range(2))]:
        theirs |= {scope + k: v.clone() for k, v in tables.items()}
    torch.save({"model": theirs}, golden.path("eva02.pth"))
    names = f"{library} under the names of baaivision/EVA"
    golden.add("eva02", "eva02.pth", names, base, eva_features)
    options = ["--image-size", "56", "--position-resizing", "bicubic-antialiased"]
    golden.add("eva02-resized-up", "eva02.pth", names, larger, eva_features, options, 56)


# ---------------------------------------------------------------------------------------------------------------
# MMPretrain's models; MILAN, PixMIM


def backbone_features(backbone, images):
    """MMPretrain's backbones by their own forward pass."""
    start = backbone.pre_norm if hasattr(backbone, "pre_norm") else backbone.layers[0]
    places = {"embedding": (start, "input")} | {str(i): (b, "output") for i, b in enumerate(backbone.layers)}
    if getattr(backbone, "final_norm", True):
        places["norm"] = (backbone.ln1, "output")
    return without_prefix(record(places, lambda: backbone(images)), 1)


class OriginalMILAN(MaskedAutoencoder):
    """The names of zejiangh/MILAN: MAE's encoder; a decoder whose queries are the mask tokens alone."""

    def __init__(self, *sizes, decoder, outputs):
        super().__init__(*sizes, decoder=decoder)
        width = decoder[0]
        for block in self.decoder_blocks:
            del block.attn.qkv
            block.attn.q, block.attn.kv = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.decoder_pred = nn.Linear(width, outputs)


def mmpretrain_cases(golden):
    import mmengine
    import mmpretrain
    from mmengine.config import Config
    from mmpretrain.registry import MODELS

    mmpretrain.utils.register_all_modules()
    library = f"mmpretrain {mmpretrain.__version__}"
    arch = dict(embed_dims=32, num_layers=2, num_heads=4, feedforward_channels=48)
    sizes = dict(arch=arch, img_size=36, patch_size=4)

    def text(**model):
        return Config(dict(model=dict(type="ImageClassifier", **model))).pretty_text

    def save(name, state, config, legacy=False, **more):
        meta = dict(epoch=300, iter=1000, cfg=config, mmengine_version=mmengine.__version__)
        angles = {k: v for k, v in state.items() if "rope." in k}  # buffers, in single precision in the model
        file = dict(meta=meta, state_dict=cast(state, torch.half) | angles, **more)
        torch.save(file, golden.path(name), _use_new_zipfile_serialization=not legacy)

    def backbone(name, seed, **options):
        config = sizes | options
        model = vivid(MODELS.build(dict(config)), seed)
        file = f"mmpretrain-{name}.pth"
        save(file, {f"backbone.{k}": v for k, v in model.state_dict().items()}, text(backbone=config))
        golden.add(f"mmpretrain-{name}", file, library, model, backbone_features)

    norm = dict(norm_cfg=dict(type="LN", eps=1e-6))
    backbone("beit", 151, type="BEiTViT", out_type="avg_featmap", final_norm=False, **norm)
    backbone(
        "beit-shared",
        152,
        type="BEiTViT",
        out_type="avg_featmap",
        use_rel_pos_bias=False,
        use_abs_pos_emb=True,
        use_shared_rel_pos_bias=True,
        **norm,
    )
    backbone("eva02", 153, type="ViTEVA02", out_type="avg_featmap", final_norm=False, sub_ln=True)
    layers = dict(act_cfg=dict(type="mmpretrain.QuickGELU"))
    norm = dict(norm_cfg=dict(type="LN", eps=1e-5))
    backbone("clip", 154, type="VisionTransformer", pre_norm=True, layer_cfgs=layers, **norm)
    layers = dict(ffn_type="swiglu_fused")
    backbone("dinov2-giant", 155, type="VisionTransformer", layer_scale_init_value=1e-5, layer_cfgs=layers)

    # A run of MILAN holds its teacher, too: a whole CLIP, which is not the encoder.
    encoder = sizes | dict(type="MILANViT", mask_ratio=0.75)
    neck = dict(
        type="MILANPretrainDecoder",
        num_patches=81,
        patch_size=4,
        embed_dim=32,
        decoder_embed_dim=16,
        decoder_depth=1,
        decoder_num_heads=2,
        mlp_ratio=2,
        predict_feature_dim=12,
    )
    milan = nn.Module()
    milan.backbone, milan.neck = MODELS.build(dict(encoder)), MODELS.build(dict(neck))
    milan = vivid(milan, 156)
    teacher = {
        f"target_generator.tokenizer.{k}": torch.zeros(4)
        for k in ("visual.conv1.weight", "visual.ln_pre.weight", "transformer.resblocks.0.ln_1.weight", "logit_scale")
    }
    config = Config(dict(model=dict(type="MILAN", backbone=encoder, neck=neck))).pretty_text
    save("mmpretrain-milan.pth", milan.state_dict() | teacher, config)
    golden.add("mmpretrain-milan", "mmpretrain-milan.pth", library, milan, mmpretrain_features)

    original = vivid(OriginalMILAN(36, 4, 32, 2, 4, 1.5, decoder=(16, 1, 2), outputs=12), 157)
    torch.save({"model": halved(original)}, golden.path("milan.pth"))
    names = f"zejiangh/MILAN naming on blocks of timm {timm.__version__}"
    golden.add("milan", "milan.pth", names, original, mae_features, HEADS)

    # PixMIM as MMSelfSup published it: the old serialisation, the filter beside the weights.
    encoder = sizes | dict(type="MAEViT", mask_ratio=0.75)
    neck = dict(neck | dict(type="MAEPretrainDecoder"))
    del neck["predict_feature_dim"]
    head = dict(
        type="MAEPretrainHead", norm_pix=True, patch_size=4, loss=dict(type="PixelReconstructionLoss", criterion="L2")
    )
    config = Config(dict(model=dict(type="MAE", backbone=encoder, neck=neck, head=head)))
    pixmim = vivid(MODELS.build(config.model), 158)
    target = dict(type="LowFreqTargetGenerator", radius=6, img_size=36)
    config = Config(dict(model=dict(type="PixMIM", backbone=encoder, neck=neck, head=head, target_generator=target)))
    mask = {"target_generator.low_pass_filter": torch.ones(3, 36, 36)}
    save("pixmim.pth", pixmim.state_dict() | mask, config.pretty_text, legacy=True)
    golden.add("pixmim", "pixmim.pth", library, pixmim, mmpretrain_features)


def average_cases(golden):
    """Files with two sets of weights as timm's and MMPretrain's training loops leave them."""
    library = f"timm {timm.__version__}"
    model, sizes = timm_model("deit_tiny_distilled_patch16_224", 161, depth=1)
    average, _ = timm_model("deit_tiny_distilled_patch16_224", 162, depth=1)
    arguments = argparse.Namespace(model="deit_tiny_distilled_patch16_224", img_size=36, model_ema=True)
    file = {
        "epoch": 5,
        "arch": "deit_tiny_distilled_patch16_224",
        "state_dict": halved(model),
        "version": 2,
        "args": arguments,
        "optimizer": {"state": {}, "param_groups": []},
        "state_dict_ema": halved(average),
    }
    torch.save(file, golden.path("timm-run.pth.tar"))
    golden.add("timm-run", "timm-run.pth.tar", library, model, timm_features, HEADS)
    golden.add("timm-run-ema", "timm-run.pth.tar", library, average, timm_features, [*HEADS, "--weights-from", "ema"])

    # MMEngine's averaging hook swaps: the average lies where weights usually do.
    theirs = {"state_dict": renamed(halved(average), ("^", "module.")), "meta": {}}
    theirs["ema_state_dict"] = renamed(halved(model), ("^", "module.")) | {"steps": torch.tensor(7)}
    torch.save(theirs, golden.path("swapped-run.pth"))
    golden.add("swapped-run-ema", "swapped-run.pth", library, average, timm_features, [*HEADS, "--weights-from", "ema"])


def main():
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=root / "Tests/DiagnosticsTests/Golden/families")
    golden = Families(parser.parse_args().folder)
    torch.manual_seed(0), np.random.seed(0), random.seed(0)
    for cases in (clip_cases, plain_cases, beit_cases, eva_cases, eva02_cases, mmpretrain_cases, average_cases):
        cases(golden)
    golden.write()


if __name__ == "__main__":
    main()
