#!/usr/bin/env python3
"""What `mff-inspect selftest` compares with: the bundled MAE in double precision, by plain PyTorch.

    reference_selftest.py [FILE]        Sources/Diagnostics/SelfTest/golden.json unless told; some seconds

Two parts. `loss`, `gradientNorm`, `curvature` and `productNorm` are those of reference_derivatives.py on two images made by a formula, along
the gradient. `layers` are curves of ln(|F| + 1e-6) relative to their first value, mean over channels and over some bundled PNG images, whose
decoding and cropping they test, too. The network is that of reference_derivatives.py; no line is shared with the product. Needs PyTorch,
NumPy, Pillow and safetensors.
"""
import json, sys, tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

import reference_derivatives as reference

ROOT = Path(__file__).resolve().parent.parent
CHECKPOINT = "ckpt.bin"
IMAGES = ["leaves-000.png", "leaves-004.png", "leaves-008.png", "leaves-012.png"]
SIDE, GRID, DEPTH, HEADS = 56, (14, 14), 12, 2
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def pixels():
    """The images' central squares, normalised; they are 64 pixels wide, which is 56 / 0.875, so that nothing is resized."""
    mean, deviation = (torch.tensor(v).view(3, 1, 1) for v in (MEAN, DEVIATION))
    images = []
    for name in IMAGES:
        with Image.open(ROOT / "Fixtures/images" / name) as image:
            assert image.size == (64, 64), image.size
            square = np.asarray(image.convert("RGB").crop((4, 4, 4 + SIDE, 4 + SIDE)))
        images.append((torch.from_numpy(square.copy()).permute(2, 0, 1).double() / 255 - mean) / deviation)
    return torch.stack(images)


def features(P, images):
    """Patch tokens of the embedding, every block and the final norm, each (N, L, D)."""
    n = len(images)
    t = torch.nn.functional.conv2d(images, P["patch.weight"], P["patch.bias"], stride=4).flatten(2).transpose(1, 2) + P["position"][1:]
    x = torch.cat([(P["class"] + P["position"][0]).expand(n, 1, -1), t], 1)
    found = {"embedding": x}
    for i in range(DEPTH):
        x = found[str(i)] = reference.block(x, P, f"blocks.{i}", HEADS)
    found["norm"] = reference.norm(x, P, "norm")
    return {name: x[:, 1:].numpy() for name, x in found.items()}


def curve(tokens):
    """(N, L, D) → the relative log-amplitude along the half diagonal, zero frequency first."""
    n, _, d = tokens.shape
    maps = tokens.transpose(0, 2, 1).reshape(n, d, *GRID)
    spectrum = np.log(np.abs(np.fft.fft2(maps)) + 1e-6).mean(axis=(0, 1))
    values = [spectrum[k, k] for k in range(GRID[0] // 2)]
    return [float(v - values[0]) for v in values]


def main():
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "Sources/Diagnostics/SelfTest/golden.json"
    with tempfile.TemporaryDirectory() as folder, torch.enable_grad():
        reference.trained(str(ROOT / "Fixtures" / CHECKPOINT), folder)
        derivatives = json.loads((Path(folder) / "trained-ckpt.json").read_text())
    with torch.no_grad():
        layers = features(reference.own_names(load_file(ROOT / "Fixtures" / CHECKPOINT)), pixels())
    result = dict(checkpoint=CHECKPOINT, **derivatives, images=IMAGES,
                  layers=[dict(layer=name, relativeLogAmplitude=curve(x)) for name, x in layers.items()])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
