#!/usr/bin/env python3
"""mff-inspect against PyTorch on this machine: the same work, in alternating pairs.

    Benchmarks/run.py [NAME ...] --python VENV/bin/python    a Python that has torch, numpy and safetensors
    Benchmarks/run.py --make-venv                            or one made here, in .venv-bench

Each benchmark warms both sides up once and then times pairs: ours, PyTorch, ours, PyTorch ... It prints the median
of the pairs' ratios (PyTorch / ours: above 1 we are faster) with their range, and the peak memory of both. A pair in
which PyTorch took more than 1.3 times its own best is dropped, and said to be: something else was running.
Needs nothing but Python 3.9 itself. What PyTorch does is in torch_reference.py beside this file.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Callable, NamedTuple, Optional

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
REFERENCE = HERE / "torch_reference.py"
#: Where PyTorch is this much slower than at its best, the pair measured another program's load.
DISTURBED = 1.3
REQUIREMENTS = ["torch==2.13.0", "numpy", "safetensors", "pyhessian"]


class Sample(NamedTuple):
    """One run: what it took by the benchmark's own clock, and its process's largest resident size."""
    seconds: float
    peak_mib: float


class Process(NamedTuple):
    output: str
    wall: float
    peak_mib: float


class Benchmark(NamedTuple):
    title: str
    ours: Callable[[], Sample]
    torch: Callable[[], Sample]


class Family(NamedTuple):
    """Several figures from one pair of processes: each side returns its samples by name."""
    title: str
    ours: Callable[[], dict]
    torch: Callable[[], dict]
    #: Warms up and prints what no time shows; returns it for the file of figures.
    warm_up: Optional[Callable[[], dict]] = None


def run(command):
    """Runs a command to its end: standard output, wall time, and peak memory from its own resource usage."""
    command = [str(part) for part in command]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        if child.returncode != 0:
            sys.exit(f"{' '.join(command)}\nended with status {child.returncode}:\n{err.read()}{out.read()}")
        # Linux counts in KiB, macOS in bytes.
        unit = 2**20 if sys.platform == "darwin" else 2**10
        return Process(out.read(), wall, usage.ru_maxrss / unit)


class Setting:
    """What the benchmarks share: both programs, threads, the model's size, and the reference data, written once."""

    def __init__(self, options):
        self.binary, self.python = options.binary.resolve(), options.python
        self.derivatives = options.derivatives.resolve()
        self.training = options.derivatives.resolve().parent / "training"
        self.lanczos = options.derivatives.resolve().parent / "lanczos"
        self.threads, self.arch, self.count = options.threads, options.arch, options.count
        self.data = options.scratch.resolve() / f"{self.arch}-{self.count}"

    def checkpoint(self):
        path = self.data / f"mae_{self.arch}.pth"
        # masks.safetensors is written last: where it stands, the others are whole.
        if not (self.data / "masks.safetensors").exists():
            self.data.mkdir(parents=True, exist_ok=True)
            print(f"writing {path} and {self.count} images", flush=True)
            self.reference("write", "--arch", self.arch, "--batch", self.count, "--count", self.count, self.data)
        return path

    def reference(self, *arguments):
        """torch_reference.py; `--threads` is PyTorch's, all cores unless told."""
        threads = ["--threads", self.threads] if self.threads else []
        return run([self.python, REFERENCE, *arguments, *threads])

    def inspect(self, *arguments):
        """mff-inspect, with standard output as JSON."""
        threads = ["--threads", self.threads] if self.threads else []
        return run([self.binary, *arguments, "--json", "-", *threads])

    def inspect_frequency(self):
        return self.inspect("frequency", self.checkpoint(), "--images", self.data / "images.safetensors",
                            "-o", self.data / "frequency.png", "--count", self.count)


def frequency(setting):
    """Layer-by-layer spectra: the computation alone, and the command as a user runs it."""
    size = ["--arch", setting.arch, "--count", setting.count]

    def ours_inside():
        process = setting.inspect_frequency()
        return Sample(json.loads(process.output)["models"][0]["seconds"], process.peak_mib)

    def torch_inside():
        # Weights and images are in memory, one pass has been made, and the better of two more counts.
        process = setting.reference("frequency", *size)
        return Sample(json.loads(process.output)["seconds"], process.peak_mib)

    def ours_whole():
        process = setting.inspect_frequency()
        return Sample(process.wall, process.peak_mib)

    def torch_whole():
        process = setting.reference("frequency", "--once", *size, setting.data)
        return Sample(process.wall, process.peak_mib)

    what = f"ViT {setting.arch}, {setting.count} images"
    return [
        Benchmark(f"frequency, forward passes and spectra ({what})", ours_inside, torch_inside),
        Benchmark(f"frequency, whole command ({what})", ours_whole, torch_whole),
    ]


