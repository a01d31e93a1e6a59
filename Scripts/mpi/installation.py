"""`selftest` on several ranks, and ranks whose processors multiply with different kernels."""

import json

from .findings import expect
from .jobs import RANKS, spoken


def check_installation(bench):
    for count in RANKS:
        folder = bench.place(f"selftest-{count}")
        done = bench.run(bench.ranks(count, "selftest", "--json", "-", "--threads", 1), 60, folder)
        if not expect(done.returncode == 0, f"selftest, {count} ranks: status {done.returncode}: {done.stderr}{done.stdout}"):
            continue
        result = json.loads(done.stdout)
        exchange = [check["found"] for check in result["checks"] if check["name"] == "ranks"]
        expect(exchange == ([f"{count} ranks exchange sums"] if count > 1 else []), f"selftest, {count} ranks: {exchange}")
        by_rank = [check.get("rank") for check in result["checks"] if check["name"] == "derivatives"]
        expect(by_rank == (list(range(count)) if count > 1 else [None]), f"selftest, {count} ranks: goldens of {by_rank}")
        expect(not list(folder.iterdir()), f"selftest, {count} ranks: left {list(folder.iterdir())}")

    def job(*arguments):
        # Two processors of a cluster that is not all of one kind.
        parts = [["-n", "1", "env", f"OPENBLAS_CORETYPE={kernel}", bench.program, *map(str, arguments)] for kernel in ("Nehalem", "Prescott")]
        return [bench.mpirun, *parts[0], ":", *parts[1]]

    done = bench.run(job("selftest", "--threads", 1), 60)
    expect(done.returncode == 0 and spoken(done, "their matrix kernels differ") == 1,
           f"selftest, two kernels: status {done.returncode}: {done.stderr}{done.stdout}")
    folder = bench.place("two-kernels")
    done = bench.run(job("frequency", bench.fixtures / "ckpt.bin", "--count", 4, "--threads", 1, "-o", "f.png"), 60, folder)
    expect(done.returncode == 0 and spoken(done, "have different matrix kernels (Nehalem, Prescott)") == 1,
           f"frequency, two kernels: status {done.returncode}: {done.stderr}")
