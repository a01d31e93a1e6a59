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
import csv
import ctypes
import ctypes.util
import io
import json
import os
import pathlib
import random
import re
import resource
import select
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib

TINY = ("--synthetic dead-leaves --count 32 --batch-size 8 --image-size 16 --patch-size 4 --width 16 --depth 3 --heads 2 "
        "--decoder-width 8 --decoder-depth 1 --decoder-heads 2 --threads 2 --seed 5 --save-every 1 --log-every 1 "
        "--epochs 6 --fuse all").split()
SHARES = {"pretrain": 0.45, "hessian": 0.3, "report": 0.2, "reproduce": 0.05}
# What depends on the clock, and the command line, which says --resume.
TIMES = {"seconds", "primalSeconds", "checkSeconds", "arguments"}
NOBODY = 65534

problems, rows, left_out = [], [], []


def problem(text):
    problems.append(text)
    print("  WRONG:", text, flush=True)


def add_row(row):
    """A line of the table; what is wrong since the last line is of this one."""
    new = len(problems) - add_row.known
    add_row.known = len(problems)
    if new:
        row = (*row[:-1], f"WRONG in {new} ways; it should be: {row[-1]}")
    rows.append(row)
    print("  " + ": ".join(map(str, row)), flush=True)


add_row.known = 0


def expect(condition, text):
    if not condition:
        problem(text)
    return bool(condition)


# ---------------------------------------------------------------- running


