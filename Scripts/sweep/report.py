"""The table of a sweep, and the committed cases as JSON."""

import json
import re
from collections import Counter, defaultdict

VERDICTS = ("right", "assumed", "refused", "wrong in silence", "no reference", "not built", "failed")


# Words of refusals that name neither the architecture nor what is not supported.
VAGUE = ("may be cut", "no Vision Transformer in a naming")


def counts(records):
    """A Markdown table: how many of each verdict, by library and mode."""
    found, vague = defaultdict(Counter), Counter()
    for record in records:
        library = record["line"].split()[0] + (" with arguments" if "{" in record["line"] else "")
        for mode, verdict in record["modes"].items():
            found[library, mode][verdict["verdict"]] += 1
            vague[library, mode] += any(words in verdict.get("message", "") for words in VAGUE)
    titles = [*VERDICTS, "refused as cut or unknown"]
    lines = [f"| library | mode | {' | '.join(titles)} |", "| --- " * (len(titles) + 2) + "|"]
    for (library, mode), counter in sorted(found.items()):
        numbers = [*(counter[v] for v in VERDICTS), vague[library, mode]]
        lines.append(f"| {library} | {mode} | {' | '.join(map(str, numbers))} |")
    return "\n".join(lines)


def reason(verdict):
    """What cases of one verdict are grouped by."""
    if verdict["verdict"] == "assumed":
        return ", ".join(sorted({a["what"] for a in verdict["assumed"]}))
    message = re.sub(r"^Error: [^\s:]+: ", "", verdict.get("message", "").replace("\n", " "))
    return re.sub(r"\d+", "…", message.split(";")[0].split(", which is not supported")[0])[:160].replace("|", "\\|")


def write(records, folder):
    """results.json, a line a line of the list; results.md, a row for each group of equal outcome."""
    rows = (json.dumps({"line": r["line"]} | r["modes"]) for r in records)
    (folder / "results.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")
    groups = defaultdict(list)
    largest = 0.0
    for record in records:
        by_outcome = defaultdict(list)
        for mode, verdict in record["modes"].items():
            by_outcome[verdict["verdict"], reason(verdict)].append(mode)
            if verdict["verdict"] == "right":
                largest = max(largest, verdict["off"])
        for outcome, modes in by_outcome.items():
            groups[*outcome, ", ".join(modes)].append(record["line"].split(" ", 1)[1])
    order = sorted(groups, key=lambda g: (VERDICTS.index(g[0]), g[2], g[1]))
    text = ["# What the program makes of the list", "", counts(records), ""]
    text += [f"Largest difference of a log amplitude where right: {largest:.1e}.", ""]
    text += [
        "Lines with arguments are networks that nobody has published (a ReLU, another base of the rotation). Their bare",
        "files have the names and shapes of published ones, which all agree in these points: those that are wrong in",
        "silence there are wrong for any reader of such a file. Their folders say what they are.",
        "",
    ]
    text += ["| verdict | why | modes | how many | which |", "| --- | --- | --- | --- | --- |"]
    for group in order:
        names = groups[group]
        shown = ", ".join(names) if group[0] != "right" else ", ".join(names[:4]) + (" …" if len(names) > 4 else "")
        text.append(f"| {group[0]} | {group[1]} | {group[2]} | {len(names)} | {shown} |")
    (folder / "results.md").write_text("\n".join(text) + "\n")


def names_in(message):
    """The tensors, settings and options that a refusal names."""
    return sorted(set(re.findall(r"--[a-z-]+|\b\w+(?:[._]\w+)+\b", re.sub(r"^Error: \S+ ", "", message))))


def write_cases(cases, path):
    """cases.json: what the test expects of each."""
    lines = []
    for case in cases:
        kept = {k: case[k] for k in ("name", "checkpoint", "images", "options", "verdict")}
        if case["verdict"] == "refused":
            kept["named"] = names_in(case["message"])
        if case["verdict"] == "assumed":
            kept["assumed"] = sorted({a["what"] for a in case["assumed"]})
            options = set(re.findall(r"--[a-z-]+", " ".join(a["option"] for a in case["assumed"])))
            kept["told"] = [
                word for option in sorted(options & set(case["told"])) for word in (option, case["told"][option])
            ]
        if "layers" in case:
            kept["layers"] = case["layers"]
        lines.append("  " + json.dumps(kept))
    about = (
        "Made by Scripts/sweep_families.py --goldens; weights and images are random numbers. Layers are the library's "
        "log amplitudes in double precision; single is how far it is off itself in single precision."
    )
    path.write_text(f'{{"about": {json.dumps(about)},\n"cases": [\n' + ",\n".join(lines) + "\n]}\n")
