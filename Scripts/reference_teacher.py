#!/usr/bin/env python3
"""Features of a teacher whose patches are not the student's, by PyTorch and timm.

    pip install torch timm safetensors
    Scripts/reference_teacher.py Tests/VisionTransformersTests/Golden/teacher

Writes a tiny checkpoint with patches of 3 pixels on a grid of 4 × 6, normalised by one half (`config.json` says so), and
`features.safetensors`: images of students with patches of 4 and of 2 pixels on the same grid, normalised by ImageNet's mean and
deviation, and the teacher's features of them, computed in double precision. Images are brought to the teacher's size by `interpolate`
(bilinear, corners not aligned, no antialiasing).
"""
import json
import sys
from pathlib import Path

import torch
from reference_tokens import lively, tokens
from safetensors.torch import save_file
from timm.models.vision_transformer import VisionTransformer
from torch.nn import functional as F

GRID, PATCH = (4, 6), 3
HALF = torch.full((1, 3, 1, 1), 0.5, dtype=torch.float64)
MEAN = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float64).reshape(1, 3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225], dtype=torch.float64).reshape(1, 3, 1, 1)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    size = tuple(PATCH * n for n in GRID)
    teacher = lively(
        VisionTransformer(img_size=size, patch_size=PATCH, embed_dim=12, num_heads=3, mlp_ratio=2.5, num_classes=0, depth=2), 7
    )
    save_file({k: v.float().contiguous() for k, v in teacher.state_dict().items()}, folder / "model.safetensors")
    config = {"architecture": "vit", "pretrained_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3}}
    (folder / "config.json").write_text(json.dumps(config) + "\n")
    generator = torch.Generator().manual_seed(8)
    found = {}
    for patch in (4, 2):
        pixels = torch.rand(2, 3, patch * GRID[0], patch * GRID[1], generator=generator).double()
        images = ((pixels - MEAN) / DEVIATION).float()
        resized = F.interpolate(images.double() * DEVIATION + MEAN, size=size, mode="bilinear", align_corners=False)
        found[f"images.{patch}"] = images
        found[f"features.{patch}"] = tokens(teacher, (resized - HALF) / HALF)["norm"]
    save_file(found, folder / "features.safetensors")


if __name__ == "__main__":
    main()