class Bench:
    """The program, the folder, and what undisturbed runs give."""

    def __init__(self, program, folder, seed):
        self.program, self.folder, self.random = str(program), folder, random.Random(seed)
        # Not everywhere may a program be traced.
        self.can_trace = bool(shutil.which("strace")) and subprocess.run(
            ["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True).returncode == 0
        self.environment = dict(os.environ, SWIFT_BACKTRACE="enable=no", OPENBLAS_NUM_THREADS="1")

    def start(self, arguments, cwd, prepare=None, environment=None, **streams):
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        return subprocess.Popen(
            [self.program, *arguments], cwd=cwd, preexec_fn=prepare, env={**self.environment, **(environment or {})},
            text=True, errors="replace", **streams)

    def run(self, arguments, cwd, **options):
        process = self.start(arguments, cwd, **options)
        try:
            output, errors = process.communicate(timeout=600)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            problem(f"{' '.join(arguments[:4])} did not end in ten minutes")
            return subprocess.CompletedProcess(arguments, None, "", "")
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def good(self, arguments, cwd, **options):
        outcome = self.run(arguments, cwd, **options)
        expect(outcome.returncode == 0, f"{' '.join(arguments[:4])}: status {outcome.returncode}: {outcome.stderr[-400:]}")
        return outcome

    def new(self, name):
        folder = self.folder / name
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        return folder


class Case:
    """A command on tiny inputs, with its files and what they must be in the end."""

    def __init__(self, name, arguments, resumed=None, old=None):
        self.name, self.arguments = name, arguments
        self.resumed = resumed or (lambda folder: arguments)
        # Arguments of an earlier run with another result, whose files are there when this one begins.
        self.old = old
        self.reference = {}
        self.seconds = 0


def cases(inputs):
    checkpoint = str(inputs / "run" / "epoch_6.safetensors")
    pair = [str(inputs / "run" / "epoch_1.safetensors"), checkpoint]
    hessian = ["hessian", checkpoint, "--batches", "20", "--batch-size", "2", "--top", "2", "--solver", "lanczos",
               "--threads", "2", "--csv", "-o", "h.png"]
    report = ["report", *pair, "--over-training", str(inputs / "run"), "--count", "4", "--batches", "2", "--batch-size",
              "2", "--top", "1", "--threads", "2", "-o", "r.html"]
    images = ["--images", str(inputs / "images"), "--threads", "2"]

    def going_on(folder):
        begun = (folder / "run" / "config.json").exists()
        return ["pretrain", "-o", "run", "--resume", "--threads", "2"] if begun else ["pretrain", "-o", "run", *TINY]

    return {case.name: case for case in [
        Case("pretrain", ["pretrain", "-o", "run", *TINY], going_on),
        Case("hessian", hessian, lambda folder: hessian + ["--resume"], old=hessian + ["--batches", "1"]),
        Case("report", report, old=report + ["--no-hessian", "--title", "old"]),
        Case("reproduce", ["reproduce", "--trial", "-o", "out", "--threads", "2"]),
        Case("frequency", ["frequency", *pair, "--csv", "-o", "f.png", *images],
             old=["frequency", pair[0], "--csv", "-o", "f.png", *images]),
        Case("weights", ["weights", *pair, "--csv", "-o", "w.png", "--threads", "2"],
             old=["weights", pair[0], "--csv", "-o", "w.png"]),
        Case("reconstruct", ["reconstruct", *pair, "--csv", "-o", "p.png", "--count", "4", *images],
             old=["reconstruct", pair[0], "--csv", "-o", "p.png", "--count", "2", *images]),
        Case("plot", ["plot", str(inputs / "w.json"), str(inputs / "w2.json"), "-o", "plot.png"],
             old=["plot", str(inputs / "w2.json"), "-o", "plot.png"]),
    ]}


# ---------------------------------------------------------------- files


def files(folder):
    """Every file below a folder with its bytes, but for locks; a draft that goes while it is looked at is none."""
    found = {}
    for path in sorted(folder.rglob("*")):
        try:
            if path.is_file() and path.name != ".lock":
                found[str(path.relative_to(folder))] = path.read_bytes()
        except FileNotFoundError:
            continue
    return found


def is_draft(name):
    name = name.rpartition("/")[2]
    return name.startswith(".mff-inspect-") and name.endswith(".partial")


def strip(value):
    if isinstance(value, dict):
        return {key: strip(inner) for key, inner in value.items() if key not in TIMES}
    return [strip(inner) for inner in value] if isinstance(value, list) else value


def log_lines(data):
    """The lines of a log without the speed; the second value is the half line at the end."""
    whole, _, rest = data.rpartition(b"\n")
    lines = [json.loads(line) for line in whole.split(b"\n") if line]
    for line in lines:
        line.pop("images_per_second", None)
    return lines, rest


def flaw(name, data):
    """What keeps a file from being complete; None for nothing."""
    try:
        if name.endswith(".json"):
            json.loads(data)
        elif name.endswith(".jsonl"):
            _, rest = log_lines(data)
            return "ends in half a line" if rest else None
        elif name.endswith(".json.partial"):
            lines = data.split(b"\n")
            for line in lines[:-1]:
                json.loads(line)
        elif name.endswith(".safetensors"):
            size = struct.unpack("<Q", data[:8])[0]
            header = json.loads(data[8:8 + size])
            end = max(entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__")
            return None if 8 + size + end == len(data) else "is cut off"
        elif name.endswith(".png"):
            return png_flaw(data)
        elif name.endswith(".html"):
            return None if data.rstrip().endswith(b"</html>") else "has no end"
        elif name.endswith(".csv"):
            return None if data.endswith(b"\n") else "has no end"
        return None
    except (ValueError, KeyError, struct.error) as error:
        return str(error)


def png_flaw(data):
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        return "is no PNG"
    position, kind = 8, b""
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position:position + 8])
        body = data[position + 4:position + 8 + length]
        if struct.unpack(">I", data[position + 8 + length:position + 12 + length])[0] != zlib.crc32(body):
            return "has a damaged chunk"
        position += 12 + length
    return None if kind == b"IEND" else "has no end"


def same(name, data, reference):
    """Whether a file is the undisturbed run's, but for what depends on the clock."""
    if data == reference:
        return True
    if name.endswith(".jsonl"):
        return log_lines(data)[0] == log_lines(reference)[0]
    if name.endswith("origins.json"):
        # Digests of logs, which tell the speed.
        return json.loads(data).keys() == json.loads(reference).keys()
    if name.endswith(".json"):
        return strip(json.loads(data)) == strip(json.loads(reference))
    if name.endswith(".png"):
        return png_picture(data) == png_picture(reference)
    if name.endswith(".csv"):
        return timeless_table(data) == timeless_table(reference)
    if name.endswith(".html"):
        # Its numbers are those of the JSON beside it, seconds among them.
        return re.findall(rb'id="[^"]*"|<h\d[^>]*>[^<]*', data) == re.findall(rb'id="[^"]*"|<h\d[^>]*>[^<]*', reference)
    return False


def png_picture(data):
    """The chunks that are seen; texts tell the command line."""
    chunks, position = [], 8
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position:position + 8])
        if kind not in (b"tEXt", b"zTXt", b"iTXt"):
            chunks.append(data[position:position + 12 + length])
        position += 12 + length
    return chunks


