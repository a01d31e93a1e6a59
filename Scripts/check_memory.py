#!/usr/bin/env python3
"""Looks at the memory and time of a batch larger than memory: 1,024 images of the bundled MAE in 1.5 GB.

    Scripts/check_memory.py [--binary .build/release/mff-inspect] [--images 1024] [--memory 1500000000] [--threads N]

Needs nothing but Python. Runs `hessian` with `--memory`, and as root once more without it in a control group of that size (version 1 or 2),
where the program must find the limit by itself and is killed if it does not. Exits 1 where the peak of resident memory is above the limit,
or above 1.15 times what `--dry-run` says.
"""
import argparse, json, os, pathlib, struct, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIDE = 56


def write_images(path, count):
    """Images as models see them, of a fixed generator: a `.safetensors` file of shape (N, 3, 56, 56)."""
    state, row = 1, []
    for _ in range(3 * SIDE * SIDE):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        row.append((state >> 40) / 2 ** 23 - 1)
    header = json.dumps({"images": {
        "dtype": "F32", "shape": [count, 3, SIDE, SIDE], "data_offsets": [0, 12 * SIDE * SIDE * count]}}).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for image in range(count):
            turned = row[image * 37 % len(row):] + row[:image * 37 % len(row)]
            file.write(struct.pack(f"<{len(row)}f", *(value * (1 + image % 7 / 10) for value in turned)))


def control_group(limit):
    """A new control group for memory with that limit, and how to enter it; None where there is none to be had."""
    for base, file in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        if not os.path.exists(f"{base}/cgroup.procs"):
            continue
        # Within our own group, whose limits go on to hold.
        own = ""
        for line in open("/proc/self/cgroup"):
            _, controllers, path = line.rstrip().split(":", 2)
            if controllers == ("" if file == "memory.max" else "memory"):
                own = path
        for parent in (base + own, base):
            group = pathlib.Path(parent) / f"mff-inspect-{os.getpid()}"
            try:
                group.mkdir()
                (group / file).write_text(str(limit))
                return group
            except OSError:
                if group.exists():
                    group.rmdir()
    return None


def run(command, group=None):
    """Status, output and peak of resident memory."""
    def enter():
        if group:
            (group / "cgroup.procs").write_text(str(os.getpid()))
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen([str(word) for word in command], stdout=out, preexec_fn=enter)
        _, status, usage = os.wait4(child.pid, 0)
        out.seek(0)
        return os.waitstatus_to_exitcode(status), out.read().decode(), usage.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / ".build/release/mff-inspect")
    parser.add_argument("--images", type=int, default=1024)
    parser.add_argument("--memory", type=int, default=1_500_000_000)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        images = pathlib.Path(folder) / "images.safetensors"
        write_images(images, options.images)

        def hessian(count, *more):
            return [options.binary, "hessian", ROOT / "Fixtures/ckpt.bin", "--images", images, "--batches", 1,
                    "--batch-size", count, "--count", count, "--solver", "lanczos", "--top", 2, "--tolerance", 0.1,
                    "--max-iterations", 6, "--no-rank-check", "-q", "-o", f"{folder}/h.png", "--json", "-",
                    *(["--threads", options.threads] if options.threads else []), *more]

        def forecast(count, *more):
            status, output, _ = run(hessian(count, "--dry-run", *more))
            if status:
                sys.exit(f"--dry-run ended with {status}")
            return json.loads(output)["models"][0]

        small = forecast(16)
        large = forecast(options.images, "--memory", options.memory)
        each = [model["productSeconds"] / count for model, count in ((small, 16), (large, options.images))]
        print(f"dry run, batch of 16: {small['bytes'] / 1e6:.0f} MB, {each[0] * 1e3:.3f} ms an image and product")
        print(f"dry run, batch of {options.images}: {large['bytes'] / 1e6:.0f} MB in {large['parts']} parts, computed anew: "
              f"{large['recomputes']}, {each[1] * 1e3:.3f} ms an image and product, {each[1] / each[0]:.2f} times as long")

        def check(what, group, *more):
            status, output, peak = run(hessian(options.images, *more), group)
            if status:
                failures.append(f"{what}: status {status}")
                return
            model = json.loads(output)["models"][0]
            print(f"{what}: peak {peak / 1e6:.0f} MB, said {model['bytes'] / 1e6:.0f} MB, {model['parts']} parts, first value "
                  f"{model['batches'][0]['eigenvalues'][0]['value']!r}")
            if peak > options.memory:
                failures.append(f"{what}: the peak is above {options.memory}")
            if peak > 1.15 * model["bytes"]:
                failures.append(f"{what}: the peak is {peak / model['bytes']:.2f} times what was said")

        check("--memory", None, "--memory", options.memory)
        group = control_group(options.memory)
        if group is None:
            print("no control group can be made here (not root?): left out")
        else:
            try:
                check("control group", group)
            finally:
                group.rmdir()
    for failure in failures:
        print(failure, file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
