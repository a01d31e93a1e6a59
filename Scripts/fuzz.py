#!/usr/bin/env python3
"""Throws damaged files at every reader until nothing new is found.

    make fuzz FUZZ="--minutes 10 --targets pickle,zip"

A reader is done when `--quiet` minutes of processor time brought no new edge of the program's control flow, and after
`--executions` inputs at least. What was done is kept in the work folder: a run that is interrupted goes on where it was. --keep puts
corpus and counts into the repository (Fuzzing/Corpus, Fuzzing/record.json), from where others go on; a change in what reads for
a reader makes its quiet minutes void.
An input that ends the reader, takes it more than 25 s of processor time, or more memory than its limit is a crash: it is kept
under crashes/, the reader stops, and the exit status is 1. With --replay the inputs kept in the repository are read once.
"""

import argparse
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time

FUZZING = pathlib.Path(__file__).resolve().parent.parent / "Fuzzing"
# The dictionary of words, the longest input in bytes, and the largest single piece of memory in MiB that each reader may ask for.
# Images: a byte of deflate can stand for 1032, and each of these for 8 pixels of 4 bytes.
READERS = {
    "safetensors": ("json", 4096, 64), "shards": ("json", 4096, 64), "zip": ("zip", 6000, 64),
    "legacy": ("pickle", 6000, 64), "pickle": ("pickle", 4096, 64), "npy": ("npy", 2048, 64),
    "json": ("json", 4096, 64), "jsonlines": ("json", 4096, 64), "events": ("log", 4096, 64),
    "summary": ("log", 2048, 64), "csv": ("log", 4096, 64), "runfolder": ("log", 2048, 64),
    "png": ("png", 2048, 1024), "jpeg": ("jpeg", 2048, 1024), "webp": ("webp", 2048, 1024), "describe": ("describe", 4096, 64),
    "configuration": ("configuration", 4096, 64), "result": ("result", 20000, 64),
}
# The modules that read for each.
FORMATS = ("Checkpoints", "Digests")
MODULES = {reader: FORMATS for reader in READERS} | {
    "png": ("Images", "PNGCodec"), "jpeg": ("Images", "PNGCodec"),
    "webp": ("Images", "PNGCodec"), "describe": (*FORMATS, "VisionTransformers", "Diagnostics"),
    "configuration": (*FORMATS, "VisionTransformers", "Diagnostics"), "result": ("Diagnostics", "Figures"),
}
# What was done for each, by whoever kept it.
RECORD = FUZZING / "record.json"
# Processor time that one input may take.
SLOWEST_SECONDS = 25
# Of each reader the repository keeps the smallest inputs that reach most, in one archive; 3 MB all together.
KEPT_BYTES = 1_000_000
PROGRESS = re.compile(r"#(\d+)\s+(\w+)\s+cov: (\d+) ft: (\d+)")


def environment(reader):
    # Freed memory is held back for a while to find its use; 32 MiB of it are enough for inputs this small.
    sanitizer = "quarantine_size_mb=32:allocator_may_return_null=0"
    leaks = f"suppressions={FUZZING.parent / 'Scripts/sanitizers/leaks.supp'}:print_suppressions=0"
    # With a hash seed of each process's own, the same input would reach other edges of sets and dictionaries in each.
    return os.environ | {"FUZZ_TARGET": reader, "ASAN_OPTIONS": sanitizer, "LSAN_OPTIONS": leaks,
                         "SWIFT_BACKTRACE": "enable=no", "SWIFT_DETERMINISTIC_HASHING": "1"}


def arguments(binary, reader, timeout=SLOWEST_SECONDS):
    _, longest, memory = READERS[reader]
    return [binary, f"-max_len={longest}", f"-malloc_limit_mb={memory}", "-rss_limit_mb=3000", f"-timeout={timeout}"]


