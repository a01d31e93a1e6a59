#!/usr/bin/env python3
"""Holds what `mff-inspect hessian` certifies against spectra in double precision, and counts where it is wrong.

    Scripts/check_certificates.py PROGRAM FOLDER [--count 300] [--trained 50] [--seeds 50] [--seed 0] [--only NAME,…] [--page FILE]

PROGRAM is the built mff-inspect; FOLDER receives `results.jsonl`, from which an interrupted run goes on, `table.md`, and under `found` the
inputs of every run whose certificate was wrong. With --page the table is written between its markers in that page, too. Needs
Scripts/requirements.txt.

- `kept`: the four hard models that the tests keep, with many start vectors each.
- `random`: tiny models of some hundreds to 1,500 parameters by seed, whose whole Hessian is formed in double precision.
- `adversarial`: as many that attack a certificate, eight classes in turn (certificates/models.py). Where the default rank check excludes
  more than 0.5 % of the spectrum's width, the run is made a second time with as many products as 0.5 % of any spectrum's takes.
- `targets`: a third as many, with losses whose target is computed: PixMIM's filter of nearly flat images, features of a teacher.
- `trained`: small models that `mff-inspect pretrain` trains, whose products are made anew in double precision.

Counted are, for each solver: values with no eigenvalue within `bound`; runs with a value further from the eigenvalue of its rank than
its margin, among those whose ranks were checked; runs that are marked (a value not settled, or ranks not checked). Exits 1 where a count
exceeds its limit: no value outside of `bound`; runs outside of their margin within the 99 % limit of the binomial distribution of the stated
probability; 2 % marked of the random models, 30 % of the others, 10 % of the kept ones but large-token-mean, for each solver.
Of the trained models, the rounding part of `bound` (`bound` less `residual`) is held against two errors:
by distance, how much further the nearest eigenvalue lies than the residual; by vector, how far value and residual lie from those that
PyTorch's products in double precision give for the same vector. It must be below neither, and in the median at most 30 times the latter. (The former is 0 nearly always: a value errs by the square of what
its vector errs.)
"""
import argparse
import hashlib
import json
import shutil
import sys
from pathlib import Path

import torch

from certificates import archive, models, report, rounding
from certificates.judging import judge, products_for
from certificates.program import Program, options, write
from certificates.spectra import spectrum

GROUPS = ("kept", "random", "adversarial", "targets", "trained")
#: Of any spectrum's width: what a second rank check of adversarial models excludes at most.
SHARE = 0.005
#: Of the 1 % that a margin may fail, what falls to the first search at one end of the spectrum: with Lanczos, which has polynomials of
#: its own, half of what it is with power iteration.
FAILURE = {"lanczos": 0.01 / 2 * 7 / 8 / 2, "power": 0.01 * 7 / 8 / 2}


def is_wrong(verdict):
    return max(verdict["bound"]) > 0 or verdict.get("rank", -1) > 0 or not verdict.get("consistent", True)


def more_products(solver, order):
    """Options with which the rank check excludes 0.5 % of any spectrum's width."""
    products = products_for(SHARE, order, FAILURE[solver])
    # Without a restart, the theorem holds: Lanczos' own number of vectors is the search's, too.
    return ["--rank-check-products", products] + (["--basis", products + 4] if solver == "lanczos" else [])


def runs(program, folder, case, group, seeds):
    """All runs of one model: a record for each."""
    inputs = folder / "inputs"
    shutil.rmtree(inputs, ignore_errors=True)
    write(case, inputs)
    loss, values, off = spectrum(case)

    def run(solver, label, seed, more):
        told = [*options(case, inputs), "--seed", seed, *more]
        result = program.hessian(inputs / "model.safetensors", inputs, solver, *told)
        batch = result["batches"][0]
        # The loss that is printed is one of single precision, which a large token mean makes coarse.
        if result["parameters"] != len(values) or abs(batch["loss"] - loss) > 1e-2 * abs(loss) + 1e-6:
            raise SystemExit(f"{case.name}: the reference computes another loss or other parameters: {batch['loss']}, {loss}")
        verdict = judge(batch, values, off, case.largest)
        record = dict(group=group, name=case.name, kind=case.kind, index=case.index, solver=solver, label=label, seed=seed, order=len(values),
                      largest=case.largest, off=off, loss=loss, lossError=abs(batch["loss"] - loss), **verdict)
        if is_wrong(verdict):
            kept = folder / "found" / f"{case.name}-{solver}-{seed}{'-more' if more else ''}".replace(" ", "")
            shutil.copytree(inputs, kept, dirs_exist_ok=True)
            told = ["hessian", "model.safetensors", "--solver", solver, *map(str, told)]
            (kept / "found.json").write_text(json.dumps(dict(record, arguments=told, batch=batch, spectrum=values.tolist()), indent=1))
        return record

    for solver in ("lanczos", "power"):
        for seed in seeds:
            record = run(solver, "as it is", seed, [])
            yield record
            if group == "adversarial" and record.get("share", 0) > SHARE:
                yield run(solver, "more products", seed, more_products(solver, len(values)))


def units(arguments, program):
    """What is to be done, in parts of some seconds: a name, and a function that makes its records."""
    folder, counts = arguments.folder, dict(random=arguments.count, adversarial=arguments.count, targets=arguments.count // 3)
    for case in archive.cases(arguments.kept):
        yield "kept", case.name, lambda case=case: runs(program, folder, case, "kept", range(arguments.seeds))
    for group, count in counts.items():
        for index in range(count):
            yield group, f"{group} {index}", lambda group=group, index=index: runs(
                program, folder, models.make(group, index, arguments.seed), group, [index])
    for index in range(arguments.trained):
        yield "trained", f"trained {index}", lambda index=index: rounding.check(
            program, folder, arguments.images, index, arguments.seed)


def records(arguments):
    """All records; what a run before has left in `results.jsonl` is not made again."""
    program, chosen, file = Program(arguments.program), arguments.only.split(","), arguments.folder / "results.jsonl"
    digest = hashlib.sha256(arguments.program.read_bytes()).hexdigest()
    lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    done = {line["unit"]: line["records"] for line in lines if line["program"] == digest and line["seed"] == arguments.seed}
    with open(file, "a") as out:
        for group, unit, make in units(arguments, program):
            if group not in chosen: continue
            if unit not in done:
                done[unit] = list(make())
                print(json.dumps(dict(unit=unit, program=digest, seed=arguments.seed, records=done[unit])), file=out, flush=True)
                if sys.stderr.isatty() or unit.endswith(("9", ")-000")): print(unit, file=sys.stderr, flush=True)
            yield from done[unit]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = Path(__file__).resolve().parent.parent
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=300, help="random models, as many adversarial ones, and a third as many with targets that are computed")
    parser.add_argument("--trained", type=int, default=50, help="trained models")
    parser.add_argument("--seeds", type=int, default=50, help="start vectors for each of the models that the tests keep")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default=",".join(GROUPS), help="of " + ", ".join(GROUPS))
    parser.add_argument("--images", type=Path, default=root / "Fixtures/images", help="photographs for the trained models")
    parser.add_argument("--kept", type=Path, default=root / "Tests/DiagnosticsTests/Golden/certificates", help="models that the tests keep")
    parser.add_argument("--page", type=Path, help="where the table is written between its markers")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    table, problems = report.summary(list(records(arguments)))
    (arguments.folder / "table.md").write_text(table)
    if arguments.page: report.write_page(arguments.page, table)
    print(table)
    for problem in problems: print("WRONG:", problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
