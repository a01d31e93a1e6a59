#!/usr/bin/env python3
"""Runs mff-inspect as 1, 2 and 4 ranks and compares with one process; takes ranks, files and images away, and looks at what is left.

    Scripts/check_mpi.py PROGRAM PLAIN FOLDER [--mpirun mpirun]

PROGRAM is built by `make mpi`, PLAIN by `make build`, FOLDER is emptied and used. Needs an mpirun of the MPI that PROGRAM was built
with, and python3 without packages, on Linux.

Equal means equal: of the JSON everything but times and the number of ranks must be the same to the last bit, the
figure to the last byte. A job that cannot go on must end within SECONDS, say why, return no 0, and leave every file as it was.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

SECONDS = 10
RANKS = (1, 2, 4)
# Open MPI: as root, more ranks than cores, and none bound to a core; other libraries pass them by.
ENVIRONMENT = {
    **os.environ,
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none", "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "PRTE_MCA_hwloc_default_binding_policy": "none",
}

problems = []


def expect(condition, text):
    if not condition:
        problems.append(text)
        print("  WRONG:", text, flush=True)
    return bool(condition)


class Bench:
    def __init__(self, options):
        self.program, self.plain = str(options.program.resolve()), str(options.plain.resolve())
        self.mpirun, self.folder = options.mpirun, options.folder.resolve()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.fixtures = pathlib.Path(__file__).resolve().parent.parent / "Fixtures"

    def place(self, name):
        folder = self.folder / name
        folder.mkdir()
        return folder

    def run(self, command, limit=120, folder=None):
        """The finished process; what goes on beyond the limit is ended and counts as status None."""
        start = time.monotonic()
        try:
            done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=limit,
                                  cwd=folder)
        except subprocess.TimeoutExpired as error:
            done = subprocess.CompletedProcess(command, None, str(error.stdout), str(error.stderr))
        done.seconds = time.monotonic() - start
        return done

    def ranks(self, count, *arguments):
        return [self.mpirun, "-n", str(count), self.program, *map(str, arguments)]

    def differing(self, *commands):
        """A job whose ranks were given different command lines."""
        parts = [part for c in commands for part in (":", "-n", "1", self.program, *map(str, c))]
        return [self.mpirun, *parts[1:]]


def numbers(folder):
    result = json.loads((folder / "f.json").read_text())
    result["settings"].pop("ranks", None)
    for model in result["models"]:
        model.pop("seconds")
    return result


def spoken(done, text):
    return sum(text in line for line in (done.stderr + done.stdout).splitlines())


# ---------------------------------------------------------------- equal results


def check_equal(bench):
    cases = {
        "uneven": ["--count", 11, "--batch-size", 2],
        "fewer-images-than-ranks": ["--count", 3, "--batch-size", 1],
        "fewer-batches-than-ranks": ["--count", 9],
        "two-threads": ["--count", 7, "--batch-size", 2, "--threads", 2, "--positions", "subblock", "--seed", 5],
    }
    for name, options in cases.items():
        # Both builds bring bundled data of their own: the files are named.
        data = [*map(bench.fixtures.joinpath, ("ckpt.bin", "mff.bin")), "--images", bench.fixtures / "images"]
        options = [*data, *([] if "--threads" in options else ["--threads", 1]), *options]
        found = {}
        for label, command in [
            ("plain", [bench.plain, "frequency"]), ("without mpirun", [bench.program, "frequency"]),
            *((n, bench.ranks(n, "frequency")) for n in RANKS),
        ]:
            folder = bench.place(f"equal-{name}-{label}".replace(" ", "-"))
            done = bench.run([*command, *map(str, options), "-o", "f.png", "--csv"], folder=folder)
            if not expect(done.returncode == 0, f"{name}, {label}: status {done.returncode}: {done.stderr}"):
                continue
            expect(spoken(done, "images, seed") == 1, f"{name}, {label}: the end is said {spoken(done, 'images, seed')} times")
            files = sorted(path.name for path in folder.iterdir())
            expect(files == ["f.csv", "f.json", "f.png"], f"{name}, {label}: files {files}")
            found[label] = (numbers(folder), (folder / "f.csv").read_bytes(), (folder / "f.png").read_bytes(), done.stdout)
            stated = json.loads((folder / "f.json").read_text())["settings"].get("ranks", 1)
            expect(stated == (label if isinstance(label, int) else 1), f"{name}, {label}: the result says {stated} ranks")
        for label in found:
            for part, one, other in zip(("numbers", "csv", "figure", "table"), found["plain"], found[label]):
                expect(one == other, f"{name}: the {part} of {label} ranks are not those of the plain build")
        print(f"  {name}: {', '.join(map(str, found))} compared", flush=True)


def check_bad_images(bench):
    images = bench.place("images")
    for path in sorted((bench.fixtures / "images").rglob("*.png"))[:7]:
        shutil.copy(path, images)
    whole = sorted(images.iterdir())
    (images / "aa.png").write_bytes(whole[0].read_bytes()[:200])
    (images / "zz.jpg").write_bytes(b"\xff\xd8\xff no more")
    options = ["frequency", bench.fixtures / "ckpt.bin", "--images", images, "--threads", 1, "--batch-size", 2]
    found = {}
    for label in ("plain", *RANKS):
        folder = bench.place(f"bad-images-{label}")
        command = [bench.plain, *map(str, options)] if label == "plain" else bench.ranks(label, *options)
        done = bench.run([*command, "-o", "f.png"], folder=folder)
        if expect(done.returncode == 0, f"bad images, {label}: status {done.returncode}: {done.stderr}"):
            found[label] = (numbers(folder), [line for line in done.stderr.splitlines() if line.startswith("warning")])
    for label in found:
        expect(found[label] == found["plain"], f"bad images: {label} ranks report other than the plain build")
    expect(len(found["plain"][0]["images"]["skipped"]) == 2, "bad images: two are to be skipped")
    for path in whole:
        path.unlink()
    said = set()
    for label in ("plain", *RANKS):
        folder = bench.place(f"no-image-{label}")
        command = [bench.plain, *map(str, options)] if label == "plain" else bench.ranks(label, *options)
        done = bench.run([*command, "-o", str(folder / "f.png")])
        said.add("\n".join(line for line in done.stderr.splitlines() if line.startswith("Error:")))
        ended(f"no usable image, {label}", done, folder)
    expect(len(said) == 1, f"no usable image: ranks say otherwise than the plain build: {said}")


# ---------------------------------------------------------------- jobs that cannot go on


def ended(name, done, folder, *words, before=None, seconds=None):
    """The job ended in time, with a status, with words, and without touching a file."""
    seconds = done.seconds if seconds is None else seconds
    expect(done.returncode not in (0, None), f"{name}: status {done.returncode}")
    expect(seconds < SECONDS, f"{name}: took {seconds:.1f} s to end")
    for word in words:
        expect(word in done.stderr + done.stdout, f"{name}: does not say {word!r}: {done.stderr}")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    expect(files == (before or {}), f"{name}: left {sorted(files)}")
    print(f"  {name}: status {done.returncode} after {seconds:.1f} s", flush=True)


def check_refusals(bench):
    good, missing = bench.fixtures / "ckpt.bin", bench.folder / "missing.bin"
    cut = bench.folder / "cut.bin"
    cut.write_bytes(good.read_bytes()[:5000])

    folder = bench.place("cut-for-rank-1")
    common = ["--threads", 1, "-o", folder / "f.png"]
    done = bench.run(bench.differing(["frequency", good, *common], ["frequency", cut, *common]), 60)
    ended("a checkpoint that one rank cannot read", done, folder, "Error: rank 1 of 2", "cut.bin")

    done = bench.run(bench.ranks(4, "frequency", missing, *common), 60)
    ended("a checkpoint that no rank can read", done, folder, "missing.bin")
    expect(spoken(done, "Error:") == 1, f"a checkpoint that no rank can read: said {spoken(done, 'Error:')} times")

    done = bench.run(bench.differing(["frequency", good, *common], ["frequency", bench.fixtures / "mff.bin", *common]), 60)
    ended("ranks that read different networks", done, folder, "found other checkpoints or options")

    # The same names and shapes; of every number the last bit.
    content = bytearray(good.read_bytes())
    data = 8 + int.from_bytes(content[:8], "little")
    content[data::4] = bytes(byte ^ 1 for byte in content[data::4])
    other = bench.folder / "other.bin"
    other.write_bytes(content)
    done = bench.run(bench.differing(["frequency", good, *common], ["frequency", other, *common]), 60)
    ended("ranks that read different weights", done, folder, "found other weights")

    done = bench.run(
        bench.differing(["frequency", good, *common], ["frequency", good, "--batch-size", 3, *common]), 60)
    ended("ranks with different options", done, folder, "found other checkpoints or options")

    images = [["--images", path] for path in sorted((bench.fixtures / "images").rglob("*.png"))[:2]]
    done = bench.run(bench.differing(*(["frequency", good, *common, *i] for i in images)), 60)
    ended("ranks that see different images", done, folder, "found other images")

    done = bench.run(bench.ranks(2, "frequency", good, "--threads", 1, "-o", folder / "nowhere" / "f.png"), 60)
    ended("a place that cannot be written", done, folder, "nowhere")

    done = bench.run(bench.ranks(2, "hessian", good, "-o", folder / "h.png"), 60)
    ended("a command that is not divided", done, folder, "hessian was started as 2 ranks")

    done = bench.run(bench.ranks(2, "frequency", "--no-such-option"), 60)
    ended("wrong usage", done, folder, "no-such-option")
    expect(done.returncode == 64, f"wrong usage: status {done.returncode}")
    expect(spoken(done, "Error:") == 1, f"wrong usage: said {spoken(done, 'Error:')} times")

    done = bench.run([bench.mpirun, "-n", "2", bench.plain, "frequency", *map(str, common)], 60)
    ended("a build without MPI under mpirun", done, folder, "built without MPI")


def rank_processes(launcher):
    """The processes below the launcher that are ranks, by rank."""
    parents, ranks = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            variables = dict(v.split(b"=", 1) for v in (entry / "environ").read_bytes().split(b"\0") if b"=" in v)
        except (OSError, ValueError):
            continue
        rank = variables.get(b"OMPI_COMM_WORLD_RANK", variables.get(b"PMI_RANK"))
        if rank is not None:
            ranks[int(entry.name)] = int(rank)
    def is_below(process):
        while process in parents and process != launcher:
            process = parents[process]
        return process == launcher
    return {rank: process for process, rank in ranks.items() if is_below(process)}


def check_kills(bench):
    before = {"f.json": b"as it was", "f.png": b"as it was, too"}
    for victim, number in ((1, signal.SIGKILL), (0, signal.SIGKILL), (2, signal.SIGTERM), ("mpirun", signal.SIGTERM)):
        name = f"{signal.Signals(number).name} to {'rank ' if victim != 'mpirun' else ''}{victim}"
        folder = bench.place(name.replace(" ", "-"))
        for file, content in before.items():
            (folder / file).write_bytes(content)
        # Four times the tokens: long enough to be hit in the midst.
        command = bench.ranks(3, "frequency", "--threads", 1, "--count", 160, "--batch-size", 2, "--image-size", 112,
                              "-o", folder / "f.png")
        log = bench.folder / f"{folder.name}.log"
        with log.open("w") as stream:
            job = subprocess.Popen(command, stdout=stream, stderr=stream, env=ENVIRONMENT)
            deadline = time.monotonic() + 60
            # Said right before the first forward pass.
            while log.read_text().count("images resized") < 2 and job.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(0.5)
            ranks = rank_processes(job.pid)
            expect(sorted(ranks) == [0, 1, 2], f"{name}: the ranks running are {sorted(ranks)}")
            process = job.pid if victim == "mpirun" else ranks.get(victim)
            if not expect(process and job.poll() is None, f"{name}: the job was over too early: {log.read_text()}"):
                continue
            os.kill(process, number)
            struck = time.monotonic()
            try:
                job.wait(60)
            except subprocess.TimeoutExpired:
                job.kill()
            seconds = time.monotonic() - struck
            left = [r for r, p in ranks.items() if pathlib.Path(f"/proc/{p}/exe").exists()]
            # A launcher may return a moment before the last rank is gone.
            waited = time.monotonic()
            while left and time.monotonic() - waited < SECONDS:
                time.sleep(0.1)
                left = [r for r in left if pathlib.Path(f"/proc/{ranks[r]}/exe").exists()]
        expect(not left, f"{name}: ranks {left} still run")
        done = subprocess.CompletedProcess(command, job.returncode, "", log.read_text())
        ended(name, done, folder, before=before, seconds=seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("plain", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--mpirun", default="mpirun")
    bench = Bench(parser.parse_args())
    for title, check in [
        ("The same numbers, files and words whatever the number of ranks", check_equal),
        ("Images that cannot be used", check_bad_images),
        ("What cannot be done", check_refusals),
        ("Ranks that die", check_kills),
    ]:
        print(title, flush=True)
        check(bench)
    if problems:
        sys.exit(f"check_mpi: {len(problems)} wrong")
    print("check_mpi: all as it should be")


if __name__ == "__main__":
    main()
