"""The commands under test on tiny inputs, and where they run."""

import os
import random
import shutil
import subprocess
import time

from .findings import expect, problem


TINY = ("--synthetic dead-leaves --count 32 --batch-size 8 --image-size 16 --patch-size 4 --width 16 --depth 3 --heads 2 "
        "--decoder-width 8 --decoder-depth 1 --decoder-heads 2 --threads 2 --seed 5 --save-every 1 --log-every 1 "
        "--epochs 6 --fuse all").split()


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


def wait_until(condition, limit):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False
