#!/usr/bin/env python3
"""Errors of slopes along runs by NumPy's least squares and QR decomposition, in double precision.

    reference_run_errors.py [FILE]     default: Tests/DiagnosticsTests/Golden/run-errors.json

A case has records, places, and what the definition gives: the least-squares slope, the mean of the last third less that of the first, and
the long-run variance by B cosines that are orthogonal to constant, line and each other. Two runs write the same bytes.
"""
import json
import math
import sys
from pathlib import Path

import numpy as np


def cosines(n):
    return min(32, max(2, math.floor(n ** (2 / 3) / 4)))


def long_run_variance(y, x):
    """The mean square of y's projections: cosines of rising frequency, without those of which line and others explain half."""
    n, columns = len(y), [np.ones(len(y)), x]
    for j in range(1, n):
        if len(columns) == 2 + cosines(n):
            break
        candidate = np.cos(np.pi * j * (np.arange(n) + 0.5) / n) * math.sqrt(2 / n)
        # The last diagonal element is the length of what is left.
        if np.linalg.qr(np.column_stack(columns + [candidate]), mode="r")[-1, -1] ** 2 > 0.5:
            columns.append(candidate)
    q, _ = np.linalg.qr(np.column_stack(columns))
    return float(np.mean((q[:, 2:].T @ y) ** 2)), q.shape[1] - 2


def case(name, y, x):
    n = len(y)
    slope = float(np.linalg.lstsq(np.column_stack([np.ones(n), x]), y, rcond=None)[0][1])
    variance, b = long_run_variance(y, x)
    third = n // 3
    return {
        "name": name, "records": y.tolist(), "places": x.tolist(), "slope": slope,
        "lateLessEarly": float(y[-third:].mean() - y[:third].mean()), "longRunVariance": variance, "cosines": b,
        "slopeError": math.sqrt(variance / ((x - x.mean()) ** 2).sum()), "lateLessEarlyError": math.sqrt(2 * variance / third),
    }


if __name__ == "__main__":
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "Tests/DiagnosticsTests/Golden/run-errors.json")
    generator = np.random.default_rng(18)
    cases = []
    for n in (12, 24, 61, 200):
        noise = generator.standard_normal(n)
        for t in range(1, n):
            noise[t] = 0.6 * noise[t - 1] + 0.8 * noise[t]
        shares = np.round(0.3 + 0.02 * noise + 0.1 * np.arange(n) / n, 6)
        cases.append(case(f"{n} records, evenly spaced", shares, np.arange(n) * 20.0))
        cases.append(case(f"{n} records, unevenly spaced", shares, np.cumsum(generator.integers(1, 9, n)).astype(float)))
    lines = ",\n".join(json.dumps(case) for case in cases)
    path.write_text(f'{{"numpy": "{np.__version__}", "cases": [\n{lines}\n]}}\n')
