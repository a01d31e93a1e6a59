"""`pretrain`: ranks that share every batch take the steps of one rank, within rounding; any number of them goes on with a run."""

import array
import json
import math
import signal
import sys

from .findings import expect
from .jobs import contents, ended, failed, spoken, strike

#: Small, 4 steps an epoch, a batch that 4 ranks cannot share evenly; no gradient is ever so long that it is clipped, but its length
#: is logged.
TINY = ("--synthetic dead-leaves --count 40 --batch-size 10 --image-size 16 --patch-size 4 --width 16 --depth 3 --heads 2 "
        "--decoder-width 8 --decoder-depth 1 --decoder-heads 2 --threads 1 --seed 5 --save-every 1 --log-every 1 --fuse all "
        "--learning-rate 0.02 --clip 1000").split()
SHORT = [*TINY, "--epochs", 2]
#: Of a run that is long enough to be hit in its midst.
EPOCHS = 20


def tensors(data):
    """All numbers of a safetensors file in single precision, by name."""
    length = int.from_bytes(data[:8], "little")
    found = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            values = array.array("f", data[8 + length + entry["data_offsets"][0]:8 + length + entry["data_offsets"][1]])
            if sys.byteorder == "big":
                values.byteswap()
            found[name] = values
    return found


def log(folder):
    return [json.loads(line) for line in (folder / "run" / "scalars.jsonl").read_text().splitlines()]


def steps(lines):
    """The lines of steps; a line of step 0 has the fusion weights alone."""
    return [line for line in lines if "loss" in line]


def timeless(files):
    """The files of a run but for the speed in its log, and what stands for the lock."""
    found = {name: data for name, data in files.items() if not name.endswith(".lock")}
    for name in found:
        if name.endswith("scalars.jsonl"):
            lines = [json.loads(line) for line in found[name].splitlines()]
            found[name] = [{key: value for key, value in line.items() if key != "images_per_second"} for line in lines]
    return found