def timeless_table(data):
    rows = list(csv.reader(io.StringIO(data.decode())))
    kept = [i for i, name in enumerate(rows[0]) if name not in TIMES]
    return [[row[i] for i in kept if i < len(row)] for row in rows]


def expect_result(case, folder, label):
    """Everything as after an undisturbed run, and nothing else."""
    found = files(folder)
    found.pop("notes.txt", None)
    names = set(case.reference)
    expect(set(found) == names, f"{label}: files {sorted(set(found) ^ names)} are missing or too many")
    for name in names & set(found):
        expect(same(name, found[name], case.reference[name]), f"{label}: {name} is not that of an undisturbed run")
        if reason := flaw(name, found[name]):
            problem(f"{label}: {name} {reason}")


def expect_whole(case, before, after, label):
    """After a fault: what was there is the same or a complete newer version."""
    for name, data in after.items():
        if is_draft(name) or before.get(name) == data:
            continue
        if name == "notes.txt":
            problem(f"{label}: a file that is none of ours changed")
        if reason := flaw(name, data):
            problem(f"{label}: {name} {reason}")
            continue
        final = case.reference.get(name)
        # These have other versions on the way.
        growing = name.endswith((".jsonl", ".json.partial", "origins.json")) or "state/" in name
        if final is not None and not growing:
            expect(same(name, data, final), f"{label}: {name} is neither the old nor the new version")
        elif name.endswith(".jsonl") and final is not None:
            expect(log_lines(data)[0] == log_lines(final)[0][:len(log_lines(data)[0])], f"{label}: {name} tells otherwise")
    for name in before:
        if is_draft(name) or name in after:
            continue
        if name.endswith(".json.partial"):
            expect(name[:-8] in after, f"{label}: {name} is lost")
        else:
            problem(f"{label}: {name} is lost")


def prepare(bench, case, name):
    """A folder with an earlier result and a file that is none of ours."""
    folder = bench.new(name)
    if case.old:
        earlier = bench.folder / f"earlier-{case.name}"
        if not earlier.exists():
            bench.good(case.old, bench.new(earlier.name))
        shutil.copytree(earlier, folder, dirs_exist_ok=True)
    (folder / "notes.txt").write_text("mine\n")
    return folder


# ---------------------------------------------------------------- kills


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


# ---------------------------------------------------------------- full disk, permissions


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


def expect_refusal(outcome, label, *words):
    last = outcome.stderr.strip().split("\n")[-1]
    expect(outcome.returncode == 1, f"{label}: status {outcome.returncode}: {outcome.stderr[-300:]}")
    expect(last.startswith("Error: ") and any(word in last for word in words), f"{label}: it says: {last}")
    return last


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


