"""A full disk."""

import os
import resource
import subprocess

from .contents import expect_result, files, flaw, is_draft, prepare
from .findings import add_row, expect, expect_refusal, left_out, problem


class SmallDisk:
    """A tmpfs of four megabytes; needs root."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.is_mounted = os.getuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True).returncode == 0

    def fill(self, room):
        """Leaves so many bytes."""
        with open(self.folder / "filler", "wb", buffering=0) as file:
            free = os.statvfs(self.folder)
            size = free.f_bavail * free.f_frsize - room
            while size > 0:
                size -= file.write(bytes(min(size, 1 << 16)))

    def close(self):
        if self.is_mounted:
            subprocess.run(["umount", str(self.folder)], check=True)



def check_full_disk(bench, all_cases):
    names = ["pretrain", "hessian", "report", "frequency", "weights", "reconstruct", "plot"]
    disk = SmallDisk(bench.folder / "disk")
    if not disk.is_mounted:
        left_out.append("full disk as a tmpfs (needs root); a limit on the size of files stands for it")
    tried, failed, example = 0, 0, ""
    try:
        for name in names:
            case = all_cases[name]
            rooms = [0, 12 << 10, 48 << 10, 120 << 10, 600 << 10] if name == "pretrain" else [0, 12 << 10, 48 << 10]
            for room in rooms:
                if disk.is_mounted:
                    folder = prepare(bench, case, "disk/work")
                    before = files(folder)
                    disk.fill(room)
                    outcome = bench.run(case.arguments, folder)
                else:
                    folder = prepare(bench, case, "limit")
                    before = files(folder)
                    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
                    outcome = bench.run(case.arguments, folder, prepare=limit)
                tried += 1
                label = f"full disk, {name}, room for {room >> 10} kB"
                after = files(folder)
                if outcome.returncode != 0:
                    failed += 1
                    example = expect_refusal(outcome, label, "No space left on device", "File too large", "cannot be made")
                    expect("make room" in example or "give another" in example, f"{label}: nothing to do is said: {example}")
                    for file, data in before.items():
                        expect(after.get(file) == data, f"{label}: the old {file} changed")
                expect(not any(map(is_draft, after)), f"{label}: a draft is left")
                for file, data in after.items():
                    if reason := flaw(file, data):
                        problem(f"{label}: {file} {reason}")
                if disk.is_mounted:
                    (disk.folder / "filler").unlink()
                bench.good(case.resumed(folder), folder)
                expect_result(case, folder, label)
    finally:
        disk.close()
    add_row(("full disk: " + ", ".join(names), tried, "room for 0 to 600 kB",
                 f"{failed} refused with path and advice, old files unchanged, no draft; with room all went on to the "
                 f"undisturbed result"))