def derivatives(setting):
    """Forward pass, gradient and exact Hessian-vector product of a masked autoencoder, at the sizes users meet."""

    def figures(process):
        lines = [json.loads(line) for line in process.output.splitlines() if line.startswith("{")]
        return {line["what"]: Sample(line["seconds"], process.peak_mib) for line in lines}

    def compared(arch, batch):
        # One process measures all three, so a pair of processes is run once and its figures are handed out.
        def ours():
            return figures(run([setting.derivatives, arch, batch, *([setting.threads] if setting.threads else [])]))

        def torch():
            return figures(setting.reference("time", "--arch", arch, "--batch", batch))

        return Family(f"MAE {arch}, batch {batch}", ours, torch)

    return [compared("base", 4), compared("tiny", 16), compared("micro", 16)]


def lanczos(setting):
    """A product of a Lanczos run, orthogonalisation included, against PyTorch's bare one: the sizes of `derivatives`."""

    def seconds(process):
        lines = [json.loads(line) for line in process.output.splitlines() if line.startswith("{")]
        return {line["what"]: line["seconds"] for line in lines}

    def compared(arch, batch):
        def ours():
            process = run([setting.lanczos, arch, batch, *([setting.threads] if setting.threads else [])])
            return {what: Sample(each, process.peak_mib) for what, each in seconds(process).items()}

        def torch():
            process = setting.reference("time", "--arch", arch, "--batch", batch)
            product = Sample(seconds(process)["hessian-vector product"], process.peak_mib)
            return {what: product for what in (
                "Lanczos run of 16 products, one product", "Lanczos run with its certificates, one product")}

        return Family(f"MAE {arch}, batch {batch}", ours, torch)

    return [compared("base", 4), compared("tiny", 16), compared("micro", 16)]


def training(setting):
    """Optimiser steps of a masked autoencoder: images in memory, loss, gradient, AdamW."""

    def sample(process):
        line = next(line for line in process.output.splitlines() if line.startswith("{"))
        return Sample(json.loads(line)["seconds"], process.peak_mib)

    def compared(arch, batch):
        def ours():
            return sample(run([setting.training, arch, batch, *([setting.threads] if setting.threads else [])]))

        def torch():
            return sample(setting.reference("train", "--arch", arch, "--batch", batch))

        return Benchmark(f"training, a step of MAE {arch} with {batch} images", ours, torch)

    return [compared("micro", 64), compared("tiny", 16)]


def weights(setting):
    """Fusion weights of a run of 20 checkpoints: the command as a user runs it, Python's start included on its side."""
    run_folder = setting.data / "run"
    if len(list(run_folder.glob("epoch_*.pth"))) < 20:
        setting.checkpoint()
        print(f"writing 20 checkpoints to {run_folder}", flush=True)
        setting.reference("run", "--arch", setting.arch, "--epochs", 20, setting.data)

    def ours():
        process = setting.inspect("weights", "--over-training", run_folder, "-o", setting.data / "weights.png")
        points = json.loads(process.output)["runs"][0]["points"]
        assert [point["epoch"] for point in points] == list(range(1, 21)), "not every checkpoint was read"
        return Sample(process.wall, process.peak_mib)

    def torch():
        process = setting.reference("weights", run_folder)
        return Sample(process.wall, process.peak_mib)

    return [Benchmark(f"weights, whole command (20 checkpoints of ViT {setting.arch})", ours, torch)]


#: What `torch_reference.py` builds: attention heads of encoder and decoder, which its checkpoints do not say.
HEADS = {"micro": (2, 2), "tiny": (3, 3), "small": (6, 8), "base": (12, 16)}


