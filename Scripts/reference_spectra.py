#!/usr/bin/env python3
"""Fourier log-amplitude profiles by PyTorch, for the tests of Spectra.

    pip install torch numpy
    Scripts/reference_spectra.py Tests/SpectraTests/Golden/profiles.json

The tokens follow from a formula that the tests evaluate too, so that only the profiles are stored:
a 32-bit linear congruential sequence, its upper 16 bits mapped to [-1, 1), times a scale for the channel,
2^(channel mod 7 - 3), plus the channel's offset (channel mod 3 - 1). All of it is exact in single precision.

The diagonal goes through fftshift and the main diagonal, as in the public notebook of Park & Kim; the rings
through fftfreq. Neither resembles the code under test. Both in double precision and in single.
"""
import json
import sys

import numpy as np
import torch


def tokens(rows, columns, channels, seed):
    count, state, values = rows * columns * channels, seed, []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append((state >> 16) / 32768 - 1)
    x = np.array(values).reshape(rows * columns, channels)
    c = np.arange(channels)
    return torch.from_numpy(x * 2.0 ** (c % 7 - 3) + (c % 3 - 1))


def log_amplitudes(x, rows, columns):
    maps = x.T.reshape(1, -1, rows, columns)
    return torch.log(torch.fft.fft2(maps).abs() + 1e-6).mean((0, 1))


def diagonal(x, rows, columns):
    shifted = torch.fft.fftshift(log_amplitudes(x, rows, columns))
    return shifted[rows // 2:, columns // 2:].diagonal()


def radial(x, rows, columns):
    n = min(rows, columns)
    fy, fx = np.fft.fftfreq(rows)[:, None] * 2, np.fft.fftfreq(columns)[None, :] * 2
    ring = np.floor(np.hypot(fy, fx) * n / 2 + 0.5 + 1e-9)
    logs = log_amplitudes(x, rows, columns).numpy()
    return [logs[ring == k].mean() for k in range(n // 2 + 1)]


def case(rows, columns, channels, seed):
    x = tokens(rows, columns, channels, seed)
    result = {"rows": rows, "columns": columns, "channels": channels, "seed": seed}
    for path in (diagonal, radial):
        result[path.__name__] = [float(v) for v in path(x, rows, columns)]
        result[path.__name__ + "InSinglePrecision"] = [float(v) for v in path(x.float(), rows, columns)]
    return result


if __name__ == "__main__":
    shapes = [(14, 14, 192), (14, 14, 45), (7, 7, 64), (16, 16, 33), (13, 13, 8), (2, 2, 3), (14, 10, 40), (9, 16, 31)]
    cases = [case(*shape, seed=i + 1) for i, shape in enumerate(shapes)]
    with open(sys.argv[1], "w") as file:
        json.dump({"torch": torch.__version__, "numpy": np.__version__, "cases": cases}, file, indent=1)
        file.write("\n")
