"""`hessian`: whole batches bit for bit, shares of each batch within rounding, and a job that goes on after a death."""

import json
import math
import re

from .findings import expect
from .jobs import RANKS, contents, ended, failed, spoken, strike

#: A rough answer: quick.
ROUGH = ["--solver", "lanczos", "--top", 1, "--batch-size", 3, "--tolerance", 0.05, "--threads", 1]
QUICK = [*ROUGH, "--parameters", "block:11", "--no-rank-check"]
#: Nothing else depends on the clock, the number of ranks, or a rank's own memory.
OTHERWISE = {"seconds", "primalSeconds", "checkSeconds", "ranks", "divides", "bytes", "arguments"}


def data(bench, *checkpoints):
    return [*map(bench.fixtures.joinpath, checkpoints or ("ckpt.bin",)), "--images", bench.fixtures / "images"]


def timeless(value):
    if isinstance(value, dict):
        return {key: timeless(inner) for key, inner in value.items() if key not in OTHERWISE}
    return [timeless(inner) for inner in value] if isinstance(value, list) else value


def timeless_table(text):
    """What was printed, without the last column where that is of seconds, and without a sum of seconds at a line's end."""
    lines, in_seconds = [], False
    for line in text.splitlines():
        in_seconds = line.endswith(" seconds") or in_seconds and bool(line)
        lines.append(line.split()[:-1] if in_seconds else re.sub(r", [0-9.]+ s$", "", line))
    return lines


def result(folder):
    return json.loads((folder / "h.json").read_text())


def batches(result):
    """All batches of all spectra."""
    return [batch for model in result["models"]
            for spectrum in model.get("blocks", [model]) for batch in spectrum["batches"]]


def check_batches(bench):
    cases = {
        "five batches of two checkpoints": [*data(bench, "ckpt.bin", "mff.bin"), *QUICK, "--batches", 5],
        "fewer batches than ranks, ranks checked, trace": [
            *data(bench, "mff.bin"), *ROUGH, "--parameters", "block:11", "--batches", 3, "--trace", "--divide", "batches"],
        "a batch of each block": [*data(bench), *ROUGH, "--parameters", "per-block", "--no-rank-check", "--batches", 1],
    }
    for name, options in cases.items():
        found = {}
        options = ["hessian", *options, "-o", "h.png", "--csv"]
        for label in ("plain", "without mpirun", *RANKS):
            folder = bench.place(f"hessian, {name}, {label}")
            done = bench.run(bench.labelled(label, *options), folder=folder)
            if not expect(done.returncode == 0, f"{name}, {label}: status {done.returncode}: {done.stderr}"):
                continue
            expect(spoken(done, "images, seed") == 1, f"{name}, {label}: the end is said {spoken(done, 'images, seed')} times")
            files = contents(folder)
            expect(sorted(files) == ["h.csv", "h.json", "h.png"], f"{name}, {label}: files {sorted(files)}")
            settings = result(folder)["settings"]
            stated = (settings.get("ranks", 1), settings.get("divides"))
            expected = (label, "batches") if isinstance(label, int) and label > 1 else (1, None)
            expect(stated == expected, f"{name}, {label}: the result says {stated}")
            found[label] = (timeless(result(folder)), files["h.csv"], files["h.png"], timeless_table(done.stdout))
        for label in found:
            for part, one, other in zip(("numbers", "csv", "figure", "table"), found["plain"], found[label]):
                expect(one == other, f"{name}: the {part} of {label} ranks are not those of the plain build")
        print(f"  {name}: {', '.join(map(str, found))} compared", flush=True)


def near(one, other, share):
    return math.isclose(one, other, rel_tol=share, abs_tol=0)


