"""What cannot be done ends at once, with words, and without touching a file."""

from .findings import expect
from .jobs import ended, spoken


def check_refusals(bench):
    good, missing = bench.fixtures / "ckpt.bin", bench.folder / "missing.bin"
    cut = bench.folder / "cut.bin"
    cut.write_bytes(good.read_bytes()[:5000])

    folder = bench.place("refused")
    common = ["--threads", 1, "-o", folder / "f.png"]
    # The same names and shapes; of every number the last bit.
    content = bytearray(good.read_bytes())
    data = 8 + int.from_bytes(content[:8], "little")
    content[data::4] = bytes(byte ^ 1 for byte in content[data::4])
    other = bench.folder / "other.bin"
    other.write_bytes(content)
    images = [["--images", path] for path in sorted((bench.fixtures / "images").rglob("*.png"))[:2]]

    for command, quick in [("frequency", []), ("hessian", ["--batches", 2, "--batch-size", 1, "--parameters", "block:11"])]:
        start = [command, good, *quick, *common]
        done = bench.run(bench.differing(start, [command, cut, *quick, *common]), 60)
        ended(f"{command}: a checkpoint that one rank cannot read", done, folder, "Error: rank 1 of 2", "cut.bin")

        done = bench.run(bench.ranks(4, command, missing, *quick, *common), 60)
        ended(f"{command}: a checkpoint that no rank can read", done, folder, "missing.bin")
        expect(spoken(done, "Error:") == 1, f"a checkpoint that no rank can read: said {spoken(done, 'Error:')} times")

        done = bench.run(bench.differing(start, [command, other, *quick, *common]), 60)
        ended(f"{command}: ranks that read different weights", done, folder, "found other weights")

        done = bench.run(bench.differing(start, [command, good, *quick, "--batch-size", 3, *common]), 60)
        ended(f"{command}: ranks with different options", done, folder, "found other checkpoints", "or options")

        done = bench.run(bench.differing(*([*start, *i] for i in images)), 60)
        ended(f"{command}: ranks that see different images", done, folder, "found other", "images")

    done = bench.run(bench.differing(["frequency", good, *common], ["frequency", bench.fixtures / "mff.bin", *common]), 60)
    ended("ranks that read different networks", done, folder, "found other checkpoints or options")

    done = bench.run(bench.ranks(2, "frequency", good, "--threads", 1, "-o", folder / "nowhere" / "f.png"), 60)
    ended("a place that cannot be written", done, folder, "nowhere")

    for command, options in [("weights", [bench.fixtures / "mff.bin", "-o", folder / "w.png"]), ("describe", [good])]:
        done = bench.run(bench.ranks(2, command, *options), 60)
        ended(f"a command that is not divided, {command}", done, folder, f"{command} was started as 2 ranks")
        expect(spoken(done, "Error:") == 1, f"a command that is not divided: said {spoken(done, 'Error:')} times")

    done = bench.run(bench.ranks(2, "hessian", good, "--dry-run", *common), 60)
    ended("a forecast", done, folder, "--dry-run was started as 2 ranks")

    done = bench.run(bench.ranks(2, "frequency", "--no-such-option"), 60)
    ended("wrong usage", done, folder, "no-such-option")
    expect(done.returncode == 64, f"wrong usage: status {done.returncode}")
    expect(spoken(done, "Error:") == 1, f"wrong usage: said {spoken(done, 'Error:')} times")

    done = bench.run([bench.mpirun, "-n", "2", bench.plain, "frequency", *map(str, common)], 60)
    ended("a build without MPI under mpirun", done, folder, "built without MPI")
