"""The table of what was counted, and what exceeds its limit."""

import statistics

from certificates.judging import is_marked, most_violations

SAMPLES = {"kept": "four hard models of the tests, 50 start vectors each", "random": "weights drawn at random, tiny models",
           "adversarial": "adversarial tiny models", "targets": "tiny models with computed targets"}
MARKERS = ("<!-- What Scripts/check_certificates.py counted: written by it. -->\n", "<!-- End of what was counted. -->\n")
MOST_MARKED = {"kept": 0.10, "random": 0.02, "adversarial": 0.30, "targets": 0.30}
#: The rounding part of `bound` over the error by vector, in the median.
MOST_OVER_ERROR = 30
#: Single precision cannot carry it: all its runs may be marked.
MAY_BE_MARKED = "large-token-mean (kept)"
HEADER = "| models | solver | n | marked | values outside `bound` | ranks checked | outside their margin (limit) | median share excluded |\n" \
         "| --- | --- | --- | --- | --- | --- | --- | --- |\n"


def percent(count, of):
    return f"{100 * count / of:.1f} %" if of else "–"


def row(name, records):
    """A line of the table with its counts."""
    settled = [v for r in records for v, is_settled in zip(r["bound"], r["settled"]) if is_settled]
    other = [v for r in records for v, is_settled in zip(r["bound"], r["settled"]) if not is_settled]
    checked = [r for r in records if "rank" in r]
    counts = dict(
        n=len(records), marked=sum(map(is_marked, records)), outside=sum(v > 0 for v in settled), outsideUnsettled=sum(v > 0 for v in other),
        values=len(settled) + len(other), checked=len(checked), ranks=sum(r["rank"] > 0 for r in checked),
        signed=sum(r["signed"] > 0 for r in checked), inconsistent=sum(not r["consistent"] for r in checked))
    # Each run by the probability that it states: the largest of them, were they to differ.
    failure = max((1 - r["probability"] for r in checked), default=0)
    counts["most"] = most_violations(len(checked), failure) if failure > 0 else 0
    share = f"{100 * statistics.median(r['share'] for r in checked):.2f} %" if checked else "–"
    text = f"| {name} | {records[0]['solver']} | {counts['n']} | {percent(counts['marked'], counts['n'])} " \
           f"| {counts['outside'] + counts['outsideUnsettled']} of {counts['values']} | {counts['checked']} " \
           f"| {counts['ranks']} ({counts['most']}) | {share} |\n"
    return text, counts


def dense(records, problems):
    """Rows of random and adversarial models, and of each adversarial class."""
    text = HEADER
    for group in SAMPLES:
        ours = [r for r in records if r["group"] == group]
        for label in dict.fromkeys(r["label"] for r in ours):
            for solver in ("lanczos", "power"):
                chosen = [r for r in ours if r["label"] == label and r["solver"] == solver]
                if not chosen: continue
                name = SAMPLES[group]
                if label != "as it is": name += ": those that exclude more than 0.5 %, with as many products as 0.5 % takes"
                line, counts = row(name, chosen)
                text += line
                where = f"{group}, {solver}, {label}"
                if counts["outside"] + counts["outsideUnsettled"]:
                    problems.append(f"{where}: values outside of their bound: {counts['outside']} settled, {counts['outsideUnsettled']} others")
                if counts["ranks"] > counts["most"]:
                    problems.append(f"{where}: {counts['ranks']} of {counts['checked']} runs outside of their margin, {counts['most']} may be")
                if counts["inconsistent"]:
                    problems.append(f"{where}: {counts['inconsistent']} runs whose share, width and margin do not agree")
                judged = [r for r in chosen if r["kind"] != MAY_BE_MARKED]
                marked = sum(map(is_marked, judged))
                if label == "as it is" and marked > MOST_MARKED[group] * len(judged):
                    problems.append(f"{group}, {solver}: {marked} of {len(judged)} runs marked")
    kinds = dict.fromkeys(r["kind"] for r in records if r["group"] != "random")
    if kinds: text += "\n" + HEADER
    for kind in kinds:
        for solver in ("lanczos", "power"):
            chosen = [r for r in records if r["kind"] == kind and r["solver"] == solver and r["label"] == "as it is"]
            text += row(kind, chosen)[0]
    return text


def trained(records, problems):
    """Rounding parts of `bound` against what was lost to rounding: a line for each loss and tolerance."""
    text = "| models | n | tolerance | values | error by distance above 0 | rounding part below it | error by vector over the value, median " \
           "| rounding part below it | rounding part over it, median | least |\n" \
           "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    for method in dict.fromkeys(r["method"] for r in records):
        for tolerance in dict.fromkeys(r["tolerance"] for r in records):
            ours = [r for r in records if r["method"] == method and r["tolerance"] == tolerance]
            values = [v for r in ours for v in r["values"]]
            seen = sum(v["byDistance"] > v["off"] for v in values)
            below = sum(v["rounding"] < v["byDistance"] - v["off"] for v in values)
            belowOwn = sum(v["rounding"] < v["byVector"] for v in values)
            # Where an error is exactly 0 a ratio says nothing.
            ratios = [v["rounding"] / v["byVector"] for v in values if v["byVector"] > 0]
            ratio, least = (statistics.median(ratios), min(ratios)) if ratios else (float("nan"),) * 2
            share = statistics.median(v["byVector"] / abs(v["value"]) for v in values)
            text += f"| {method}, trained | {len(ours)} | {tolerance:g} | {len(values)} | {seen} | {below} " \
                    f"| {share:.1e} | {belowOwn} | {ratio:.2g} | {least:.2g} |\n"
            where = f"trained, {method}, tolerance {tolerance:g}"
            if below: problems.append(f"{where}: {below} rounding parts below the error by distance")
            if belowOwn: problems.append(f"{where}: {belowOwn} rounding parts below the error by vector")
            # Also where nothing was left to compare with.
            if not ratio <= MOST_OVER_ERROR:
                problems.append(f"{where}: the rounding part is {ratio:.3g} times the error by vector in the median, {MOST_OVER_ERROR} may be")
    return text


def summary(records):
    problems = []
    dense_records = [r for r in records if r["group"] != "trained"]
    trained_records = [r for r in records if r["group"] == "trained"]
    text = dense(dense_records, problems) if dense_records else ""
    if trained_records: text += ("\n" if text else "") + trained(trained_records, problems)
    return text, problems


def write_page(file, table):
    """Puts the table between the markers of a page."""
    text = file.read_text()
    before, found, rest = text.partition(MARKERS[0])
    _, ended, after = rest.partition(MARKERS[1])
    if not found or not ended: raise SystemExit(f"{file} lacks the line {MARKERS[0 if not found else 1].strip()}")
    file.write_text(before + found + "\n" + table + "\n" + ended + after)
