#!/usr/bin/env python3
"""GELU, softmax and layer normalisation by PyTorch in double precision, for the tests of Tensors.

    pip install torch
    Scripts/reference_kernels.py Tests/TensorsTests/Golden/kernels.json

Inputs are exact in single precision: multiples of a power of two, or a 32-bit linear congruential sequence's upper
16 bits, scaled, moved and rounded.
"""
import json
import sys

import torch
from torch.nn import functional as F


def sequence(count, seed, scale, offset=0.0):
    state, values = seed, []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(((state >> 16) / 32768 - 1) * scale + offset)
    return torch.tensor(values, dtype=torch.float64)


def gelu():
    # Φ by erfc: what torch computes for x < 0, 0.5 x (1 + erf(x/√2)), has no digits left below -6 even in double.
    x = torch.cat([torch.arange(-96, 65) / 8, torch.tensor([-40.0, -20.0, -2.0**-20, 2.0**-20, 20.0, 40.0])]).double()
    y = 0.5 * x * torch.special.erfc(-x * 0.5**0.5)
    near = x.abs() < 3
    assert torch.allclose(y[near], F.gelu(x[near]), rtol=1e-13, atol=0)
    return {"x": x.tolist(), "y": y.tolist()}


def softmax():
    rows = []
    cases = [(1, 1, 4, 1.0), (7, 2, 4, 1.0), (16, 3, 64, 0.125), (17, 4, 2.0**16, 1.0), (50, 5, 16, 0.25)]
    for n, seed, scale, factor in cases:
        x = sequence(n, seed, scale)
        rows.append({"x": x.tolist(), "factor": factor, "y": F.softmax(x * factor, -1).tolist()})
    return rows


def layer_norm():
    rows = []
    cases = [(5, 1, 1, 0), (16, 2, 8, -3), (45, 3, 2.0**-6, 0.5), (64, 4, 1, 10000), (33, 5, 2.0**-7, 4096)]
    for n, seed, scale, offset in cases:
        x, gamma, beta = sequence(n, seed, scale, offset), sequence(n, seed + 50, 2), sequence(n, seed + 90, 1)
        x = x.float().double()
        y = F.layer_norm(x, (n,), gamma, beta, 1e-6)
        rows.append({"x": x.tolist(), "gamma": gamma.tolist(), "beta": beta.tolist(), "y": y.tolist()})
    return rows


if __name__ == "__main__":
    result = {"torch": torch.__version__, "gelu": gelu(), "softmax": softmax(), "layerNorm": layer_norm()}
    with open(sys.argv[1], "w") as file:
        json.dump(result, file)
        file.write("\n")
