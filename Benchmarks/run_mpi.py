#!/usr/bin/env python3
"""One rank against several on this machine: the same work, in alternating pairs, and what an exchange between ranks takes.

    Benchmarks/run_mpi.py [NAME ...] [--ranks 2] [--threads 1] [--pairs 3]

Each rank has as many threads as the one it is compared with: efficiency is T(1 rank) / (N · T(N ranks)), 1 where N ranks take an
Nth of the time. Each benchmark times pairs: 1 rank, N ranks, 1 rank, N ranks ... and prints the median of the pairs' efficiencies
with their range, as a table in Markdown. Both sides are started by mpirun, with the program that `make mpi` builds. Beside the whole
command stands what the program says of its own work, without start, reading and writing.

What other programs took of the processor meanwhile is measured, too (Linux): figures of pairs in which that was more than a tenth
of a core are of this machine under load. The network is ViT-Ti/16 with random weights, made here: curvature costs the same.
Needs nothing but Python 3.9 itself and mpicc, twelve minutes on two cores, and 4 GB for each rank.
"""
import argparse
import array
import json
import math
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Callable, NamedTuple

from run import ROOT, machine

HERE = pathlib.Path(__file__).resolve().parent
#: Where other programs take more of the processor than this, in cores, a pair is of a loaded machine.
DISTURBED = 0.1
#: Open MPI: as root, and no rank bound to a core, which another program may want.
for name in ("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"):
    os.environ.setdefault(name, "1")
for name in ("OMPI_MCA_hwloc_base_binding_policy", "PRTE_MCA_hwloc_default_binding_policy"):
    os.environ.setdefault(name, "none")


class Benchmark(NamedTuple):
    title: str
    #: Runs it on so many ranks and returns figures by name, each in seconds for the same work.
    take: Callable[[int], dict]
    #: Figures in which N ranks do N times the work in the time that is given.
    each: tuple = ()


def busy():
    """Processor seconds that this machine has worked so far; None where it does not say."""
    try:
        with open("/proc/stat") as file:
            user, nice, system, _, _, irq, soft, *_ = map(int, file.readline().split()[1:])
    except (OSError, ValueError):
        return None
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


class Setting:
    """What the benchmarks share: the program, the launcher, threads, a checkpoint and where files go."""

    def __init__(self, options):
        self.binary, self.mpirun, self.threads = options.binary.resolve(), options.mpirun, options.threads
        self.ranks, self.batches, self.count = options.ranks, options.batches, options.count
        self.images, self.scratch = ROOT / "Fixtures" / "images", options.scratch.resolve()
        self.scratch.mkdir(parents=True, exist_ok=True)
        #: Cores that other programs took in each run, on average.
        self.others = []

    def run(self, command, folder=None):
        """Runs a command to its end: standard output and wall time."""
        command = [str(part) for part in command]
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            before, start = busy(), time.perf_counter()
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder)
            _, status, usage = os.wait4(child.pid, 0)
            wall, after = time.perf_counter() - start, busy()
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0), err.seek(0)
            if child.returncode != 0:
                sys.exit(f"{' '.join(command)}\nended with status {child.returncode}:\n{err.read()}{out.read()}")
            if before is not None:
                self.others.append(max(0.0, after - before - usage.ru_utime - usage.ru_stime) / wall)
            return out.read(), wall

    def job(self, ranks, *arguments, folder=None):
        return self.run([self.mpirun, "-n", ranks, self.binary, *arguments], folder)

    def inspect(self, ranks, command, *options):
        """mff-inspect with JSON, which is parsed, and wall time."""
        output, wall = self.job(
            ranks, command, self.checkpoint(), "--images", self.images, "--threads", self.threads, "--json", "-", "-q",
            "-o", self.scratch / f"{command}.png", *options)
        return json.loads(output), wall

    def checkpoint(self):
        path = self.scratch / "tiny" / "epoch_1.safetensors"
        if not path.exists():
            print(f"writing {path}", flush=True)
            # One that was interrupted is in the way.
            shutil.rmtree(path.parent, ignore_errors=True)
            self.run([self.binary, "pretrain", "-o", path.parent, "--arch", "tiny", "--synthetic", "dead-leaves", "--count", 2,
                      "--batch-size", 2, "--epochs", 1, "--no-panel", "-q"])
        return path


def start(setting):
    """Start and end of a job that does nothing: a part of every whole command."""
    return Benchmark("start and end of a job", lambda ranks: {"--version": setting.job(ranks, "--version")[1]}, ("--version",))