def expect_near(name, folder, other, epoch):
    """Weights and log of two runs agree within rounding."""
    lines = steps(log(folder))
    for one, two in zip(lines, steps(log(other)), strict=True):
        # The first losses are of equal weights: sums of single-precision shares in another order, some ε = 6e-8. Later ones are of
        # weights that differ as below.
        share = 1e-6 if one["step"] == 1 else 1e-4
        expect(math.isclose(one["loss"], two["loss"], rel_tol=share),
               f"{name}: the loss of step {one['step']} is {two['loss']} instead of {one['loss']}")
        # AdamW does not see a gradient that is twice as long, this does. A derivative loses some digits more than its loss.
        expect(math.isclose(one["gradient_norm"], two["gradient_norm"], rel_tol=10 * share),
               f"{name}: the gradient of step {one['step']} is {two['gradient_norm']} long instead of {one['gradient_norm']}")
    # AdamW divides the mean gradient by the root of its mean square: a weight moves by about the learning rate in every step,
    # however small its gradient is. Where that is nothing but rounding, as for the bias of keys, which softmax does not see, the
    # direction is chance, and two runs come apart by up to twice the sum of the learning rates (and somewhat more, as the two
    # means are of different length). Such weights are few: 99 of 100 have gradients that rounding moves by a few ε of the largest.
    travelled = sum(line["lr"] for line in lines)
    one, two = (tensors((run / "run" / f"epoch_{epoch}.safetensors").read_bytes()) for run in (folder, other))
    if not expect(one.keys() == two.keys(), f"{name}: other tensors {sorted(one.keys() ^ two.keys())}"):
        return
    apart = sorted(abs(a - b) for key in one for a, b in zip(one[key], two[key], strict=True))
    usual, furthest = apart[len(apart) * 99 // 100], apart[-1]
    words = f"{name}: weights differ by up to {furthest:.2g}, 99 of 100 by up to {usual:.2g}; the learning rates sum to {travelled:.2g}"
    expect(furthest <= 2.5 * travelled and usual <= 1e-4 * travelled, words)
    print(f"  {name}: weights differ by up to {furthest / travelled:.1g} of the way they may have gone, "
          f"99 of 100 by up to {usual / travelled:.1g}", flush=True)


def check_training(bench):
    runs = {}
    for label in ("plain", "without mpirun", 1, 2, 4):
        folder = bench.place(f"pretrain {label}")
        done = bench.run(bench.labelled(label, "pretrain", "-o", "run", *SHORT), folder=folder)
        if not expect(done.returncode == 0, f"pretrain, {label}: status {done.returncode}: {done.stderr}"):
            continue
        expect(spoken(done, "done after 8 steps") == 1, f"pretrain, {label}: the end is said {spoken(done, 'done after')} times")
        runs[label] = folder
    plain = timeless(contents(runs["plain"]))
    for label in ("without mpirun", 1):
        expect(timeless(contents(runs[label])) == plain, f"pretrain, {label}: not the files of the plain build")
    for label in (2, 4):
        found = timeless(contents(runs[label]))
        expect(found.keys() == plain.keys(), f"pretrain, {label} ranks: files {sorted(found.keys() ^ plain.keys())}")
        expect(found["run/config.json"] == plain["run/config.json"], f"pretrain, {label} ranks: another recipe")
        expect_near(f"pretrain, {label} ranks", runs["plain"], runs[label], 2)
    check_training_refusals(bench, runs["plain"])


def check_training_resumption(bench):
    """A rank dies, the job goes on with as many ranks, to the last bit, and with fewer and more, within rounding."""
    options = [*TINY, "--image-size", 32, "--count", 80, "--epochs", EPOCHS]
    runs = {}
    for label in ("plain", 3):
        runs[label] = bench.place(f"pretrain undisturbed {label}")
        done = bench.run(bench.labelled(label, "pretrain", "-o", "run", *options), folder=runs[label])
        expect(done.returncode == 0, f"pretrain, {label}: status {done.returncode}: {done.stderr}")
    whole = timeless(contents(runs[3]))
    for number, victim, again in [(signal.SIGKILL, 1, 3), (signal.SIGKILL, 1, 2), (signal.SIGKILL, 0, 1), (signal.SIGTERM, 1, 3),
                                  (signal.SIGINT, "mpirun", 3)]:
        name = f"pretrain, {number.name} to {'' if victim == 'mpirun' else 'rank '}{victim} of 3, then {again}"
        folder = bench.place(name)
        second = folder / "run" / "epoch_2.safetensors"
        struck = strike(bench, name, bench.ranks(3, "pretrain", "-o", "run", *options), lambda said: second.exists(),
                        lambda launcher, ranks: [launcher if victim == "mpirun" else ranks.get(victim)], number, folder=folder)
        if struck is None:
            continue
        failed(name, struck[0], seconds=struck[1])
        if number == signal.SIGTERM:
            # One rank is asked to end: all take the same step, and save.
            expect(spoken(struck[0], "stopped and saved") == 1, f"{name}: does not say that it has saved: {struck[0].stderr}")
        # A draft that was being written is no result; the job that goes on removes it.
        for path, data in contents(folder).items():
            if path.startswith("run/epoch_"):
                expect(data == whole.get(path), f"{name}: {path} is not that of an undisturbed run")
        expect(not (folder / "run" / f"epoch_{EPOCHS}.safetensors").exists(), f"{name}: the run was over")
        done = bench.run(bench.ranks(again, "pretrain", "-o", "run", "--resume", "--threads", 1), folder=folder)
        if not expect(done.returncode == 0, f"{name}, resumed: status {done.returncode}: {done.stderr}"):
            continue
        found = timeless(contents(folder))
        expect(found.keys() == whole.keys(), f"{name}, resumed: files {sorted(found.keys() ^ whole.keys())}")
        if again == 3:
            differing = [path for path in whole if found.get(path) != whole[path]]
            expect(not differing, f"{name}, resumed: {differing} are not those of an undisturbed run")
        else:
            expect_near(name, runs["plain"], folder, EPOCHS)


def check_training_refusals(bench, run):
    folder = bench.place("pretrain refused")
    common = ["pretrain", "-o", folder / "run", *TINY]
    done = bench.run(bench.ranks(4, *common, "--batch-size", 3), 60)
    failed("pretrain: more ranks than images of a batch", done, "4 ranks cannot share batches of 3 images")
    expect(spoken(done, "Error:") == 1, f"pretrain: more ranks than images: said {spoken(done, 'Error:')} times")

    before = contents(run)
    done = bench.run(bench.ranks(2, "pretrain", "-o", run / "run", *SHORT), 60)
    ended("pretrain: a folder that holds a run", done, run, "--resume", before=before)
    expect(spoken(done, "Error:") == 1, f"pretrain: a folder that holds a run: said {spoken(done, 'Error:')} times")
    done = bench.run(bench.ranks(2, "pretrain", "-o", run / "run", "--resume", "--batch-size", 5), 60)
    ended("pretrain: another recipe", done, run, "batchSize", before=before)