def processor_seconds(pid):
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_slow(binary, reader, path):
    """Whether an input takes too much processor time: the fuzzer looks at the clock, which goes on while others have the processor."""
    process = subprocess.Popen(arguments(binary, reader, timeout=0) + [str(path)], env=environment(reader),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        used = processor_seconds(process.pid)
        if used is not None and used > SLOWEST_SECONDS:
            process.kill()
            process.wait()
            return True
        time.sleep(0.1)
    return process.returncode != 0


def sources(reader):
    """A digest of what reads for a reader, and of the fuzzers."""
    digest = hashlib.sha256()
    for folder in (FUZZING / "Sources", *(FUZZING.parent / "Sources" / module for module in MODULES[reader])):
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".swift", ".c", ".h"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


def record():
    return json.loads(RECORD.read_text()) if RECORD.exists() else {}


def kept_inputs(reader, folder):
    """Unpacks what the repository keeps for a reader: the archive, and the inputs that once ended it, each under its name."""
    folder.mkdir(parents=True, exist_ok=True)
    archive, named = FUZZING / "Corpus" / f"{reader}.tar.xz", FUZZING / "Corpus" / reader
    if archive.exists():
        with tarfile.open(archive) as packed:
            for member in packed.getmembers():
                (folder / pathlib.Path(member.name).name).write_bytes(packed.extractfile(member).read())
    for path in named.iterdir() if named.is_dir() else []:
        shutil.copy(path, folder)
    return sorted(folder.iterdir())


class Run:
    """One reader's run: its corpus, its counts, and when it is done."""

    def __init__(self, reader, options):
        self.reader, self.options = reader, options
        self.folder = options.work
        self.corpus = self.folder / "corpus" / reader
        self.crashes = self.folder / "crashes" / reader
        self.record = self.folder / f"{reader}.json"
        self.state = {"executions": 0, "processor_seconds": 0.0, "quiet_seconds": 0.0, "edges": 0, "features": 0, "crashes": 0}
        self.state |= json.loads(self.record.read_text()) if self.record.exists() else record().get(reader, {})
        if self.state.get("sources") != (current := sources(reader)):
            # What was quiet may not be so any more.
            self.state |= {"quiet_seconds": 0.0, "sources": current}

    @property
    def is_done(self):
        return (self.state["quiet_seconds"] >= 60 * self.options.quiet
                and self.state["executions"] >= self.options.executions)

    def save(self):
        draft = self.record.with_suffix(".draft")
        draft.write_text(json.dumps(self.state, indent=1))
        draft.replace(self.record)

    def prepare(self):
        self.corpus.mkdir(parents=True, exist_ok=True)
        self.crashes.mkdir(parents=True, exist_ok=True)
        kept_inputs(self.reader, self.corpus)
        seeds = self.options.seeds and self.options.seeds / self.reader
        for path in sorted(seeds.iterdir()) if seeds and seeds.is_dir() else []:
            shutil.copy(path, self.corpus)

    def go(self, deadline):
        """Runs until the reader is done, has crashed, or time is up."""
        while True:
            is_sound = self.go_once(deadline)
            waited = [path for path in self.crashes.glob("timeout-*") if not is_slow(self.options.binary, self.reader, path)]
            for path in waited:
                path.unlink()
            self.state["crashes"] = len(self.kept())
            self.save()
            if is_sound or self.kept() or not waited or time.monotonic() > deadline:
                return is_sound or (bool(waited) and not self.kept())

    def kept(self):
        return [path for path in self.crashes.iterdir() if not path.name.startswith("slow-unit")]

    def go_once(self, deadline):
        self.prepare()
        dictionary = FUZZING / "Dictionaries" / f"{READERS[self.reader][0]}.dict"
        command = arguments(self.options.binary, self.reader)
        command += [f"-dict={dictionary}", f"-artifact_prefix={self.crashes}/", "-print_final_stats=1", "-reload=0"]
        command += [str(self.corpus)]
        before = dict(self.state)
        with open(self.folder / f"{self.reader}.log", "w") as log:
            process = subprocess.Popen(command, env=environment(self.reader), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
            stopper = threading.Thread(target=self.watch, args=(process, before, deadline), daemon=True)
            self.edges, self.executions, self.last_edge = 0, 0, None
            stopper.start()
            for line in process.stderr:
                log.write(line)
                self.hear(line, process)
            status = process.wait()
            stopper.join()
        return status in (0, -signal.SIGINT, 72) and not self.kept()

    def hear(self, line, process):
        match = PROGRESS.search(line)
        if match:
            executions, kind, edges, features = int(match[1]), match[2], int(match[3]), int(match[4])
            self.executions = executions
            self.state["features"] = features
            if edges > self.edges:
                # What the kept corpus reaches is not new.
                if kind != "INITED" and self.last_edge is not None:
                    self.state["quiet_seconds"] = 0.0
                self.edges = edges
                self.last_edge = processor_seconds(process.pid) or 0.0
                self.state["edges"] = max(edges, self.state["edges"])
        elif line.startswith("stat::number_of_executed_units:"):
            self.executions = int(line.split(":")[-1])

    def watch(self, process, before, deadline):
        counted = 0.0
        while process.poll() is None:
            used = processor_seconds(process.pid)
            if used is not None:
                step = used - counted
                counted = used
                self.state["processor_seconds"] = before["processor_seconds"] + used
                self.state["executions"] = before["executions"] + self.executions
                if self.last_edge is not None:
                    self.state["quiet_seconds"] += step
                self.save()
            if self.is_done or time.monotonic() > deadline:
                process.send_signal(signal.SIGINT)
                return
            time.sleep(5)
        self.state["executions"] = before["executions"] + self.executions


def table(runs):
    print("| reader | inputs | processor time | edges | since the last new edge | crashes |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for run in runs:
        state = run.state
        print(f"| {run.reader} | {state['executions']:,} | {state['processor_seconds'] / 60:.0f} min | {state['edges']:,} "
              f"| {state['quiet_seconds'] / 60:.0f} min{'' if run.is_done else ', not done'} | {state['crashes']} |")


def fuzz(options):
    runs = [Run(reader, options) for reader in options.targets]
    waiting = [run for run in runs if not run.is_done]
    lock, failed = threading.Lock(), []
    deadline = time.monotonic() + 60 * options.minutes

    def work():
        while True:
            with lock:
                if not waiting or time.monotonic() > deadline:
                    return
                run = waiting.pop(0)
            if not run.go(deadline):
                failed.append(run.reader)
                print(f"{run.reader}: stopped by an input, see {run.crashes} and {run.folder / run.reader}.log", flush=True)

    workers = [threading.Thread(target=work) for _ in range(options.jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    table(runs)
    return 1 if failed else 0


def replay(options):
    """Reads every kept input once; the crashes of former days are among them."""
    total = 0
    for reader in options.targets:
        folder = options.work / "replay" / reader
        shutil.rmtree(folder, ignore_errors=True)
        inputs = [str(path) for path in kept_inputs(reader, folder)]
        if not inputs:
            sys.exit(f"{FUZZING / 'Corpus'}: no inputs for {reader}; make some with `make fuzz`, keep them with FUZZ=--keep")
        result = subprocess.run(arguments(options.binary, reader) + inputs, env=environment(reader),
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
        read = result.stderr.count("Executed ")
        if result.returncode != 0 or read != len(inputs):
            sys.exit(f"{reader}: {read} of {len(inputs)} inputs were read, status {result.returncode}\n{result.stderr[-4000:]}")
        total += read
        print(f"{reader}: {read} inputs")
    print(f"{total} inputs read, none ended a reader")
    return 0


def keep(options):
    """Reduces the work folder's corpus to what reaches everything, and puts that into the repository."""
    for reader in options.targets:
        merged = options.work / "merged" / reader
        shutil.rmtree(merged, ignore_errors=True)
        merged.mkdir(parents=True)
        # Those with a name of their own once ended a reader: they stay beside the archive, whatever they reach.
        named = FUZZING / "Corpus" / reader
        folders = [options.work / "corpus" / reader, named]
        command = arguments(options.binary, reader) + ["-set_cover_merge=1", str(merged)]
        command += [str(path) for path in folders if path.is_dir()]
        subprocess.run(command, env=environment(reader), stdin=subprocess.DEVNULL, check=True, capture_output=True)
        names = {path.name for path in named.iterdir()} if named.is_dir() else set()
        found = sorted((path for path in merged.iterdir() if path.name not in names), key=lambda path: path.stat().st_size)
        total, count = 0, 0
        with tarfile.open(FUZZING / "Corpus" / f"{reader}.tar.xz", "w:xz", preset=9) as archive:
            for path in found:
                total += path.stat().st_size
                if total > KEPT_BYTES:
                    break
                # No dates or owners: the same inputs make the same archive.
                entry = tarfile.TarInfo(path.name)
                entry.size = path.stat().st_size
                archive.addfile(entry, io.BytesIO(path.read_bytes()))
                count += 1
        RECORD.write_text(json.dumps(record() | {reader: Run(reader, options).state}, indent=1, sort_keys=True) + "\n")
        print(f"{reader}: {len(names)} by name, {count} of {len(found)} others", flush=True)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path, help="the fuzzer, as `make fuzz` builds it")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(".build-fuzz/work"), help="where runs go on")
    parser.add_argument("--targets", type=lambda text: text.split(","), default=list(READERS), help="readers, by commas")
    parser.add_argument("--minutes", type=float, default=10, help="minutes by the clock (default 10)")
    parser.add_argument("--quiet", type=float, default=30, help="minutes of processor time without a new edge (default 30)")
    parser.add_argument("--executions", type=int, default=1_000_000, help="inputs at least (default a million)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="readers at once (default: one for each core)")
    parser.add_argument("--seeds", type=pathlib.Path, help="more inputs to begin with: FOLDER/READER/…")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--replay", action="store_true", help="read the kept inputs once")
    action.add_argument("--keep", action="store_true", help="reduce the corpus and keep it in the repository")
    options = parser.parse_args()
    unknown = [reader for reader in options.targets if reader not in READERS]
    if unknown:
        parser.error(f"no reader is called {', '.join(unknown)}; there are {', '.join(READERS)}")
    options.work.mkdir(parents=True, exist_ok=True)
    return (replay if options.replay else keep if options.keep else fuzz)(options)


if __name__ == "__main__":
    sys.exit(main())