def as_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def check_permissions(bench, all_cases):
    if os.getuid() != 0:
        left_out.append("permissions as another user (needs root)")
        return
    readable = subprocess.run([bench.program, "--version"], preexec_fn=as_nobody, capture_output=True, cwd="/")
    if readable.returncode != 0:
        left_out.append("permissions: another user cannot run the program where it lies")
        return
    tried = 0
    for name in ["pretrain", "hessian", "report", "frequency", "weights", "reconstruct", "plot", "reproduce"]:
        case = all_cases[name]
        for kind in ["read-only folder", "read-only files"]:
            if kind == "read-only files" and not case.old:
                continue
            folder = prepare(bench, case, "permissions")
            before = files(folder)
            for path in folder.rglob("*"):
                path.chmod(0o444)
            folder.chmod(0o555 if kind == "read-only folder" else 0o777)
            outcome = bench.run(case.arguments, folder, prepare=as_nobody)
            tried += 1
            expect_refusal(outcome, f"{kind}, {name}", "ermission", "cannot be made")
            expect(files(folder) == before, f"{kind}, {name}: something changed")
            expect("batch" not in outcome.stdout, f"{kind}, {name}: it computed before it looked")
    # A run folder that became read-only.
    folder = bench.new("permissions")
    bench.good(all_cases["pretrain"].arguments + ["--epochs", "2"], folder)
    before = files(folder)
    outcome = bench.run(["pretrain", "-o", "run", "--resume"], folder, prepare=as_nobody)
    expect_refusal(outcome, "read-only run folder", "run")
    expect(files(folder) == before, "read-only run folder: something changed")
    add_row(("read-only output folder, read-only files", tried + 1, "every command that writes, as another user",
                 "refused at once with path and reason, nothing changed"))

    folder = bench.new("unreadable")
    folder.chmod(0o777)
    shutil.copytree(bench.folder / "inputs" / "images", folder / "images")
    bad = sorted((folder / "images").iterdir())[3]
    bad.chmod(0)
    checkpoint = str(bench.folder / "inputs" / "run" / "epoch_6.safetensors")
    tried = 0
    for name, arguments in [
            ("frequency", ["frequency", checkpoint, "--images", "images", "-o", "f.png"]),
            ("reconstruct", ["reconstruct", checkpoint, "--images", "images", "-o", "p.png", "--count", "12"]),
            ("hessian", ["hessian", checkpoint, "--images", "images", "--batches", "6", "--batch-size", "2", "--top", "1",
                         "--solver", "lanczos", "-o", "h.png"]),
            ("pretrain", [word for word in ["pretrain", "-o", "run", "--images", "images"] + TINY[4:]])]:
        outcome = bench.run(arguments, folder, prepare=as_nobody)
        tried += 1
        expect(outcome.returncode == 0 and bad.name in outcome.stderr and "Permission denied" in outcome.stderr,
               f"unreadable image, {name}: status {outcome.returncode}, says {outcome.stderr[-300:]}")
        if name == "frequency":
            skipped = json.loads((folder / "f.json").read_text())["images"].get("skipped", [])
            expect(any(bad.name in reason for reason in skipped), "unreadable image: the JSON does not name it")
    sub = folder / "images" / "sub"
    sub.mkdir()
    sub.chmod(0)
    outcome = bench.run(["frequency", checkpoint, "--images", "images", "-o", "g.png"], folder, prepare=as_nobody)
    expect_refusal(outcome, "unreadable sub-folder", "sub: ", "sub")
    sub.chmod(0o755)
    for path in (folder / "images").glob("*.*"):
        path.chmod(0)
    outcome = bench.run(["frequency", checkpoint, "--images", "images", "-o", "g.png"], folder, prepare=as_nobody)
    expect_refusal(outcome, "no readable image", "leaves-", "images")
    expect(not (folder / "g.png").exists(), "no readable image: a figure was written")
    add_row(("unreadable file in an image folder", tried + 2, "one image, a sub-folder, all images",
                 "one: named, skipped, counted in the JSON; a sub-folder, all: refused by name"))

    folder = bench.new("unreadable-run")
    folder.chmod(0o777)
    shutil.copytree(bench.folder / "inputs" / "run", folder / "run")
    command = ["weights", "--over-training", "run", "-o", "w.png"]
    for name in ["epoch_5.safetensors", "scalars.jsonl", "config.json"]:
        (folder / "run" / name).chmod(0)
        outcome = bench.run(command, folder, prepare=as_nobody)
        expect(name in outcome.stderr, f"unreadable {name} in a run: status {outcome.returncode}, says {outcome.stderr[-300:]}")
        (folder / "run" / name).chmod(0o644)
    (folder / "run").chmod(0)
    expect_refusal(bench.run(command, folder, prepare=as_nobody), "unreadable run folder", "run")
    add_row(("unreadable file in a run folder", 4, "a checkpoint, the log, the recipe, the folder",
                 "named; what can be read is drawn, a folder that cannot is refused"))


# ---------------------------------------------------------------- clock


