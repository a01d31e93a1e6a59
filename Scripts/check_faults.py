#!/usr/bin/env python3
"""Kills mff-inspect at random moments, takes its disk and its permissions away, moves its clock, and looks at what is left.

    Scripts/check_faults.py PROGRAM FOLDER [--kills 200] [--seed 0] [--only NAME,...]

PROGRAM is the built mff-inspect, FOLDER where everything happens. Needs python3 on Linux and no Python package. As root a full
disk is a small tmpfs, otherwise a limit on the size of files; permissions are tried as another user. The clock is moved where
faketime is installed (Debian: faketime). A check that this machine does not allow is named as left out.

Kills: `pretrain`, `hessian --resume`, `report` and `reproduce` run on tiny inputs and are ended by kill -9 at a random moment, or
right when something happens to a file (a draft appears, grows, takes its place; a log or a journal grows), often several times
before they are let through. After each kill every file must be what it was, or a complete newer one: checkpoints equal those of
an undisturbed run byte for byte, JSON, HTML, PNG and logs are read to their end. At the end everything equals the undisturbed
run, bit for bit but for what depends on the clock, and no draft is left.
"""

import argparse
import pathlib
import shutil
import sys
import time

from faults.clock import check_clock
from faults.commands import Bench, TINY, cases
from faults.contents import files, flaw, prepare
from faults.disk import check_full_disk
from faults.drafts import check_drafts
from faults.findings import left_out, problem, problems, rows
from faults.kills import SHARES, check_kills
from faults.permissions import check_permissions
from faults.power import check_order
from faults.sharing import check_taken_away, check_two_runs
from faults.streams import check_signals

CHECKS = {"drafts": check_drafts, "order": check_order, "disk": check_full_disk, "permissions": check_permissions,
          "clock": check_clock, "two": check_two_runs, "taken": check_taken_away, "signals": check_signals}


def references(bench, all_cases, wanted):
    """Inputs, and what undisturbed runs give."""
    for path in bench.folder.glob("earlier-*"):
        shutil.rmtree(path)
    inputs = bench.new("inputs")
    bench.good(["pretrain", "-o", "run", *TINY, "-q"], inputs)
    images = pathlib.Path(__file__).resolve().parent.parent / "Fixtures" / "images"
    (inputs / "images").mkdir()
    for path in sorted(images.iterdir())[:12]:
        shutil.copyfile(path, inputs / "images" / path.name)
    for name, epoch in [("w", 6), ("w2", 1)]:
        bench.good(["weights", f"run/epoch_{epoch}.safetensors", "-o", f"{name}.png"], inputs)
    for case in all_cases.values():
        if case.name not in wanted:
            continue
        folder = prepare(bench, case, f"reference-{case.name}")
        start = time.monotonic()
        bench.good(case.arguments, folder)
        case.seconds = time.monotonic() - start
        case.reference = {name: data for name, data in files(folder).items() if name != "notes.txt"}
        for name, data in case.reference.items():
            if reason := flaw(name, data):
                problem(f"undisturbed {case.name}: {name} {reason}")


def main():
    parser = argparse.ArgumentParser(usage=__doc__.strip().split("\n")[2].strip())
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="kills," + ",".join(CHECKS))
    options = parser.parse_args()
    only = options.only.split(",")
    if unknown := set(only) - {"kills", *CHECKS} - set(SHARES):
        sys.exit(f"--only {','.join(sorted(unknown))}: known are kills, {', '.join([*SHARES, *CHECKS])}")

    options.folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.program.resolve(), options.folder.resolve(), options.seed)
    all_cases = cases(bench.folder / "inputs")
    killed = [name for name in SHARES if "kills" in only or name in only]
    others = set(only) & set(CHECKS) - {"drafts", "order", "clock"}
    references(bench, all_cases, set(killed) | (set(all_cases) - {"reproduce"} if others else {"pretrain", "hessian", "report", "weights"}))

    shares = {name: round(options.kills * SHARES[name]) for name in killed}
    if killed:
        shares[killed[0]] += options.kills - sum(shares.values()) if "kills" in only else 0
    for name, count in shares.items():
        if count:
            check_kills(bench, all_cases[name], count)
    for name, check in CHECKS.items():
        if name in only:
            print(name, flush=True)
            check(bench, all_cases)

    print("\n| what | how many | how | what happened |\n| --- | ---: | --- | --- |")
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    for words in left_out:
        print("Left out:", words)
    if problems:
        sys.exit(f"{len(problems)} things are wrong; seed {options.seed}, folders are in {bench.folder}")
    print(f"Nothing was lost or damaged; seed {options.seed}")


if __name__ == "__main__":
    main()