class Eigenvalues:
    """The five eigenvalues of largest magnitude; both sides have the same weights, images and masks, seed 0 of the reference."""

    TOP, BATCH = 5, 16

    def __init__(self, setting, arch):
        self.setting, self.arch = setting, arch
        self.data = setting.data.parent / f"hessian-{arch}-{self.BATCH}"
        #: The last figures of each side that are no times: products, values, residuals.
        self.found = {}
        if not (self.data / "masks.safetensors").exists():
            self.data.mkdir(parents=True, exist_ok=True)
            setting.reference("write", "--arch", arch, "--batch", self.BATCH, "--count", self.BATCH, self.data)

    def ours(self, solver, *more):
        heads, decoder_heads = HEADS[self.arch]
        process = self.setting.inspect(
            "hessian", self.data / f"mae_{self.arch}.pth", "--images", self.data / "images.safetensors",
            "--masks", self.data / "masks.safetensors", "--heads", heads, "--decoder-heads", decoder_heads,
            "--batches", 1, "--batch-size", self.BATCH, "--top", self.TOP, "--norm-pixels", "--solver", solver,
            "--tolerance", 1e-3, *more, "-q", "-o", self.data / f"hessian-{solver}.png")
        batch = json.loads(process.output)["models"][0]["batches"][0]
        self.found[solver] = {
            "products": batch["products"], "checkProducts": batch["checkProducts"],
            "eigenvalues": [each["value"] for each in batch["eigenvalues"]],
            "residuals": [each["residual"] for each in batch["eigenvalues"]]}
        return {
            "whole command": Sample(process.wall, process.peak_mib),
            "solver alone": Sample(batch["primalSeconds"] + batch["seconds"], process.peak_mib),
            "one product": Sample((batch["seconds"] + batch["checkSeconds"]) / (batch["products"] + batch["checkProducts"]),
                                  process.peak_mib)}

    def torch(self, *more):
        """PyHessian as its users run it: stops where two steps differ by less than 1e-3, at most 100 for each value."""
        process = self.setting.reference(
            "eigenvalues", "--arch", self.arch, "--batch", self.BATCH, "--top", self.TOP, *more)
        lines = [json.loads(line) for line in process.output.splitlines() if line.startswith("{")]
        found, *checked = lines
        # Residuals are there only when they were asked for.
        self.found["PyHessian"] = {**found, **(checked[0] if checked else {})}
        return {
            "whole command": Sample(process.wall, process.peak_mib),
            "solver alone": Sample(found["seconds"], process.peak_mib),
            "one product": Sample(found["seconds"] / found["products"], process.peak_mib)}

    def warm_up(self, solver, ours):
        """Work and exactness of both, which no time shows; PyHessian's residuals are no part of what is timed later."""
        self.torch("--residuals"), ours()
        for name in (solver, "PyHessian"):
            found = self.found[name]
            print(f"  {name}: {found['products']} products, {found.get('checkProducts', 0)} to certify; values "
                  + ", ".join(f"{value:.3f}" for value in found["eigenvalues"])
                  + "; residuals " + ", ".join(f"{value:.2g}" for value in found["residuals"]), flush=True)
        return {name: dict(self.found[name]) for name in (solver, "PyHessian")}


def hessian(setting):
    """Five eigenvalues against PyHessian: Lanczos, all residuals certified; power iteration with PyHessian's products."""
    families = []
    for arch in ("tiny", "micro"):
        def lanczos(side):
            return lambda: side.ours("lanczos")

        def power(side):
            # The cap is for each value: PyHessian's own number of products in all, those for true residuals included.
            def cap():
                return max(1, side.found["PyHessian"]["products"] // side.TOP - 1)

            return lambda: side.ours("power", "--max-iterations", cap())

        side = Eigenvalues(setting, arch)
        for solver, ours in (("lanczos", lanczos(side)), ("power", power(side))):
            families.append(Family(
                f"{solver} and PyHessian, five eigenvalues of MAE {arch}, batch {side.BATCH}", ours, side.torch,
                lambda side=side, solver=solver, ours=ours: side.warm_up(solver, ours)))
    return families


#: A benchmark is a function from the setting to what it compares; name it here and it can be run.
BENCHMARKS = {
    "frequency": frequency, "derivatives": derivatives, "lanczos": lanczos, "hessian": hessian, "training": training,
    "weights": weights}


def compare(benchmark, pairs):
    """Warms up, times the pairs, prints the comparisons and returns them."""
    if isinstance(benchmark, Benchmark):
        benchmark.ours(), benchmark.torch()
        return [summary(benchmark.title, [(benchmark.ours(), benchmark.torch()) for _ in range(pairs)])]
    if benchmark.warm_up:
        print(f"\n{benchmark.title}", flush=True)
        remarks = [{"title": benchmark.title, "found": benchmark.warm_up()}]
    else:
        benchmark.ours(), benchmark.torch()
        remarks = []
    both = [(benchmark.ours(), benchmark.torch()) for _ in range(pairs)]
    return remarks + [
        summary(f"{what} ({benchmark.title})", [(ours[what], torch[what]) for ours, torch in both])
        for what in both[0][1]]


def summary(title, samples):
    """Prints the pairs and their median ratio, and returns them."""
    print(f"\n{title}", flush=True)
    for number, (ours, torch) in enumerate(samples, 1):
        print(f"  pair {number}: ours {ours.seconds:7.3f} s  PyTorch {torch.seconds:7.3f} s"
              f"  ratio {torch.seconds / ours.seconds:.2f}", flush=True)
    best = min(torch.seconds for _, torch in samples)
    kept = [(ours, torch) for ours, torch in samples if torch.seconds <= DISTURBED * best]
    ratios = [torch.seconds / ours.seconds for ours, torch in kept]
    peaks = [max(sample[side].peak_mib for sample in samples) for side in (0, 1)]
    if len(kept) < len(samples):
        print(f"  dropped {len(samples) - len(kept)} of {len(samples)} pairs: "
              f"PyTorch took more than {DISTURBED} times its best, {best:.3f} s")
    print(f"  median ratio {statistics.median(ratios):.2f} (range {min(ratios):.2f} to {max(ratios):.2f}, "
          f"{len(kept)} pairs)")
    print(f"  peak memory: ours {peaks[0]:.0f} MiB, PyTorch {peaks[1]:.0f} MiB", flush=True)
    return {
        "title": title, "medianRatio": statistics.median(ratios), "ratios": ratios,
        "droppedPairs": len(samples) - len(kept), "ours": [ours.seconds for ours, _ in samples],
        "torch": [torch.seconds for _, torch in samples], "peakMiB": {"ours": peaks[0], "torch": peaks[1]},
    }


def machine():
    """The machine and the state of the sources, for whoever reads the figures later."""
    model = "unknown processor"
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), model)
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"processor": model, "cores": cores, "load": os.getloadavg()[0], "commit": commit.stdout.strip()}


