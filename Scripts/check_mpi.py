#!/usr/bin/env python3
"""Runs mff-inspect as 1, 2 and 4 ranks and compares with one process; takes ranks, files and images away, and looks at what is left.

    Scripts/check_mpi.py PROGRAM PLAIN FOLDER [--mpirun mpirun] [--only NAME,...]

PROGRAM is built by `make mpi`, PLAIN by `make build`, FOLDER is emptied and used. Needs an mpirun of the MPI that PROGRAM was built
with, and python3 without packages, on Linux. Two machines are network namespaces, which root may make (Debian: iproute2); a check
that this machine does not allow is named as left out.

Equal means equal: of the JSON everything but times, the number of ranks and their memory must be the same to the last bit, figures
and CSV to the last byte. Where ranks add up what each has of a sum, numbers are equal within rounding, and the bound has its reason
beside it. A job that cannot go on must end within ten seconds, say why, return no 0, and leave every file as it was; what it had
finished is there for the job that goes on.
"""

import argparse
import pathlib
import signal
import sys
import time

from mpi.eigenvalues import check_batches, check_images, check_resumption
from mpi.findings import left_out, problems
from mpi.installation import check_installation
from mpi.jobs import Bench
from mpi.kills import check_kills
from mpi.machines import check_machines
from mpi.refusals import check_refusals
from mpi.spectra import check_bad_images, check_equal
from mpi.training import check_training, check_training_resumption

CHECKS = {
    "installation": ("selftest on every rank", check_installation),
    "frequency": ("frequency: the same numbers, files and words whatever the number of ranks", check_equal),
    "bad-images": ("Images that cannot be used", check_bad_images),
    "batches": ("hessian: whole batches of each rank", check_batches),
    "images": ("hessian: a share of each batch", check_images),
    "pretrain": ("pretrain: a share of each batch", check_training),
    "refusals": ("What cannot be done", check_refusals),
    "kills": ("Ranks that die", check_kills),
    "resume": ("A job that goes on after a rank died", check_resumption),
    "pretrain-resume": ("A training run that goes on", check_training_resumption),
    "machines": ("Two machines and a wire", check_machines),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("plain", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("--only", default=",".join(CHECKS), help="of " + ", ".join(CHECKS))
    options = parser.parse_args()
    only = options.only.split(",")
    if unknown := set(only) - set(CHECKS):
        parser.error(f"--only {','.join(sorted(unknown))}: known are {', '.join(CHECKS)}")
    # So that what was made for a check is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("check_mpi: ended by a signal"))
    bench = Bench(options)
    for name, (title, check) in CHECKS.items():
        if name in only:
            print(title, flush=True)
            start = time.monotonic()
            check(bench)
            print(f"  {time.monotonic() - start:.0f} s", flush=True)
    for words in left_out:
        print("Left out:", words)
    if problems:
        sys.exit(f"check_mpi: {len(problems)} wrong")
    print("check_mpi: all as it should be")


if __name__ == "__main__":
    main()
