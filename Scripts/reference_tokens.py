#!/usr/bin/env python3
"""Two tiny Vision Transformers, their tokens at every place, and resized position embeddings, by PyTorch and timm.

    pip install torch timm safetensors
    Scripts/reference_tokens.py Tests/VisionTransformersTests/Golden

Writes for `mff` (class token, fused blocks 0 and 2 with a projection, no layer scale) and `registers` (layer scale,
class and two register tokens without positions) the checkpoint `NAME.safetensors` and `NAME-tokens.safetensors`: the
images and the patch tokens of every layer, computed in double precision; and `positions.json`. Weights are far from
their initial values, so that one that is ignored or misplaced shows.
"""
import json
import sys
from pathlib import Path

import torch
from reference_frequency import allow_torchvision_without_compiled_operators
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

allow_torchvision_without_compiled_operators()
from timm.models.vision_transformer import VisionTransformer  # noqa: E402


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
    places, total = {}, 0
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
                total = total + fusion["logits"].softmax(0)[j] * projected
        places["norm"] = model.norm(x)
        if fused:
            places["fused"] = total
            places["fused-norm"] = model.norm(total)
    return {name: x[:, model.num_prefix_tokens:].float().contiguous() for name, x in places.items()}


def write(folder, name, model, images, extra=None, **fusion):
    state = {k: v.float().contiguous() for k, v in {**model.state_dict(), **(extra or {})}.items()}
    save_file(state, folder / f"{name}.safetensors")
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
    registers = VisionTransformer(depth=2, init_values=1e-5, reg_tokens=2, no_embed_class=True, **common)
    write(folder, "registers", lively(registers, 4), images)


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