def check_clock(bench, all_cases):
    if not shutil.which("faketime"):
        left_out.append("the clock (faketime is missing; Debian: faketime)")
        return
    dial = bench.folder / "clock"

    def turn(offset):
        draft = dial.with_suffix(".new")
        draft.write_text(offset + "\n")
        draft.rename(dial)

    # The monotonic clocks stay: nobody can move them. What the dial says counts, not what the wrapper was told.
    def start(command, folder, **streams):
        environment = {**bench.environment, "FAKETIME_TIMESTAMP_FILE": str(dial), "FAKETIME_NO_CACHE": "1"}
        return subprocess.Popen(
            ["faketime", "-m", "--exclude-monotonic", "-f", "+0", "env", "-u", "FAKETIME", *command], cwd=folder,
            env=environment, stdin=subprocess.DEVNULL, text=True, start_new_session=True,
            **{"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, **streams})

    def end(process):
        """The program is the wrapper's child, and the wrapper's memory stays when it is killed."""
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        for path in pathlib.Path("/dev/shm").glob(f"*faketime_*_{process.pid}"):
            path.unlink()

    # The check checks something.
    turn("-400d")
    seconds = start(["date", "+%s"], bench.folder, stdout=subprocess.PIPE).communicate()[0]
    expect(abs(float(seconds) + 400 * 86400 - time.time()) < 100, "clock: libfaketime does not move it")
    tried = 0
    for name in ["pretrain", "hessian", "report"]:
        case = all_cases[name]
        # Moved while it runs.
        folder = prepare(bench, case, "clock-run")
        process = start([bench.program, *case.arguments], folder)
        stop = threading.Event()

        def dance():
            while not stop.wait(0.02):
                turn(bench.random.choice(["-1d", "+1d", "+0", "-1h", "+3d"]))

        dancer = threading.Thread(target=dance)
        dancer.start()
        errors = process.communicate()[1]
        stop.set()
        dancer.join()
        tried += 1
        expect(process.returncode == 0, f"clock moved, {name}: {errors[-300:]}")
        expect_result(case, folder, f"clock moved, {name}")
        expect_times(folder, f"clock moved, {name}")
        expect(not re.search(r"-\d+ (s|min|h|images/s)", errors), f"clock moved, {name}: it says {errors[-300:]}")
        # Moved between stop and resume: back, and the other time forward.
        for first, second in [("+1d", "-1d"), ("-1d", "+1d")]:
            folder = prepare(bench, case, "clock-resume")
            turn(first)
            process = start([bench.program, *case.arguments], folder)
            time.sleep(case.seconds * 0.6)
            end(process)
            turn(second)
            process = start([bench.program, *case.resumed(folder)], folder)
            errors = process.communicate()[1]
            expect(process.returncode == 0, f"clock moved between kill and resume, {name}: {errors[-300:]}")
            tried += 1
            expect_result(case, folder, f"clock moved between kill and resume, {name}")
            expect_times(folder, f"clock moved between kill and resume, {name}")
    # A log that grows although its time goes back is drawn again.
    folder = bench.new("clock-follow")
    shutil.copytree(bench.folder / "inputs" / "run", folder / "run")
    log = folder / "run" / "scalars.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:10]))
    process = bench.start(["weights", "--over-training", "run", "--follow", "-o", "w.png"], folder,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    points = lambda: len(json.loads((folder / "w.json").read_text())["runs"][0]["points"]) if (folder / "w.json").exists() else 0
    wait_until(lambda: points() > 0, 30)
    few = points()
    log.write_bytes(b"".join(lines))
    os.utime(log, (time.time() - 86400, time.time() - 86400))
    expect(wait_until(lambda: points() > few, 30), "--follow does not see a log whose time went back")
    process.terminate()
    process.wait()
    add_row(("clock moved by hours and days", tried + 1, "while it runs; between kill and resume; a followed log",
                 "no duration below 0, the undisturbed result"))


def wait_until(condition, limit):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def expect_times(folder, label):
    def walk(value, key=""):
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(inner, name)
        elif isinstance(value, list):
            for inner in value:
                walk(inner, key)
        elif "econds" in key:
            expect(0 <= value < 3600, f"{label}: {key} is {value}")
    for path in folder.rglob("*.json"):
        walk(json.loads(path.read_text()))
    for path in folder.rglob("scalars.jsonl"):
        for line in path.read_text().splitlines():
            speed = json.loads(line).get("images_per_second", 1)
            expect(0 < speed < 1e9, f"{label}: {speed} images a second")


# ---------------------------------------------------------------- two runs, files taken away


def check_two_runs(bench, all_cases):
    for name, seen, words in [("pretrain", "run/scalars.jsonl", "another process works in this folder"),
                              ("hessian", "h.json.partial", "another process writes it"),
                              ("reproduce", "out/scale.txt", "another process works in this folder")]:
        case = all_cases[name]
        # The undisturbed run takes minutes; it is there when `reproduce` is killed, too.
        if not case.reference:
            left_out.append(f"two runs of {name} (add it to --only)")
            continue
        folder = prepare(bench, case, "two")
        first = bench.start(case.arguments, folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        expect(wait_until(lambda: (folder / seen).exists(), 60), f"two runs, {name}: the first did not begin")
        # Stopped, so that it surely has the folder while the others try.
        first.send_signal(signal.SIGSTOP)
        before = files(folder)
        tries = [case.arguments, case.resumed(folder)] if name != "reproduce" else [case.arguments]
        for arguments in tries:
            expect_refusal(bench.run(arguments, folder), f"two runs, {name}", words)
        expect(files(folder) == before, f"two runs, {name}: the second changed something")
        first.send_signal(signal.SIGCONT)
        expect(first.wait() == 0, f"two runs, {name}: the first failed")
        expect_result(case, folder, f"two runs, {name}")
        add_row((f"two runs of `{name}`", len(tries), "the second while the first is at work",
                     "refused with the path, nothing changed; the first ends undisturbed"))
    for name in ["report", "frequency", "weights"]:
        case = all_cases[name]
        folder = prepare(bench, case, "two")
        runs = [bench.start(case.arguments, folder, stdout=subprocess.DEVNULL) for _ in range(4)]
        for run in runs:
            errors = run.communicate()[1]
            expect(run.returncode == 0, f"four runs of {name}: {errors[-300:]}")
        expect_result(case, folder, f"four runs of {name}")
    add_row(("four runs of `report`, `frequency`, `weights` at once", 12, "all write the same files",
                 "harmless: each file is one run's, whole"))


def check_taken_away(bench, all_cases):
    """A folder stands where a file shall be, or the output's folder goes, while the command computes."""
    for name, target in [("hessian", "h.png"), ("report", "r.html"), ("pretrain", "run/epoch_6.safetensors")]:
        case = all_cases[name]
        folder = prepare(bench, case, "taken")
        process = bench.start(case.arguments, folder, stdout=subprocess.PIPE)
        seen = folder / {"hessian": "h.json.partial", "pretrain": "run/epoch_1.safetensors"}.get(name, "notes.txt")
        wait_until(seen.exists, 30)
        if name == "report":
            time.sleep(case.seconds * 0.4)
        process.send_signal(signal.SIGSTOP)
        kept = folder / "kept"
        if (folder / target).exists():
            (folder / target).rename(kept)
        (folder / target).mkdir()
        process.send_signal(signal.SIGCONT)
        output, errors = process.communicate()
        expect_refusal(subprocess.CompletedProcess([], process.returncode, output, errors),
                       f"a folder in the place of {target}", "it is a folder")
        expect(not any(map(is_draft, files(folder))), f"a folder in the place of {target}: a draft is left")
        (folder / target).rmdir()
        if kept.exists():
            kept.rename(folder / target)
        bench.good(case.resumed(folder), folder)
        expect_result(case, folder, f"after a folder in the place of {target}")
    add_row(("output file replaced by a folder meanwhile", 3, "`hessian`, `report`, `pretrain`",
                 "refused by name; without the folder the same command goes on to the undisturbed result"))
    for name in ["hessian", "report", "frequency"]:
        case = all_cases[name]
        folder = bench.new("taken")
        process = bench.start(case.arguments, folder)
        if name == "hessian":
            wait_until((folder / "h.json.partial").exists, 30)
        else:
            time.sleep(case.seconds * 0.4)
        process.send_signal(signal.SIGSTOP)
        gone = bench.folder / "gone"
        if gone.exists():
            shutil.rmtree(gone)
        shutil.rmtree(folder)
        process.send_signal(signal.SIGCONT)
        output, errors = process.communicate()
        expect_refusal(subprocess.CompletedProcess([], process.returncode, output, errors),
                       f"folder removed, {name}", "its folder does not exist", "cannot be written")
    add_row(("output folder removed meanwhile", 3, "`hessian`, `report`, `frequency`", "refused by name, status 1"))


# ---------------------------------------------------------------- signals, streams


def check_signals(bench, all_cases):
    tried = 0
    for name in ["pretrain", "hessian", "report", "reproduce"]:
        case = all_cases[name]
        if not case.reference:
            left_out.append(f"signals to {name} (add it to --only)")
            continue
        for number in [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]:
            for _ in range(1 if name == "reproduce" else 3):
                folder = prepare(bench, case, "signal")
                before = files(folder)
                process = bench.start(case.arguments, folder, stdout=subprocess.DEVNULL)
                time.sleep(bench.random.uniform(0.1, 0.9) * min(case.seconds, 20))
                process.send_signal(number)
                errors = process.communicate()[1]
                label = f"{number.name}, {name}"
                expect(process.returncode in (0, -number), f"{label}: status {process.returncode}: {errors[-300:]}")
                after = files(folder)
                expect_whole(case, before, after, label)
                expect(not any(map(is_draft, after)), f"{label}: a draft is left")
                tried += 1
                if name != "reproduce":
                    bench.good(case.resumed(folder), folder)
                    expect_result(case, folder, label)
    add_row(("SIGTERM, SIGINT, SIGHUP", tried, "at random moments of `pretrain`, `hessian`, `report`, where it is asked for `reproduce`",
                 "ended by that signal, no draft, old files whole, resumed to the undisturbed result"))

    tried = 0
    inputs = bench.folder / "inputs"
    checkpoint = str(inputs / "run" / "epoch_6.safetensors")
    folder = bench.new("streams")
    for arguments in [["describe", checkpoint], ["describe", checkpoint, "--json", "-"],
                      ["frequency", checkpoint, "--count", "4", "--json", "-", "-q"], ["weights", checkpoint, "-q"]]:
        reader, writer = os.pipe()
        process = bench.start(arguments, folder, stdout=writer)
        os.close(writer)
        os.close(reader)
        errors = process.communicate()[1]
        tried += 1
        expect(process.returncode == -signal.SIGPIPE and "Error" not in errors,
               f"SIGPIPE, {arguments[0]}: status {process.returncode}, says {errors[-300:]}")
        expect(not any(map(is_draft, files(folder))), f"SIGPIPE, {arguments[0]}: a draft is left")
    # Progress that nobody reads any more ends no run.
    case = all_cases["pretrain"]
    folder = prepare(bench, case, "streams")
    reader, writer = os.pipe()
    process = bench.start(case.arguments, folder, stdout=subprocess.DEVNULL, stderr=writer)
    os.close(writer)
    os.close(reader)
    expect(process.wait() == 0, f"standard error that nobody reads ended pretrain: {process.returncode}")
    expect_result(case, folder, "standard error that nobody reads")
    add_row(("a reader that has seen enough (as `head -1`)", tried + 1, "standard output; standard error of `pretrain`",
                 "ended by SIGPIPE without a word or a draft; standard error: the run goes on to its end"))

    tried = 0
    for closed in [(0,), (0, 1), (0, 1, 2)]:
        for name in ["pretrain", "hessian", "report"]:
            case = all_cases[name]
            folder = prepare(bench, case, "closed")
            process = subprocess.Popen(
                [bench.program, *case.arguments], cwd=folder, env=bench.environment,
                preexec_fn=lambda: [os.close(descriptor) for descriptor in closed],
                stdout=None if 1 in closed else subprocess.DEVNULL, stderr=None if 2 in closed else subprocess.DEVNULL)
            status = process.wait()
            tried += 1
            # The table of hessian has nowhere to go then: the files are written, and the status says it.
            expected = 1 if name == "hessian" and 1 in closed else 0
            expect(status == expected, f"descriptors {closed} closed, {name}: status {status}")
            found = files(folder)
            found.pop("h.json.partial", None)
            for file, data in case.reference.items():
                expect(file in found and same(file, found[file], data), f"descriptors {closed} closed, {name}: {file}")
    add_row(("standard input, output, error closed", tried, "`pretrain`, `hessian`, `report`",
                 "files as undisturbed; a table that could not be printed is status 1"))


# ---------------------------------------------------------------- drafts


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


# ---------------------------------------------------------------- power


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


# ---------------------------------------------------------------- all


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
