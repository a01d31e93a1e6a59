#!/usr/bin/env python3
"""Tiny checkpoints of every dialect and the per-layer Fourier log-amplitudes that their own libraries get.

    reference_frequency.py [FOLDER]     default: Tests/DiagnosticsTests/Golden/frequency

Writes the checkpoints, the images (`images-*.safetensors`, already normalised) and `cases.json`: for each case the
checkpoint, the images, the command-line options a user needs, and the expected curves. Features are taken by hooks
from the library's own model in double precision; position embeddings are resized by the family's own code. Weights
are random but lively: every bias, norm, token and layer scale is far from its initial value, so that one that is
ignored or misplaced shows in the numbers. Two runs write the same bytes, except mae-legacy.pth: PyTorch names the
storages of that format after memory addresses. Needs Scripts/requirements.txt.
"""

import argparse, json, math, random, shutil, sys, warnings
from collections import OrderedDict
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")


def allow_torchvision_without_compiled_operators():
    """A CPU torch beside the default torchvision cannot load its compiled operators; no model here needs them."""
    try:
        import torchvision  # noqa: F401
    except (RuntimeError, ImportError):
        for name in [n for n in sys.modules if n.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        for operator in ("nms", "qnms"):
            torch.library.define(
                f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            )


allow_torchvision_without_compiled_operators()
import timm  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

# ---------------------------------------------------------------------------------------------------------------
# Spectra


def log_amplitude_maps(tokens, grid):
    """(N, L, D) patch tokens → (N, rows, columns): ln(|DFT| + 1e-6), mean over channels, zero frequency central."""
    n, _, d = tokens.shape
    maps = tokens.transpose(1, 2).reshape(n, d, *grid)
    return torch.fft.fftshift((torch.fft.fft2(maps).abs() + 1e-6).log(), dim=(2, 3)).mean(1)


def profiles(maps, path):
    """(N, rows, columns) → (frequencies in units of π, (N, K) values along the half diagonal or by radius)."""
    _, h, w = maps.shape
    if path == "diagonal":
        k = torch.arange(min(math.ceil(h / 2), math.ceil(w / 2)))
        frequencies = [2 * i / h for i in k.tolist()] if h == w else [[2 * i / h, 2 * i / w] for i in k.tolist()]
        return frequencies, maps[:, h // 2 + k, w // 2 + k]
    assert h == w, "radial profiles are made for square grids here"
    y, x = np.mgrid[0:h, 0:w]
    ring = torch.from_numpy(np.rint(np.hypot(y - h // 2, x - w // 2)).astype(int))
    return [2 * k / h for k in range(h // 2 + 1)], torch.stack(
        [maps[:, ring == k].mean(1) for k in range(h // 2 + 1)], 1
    )


def standard_error(values):
    return values.std(0, unbiased=True) / math.sqrt(len(values))


def curves(features, grid, path="diagonal"):
    """Features by layer, each (N, L, D) → (frequencies, one entry of the result's `layers` per layer)."""
    layers, frequencies = [], []
    for name, tokens in features.items():
        frequencies, values = profiles(log_amplitude_maps(tokens, grid), path)
        relative = values - values[:, :1]
        layers.append(
            {
                "layer": name,
                "logAmplitude": values.mean(0).tolist(),
                "relativeLogAmplitude": relative.mean(0).tolist(),
                "standardError": standard_error(values).tolist(),
                "relativeStandardError": standard_error(relative).tolist(),
            }
        )
    return frequencies, layers


# ---------------------------------------------------------------------------------------------------------------
# Models and their features


def record(places, run):
    """Runs `run` and returns, by layer name, the input or output of the module at each place."""
    found, handles = {}, []
    for name, (module, side) in places.items():

        def keep(_, inputs, output=None, name=name):
            x = inputs if output is None else output
            found[name] = x[0] if isinstance(x, tuple) else x

        handles.append(
            module.register_forward_pre_hook(keep) if side == "input" else module.register_forward_hook(keep)
        )
    with torch.no_grad():
        run()
    for handle in handles:
        handle.remove()
    return {name: found[name] for name in places}


def without_prefix(features, count):
    return {name: x[:, count:] for name, x in features.items()}


def lively(model, seed, embedding=1.0):
    """Random weights in which no tensor is close to its initial value. `embedding` scales what enters the first block:
    at 0.01 its variance is about 1e-4, so the ε of the first LayerNorm shows in the third digit."""
    g = torch.Generator().manual_seed(seed)
    normal = lambda p: torch.randn(p.shape, generator=g)
    with torch.no_grad():
        for name, p in model.named_parameters():
            enters = (
                any(
                    s in name
                    for s in (
                        "patch_embed",
                        "cls_token",
                        "class_token",
                        "conv_proj",
                        "dist_token",
                        "distillation_token",
                        "reg_token",
                        "register_tokens",
                        "pos_embed",
                        "position_embeddings",
                        "pos_embedding",
                    )
                )
                and "decoder" not in name
            )
            if "proj_weights" in name:
                p.copy_(normal(p))
            elif any(s in name for s in ("gamma", "lambda1")):
                p.copy_(torch.rand(p.shape, generator=g) * 0.9 + 0.1)
            elif name.endswith("weight_g"):
                p.fill_(1)
            elif p.ndim == 1 and name.endswith("weight"):
                p.copy_(1 + 0.3 * normal(p))
            elif p.ndim == 1:
                p.copy_(0.2 * normal(p))
            elif name.endswith("weight") or name.endswith("weight_v"):
                gain = 1.5 if any(s in name for s in ("qkv", "query", "key", "q_proj", "k_proj", "in_proj")) else 1.0
                p.copy_(normal(p) * gain / math.sqrt(p[0].numel()))
            else:
                p.copy_(0.5 * normal(p))
            if enters:
                p.mul_(embedding)
    return model.eval()


def rounded(model, dtype):
    """The model with weights that `dtype` can hold, in single precision."""
    return model.to(dtype).float()


class MaskedAutoencoder(nn.Module):
    """The masked autoencoder with the tensor names of facebookresearch/mae, built from timm's blocks as that one is."""

    def __init__(self, image, patch, width, depth, heads, ratio=4.0, decoder=None):
        super().__init__()
        from timm.models.vision_transformer import Block, PatchEmbed

        norm = partial(nn.LayerNorm, eps=1e-6)
        block = lambda d, h: Block(d, h, ratio, qkv_bias=True, norm_layer=norm)
        self.patch_embed = PatchEmbed(image, patch, 3, width)
        length = self.patch_embed.num_patches
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, length + 1, width), requires_grad=False)
        self.blocks, self.norm = nn.ModuleList(block(width, heads) for _ in range(depth)), norm(width)
        if decoder:
            width_, depth_, heads_ = decoder
            self.decoder_embed, self.mask_token = nn.Linear(width, width_), nn.Parameter(torch.zeros(1, 1, width_))
            self.decoder_pos_embed = nn.Parameter(torch.zeros(1, length + 1, width_), requires_grad=False)
            self.decoder_blocks = nn.ModuleList(block(width_, heads_) for _ in range(depth_))
            self.decoder_norm, self.decoder_pred = norm(width_), nn.Linear(width_, patch * patch * 3)

    def resized(self, grid):
        """The position embedding at another grid, as the family's fine-tuning code resizes it."""
        side = math.isqrt(self.pos_embed.shape[1] - 1)
        if grid == (side, side):
            return self.pos_embed
        table = self.pos_embed[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
        table = F.interpolate(table, size=grid, mode="bicubic", align_corners=False)
        return torch.cat([self.pos_embed[:, :1], table.permute(0, 2, 3, 1).flatten(1, 2)], 1)

    def encode(self, images):
        """Layer → patch tokens (N, L, D) of whole images, nothing masked."""
        x = self.patch_embed.proj(images)
        position = self.resized(tuple(x.shape[2:]))
        x = x.flatten(2).transpose(1, 2) + position[:, 1:]
        x = torch.cat([(self.cls_token + position[:, :1]).expand(len(x), -1, -1), x], 1)
        found = {"embedding": x}
        for i, block in enumerate(self.blocks):
            x = block(x)
            found[str(i)] = x
        return without_prefix(found | {"norm": self.norm(x)}, 1)


def mae_features(model, images):
    with torch.no_grad():
        return model.encode(images)


class SelfDistilled(nn.Module):
    """A ViT with the tensor names of facebookresearch/dino and its way of resizing the position embedding."""

    def __init__(self, image, patch, width, depth, heads, ratio):
        super().__init__()
        from timm.models.vision_transformer import Block, PatchEmbed

        norm = partial(nn.LayerNorm, eps=1e-6)
        self.patch_embed, self.patch = PatchEmbed(image, patch, 3, width), patch
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, self.patch_embed.num_patches + 1, width))
        self.blocks = nn.ModuleList(Block(width, heads, ratio, qkv_bias=True, norm_layer=norm) for _ in range(depth))
        self.norm = norm(width)

    def resized(self, grid):
        side = math.isqrt(self.pos_embed.shape[1] - 1)
        if grid == (side, side):
            return self.pos_embed
        # The family passes a scale that is 0.1 patches too large, and the sampling step follows that scale.
        table = self.pos_embed[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
        table = F.interpolate(table, scale_factor=tuple((g + 0.1) / side for g in grid), mode="bicubic")
        assert table.shape[2:] == grid
        return torch.cat([self.pos_embed[:, :1], table.permute(0, 2, 3, 1).flatten(1, 2)], 1)

    encode = MaskedAutoencoder.encode


class SelfDistillationHead(nn.Module):
    """The projection head that such a run saves beside its backbone."""

    def __init__(self, width):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(width, 32), nn.GELU(), nn.Linear(32, 32), nn.GELU(), nn.Linear(32, 16))
        self.last_layer = nn.utils.weight_norm(nn.Linear(16, 24, bias=False))


def timm_features(model, images, subblock=False):
    places = {"embedding": (model.norm_pre, "input")}
    for i, block in enumerate(model.blocks):
        if subblock:
            places[f"{i}.attention"] = (block.norm2, "input")
        places[str(i)] = (block, "output")
    if not isinstance(model.norm, nn.Identity):
        places["norm"] = (model.norm, "output")
    return without_prefix(record(places, lambda: model(images)), model.num_prefix_tokens)


def huggingface_features(model, images, prefix, **arguments):
    base = model.base_model
    blocks = base.layers if hasattr(base, "layers") else base.encoder.layer
    places = {"embedding": (base.embeddings, "output")}
    places |= {str(i): (block, "output") for i, block in enumerate(blocks)}
    places["norm"] = (base.layernorm, "output")
    return without_prefix(record(places, lambda: model(images, **arguments)), prefix)


def huggingface_mae_features(model, images, **arguments):
    model.config.mask_ratio = 0.0  # the embeddings share this configuration: keep all patches, and in order
    length = images[0, 0].numel() // model.config.patch_size**2
    noise = torch.arange(length, dtype=images.dtype).expand(len(images), -1)
    base = model.vit
    places = {"embedding": (base.embeddings, "output")}
    places |= {str(i): (block, "output") for i, block in enumerate(base.layers)} | {"norm": (base.layernorm, "output")}
    return without_prefix(record(places, lambda: base(images, noise=noise, **arguments)), 1)


def torchvision_features(model, images):
    places = {"embedding": (model.encoder.dropout, "output")}
    places |= {str(i): (block, "output") for i, block in enumerate(model.encoder.layers)}
    return without_prefix(record(places | {"norm": (model.encoder.ln, "output")}, lambda: model(images)), 1)


def mmpretrain_features(model, images):
    from mmpretrain.models import VisionTransformer

    backbone = model.backbone
    places = {"embedding": (backbone.pre_norm, "input")}
    places |= {str(i): (block, "output") for i, block in enumerate(backbone.layers)} | {
        "norm": (backbone.ln1, "output")
    }
    # The parent's forward pass is that of whole images; the fusing class masks even when told not to.
    return without_prefix(record(places, lambda: VisionTransformer.forward(backbone, images)), 1)


def fusion_features(model, images):
    """Whole images through the fusing forward pass: mask ratio 0 keeps every patch, in shuffled order."""
    plain, backbone, out = mmpretrain_features(model, images), model.backbone, {}
    backbone.mask_ratio = 0.0
    places = {str(i): (block, "output") for i, block in enumerate(backbone.layers)}
    found = record(places | {"fused": (backbone.ln1, "input")}, lambda: out.update(result=backbone(images, True)))
    normed, _, restore, _ = out["result"]
    found = without_prefix(found | {"fused-norm": normed}, 1)
    found = {k: x.gather(1, restore[..., None].expand_as(x)) for k, x in found.items()}
    for name in places:
        assert (found[name] - plain[name]).abs().max() < 1e-3, f"order of patches lost in block {name}"
    return plain | {"fused": found["fused"], "fused-norm": found["fused-norm"]}


# ---------------------------------------------------------------------------------------------------------------
# Golden files


class Golden:
    """Collects cases; the images are shared between cases of equal size."""

    def __init__(self, folder):
        self.folder, self.cases, self.images = Path(folder), [], {}
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def path(self, name):
        return self.folder / name

    def batch(self, height, width):
        """Smooth random images, shape (N, 3, height, width), as a file beside the cases."""
        name = f"images-{height}x{width}.safetensors"
        if name not in self.images:
            g = torch.Generator().manual_seed(height * 1000 + width)
            count = 4 if height == width == 36 else 3 if height == width else 2
            noise = torch.randn(count, 3, height + 4, width + 4, generator=g)
            self.images[name] = (F.avg_pool2d(noise, 5, 1) * 4 + 0.3 * noise[..., 2:-2, 2:-2]).contiguous()
            save_file({"images": self.images[name]}, self.path(name))
        return name, self.images[name]

    def case(self, name, checkpoint, library, model, features, size, patch, options=(), path="diagonal"):
        """Adds a case. `features(model, images)` gives the layers; it runs in double and, as a yardstick, in single."""
        images_name, images = self.batch(*size)
        grid = (size[0] // patch, size[1] // patch)
        frequencies, layers = curves(features(model.double(), images.double()), grid, path)
        _, single = curves({k: v.double() for k, v in features(model.float(), images).items()}, grid, path)
        difference = max(
            abs(a - b) for x, y in zip(layers, single) for a, b in zip(x["logAmplitude"], y["logAmplitude"])
        )
        self.cases.append(
            {
                "name": name,
                "checkpoint": checkpoint,
                "images": images_name,
                "options": list(options),
                "library": library,
                "path": path,
                "grid": list(grid),
                "frequencies": frequencies,
                "layers": layers,
                "singlePrecisionDifference": difference,
            }
        )
        print(f"{name:32} {grid}  {len(layers)} layers  PyTorch single against double {difference:.1e}", flush=True)

    def write(self):
        about = (
            "Made by Scripts/reference_frequency.py; all weights and images are random numbers. Paths are "
            "relative to this file; options are those a user must give. singlePrecisionDifference: the "
            "largest difference of any log-amplitude when the library's own "
            "model runs in single precision."
        )
        lines = ",\n".join("  " + json.dumps(c) for c in self.cases)
        self.path("cases.json").write_text(f'{{"about": {json.dumps(about)},\n"cases": [\n{lines}\n]}}\n')
        size = sum(f.stat().st_size for f in self.folder.rglob("*") if f.is_file())
        print(f"{len(self.cases)} cases, {size / 1e6:.2f} MB")


def cast(state, dtype):
    return OrderedDict((k, v.to(dtype) if v.is_floating_point() else v) for k, v in state.items())


def mae_cases(golden):
    library = f"facebookresearch/mae naming on blocks of timm {timm.__version__}, torch {torch.__version__}"
    big = lively(MaskedAutoencoder(56, 4, 48, 2, 4, 1.25, decoder=(32, 1, 2)), 1)
    optimizer = torch.optim.AdamW(
        [
            {"params": [big.decoder_embed.weight], "weight_decay": 0.05},
            {"params": [big.decoder_embed.bias], "weight_decay": 0.0},
        ],
        lr=1e-3,
    )
    weights = {k: v.clone() for k, v in big.state_dict().items()}
    big.decoder_embed(torch.randn(2, 48)).sum().backward()
    optimizer.step()
    big.load_state_dict(weights)
    arguments = argparse.Namespace(
        model="mae_vit_micro_patch4",
        input_size=56,
        mask_ratio=0.75,
        norm_pix_loss=True,
        batch_size=64,
        epochs=800,
        blr=1.5e-4,
        data_path="/data/images",
        resume="",
    )
    scaler = {
        "scale": 65536.0,
        "growth_factor": 2.0,
        "backoff_factor": 0.5,
        "growth_interval": 2000,
        "_growth_tracker": 0,
    }
    torch.save(
        {"model": weights, "optimizer": optimizer.state_dict(), "epoch": 20, "scaler": scaler, "args": arguments},
        golden.path("mae-zip.pth"),
    )
    golden.case("mae-zip", "mae-zip.pth", library, big, mae_features, (56, 56), 4, ["--heads", "4"])
    golden.case(
        "mae-zip-radial",
        "mae-zip.pth",
        library,
        big,
        mae_features,
        (56, 56),
        4,
        ["--heads", "4", "--path", "radial"],
        "radial",
    )
    golden.case(
        "mae-zip-resized-down",
        "mae-zip.pth",
        library,
        big,
        mae_features,
        (36, 36),
        4,
        ["--heads", "4", "--image-size", "36"],
    )

    # An odd grid; what enters the first block is small, so its ε = 1e-6 matters.
    legacy = lively(MaskedAutoencoder(36, 4, 48, 2, 3, 1.25), 2, embedding=0.01)
    torch.save({"model": legacy.state_dict()}, golden.path("mae-legacy.pth"), _use_new_zipfile_serialization=False)
    golden.case("mae-legacy", "mae-legacy.pth", library, legacy, mae_features, (36, 36), 4, ["--heads", "3"])
    golden.case(
        "mae-legacy-radial",
        "mae-legacy.pth",
        library,
        legacy,
        mae_features,
        (36, 36),
        4,
        ["--heads", "3", "--path", "radial"],
        "radial",
    )
    golden.case(
        "mae-legacy-resized-up",
        "mae-legacy.pth",
        library,
        legacy,
        mae_features,
        (56, 56),
        4,
        ["--heads", "3", "--image-size", "56"],
    )

    # One head of 64: what a reader guesses without any option. Another patch size: 7×7.
    bf16 = rounded(lively(MaskedAutoencoder(56, 8, 64, 2, 1, 1.25), 3), torch.bfloat16)
    save_file({k: v.bfloat16().contiguous() for k, v in bf16.state_dict().items()}, golden.path("mae-bf16.safetensors"))
    golden.case("mae-bf16", "mae-bf16.safetensors", library, bf16, mae_features, (56, 56), 8)

    # Fine-tuned: mean pooling, `fc_norm` on the pooled vector, so no layer `norm`.
    tuned = timm.create_model(
        "vit_tiny_patch16_224",
        img_size=36,
        patch_size=4,
        embed_dim=48,
        depth=2,
        num_heads=4,
        mlp_ratio=1.25,
        num_classes=5,
        global_pool="avg",
        fc_norm=True,
    )
    tuned = rounded(lively(tuned, 4), torch.half)
    torch.save(
        {"model": cast(tuned.state_dict(), torch.half), "epoch": 99, "args": arguments},
        golden.path("mae-finetuned.pth"),
    )
    golden.case(
        "mae-finetuned",
        "mae-finetuned.pth",
        f"timm {timm.__version__} with the names of facebookresearch/mae " "after fine-tuning",
        tuned,
        timm_features,
        (36, 36),
        4,
        ["--heads", "4"],
    )


def timm_vit(arch, seed, image=36, dtype=torch.half, embedding=1.0, **changes):
    sizes = (
        dict(img_size=image, patch_size=4, embed_dim=48, depth=2, num_heads=3, mlp_ratio=1.25, num_classes=5) | changes
    )
    return rounded(lively(timm.create_model(arch, **sizes), seed, embedding), dtype), sizes


def timm_resized(arch, sizes, model, image):
    """The same weights in a model made for another image side: timm resizes while loading."""
    from timm.models.vision_transformer import checkpoint_filter_fn

    other = timm.create_model(arch, **sizes | {"img_size": image}).eval()
    other.load_state_dict(checkpoint_filter_fn(model.float().state_dict(), other))
    return other


def timm_cases(golden):
    library = f"timm {timm.__version__}"
    heads = ["--heads", "3"]
    vit, sizes = timm_vit("vit_tiny_patch16_224", 11, image=56, dtype=torch.float32, embedding=0.01)
    save_file(vit.state_dict(), golden.path("timm-vit.safetensors"))
    golden.case("timm-vit", "timm-vit.safetensors", library, vit, timm_features, (56, 56), 4, heads)
    golden.case(
        "timm-vit-subblock",
        "timm-vit.safetensors",
        library,
        vit,
        partial(timm_features, subblock=True),
        (56, 56),
        4,
        [*heads, "--positions", "subblock"],
    )
    golden.case(
        "timm-vit-resized-down",
        "timm-vit.safetensors",
        library,
        timm_resized("vit_tiny_patch16_224", sizes, vit, 36),
        timm_features,
        (36, 36),
        4,
        [*heads, "--image-size", "36"],
    )

    oblong, _ = timm_vit("vit_tiny_patch16_224", 12, image=(32, 24), depth=1)
    save_file(cast(oblong.state_dict(), torch.half), golden.path("timm-vit-oblong.safetensors"))
    golden.case("timm-vit-oblong", "timm-vit-oblong.safetensors", library, oblong, timm_features, (32, 24), 4, heads)

    # A hub folder: config.json names the architecture and the arguments that differ from it.
    hub, sizes = timm_vit("vit_small_patch16_224", 13, dtype=torch.float32, depth=1, num_heads=6)
    from timm.models import save_for_hf

    save_for_hf(hub, golden.path("timm-hub"), safe_serialization=True, model_args=sizes)
    hub_half = rounded(hub, torch.half)
    save_file(cast(hub_half.state_dict(), torch.half), golden.path("timm-hub/model.safetensors"))
    golden.case("timm-hub", "timm-hub", library, hub_half, timm_features, (36, 36), 4)

    deit, _ = timm_vit("deit_tiny_patch16_224", 14, num_heads=4)
    torch.save({"model": cast(deit.state_dict(), torch.half)}, golden.path("timm-deit.pth"))
    golden.case("timm-deit", "timm-deit.pth", library, deit, timm_features, (36, 36), 4, ["--heads", "4"])

    distilled, _ = timm_vit("deit_tiny_distilled_patch16_224", 15)
    torch.save({"model": cast(distilled.state_dict(), torch.half)}, golden.path("timm-deit-distilled.pth"))
    golden.case("timm-deit-distilled", "timm-deit-distilled.pth", library, distilled, timm_features, (36, 36), 4, heads)

    # A run's own checkpoint holds two sets of weights.
    run, _ = timm_vit("deit_tiny_patch16_224", 16, depth=1)
    ema, _ = timm_vit("deit_tiny_patch16_224", 17, depth=1)
    torch.save(
        {
            "model": cast(run.state_dict(), torch.half),
            "optimizer": {"state": {}, "param_groups": []},
            "lr_scheduler": {"last_epoch": 3, "_step_count": 4},
            "epoch": 3,
            "model_ema": cast(ema.state_dict(), torch.half),
            "scaler": {"scale": 1024.0},
            "args": argparse.Namespace(model="deit_micro_patch4", input_size=36),
        },
        golden.path("timm-deit-run.pth"),
    )
    golden.case("timm-deit-run", "timm-deit-run.pth", library, run, timm_features, (36, 36), 4, heads)
    golden.case(
        "timm-deit-run-ema",
        "timm-deit-run.pth",
        library,
        ema,
        timm_features,
        (36, 36),
        4,
        [*heads, "--weights-from", "ema"],
    )

    dino2 = "vit_small_patch14_reg4_dinov2"
    registers, sizes = timm_vit(dino2, 18)
    save_file(cast(registers.state_dict(), torch.half), golden.path("timm-dinov2-registers.safetensors"))
    golden.case(
        "timm-dinov2-registers",
        "timm-dinov2-registers.safetensors",
        library,
        registers,
        timm_features,
        (36, 36),
        4,
        heads,
    )
    golden.case(
        "timm-dinov2-registers-resized-up",
        "timm-dinov2-registers.safetensors",
        library,
        timm_resized(dino2, sizes, registers, 56),
        timm_features,
        (56, 56),
        4,
        [*heads, "--image-size", "56"],
    )

    for name, prefix, seed in [("prefix-module", "module.", 19), ("prefix-compiled", "module._orig_mod.", 20)]:
        model, _ = timm_vit("vit_tiny_patch16_224", seed, depth=1)
        state = OrderedDict((prefix + k, v) for k, v in cast(model.state_dict(), torch.half).items())
        torch.save({"epoch": 5, "arch": "vit", "state_dict": state}, golden.path(f"{name}.pth.tar"))
        golden.case(name, f"{name}.pth.tar", library, model, timm_features, (36, 36), 4, heads)


def dino_cases(golden):
    library = f"facebookresearch/dino naming on blocks of timm {timm.__version__}, torch {torch.__version__}"
    make = lambda seed: rounded(lively(SelfDistilled(36, 4, 48, 1, 3, 1.25), seed), torch.half)
    student, teacher, head = make(31), make(32), SelfDistillationHead(48)
    whole = lambda m, prefix: OrderedDict(
        [(f"{prefix}backbone.{k}", v) for k, v in cast(m.state_dict(), torch.half).items()]
        + [(f"{prefix}head.{k}", v) for k, v in cast(head.state_dict(), torch.half).items()]
    )
    torch.save(
        {
            "student": whole(student, "module."),
            "teacher": whole(teacher, ""),
            "optimizer": {"state": {}, "param_groups": []},
            "epoch": 100,
            "args": argparse.Namespace(arch="vit_micro", patch_size=4, out_dim=24),
            "dino_loss": {"center": torch.zeros(1, 24)},
        },
        golden.path("dino-run.pth"),
    )
    for name, model in [("teacher", teacher), ("student", student)]:
        golden.case(
            f"dino-{name}",
            "dino-run.pth",
            library,
            model,
            mae_features,
            (36, 36),
            4,
            ["--heads", "3", "--weights-from", name],
        )
    golden.case(
        "dino-teacher-resized-up",
        "dino-run.pth",
        library,
        teacher,
        mae_features,
        (56, 56),
        4,
        ["--heads", "3", "--weights-from", "teacher", "--image-size", "56"],
    )


def huggingface_cases(golden):
    import transformers as hf

    hf.logging.disable_progress_bar()
    library = f"transformers {hf.__version__}"
    sizes = dict(
        hidden_size=48, num_hidden_layers=2, num_attention_heads=6, intermediate_size=60, image_size=36, patch_size=4
    )

    def save(name, model, dtype=torch.half, **arguments):
        model = rounded(model, dtype)
        model.to(dtype).save_pretrained(golden.path(name), **arguments)
        return model.float()

    def add(name, folder, model, prefix, size, options=(), **arguments):
        golden.case(
            name, folder, library, model, partial(huggingface_features, prefix=prefix, **arguments), size, 4, options
        )

    # What enters the first block is small: ε = 1e-12 stands in config.json and shows at this variance.
    config = hf.ViTMAEConfig(
        **sizes | dict(num_attention_heads=4, image_size=56),
        decoder_hidden_size=32,
        decoder_num_hidden_layers=1,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=64,
        norm_pix_loss=True,
    )
    mae = save("hf-vitmae", lively(hf.ViTMAEForPreTraining(config), 41, embedding=0.01))
    golden.case("hf-vitmae", "hf-vitmae", library, mae, huggingface_mae_features, (56, 56), 4)
    golden.case(
        "hf-vitmae-resized-down",
        "hf-vitmae",
        library,
        mae,
        partial(huggingface_mae_features, interpolate_pos_encoding=True),
        (36, 36),
        4,
        ["--image-size", "36"],
    )

    # Eight heads at width 64, where a guess would say one.
    vit = save("hf-vit", lively(hf.ViTModel(hf.ViTConfig(**sizes | dict(hidden_size=64, num_attention_heads=8))), 42))
    add("hf-vit", "hf-vit", vit, 1, (36, 36))
    add("hf-vit-resized-up", "hf-vit", vit, 1, (56, 56), ["--image-size", "56"], interpolate_pos_encoding=True)

    oblong = save(
        "hf-vit-oblong",
        lively(
            hf.ViTForImageClassification(hf.ViTConfig(**sizes | dict(image_size=(24, 32), num_hidden_layers=1))), 43
        ),
    )
    add("hf-vit-oblong", "hf-vit-oblong", oblong, 1, (24, 32))

    sharded = save(
        "hf-vit-sharded", lively(hf.ViTForImageClassification(hf.ViTConfig(**sizes)), 44), max_shard_size="40KB"
    )
    add("hf-vit-sharded", "hf-vit-sharded", sharded, 1, (36, 36))
    add("hf-vit-sharded-index", "hf-vit-sharded/model.safetensors.index.json", sharded, 1, (36, 36))

    deit = save("hf-deit", lively(hf.DeiTForImageClassificationWithTeacher(hf.DeiTConfig(**sizes)), 45))
    add("hf-deit", "hf-deit", deit, 2, (36, 36))
    add("hf-deit-resized-up", "hf-deit", deit, 2, (56, 56), ["--image-size", "56"], interpolate_pos_encoding=True)

    dino2 = save("hf-dinov2", lively(hf.Dinov2Model(hf.Dinov2Config(**sizes, mlp_ratio=1)), 46))
    add("hf-dinov2", "hf-dinov2", dino2, 1, (36, 36))
    add("hf-dinov2-resized-up", "hf-dinov2", dino2, 1, (56, 56), ["--image-size", "56"])

    config = hf.Dinov2WithRegistersConfig(**sizes, mlp_ratio=1, num_register_tokens=4)
    registers = save("hf-dinov2-registers", lively(hf.Dinov2WithRegistersModel(config), 47))
    add("hf-dinov2-registers", "hf-dinov2-registers", registers, 5, (36, 36))
    add("hf-dinov2-registers-resized-up", "hf-dinov2-registers", registers, 5, (56, 56), ["--image-size", "56"])


def torchvision_cases(golden):
    import torchvision
    from torchvision.models.vision_transformer import VisionTransformer, interpolate_embeddings

    library = f"torchvision {torchvision.__version__}"
    make = lambda image: VisionTransformer(image, 4, 2, 6, 48, 60, num_classes=5).eval()
    model = rounded(lively(make(36), 61), torch.half)
    torch.save(cast(model.state_dict(), torch.half), golden.path("torchvision-vit.pth"))
    golden.case(
        "torchvision-vit", "torchvision-vit.pth", library, model, torchvision_features, (36, 36), 4, ["--heads", "6"]
    )
    larger = make(56)
    larger.load_state_dict(interpolate_embeddings(56, 4, OrderedDict(model.float().state_dict())))
    golden.case(
        "torchvision-vit-resized-up",
        "torchvision-vit.pth",
        library,
        larger,
        torchvision_features,
        (56, 56),
        4,
        ["--heads", "6", "--image-size", "56"],
    )


def mmpretrain_cases(golden):
    import mmengine
    import mmpretrain
    from mmengine.config import Config
    from mmengine.logging import MessageHub
    from mmengine.runner.checkpoint import save_checkpoint
    from mmpretrain.registry import MODELS

    mmpretrain.utils.register_all_modules()
    library = f"mmpretrain {mmpretrain.__version__}, mmengine {mmengine.__version__}"

    def build(kind, image, depth, heads, out_indices, seed):
        backbone = dict(
            type="MFFViT" if kind == "MFF" else "MAEViT",
            patch_size=4,
            img_size=image,
            mask_ratio=0.75,
            arch=dict(embed_dims=48, num_layers=depth, num_heads=heads, feedforward_channels=60),
        )
        if out_indices:
            backbone["out_indices"] = out_indices
        config = Config(
            dict(
                model=dict(
                    type=kind,
                    backbone=backbone,
                    neck=dict(
                        type="MAEPretrainDecoder",
                        num_patches=(image // 4) ** 2,
                        patch_size=4,
                        embed_dim=48,
                        decoder_embed_dim=32,
                        decoder_depth=1,
                        decoder_num_heads=2,
                        mlp_ratio=1.25,
                    ),
                    head=dict(
                        type="MAEPretrainHead",
                        norm_pix=True,
                        patch_size=4,
                        loss=dict(type="PixelReconstructionLoss", criterion="L2"),
                    ),
                ),
                train_dataloader=dict(batch_size=512),
                train_cfg=dict(type="EpochBasedTrainLoop", max_epochs=300),
            )
        )
        return rounded(lively(MODELS.build(config.model), seed), torch.half), config

    def save(name, model, config, **more):
        meta = dict(
            epoch=300,
            iter=187500,
            cfg=config.pretty_text,
            seed=0,
            experiment_name=name,
            time="20230101_000000",
            mmengine_version=mmengine.__version__,
            dataset_meta={},
        )
        save_checkpoint(
            dict(meta=meta, state_dict=cast(model.state_dict(), torch.half), **more), str(golden.path(name))
        )

    # Three of four blocks are fused. Heads and out_indices stand in the configuration's text.
    fusing, config = build("MFF", 56, 4, 3, [0, 1, 3], 51)
    hub = MessageHub.get_instance("golden")
    for step in range(3):
        hub.update_scalar("train/loss", 1.0 / (step + 1))
        hub.update_scalar("train/weight_0", 0.3)
    save(
        "mff-mmpretrain.pth",
        fusing,
        config,
        message_hub=hub.state_dict(),
        optimizer={"state": {}, "param_groups": []},
        param_schedulers=[{"last_step": 3}],
    )
    golden.case("mff-mmpretrain", "mff-mmpretrain.pth", library, fusing, fusion_features, (56, 56), 4)

    # The same kind of model from a bare state dict: everything the tensors cannot tell comes from options.
    bare, _ = build("MFF", 36, 3, 3, [0, 2], 52)
    torch.save(cast(bare.state_dict(), torch.half), golden.path("mff-bare.pth"))
    golden.case(
        "mff-bare", "mff-bare.pth", library, bare, fusion_features, (36, 36), 4, ["--heads", "3", "--fuse", "0,2"]
    )

    plain, config = build("MAE", 36, 2, 6, None, 53)
    save("mmpretrain-mae.pth", plain, config)
    golden.case("mmpretrain-mae", "mmpretrain-mae.pth", library, plain, mmpretrain_features, (36, 36), 4)
    golden.case(
        "mmpretrain-mae-resized-up",
        "mmpretrain-mae.pth",
        library,
        plain,
        mmpretrain_features,
        (56, 56),
        4,
        ["--image-size", "56"],
    )


def main():
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=root / "Tests/DiagnosticsTests/Golden/frequency")
    golden = Golden(parser.parse_args().folder)
    torch.manual_seed(0), np.random.seed(0), random.seed(0)
    for cases in (mae_cases, timm_cases, dino_cases, huggingface_cases, torchvision_cases, mmpretrain_cases):
        cases(golden)
    golden.write()


if __name__ == "__main__":
    main()
