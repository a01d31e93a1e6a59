#!/usr/bin/env python3
"""Files of features, and the Fourier log-amplitudes that NumPy gets of them in double precision.

    reference_features.py [FOLDER]     default: Tests/DiagnosticsTests/Golden/features

`maps.safetensors` is what a user of a hierarchical network would save: a tensor (N, C, h, w) for each stage, grids that become
smaller, one that is not square, and each floating-point type. `maps.npz` holds the same values in single precision, deflated.
`cases.json` has the curves by layer for both paths. Two runs write the same bytes.
"""
import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

LAYERS = {
    # name: (C, h, w, type, how strongly neighbours resemble each other)
    "embedding": (3, 12, 12, torch.float32, 0.2),
    "stage.0": (5, 12, 12, torch.float32, 0.5),
    "stage.1": (6, 9, 9, torch.float16, 0.7),
    "stage.2": (8, 6, 4, torch.bfloat16, 0.6),
    "stage.10": (33, 5, 5, torch.float64, 0.3),
    "norm": (33, 5, 5, torch.float32, 0.3),
}
IMAGES = 5


def maps(generator, channels, rows, columns, smoothness):
    """Noise that is smooth along both sides, each channel with a scale and a mean of its own."""
    x = generator.standard_normal((IMAGES, channels, rows, columns))
    for axis in (2, 3):
        x = x + smoothness * np.roll(x, 1, axis)
    scale = np.exp(generator.uniform(-2, 2, (1, channels, 1, 1)))
    return x * scale + generator.standard_normal((1, channels, 1, 1))


def diagonal(logs):
    """(N, h, w), zero frequency first → frequencies and (N, K) values."""
    _, h, w = logs.shape
    shifted = np.fft.fftshift(logs, axes=(1, 2))
    k = range(min(math.ceil(h / 2), math.ceil(w / 2)))
    frequencies = [2 * i / h if h == w else [2 * i / h, 2 * i / w] for i in k]
    return frequencies, np.stack([shifted[:, h // 2 + i, w // 2 + i] for i in k], 1), None


def radial(logs):
    _, h, w = logs.shape
    n = min(h, w)
    fy, fx = np.fft.fftfreq(h)[:, None] * 2, np.fft.fftfreq(w)[None, :] * 2
    ring = np.floor(np.hypot(fy, fx) * n / 2 + 0.5 + 1e-9)
    bands = range(n // 2 + 1)
    return [2 * k / n for k in bands], np.stack([logs[:, ring == k].mean(1) for k in bands], 1), int((ring > n // 2).sum())


def layer(name, features, path):
    x = features.astype(np.float64)
    logs = np.log(np.abs(np.fft.fft2(x)) + 1e-6).mean(1)
    frequencies, values, left_out = path(logs)
    relative = values - values[:, :1]
    error = lambda v: (v.std(0, ddof=1) / math.sqrt(len(v))).tolist()
    return {
        "layer": name, "channels": x.shape[1], "grid": list(x.shape[2:]), "frequencies": frequencies,
        "cellsLeftOut": left_out, "logAmplitude": values.mean(0).tolist(),
        "relativeLogAmplitude": relative.mean(0).tolist(), "standardError": error(values),
        "relativeStandardError": error(relative),
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "Tests/DiagnosticsTests/Golden/features")
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(9)
    tensors = {}
    for name, (channels, rows, columns, kind, smoothness) in LAYERS.items():
        tensors[name] = torch.from_numpy(maps(generator, channels, rows, columns, smoothness)).to(kind)
    save_file(tensors, folder / "maps.safetensors")
    # The values as stored: rounding to a narrow type is the file's, not the program's.
    stored = {name: tensor.double().numpy() for name, tensor in tensors.items()}
    np.savez_compressed(folder / "maps.npz", **{name: values.astype(np.float32) for name, values in stored.items()})
    result = {
        "numpy": np.__version__, "torch": torch.__version__, "images": IMAGES,
        "diagonal": [layer(name, values, diagonal) for name, values in stored.items()],
        "radial": [layer(name, values, radial) for name, values in stored.items()],
    }
    (folder / "cases.json").write_text(json.dumps(result, indent=1) + "\n")