def kernel(binary):
    """What multiplies matrices in our program, with its speed on one core, by the program's own test of itself."""
    found = subprocess.run([binary, "selftest", "--json", "-"], capture_output=True, text=True)
    try:
        result = json.loads(found.stdout)
        return {"kernel": result["kernel"], **result["speed"]}
    except (ValueError, KeyError):
        sys.exit(f"{binary} selftest failed:\n{found.stderr}{found.stdout}")


def reference_python(options):
    """The Python that has PyTorch; leaves with advice where there is none."""
    home = ROOT / ".venv-bench"
    python = options.python or (home / "bin/python" if options.make_venv or home.exists() else sys.executable)
    if options.make_venv and not pathlib.Path(python).exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True)
    probe = ("import torch, numpy, safetensors; print(torch.__version__, torch.backends.cpu.get_cpu_capability(),"
             " 'MKL' if torch.backends.mkl.is_available() else 'OpenBLAS or Eigen')")
    try:
        found = subprocess.run([python, "-c", probe], capture_output=True, text=True)
    except OSError as error:
        sys.exit(f"{python}: {error.strerror}; give --python a Python that has {', '.join(REQUIREMENTS)}")
    if found.returncode != 0:
        sys.exit(f"{python} lacks torch, numpy or safetensors: give --python PATH, or --make-venv to install them here")
    return python, found.stdout.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all unless told")
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / ".build/release/mff-inspect")
    parser.add_argument("--derivatives", type=pathlib.Path, default=ROOT / ".build-benchmarks/release/derivatives")
    parser.add_argument("--python", help="a Python that has torch, numpy and safetensors")
    parser.add_argument("--make-venv", action="store_true", help="install these into .venv-bench")
    parser.add_argument("--scratch", type=pathlib.Path, default=ROOT / ".build-bench", help="folder for reference data")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, help="of both; all cores unless told")
    parser.add_argument("--arch", default="base", choices=["micro", "tiny", "small", "base"])
    parser.add_argument("--count", type=int, default=16, help="images")
    parser.add_argument("--json", type=pathlib.Path, help="also write all figures to this file")
    options = parser.parse_args()
    for name in options.names:
        if name not in BENCHMARKS:
            parser.error(f"no benchmark is called {name}; there are {', '.join(BENCHMARKS)}")
    if options.pairs < 1:
        parser.error("--pairs must be at least 1")
    if not options.binary.exists():
        sys.exit(f"{options.binary} does not exist; run make build, or give --binary PATH")
    options.python, torch = reference_python(options)
    setting, where = Setting(options), {**machine(), **kernel(options.binary)}
    print(f"{where['processor']}, {options.threads or where['cores']} threads, load {where['load']:.1f}, "
          f"commit {where['commit']}, PyTorch {torch}")
    print(f"our matrix kernel {where['kernel']}, {where['product']:.0f} GFLOP/s a core, {100 * where['share']:.0f} % of what its "
          f"vectors ({where.get('instructions', 'unknown')}) can do")
    if where["load"] > where["cores"] / 2:
        print("Other programs are running: PyTorch's threads suffer more from that than ours, so these figures flatter us.")
    setting.checkpoint()
    results = [figure for name in options.names or BENCHMARKS for benchmark in BENCHMARKS[name](setting)
               for figure in compare(benchmark, options.pairs)]
    if options.json:
        options.json.write_text(json.dumps({**where, "torch": torch, "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
