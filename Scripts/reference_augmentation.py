#!/usr/bin/env python3
"""Writes what torchvision's augmentations make of a few pictures: Tests/PretrainingTests/Golden/augmentation.

    python3 -m venv .venv && .venv/bin/pip install -r Scripts/requirements.txt
    .venv/bin/python Scripts/reference_augmentation.py

cases.json: sizes and parameters of crops, and the means of many parameters that torchvision draws.
crops.bin: the pixels of each case, 8 bit, shape [S, S, 3], one case after the other.
"""
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

try:
    import torchvision  # noqa: F401
except RuntimeError:
    # Builds of torch and torchvision that do not fit together fail at import for want of two operators not used here.
    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        library.define(operator + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from torchvision import transforms
from torchvision.transforms import functional

GOLDEN = Path(__file__).parent.parent / "Tests/PretrainingTests/Golden/augmentation"

# width, height, left, top, part's width, part's height, S
RESIZED = [(64, 64, 0, 0, 64, 64, 56), (64, 64, 5, 9, 40, 33, 28), (64, 64, 20, 3, 28, 28, 28), (90, 61, 30, 10, 55, 50, 20),
           (37, 80, 4, 41, 30, 25, 32), (40, 30, 38, 28, 2, 2, 16)]
# width, height, left, top in the padded image, S
SIMPLE = [(64, 64, 0, 0, 32), (64, 64, 8, 3, 32), (90, 61, 17, 8, 20), (61, 90, 0, 13, 20), (30, 41, 5, 20, 48), (28, 28, 4, 4, 28)]
# width, height of images for which parameters are drawn; the last one is too long for any part of an allowed ratio
DRAWN = [(64, 64), (500, 375), (224, 400), (600, 60)]
DRAWS = 20000


def picture(width, height):
    """The same formula stands in the test."""
    y, x = np.mgrid[:height, :width]
    return Image.fromarray(np.stack([(x * x * (c + 3) + 17 * y * (c + 1) + 5 * x * y) // 4 % 256 for c in range(3)], -1)
                           .astype(np.uint8))


def main():
    cases, pixels = [], []
    for number, (width, height, left, top, w, h, side) in enumerate(RESIZED):
        crop = functional.resized_crop(picture(width, height), top, left, h, w, [side, side],
                                       functional.InterpolationMode.BICUBIC)
        cases.append(dict(kind="resized", width=width, height=height, left=left, top=top, partWidth=w, partHeight=h, side=side))
        pixels.append(np.asarray(crop))
    for width, height, left, top, side in SIMPLE:
        padded = transforms.Pad(4, padding_mode="reflect")(transforms.Resize(side)(picture(width, height)))
        assert 0 <= left <= padded.width - side and 0 <= top <= padded.height - side
        cases.append(dict(kind="simple", width=width, height=height, left=left - 4, top=top - 4, partWidth=side,
                          partHeight=side, side=side))
        pixels.append(np.asarray(functional.crop(padded, top, left, side, side)))
    torch.manual_seed(0)
    draws = []
    for width, height in DRAWN:
        image = picture(width, height)
        # torchvision gives top, left, height, width.
        found = np.array([transforms.RandomResizedCrop.get_params(image, [0.2, 1.0], [3 / 4, 4 / 3]) for _ in range(DRAWS)], float)
        area = found[:, 2] * found[:, 3] / (width * height)
        found = np.column_stack([found, area, area ** 2])
        draws.append(dict(width=width, height=height, count=DRAWS, means=found.mean(0).tolist(), deviations=found.std(0).tolist()))
    GOLDEN.mkdir(parents=True, exist_ok=True)
    (GOLDEN / "cases.json").write_text(json.dumps(dict(crops=cases, draws=draws), indent=1) + "\n")
    (GOLDEN / "crops.bin").write_bytes(b"".join(p.tobytes() for p in pixels))


if __name__ == "__main__":
    main()
