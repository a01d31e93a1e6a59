#!/usr/bin/env python3
"""Holds what `mff-inspect hessian` certifies against spectra in double precision, and counts where it is wrong.

    Scripts/check_certificates.py PROGRAM FOLDER [--count 300] [--trained 50] [--seed 0] [--only NAME,…]

PROGRAM is the built mff-inspect; FOLDER receives `results.jsonl`, `table.md`, and under `found` the inputs of every run whose
certificate was wrong. Needs Scripts/requirements.txt. Made by seed:

- `random`: tiny models of some hundreds to 1,500 parameters, whose whole Hessian is formed in double precision.
- `adversarial`: as many that attack a certificate, eight classes in turn (certificates/models.py).
- `targets`: a third as many, with losses whose target is computed: PixMIM's filter of nearly flat images, features of a teacher.
- `trained`: small models that `mff-inspect pretrain` trains, whose products are made anew in double precision.

Counted are, for both solvers: values with no eigenvalue within `bound`; runs with a value further from the eigenvalue of its rank than
its margin, among those whose ranks were checked; runs that are marked (a value not settled, or ranks not checked). Adversarial models are
run a second time with as many products of the rank check as exclude 0.5 % of any spectrum's width. Exits 1 where a count exceeds its limit:
no value outside of `bound`; runs outside of their margin within the 99 % limit of the binomial distribution of the stated
probability; 2 % marked of the random models, 30 % of the others; of the trained models the rounding part of `bound` never below the true
rounding error, and in the median at most 30 times that.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

import torch

from certificates import models, report, rounding
from certificates.judging import judge, products_for
from certificates.program import Program, options, write
from certificates.spectra import spectrum

GROUPS = ("random", "adversarial", "targets", "trained")
#: Of the 1 % that a margin may fail, what falls to the first search at one end of the spectrum: with Lanczos, which has polynomials of
#: its own, half of what it is with power iteration.
FAILURE = {"lanczos": 0.01 / 2 * 7 / 8 / 2, "power": 0.01 * 7 / 8 / 2}


def solver_runs(group, order):
    """Solver, label, and further options."""
    for solver in ("lanczos", "power"):
        yield solver, "as it is", []
        if group == "adversarial":
            products = products_for(0.005, order, FAILURE[solver])
            # Without a restart, the theorem holds: Lanczos' own number of vectors is the search's, too.
            yield solver, "0.5 %", ["--rank-check-products", products] + (["--basis", products + 4] if solver == "lanczos" else [])


def is_wrong(verdict):
    return max(verdict["bound"]) > 0 or verdict.get("rank", -1) > 0 or not verdict.get("consistent", True)


def check(program, folder, group, index, seed):
    """One model with all its runs: a record for each."""
    case = models.make(group, index, seed)
    inputs = folder / "inputs"
    write(case, inputs)
    loss, values, off = spectrum(case)
    for solver, label, more in solver_runs(group, len(values)):
        told = [*options(case, inputs), "--seed", index, *more]
        result = program.hessian(inputs / "model.safetensors", inputs, solver, *told)
        batch = result["batches"][0]
        # The loss that is printed is one of single precision, which a large token mean makes coarse.
        if result["parameters"] != len(values) or abs(batch["loss"] - loss) > 1e-2 * abs(loss) + 1e-6:
            raise SystemExit(f"{case.name}: the reference computes another loss or other parameters: {batch['loss']}, {loss}")
        verdict = judge(batch, values, off, case.largest)
        record = dict(group=group, name=case.name, kind=case.kind, index=index, solver=solver, label=label, order=len(values),
                      largest=case.largest, off=off, loss=loss, lossError=abs(batch["loss"] - loss), **verdict)
        if is_wrong(verdict):
            kept = folder / "found" / f"{case.name}-{solver}-{label.replace(' ', '')}"
            shutil.copytree(inputs, kept, dirs_exist_ok=True)
            told = ["hessian", "model.safetensors", "--solver", solver, *map(str, told)]
            (kept / "found.json").write_text(json.dumps(dict(record, arguments=told, batch=batch, spectrum=values.tolist()), indent=1))
        yield record


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=300, help="random models, as many adversarial ones, and a third as many with targets that are computed")
    parser.add_argument("--trained", type=int, default=50, help="trained models")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default=",".join(GROUPS), help="of " + ", ".join(GROUPS))
    parser.add_argument("--images", type=Path, default=Path(__file__).resolve().parent.parent / "Fixtures/images",
                        help="photographs for the trained models")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    program, folder, chosen = Program(arguments.program), arguments.folder, arguments.only.split(",")
    folder.mkdir(parents=True, exist_ok=True)
    records = []
    with open(folder / "results.jsonl", "w") as file:
        def keep(record):
            records.append(record)
            print(json.dumps(record), file=file, flush=True)

        for group in GROUPS[:3]:
            if group not in chosen: continue
            for index in range(arguments.count if group != "targets" else arguments.count // 3):
                for record in check(program, folder, group, index, arguments.seed): keep(record)
                if sys.stderr.isatty() or (index + 1) % 25 == 0: print(f"{group} {index + 1}", file=sys.stderr, flush=True)
        if "trained" in chosen:
            for index in range(arguments.trained):
                for record in rounding.check(program, folder, arguments.images, index, arguments.seed): keep(record)
                if (index + 1) % 10 == 0: print(f"trained {index + 1}", file=sys.stderr, flush=True)
    table, problems = report.summary(records)
    (folder / "table.md").write_text(table)
    print(table)
    for problem in problems: print("WRONG:", problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
