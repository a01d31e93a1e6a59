"""Writes Tests/DiagnosticsTests/Golden/statistics/tests.json: Student's t, sign test and Wilcoxon's signed-rank test by SciPy.

Differences are whole eighths, so that ties are ties in every program. Without ties SciPy's exact signed-rank distribution is used, with ties
and zeros all sign changes of the differences other than 0, beyond 500 differences the normal distribution.

    python Scripts/reference_statistics.py
"""

import json
from pathlib import Path

import numpy as np
import scipy
from scipy import stats


def signed_rank(differences: np.ndarray) -> dict[str, float]:
    kept = differences[differences != 0]
    if len(kept) > 500:
        method = "asymptotic"
    elif len(set(abs(kept))) == len(kept):
        method = "exact"
    else:
        method = stats.PermutationMethod(n_resamples=np.inf)
    def p(alternative: str) -> float:
        return float(stats.wilcoxon(kept, alternative=alternative, method=method, correction=True).pvalue)
    return {"upperTail": p("greater"), "lowerTail": p("less")}


def case(differences: np.ndarray) -> dict:
    kept = differences[differences != 0]
    return {
        "differences": differences.tolist(),
        "median": float(np.median(differences)),
        "tTest": float(stats.ttest_1samp(differences, 0).pvalue),
        "signTest": float(stats.binomtest(int((kept > 0).sum()), len(kept), 0.5).pvalue),
        **signed_rank(differences),
    }


def main() -> None:
    rng = np.random.default_rng(18)
    cases = []
    for count, shift in ((5, 1.0), (6, 2.0), (8, 0.5), (13, -0.7), (20, 0.3), (40, -0.3), (80, 0.2)):
        sizes = rng.choice(np.arange(1, 12 * count), size=count, replace=False) / 8
        signs = np.where(rng.random(count) < stats.norm.cdf(shift), 1, -1)
        cases.append(case(sizes * signs))
    for count, levels in ((6, 2), (8, 3), (10, 4), (12, 3)):
        cases.append(case(rng.integers(-levels, levels + 2, size=count) / 8))
    cases.append(case(rng.integers(-40, 47, size=600) / 8))
    path = Path(__file__).parent.parent / "Tests/DiagnosticsTests/Golden/statistics/tests.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(item) for item in cases)
    path.write_text(f'{{"scipy": "{scipy.__version__}", "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
