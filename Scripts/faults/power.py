"""The order in which contents, names and journals reach the disk."""

import os
import subprocess

from .contents import prepare
from .findings import add_row, expect, left_out


def check_order(bench, all_cases):
    """What a loss of power asks: a draft is on the disk before it takes a name, the name before what it replaces goes."""
    if not bench.can_trace:
        left_out.append("the order of fsync and rename (strace is missing, or may not trace here)")
        return
    renames = 0
    for name in ["pretrain", "hessian", "report"]:
        case = all_cases[name]
        folder = prepare(bench, case, "order")
        trace = folder / "trace"
        outcome = subprocess.run(
            ["strace", "-f", "-y", "-o", str(trace), "-e", "trace=fsync,rename,unlink,write,pwrite64", bench.program,
             *case.arguments], cwd=folder, env=bench.environment, capture_output=True)
        expect(outcome.returncode == 0, f"power, {name}: status {outcome.returncode}")
        flushed, pending = set(), {}
        for line in trace.read_text(errors="replace").splitlines():
            call = line.split(None, 1)[1] if " " in line else ""
            path = call.partition("<")[2].partition(">")[0]
            if call.startswith("fsync("):
                flushed.add(path)
                pending = {new: old for new, old in pending.items() if os.path.dirname(new) != path}
            elif call.startswith(("write(", "pwrite64(")):
                flushed.discard(path)
            elif call.startswith("rename("):
                old, new = call.split('"')[1], call.split('"')[3]
                renames += 1
                expect(old in flushed, f"power, {name}: {os.path.basename(new)} takes its place before the disk has it")
                pending[new] = old
            elif call.startswith("unlink(") and call.split('"')[1].endswith("h.json.partial"):
                expect(not pending, f"power, {name}: the journal goes before the disk has the names of {list(pending)}")
        expect(not pending, f"power, {name}: the disk was not told the names of {list(pending)}")
        trace.unlink()
    add_row(("order of fsync and rename (loss of power)", renames, "every file that `pretrain`, `hessian`, `report` publish",
                 "content on the disk before the name, the name before the journal goes"))
