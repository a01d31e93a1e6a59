"""What a run says, against all eigenvalues of a dense spectrum."""

import math

import numpy as np


def judge(batch, values, off, largest):
    """One batch of a result against `values`, which may be off by `off`.

    - bound: for each value, how far beyond `bound` the nearest eigenvalue lies (above 0 is a violation).
    - rank: where ranks are checked, how far beyond the margin the j-th value's rank is from the j-th eigenvalue's, the largest over j.
    - signed: the same for the values with their signs, which near ± pairs can exchange.
    """
    found = batch["eigenvalues"]
    key = values if largest else np.abs(values)
    true = values[np.argsort(-key, kind="stable")]
    rank = (lambda x: x) if largest else abs
    verdict = dict(
        converged=all(e["converged"] for e in found), checked=batch["rankChecked"],
        bound=[float(np.abs(values - e["value"]).min() - e["bound"] - off) for e in found],
        settled=[e["converged"] for e in found], products=batch["products"], checkProducts=batch["checkProducts"],
        width=float(values.max() - values.min()))
    if batch["rankChecked"]:
        margin, excluded = batch["rankMargin"], batch["excluded"]
        far = [abs(rank(e["value"]) - rank(t)) for e, t in zip(found, true)]
        signed = [abs(e["value"] - t) for e, t in zip(found, true)]
        verdict |= dict(
            margin=margin, share=excluded["share"], probability=excluded["probability"],
            rank=float(max(far)) - margin - off, signed=float(max(signed)) - margin - off, farthest=float(max(far)),
            # The printed share of the printed width is the printed margin, and the width is one that the spectrum has.
            consistent=math.isclose(excluded["share"] * excluded["width"], margin, rel_tol=1e-9, abs_tol=1e-300)
            and excluded["width"] <= verdict["width"] * (1 + 1e-5) + 2 * margin)
    return verdict


def is_marked(verdict):
    return not (verdict["converged"] and verdict["checked"])


def most_violations(n, failure, confidence=0.99):
    """The largest count that n draws with this chance exceed in at most 1 % of cases."""
    below, term = 0.0, (1 - failure) ** n
    for k in range(n + 1):
        below += term
        if below >= confidence: return k
        term *= (n - k) / (k + 1) * failure / (1 - failure)
    return n


def products_for(share, order, failure):
    """Products after which no spectrum hides more than this share of its width, but for `failure` (Kuczyński and Woźniakowski, 1992)."""
    delta = failure * math.sqrt(math.pi / (2 * (order - 1)))
    return max(1, math.ceil((math.acosh(1 / delta) / math.atanh(math.sqrt(share)) + 1) / 2))
