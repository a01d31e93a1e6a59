"""kill -9 at random moments, and right when something happens to a file."""

import ctypes
import ctypes.util
import os
import select
import signal
import struct
import subprocess
import time

from .contents import expect_result, expect_whole, files, is_draft, prepare, same
from .findings import add_row, expect


SHARES = {"pretrain": 0.45, "hessian": 0.3, "report": 0.2, "reproduce": 0.05}


class Watch:
    """What happens to files below some folders, as the kernel tells it (inotify)."""

    EVENTS = {"draft appears": 0x100, "draft grows": 0x2, "file takes its place": 0x80, "log or journal grows": 0x2,
              "file removed": 0x200}

    def __init__(self, root):
        self.libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
        self.descriptor = self.libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self.folders = {}
        self.add(root)

    def add(self, folder):
        mark = self.libc.inotify_add_watch(self.descriptor, str(folder).encode(), 0x100 | 0x2 | 0x80 | 0x200)
        if mark >= 0:
            self.folders[mark] = folder
        for inner in folder.iterdir():
            if inner.is_dir():
                self.add(inner)

    def wait(self, kind, count, process, limit):
        """Whether `kind` happened `count` times before the process or the time was over."""
        end = time.monotonic() + limit
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        while time.monotonic() < end:
            if not poll.poll(20):
                if process.poll() is not None:
                    return False
                continue
            data = os.read(self.descriptor, 1 << 16)
            position = 0
            while position < len(data):
                mark, mask, _, length = struct.unpack_from("iIII", data, position)
                name = data[position + 16:position + 16 + length].split(b"\0")[0].decode(errors="replace")
                position += 16 + length
                if mask & 0x40000000 and mask & 0x100:
                    self.add(self.folders[mark] / name)
                if mask & self.EVENTS[kind]:
                    if kind == "log or journal grows":
                        matches = not is_draft(name) and name.endswith((".jsonl", ".json.partial"))
                    else:
                        matches = is_draft(name) == kind.startswith("draft")
                    count -= matches
                    if count <= 0:
                        return True
        return False

    def close(self):
        os.close(self.descriptor)


def kill_once(bench, case, folder, arguments):
    """Starts a command and ends it by kill -9; None when it had ended before, else the moment in words."""
    # Only a journal is removed, and a report has neither journal nor log.
    hooks = [name for name in Watch.EVENTS
             if not (name == "file removed" and case.name != "hessian" or name.startswith("log") and case.name == "report")]
    # strace ends the program at the very call: a draft not yet on the disk, not yet in its place, in its place and not yet told.
    calls = {"before an fsync": "fsync", "before a rename": "rename"} if bench.can_trace else {}
    moment = bench.random.choice(["at random"] * 3 + hooks + list(calls) * 2)
    if moment in calls:
        most = {"report": 2, "hessian": 3}.get(case.name, 12) * (1 if calls[moment] == "rename" else 2)
        inject = f"inject={calls[moment]}:signal=KILL:when={bench.random.randint(1, most)}"
        outcome = subprocess.run(
            ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls[moment]}", "-e", inject, bench.program,
             *arguments], cwd=folder, env=bench.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        return moment if outcome.returncode == -signal.SIGKILL else None
    watch = None if moment == "at random" else Watch(folder)
    process = bench.start(arguments, folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if watch:
        most = 2 if case.name in ("report", "hessian") and not moment.startswith("log") else 12
        count = 1 if moment == "file removed" else bench.random.randint(1, most)
        happened = watch.wait(moment, count, process, case.seconds * 4 + 5)
        watch.close()
        # Some right then, some a little later.
        if happened and bench.random.random() < 0.5:
            time.sleep(bench.random.random() * 0.003)
    else:
        time.sleep(bench.random.random() * case.seconds)
    process.kill()
    return moment if process.wait() == -signal.SIGKILL else None


def check_kills(bench, case, count):
    """`count` kills, a few to a run, each run let through in the end."""
    killed, moments, phases, rounds, too_late, drafts = 0, {}, {}, 0, 0, 0
    print(f"{case.name}: {count} kills, an undisturbed run takes {case.seconds:.1f} s", flush=True)
    while killed < count and too_late < 20 * count:
        rounds += 1
        folder = prepare(bench, case, f"kill-{case.name}")
        most = 10 if case.name == "reproduce" else bench.random.randint(1, 4)
        journal = []
        for _ in range(most):
            if killed == count:
                break
            before = files(folder)
            arguments = case.resumed(folder)
            moment = kill_once(bench, case, folder, arguments)
            after = files(folder)
            label = f"{case.name}, kill {killed + 1} ({moment or 'too late'})"
            expect_whole(case, before, after, label)
            if moment is None:
                too_late += 1
                break
            killed += 1
            if killed % 10 == 0:
                print(f"  {killed} kills", flush=True)
            moments[moment] = moments.get(moment, 0) + 1
            phase = phase_of(case, before, after)
            phases[phase] = phases.get(phase, 0) + 1
            drafts += any(map(is_draft, after))
            if "h.json.partial" in after:
                lines = after["h.json.partial"].split(b"\n")[:-1]
                expect(lines[:len(journal)] == journal, f"{label}: the journal lost batches")
                journal = lines
        outcome = bench.good(case.resumed(folder), folder)
        if outcome.returncode == 0:
            expect_result(case, folder, f"{case.name}, after kill {killed}")
            # The program itself reads what it left.
            if case.name == "pretrain":
                bench.good(["describe", "run/epoch_6.safetensors"], folder)
                bench.good(["weights", "--over-training", "run", "--json", "-"], folder)
    words = ", ".join(f"{name} {number}" for name, number in sorted(moments.items(), key=lambda item: -item[1]))
    states = ", ".join(f"{name} {number}" for name, number in sorted(phases.items(), key=lambda item: -item[1]))
    add_row((f"kill -9 of `{case.name}`", killed, f"moment: {words}", f"found: {states}; {drafts} left a draft, which the "
                 f"next run removed; {rounds} runs went on to the undisturbed result"))
    expect(killed == count, f"{case.name}: only {killed} of {count} kills came in time")


def phase_of(case, before, after):
    changed = [name for name in case.reference if name in after and before.get(name) != after[name]]
    final = [name for name in changed if not name.endswith(".jsonl")]
    complete = [name for name in case.reference if name in after and same(name, after[name], case.reference[name])]
    if any(map(is_draft, after)) and not any(map(is_draft, before)):
        return "a draft being written"
    if final and len(complete) < len(case.reference):
        return "some files new, others not"
    if len(complete) == len(case.reference):
        return "all written, not yet ended"
    if changed or before.get("h.json.partial") != after.get("h.json.partial"):
        return "log or journal longer"
    return "nothing written yet"
