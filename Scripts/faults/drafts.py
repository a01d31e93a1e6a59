"""Drafts that a killed program left behind."""

import json
import os
import subprocess
import time

from .commands import wait_until
from .contents import is_draft, prepare
from .findings import add_row, expect


def check_drafts(bench, all_cases):
    """Drafts of the dead go, those of the living and of other machines stay."""
    case = all_cases["weights"]
    folder = prepare(bench, case, "drafts")
    # A run that waits with its drafts: nobody reads the pipe.
    os.mkfifo(folder / "pipe")
    living = bench.start(["weights", *case.arguments[1:3], "-o", "a.png", "--csv", "--json", "pipe"], folder,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    own = lambda: sorted(path.name for path in folder.iterdir() if is_draft(path.name))
    wait_until(lambda: len(own()) == 2, 30)
    drafts = own()
    expect(len(drafts) == 2, f"drafts: {drafts} instead of two")
    host = drafts[0].split("-")[2] if drafts else ""
    dead = folder / f".mff-inspect-{host}-999999999-1.partial"
    foreign = folder / ".mff-inspect-00000000-1-1.partial"
    older = folder / ".mff-inspect-00000000-1-2.partial"
    for path in (dead, foreign, older):
        path.write_bytes(b"half")
    os.utime(older, (time.time() - 2 * 86400,) * 2)
    bench.good(case.arguments, folder)
    expect(not dead.exists(), "drafts: that of a dead program stays")
    expect(foreign.exists() and not older.exists(), "drafts: those of another machine")
    expect(own() == sorted(drafts + [foreign.name]), "drafts: those of a living program are gone")
    with open(folder / "pipe", "rb") as pipe:
        numbers = pipe.read()
    expect(living.wait() == 0 and json.loads(numbers), "drafts: the living program failed")
    foreign.unlink()
    expect(own() == [], "drafts: some stay")
    add_row(("drafts left behind", 5, "of a dead program, a living one, another machine young and old",
                 "the dead one's and the old one go, the others stay"))
