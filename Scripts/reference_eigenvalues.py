"""Writes Tests/HessianTests/Golden/random_symmetric.json: eigenvalues of pseudo-random symmetric matrices by NumPy (LAPACK, float64).

The matrices are made from a linear congruential sequence that the tests repeat, so only eigenvalues are stored.

    python Scripts/reference_eigenvalues.py
"""

import json
from pathlib import Path

import numpy as np

MULTIPLIER, INCREMENT, MASK = 6364136223846793005, 1442695040888963407, (1 << 64) - 1


def random_symmetric(n: int, seed: int) -> np.ndarray:
    """Entries in [-1, 1), the lower triangle row by row."""
    matrix, state = np.zeros((n, n)), seed
    for i in range(n):
        for j in range(i + 1):
            state = (state * MULTIPLIER + INCREMENT) & MASK
            matrix[i, j] = matrix[j, i] = (state >> 11) * 2.0**-52 - 1
    return matrix


def main() -> None:
    cases = []
    for n, seed in ((7, 1), (40, 2), (120, 3)):
        values = np.linalg.eigvalsh(random_symmetric(n, seed))
        cases.append({"order": n, "seed": seed, "eigenvalues": values.tolist()})
    path = Path(__file__).parent.parent / "Tests/HessianTests/Golden/random_symmetric.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"numpy": np.__version__, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
