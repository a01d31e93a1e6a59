#!/usr/bin/env python3
"""Tiny Vision Transformers, their tokens at every place, and resized position embeddings, by PyTorch and timm.

    pip install torch timm safetensors
    Scripts/reference_tokens.py Tests/VisionTransformersTests/Golden

Writes for `mff` (class token, fused blocks 0 and 2 with a projection, no layer scale), `mff-mlp`, `mff-attention`,
`mff-attention-mlp` (other fusions, with metadata that names them) and `registers` (layer scale, class and two register tokens
without positions) the checkpoint `NAME.safetensors` and `NAME-tokens.safetensors`: the images and the patch tokens of every layer, computed in double precision; and `positions.json`. Weights are far from
their initial values, so that one that is ignored or misplaced shows.
"""
import json
import sys
from functools import partial
from pathlib import Path

import torch
from reference_frequency import allow_torchvision_without_compiled_operators
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

allow_torchvision_without_compiled_operators()
from timm.models.vision_transformer import Block, VisionTransformer  # noqa: E402


def lively(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            scale = p.shape[-1] ** -0.5 if p.dim() == 2 else 0.3
            p.copy_((noise * scale + (1 if "norm" in name and name.endswith("weight") else 0)).float())
    return model.double().eval()


def tokens(model, images, fused=(), fusion=None):
    """What timm's own blocks compute, one branch at a time."""
    places, entries = {}, []
    with torch.no_grad():
        x = model._pos_embed(model.patch_embed(images))
        places["embedding"] = x
        for i, block in enumerate(model.blocks):
            x = x + block.ls1(block.attn(block.norm1(x)))
            places[f"{i}.attention"] = x
            x = x + block.ls2(block.mlp(block.norm2(x)))
            places[f"{i}"] = x
            if i in fused:
                j = fused.index(i)
                projected = fusion["layers"][j](x) if j < len(fusion["layers"]) else x
                entries.append(projected)
        places["norm"] = model.norm(x)
        if fused:
            if "block" in fusion:
                s = torch.stack(entries, 2)
                fused_tokens = fusion["block"](s.flatten(0, 1))[:, -1].reshape(x.shape)
            else:
                fused_tokens = sum(w * r for w, r in zip(fusion["logits"].softmax(0), entries))
            places["fused"] = fused_tokens
            places["fused-norm"] = model.norm(fused_tokens)
    return {name: x[:, model.num_prefix_tokens:].float().contiguous() for name, x in places.items()}


def write(folder, name, model, images, extra=None, metadata=None, **fusion):
    state = {k: v.float().contiguous() for k, v in {**model.state_dict(), **(extra or {})}.items()}
    save_file(state, folder / f"{name}.safetensors", metadata)
    found = tokens(model, images, **fusion)
    save_file({"images": images.float(), **found}, folder / f"{name}-tokens.safetensors")


def models(folder):
    images = torch.randn(2, 3, 12, 12, generator=torch.Generator().manual_seed(1)).double()
    common = dict(img_size=12, patch_size=3, embed_dim=12, num_heads=3, mlp_ratio=2.5, num_classes=0)
    mff = lively(VisionTransformer(depth=3, **common), 2)
    projections = lively(nn.ModuleDict({"proj_layers": nn.ModuleList([nn.Linear(12, 12)])}), 3)
    logits = torch.tensor([0.75, -0.25], dtype=torch.float64)
    write(
        folder, "mff", mff, images, {"proj_weights": logits, **projections.state_dict()}, fused=(0, 2),
        fusion={"layers": projections["proj_layers"], "logits": logits},
    )
    variants(folder, common, images)
    registers = VisionTransformer(depth=2, init_values=1e-5, reg_tokens=2, no_embed_class=True, **common)
    write(folder, "registers", lively(registers, 4), images)


def variants(folder, common, images):
    """Perceptrons as projections, and attention over the layers: a block of the encoder's kind with as many heads."""
    for name, fused, linear, attends in [
        ("mff-mlp", (0, 1, 2), False, False), ("mff-attention", (0, 2), True, True), ("mff-attention-mlp", (0, 1, 2), False, True),
    ]:
        model = lively(VisionTransformer(depth=3, **common), 5)
        parts = nn.ModuleDict({"proj_layers": nn.ModuleList(
            nn.Linear(12, 12) if linear else nn.Sequential(nn.Linear(12, 12), nn.GELU(), nn.Linear(12, 12)) for _ in fused[1:])})
        if attends: parts["fusion_attention"] = Block(12, 3, mlp_ratio=2.5, qkv_bias=True, norm_layer=partial(nn.LayerNorm, eps=1e-6))
        parts = lively(parts, 6)
        logits = torch.tensor([0.75, -0.25, 0.5], dtype=torch.float64)[: len(fused)]
        metadata = {"heads": "3", "fuse": ",".join(map(str, fused)), "projection": "linear" if linear else "mlp",
                    "fusion": "attention" if attends else "average"}
        extra = dict(parts.state_dict()) | ({} if attends else {"proj_weights": logits.reshape(-1, 1, 1, 1)})
        fusion = {"layers": parts["proj_layers"], "logits": logits} | ({"block": parts["fusion_attention"]} if attends else {})
        write(folder, name, model, images, extra, metadata, fused=fused, fusion=fusion)


def positions(folder):
    cases = []
    for rows, columns, height, width in [(4, 4, 7, 5), (7, 6, 3, 4), (3, 3, 3, 3), (5, 5, 1, 2), (1, 2, 3, 3)]:
        n = rows * columns * 2
        values = (torch.arange(n, dtype=torch.float64) * 37 % 64 - 31) / 16
        grid = values.reshape(1, rows, columns, 2).permute(0, 3, 1, 2)
        size = (height, width)
        results = {
            "bicubic": F.interpolate(grid, size=size, mode="bicubic", align_corners=False),
            "bicubic-antialiased": F.interpolate(grid, size=size, mode="bicubic", antialias=True),
            "bicubic-by-factor": F.interpolate(
                grid, scale_factor=((height + 0.1) / rows, (width + 0.1) / columns), mode="bicubic"
            ),
            "bicubic-aligned-corners": F.interpolate(grid, size=size, mode="bicubic", align_corners=True),
            "bilinear": F.interpolate(grid, size=size, mode="bilinear", align_corners=False),
            "bilinear-aligned-corners": F.interpolate(grid, size=size, mode="bilinear", align_corners=True),
        }
        for method, result in results.items():
            assert result.shape[2:] == size
            cases.append(
                {
                    "method": method, "from": [rows, columns], "to": [height, width], "values": values.tolist(),
                    "result": result.permute(0, 2, 3, 1).flatten().tolist(),
                }
            )
    (folder / "positions.json").write_text(json.dumps({"torch": torch.__version__, "cases": cases}) + "\n")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    models(folder)
    positions(folder)