def check_images(bench):
    options = ["hessian", *data(bench), *QUICK, "--batches", 2, "--trace", "-o", "h.png"]
    found = {}
    for label in ("plain", 1, 2, 3):
        folder = bench.place(f"hessian images {label}")
        divide = [] if label == "plain" else ["--divide", "images"]
        done = bench.run(bench.labelled(label, *options, *divide), folder=folder)
        if not expect(done.returncode == 0, f"images of a batch, {label}: status {done.returncode}: {done.stderr}"):
            continue
        files = sorted(contents(folder))
        expect(files == ["h.json", "h.png"], f"images of a batch, {label}: files {files}")
        found[label] = result(folder)
        settings = found[label]["settings"]
        stated = (settings.get("ranks", 1), settings.get("divides"))
        expected = (label, "images") if label in (2, 3) else (1, None)
        expect(stated == expected, f"images of a batch, {label}: the result says {stated}")
    expect(timeless(found[1]) == timeless(found["plain"]),
           "images of a batch: one rank's numbers are not those of the plain build")
    furthest = 0
    for label in (2, 3):
        for one, other in zip(batches(found["plain"]), batches(found[label]), strict=True):
            # Sums of single-precision shares in another order: some ε = 6e-8.
            expect(near(one["loss"], other["loss"], 1e-6),
                   f"images of a batch, {label} ranks: loss {other['loss']} instead of {one['loss']}")
            # Products that differ by some ε of ‖H‖ move values, and the steps to them, by some ε.
            pairs = [(a["value"], b["value"]) for a, b in zip(one["eigenvalues"], other["eigenvalues"], strict=True)]
            for a, b in [*pairs, (one["trace"]["value"], other["trace"]["value"])]:
                expect(near(a, b, 1e-5), f"images of a batch, {label} ranks: {b} instead of {a}")
                furthest = max(furthest, abs(b / a - 1))
    print(f"  {', '.join(map(str, found))} compared; values differ by {furthest:.1e} at most", flush=True)

    folder = bench.place("more ranks than images")
    done = bench.run(bench.ranks(4, *options[:-1], folder / "h.png", "--divide", "images"), 60)
    ended("more ranks than images", done, folder, "4 ranks")
    folder = bench.place("warm start")
    done = bench.run(bench.ranks(2, *options[:-1], folder / "h.png", "--warm-start"), 60)
    ended("a batch that starts from the one before it", done, folder, "--warm-start")


def finished(journal):
    """The whole lines of a journal but the first, which is of the settings."""
    if not journal.exists():
        return []
    return [json.loads(line) for line in journal.read_bytes().split(b"\n")[1:-1]]


def check_resumption(bench):
    # Enough products that a death hits work in progress.
    options = ["hessian", *data(bench, "ckpt.bin", "mff.bin"), *QUICK, "--tolerance", 1e-5, "--top", 3, "--batches", 6,
               "-o", "h.png", "--csv"]
    folder = bench.place("hessian undisturbed")
    done = bench.run(bench.labelled("plain", *options), folder=folder)
    expect(done.returncode == 0, f"undisturbed: status {done.returncode}: {done.stderr}")
    whole, csv = result(folder), (folder / "h.csv").read_bytes()
    for victim in (1, 2):
        name = f"hessian, kill -9 of rank {victim} of 3"
        folder = bench.place(name)
        journal = folder / "h.json.partial"
        struck = strike(bench, name, bench.ranks(3, *options), lambda said: finished(journal),
                        lambda launcher, ranks: [ranks.get(victim)], folder=folder)
        if struck is None:
            continue
        done, seconds = struck
        failed(name, done, seconds=seconds)
        expect(sorted(contents(folder)) == ["h.json.partial"], f"{name}: left {sorted(contents(folder))}")
        kept = finished(journal)
        expect(0 < len(kept) < 12, f"{name}: the journal holds {len(kept)} of 12 batches")
        done = bench.run(bench.ranks(2, *options, "--resume"), folder=folder)
        if not expect(done.returncode == 0, f"{name}, resumed: status {done.returncode}: {done.stderr}"):
            continue
        files = sorted(contents(folder))
        expect(files == ["h.csv", "h.json", "h.png"], f"{name}, resumed: files {files}")
        again = result(folder)
        expect(timeless(again) == timeless(whole), f"{name}, resumed: numbers are not those of an undisturbed run")
        expect((folder / "h.csv").read_bytes() == csv, f"{name}, resumed: the CSV is not that of an undisturbed run")
        # Even the time that they took: they were not computed anew.
        for entry in kept:
            batch = again["models"][entry["model"]]["batches"][entry["batch"]["index"]]
            expect(batch == entry["batch"], f"{name}, resumed: batch {entry['batch']['index']} was not taken from the journal")
        print(f"  {name}: {len(kept)} of 12 batches kept, then the same numbers from 2 ranks", flush=True)