def eigenvalues(setting, title, batches, divide, solver):
    """A given number of products a batch, whatever they settle."""

    def take(ranks):
        result, wall = setting.inspect(
            ranks, "hessian", "--batches", batches, "--batch-size", 16, "--solver", "lanczos", "--top", 1,
            "--max-iterations", PRODUCTS, "--tolerance", 0, "--no-rank-check", "--divide", divide)
        model, = result["models"]
        found = model["batches"]
        assert [batch["products"] for batch in found] == [PRODUCTS] * batches, "the solver stopped early"
        setting.parameters = model["parameters"]
        return {
            "whole command": wall,
            solver: statistics.median(batch["primalSeconds"] + batch["seconds"] for batch in found),
            "a product": statistics.median(batch["seconds"] / batch["products"] for batch in found)}

    each = (solver, "a product") if divide == "batches" else ()
    return Benchmark(f"{title} ({batches} batches of 16 images, {PRODUCTS} products each)", take, each)


#: Hessian-vector products of a batch: fewer than a spectrum takes, which is thirty and more, so that a pair is over in two minutes.
PRODUCTS = 12


def whole_batches(setting):
    return eigenvalues(setting, "hessian, whole batches", setting.batches, "batches", "a batch, each rank its own")


def shared_batches(setting):
    return eigenvalues(
        setting, "hessian, images of a batch", max(1, setting.batches // 2), "images", "a batch, all ranks together")


def frequency(setting):
    def take(ranks):
        result, wall = setting.inspect(ranks, "frequency", "--count", setting.count)
        return {"whole command": wall, "forward passes and spectra": result["models"][0]["seconds"]}

    return Benchmark(f"frequency ({setting.count} images)", take)


IMAGE = "an image of a step"


STEPS = 8


def prepared_images(setting):
    """Sixteen images of noise, several times, as the network takes them: none is decoded or drawn while ranks are timed."""
    path = setting.scratch / "images.safetensors"
    if not path.exists():
        numbers = random.Random(0)
        batch = array.array("f", (numbers.gauss(0, 1) for _ in range(16 * 3 * 224 * 224)))
        if sys.byteorder == "big":
            batch.byteswap()
        header = json.dumps({"images": {"dtype": "F32", "shape": [16 * STEPS, 3, 224, 224],
                                        "data_offsets": [0, STEPS * len(batch) * 4]}}).encode()
        with open(path.with_suffix(".draft"), "wb") as file:
            file.write(len(header).to_bytes(8, "little") + header)
            for _ in range(STEPS):
                file.write(batch.tobytes())
        path.with_suffix(".draft").replace(path)
    return path


def pretrain(setting):
    """Steps of 16 images; the first line of the log is of a start, the others count."""

    def take(ranks):
        folder = setting.scratch / "run"
        shutil.rmtree(folder, ignore_errors=True)
        _, wall = setting.job(
            ranks, "pretrain", "-o", folder, "--arch", "tiny", "--images", prepared_images(setting), "--augmentation", "none",
            "--batch-size", 16, "--epochs", 1, "--threads", setting.threads, "--log-every", 1, "--no-panel", "-q")
        lines = [json.loads(line) for line in (folder / "scalars.jsonl").read_text().splitlines()]
        rates = [line["images_per_second"] for line in lines if "images_per_second" in line][1:]
        return {"whole command": wall, IMAGE: 1 / statistics.median(rates)}

    return Benchmark(f"pretrain ({STEPS} steps of 16 images)", take)


BENCHMARKS = {
    "start": start, "batches": whole_batches, "images": shared_batches, "frequency": frequency, "pretrain": pretrain}


def compare(benchmark, setting, pairs):
    """Times the pairs and returns a row of the table for each figure."""
    print(f"{benchmark.title}", flush=True)
    found, others = [], []
    for number in range(1, pairs + 1):
        setting.others.clear()
        found.append((benchmark.take(1), benchmark.take(setting.ranks)))
        others.append(max(setting.others, default=math.nan))
        figures = "; ".join(f"{what} {one[what]:.3f} s and {several[what]:.3f} s" for one, several in found[-1:] for what in one)
        print(f"  pair {number}: {figures}; other programs took {others[-1]:.2f} cores", flush=True)
    rows = []
    for what in found[0][0]:
        work = 1 if what in benchmark.each else setting.ranks
        efficiencies = [one[what] / (work * several[what]) for one, several in found]
        rows.append({
            "title": benchmark.title, "what": what, "one": [one[what] for one, _ in found],
            "several": [several[what] for _, several in found], "efficiencies": efficiencies,
            "medianEfficiency": statistics.median(efficiencies), "otherCores": others})
    return rows


def exchanges(setting, options):
    """What exchanges take, of as many numbers as the network has parameters, and of one."""
    program = setting.scratch / "exchange"
    shim = ROOT / "Sources" / "MPIShim"
    setting.run([options.mpicc, "-O2", "-DWITH_MPI", "-I", shim / "include", HERE / "mpi_exchange.c", shim / "mpi_shim.c",
                 "-o", program])
    parameters = getattr(setting, "parameters", 6_027_264)
    sizes = sorted({1, 1000, 100_000, 1_000_000, parameters, 4 * parameters})
    setting.others.clear()
    output, _ = setting.run([setting.mpirun, "-n", setting.ranks, program, *sizes])
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")], max(setting.others, default=math.nan)


def print_rows(rows, ranks):
    print(f"\n| work | figure | 1 rank | {ranks} ranks | efficiency | range |\n| --- | --- | ---: | ---: | ---: | ---: |")
    for row in rows:
        one, several = statistics.median(row["one"]), statistics.median(row["several"])
        print(f"| {row['title']} | {row['what']} | {one:.3f} s | {several:.3f} s "
              f"| {row['medianEfficiency']:.2f} | {min(row['efficiencies']):.2f} to {max(row['efficiencies']):.2f} |")
        if row["what"] == IMAGE:
            print(f"| | images a second | {1 / one:.1f} | {1 / several:.1f} | | |")


def print_exchanges(lines, ranks):
    """Times of both exchanges, and the two constants of time = latency + bytes / bandwidth."""
    each = 8 * (ranks - 1)
    print(f"\n{ranks} ranks on one machine. A product of shared images sends 4n bytes to each of the other ranks and as many back, {each}n "
          "bytes in all;\na sum that all receive, as of a training step, sends and receives 2 (N - 1) / N · 4n bytes a rank, "
          f"{each}n in all.\n")
    print("| numbers, n | bytes, 8 (N - 1) n | product | sum |\n| ---: | ---: | ---: | ---: |")
    for line in lines:
        times = " | ".join(f"{1e6 * line[what]:.1f} µs" for what in ("product", "sum"))
        print(f"| {line['numbers']} | {each * line['numbers']} | {times} |")
    least, most = lines[0], lines[-1]
    for what in ("product", "sum"):
        rate = each * (most["numbers"] - least["numbers"]) / (most[what] - least[what])
        print(f"\n{what}: latency {1e6 * least[what]:.1f} µs, bandwidth {rate / 1e9:.2f} GB/s (all bytes by the time)", end="")
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}, exchanges; all unless told")
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / ".build-mpi/release/mff-inspect")
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("--mpicc", default="mpicc")
    parser.add_argument("--scratch", type=pathlib.Path, default=ROOT / ".build-bench" / "mpi", help="folder for its files")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="of each rank")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--batches", type=int, default=4, help="of hessian; half as many where ranks share each")
    parser.add_argument("--count", type=int, default=160, help="images of frequency")
    parser.add_argument("--json", type=pathlib.Path, help="also write all figures to this file")
    options = parser.parse_args()
    names = options.names or [*BENCHMARKS, "exchanges"]
    for name in names:
        if name not in BENCHMARKS and name != "exchanges":
            parser.error(f"no benchmark is called {name}; there are {', '.join(BENCHMARKS)}, exchanges")
    for name in ("pairs", "threads", "batches", "count"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    if options.ranks < 2:
        parser.error("--ranks must be at least 2")
    if not options.binary.exists():
        sys.exit(f"{options.binary} does not exist; run make mpi, or give --binary PATH")
    where, setting = machine(), Setting(options)
    print(f"{where['processor']}, {where['cores']} cores, {options.ranks} ranks with {options.threads} threads each, "
          f"load {where['load']:.1f}, commit {where['commit']}")
    if options.ranks * options.threads > where["cores"]:
        print("There are fewer cores than threads of all ranks: these figures tell nothing of a machine that has them.")
    if where["load"] > 0.3:
        print("Other programs are running, or were a moment ago: efficiencies suffer from that.")
    setting.checkpoint()
    setting.job(1, "--version")
    rows = [row for name in names if name in BENCHMARKS for row in compare(BENCHMARKS[name](setting), setting, options.pairs)]
    if rows:
        print_rows(rows, options.ranks)
    found = {}
    if "exchanges" in names:
        found["exchanges"], found["otherCores"] = exchanges(setting, options)
        print_exchanges(found["exchanges"], options.ranks)
    pairs = {(row["title"], number): others for row in rows for number, others in enumerate(row["otherCores"])}
    loaded = sum(others > DISTURBED for others in pairs.values())
    if loaded:
        print(f"\nIn {loaded} pairs other programs took more than {DISTURBED} cores: repeat on a quiet machine.")
    if options.json:
        options.json.write_text(json.dumps(
            {**where, "ranks": options.ranks, "threads": options.threads, "results": rows, **found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
