"""`frequency`: the same numbers, files and words whatever the number of ranks."""

import json
import shutil

from .findings import expect
from .jobs import RANKS, ended, spoken


def numbers(folder):
    result = json.loads((folder / "f.json").read_text())
    result["settings"].pop("ranks", None)
    for model in result["models"]:
        model.pop("seconds")
    return result


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
        for label in ("plain", "without mpirun", *RANKS):
            folder = bench.place(f"equal-{name}-{label}")
            done = bench.run(bench.labelled(label, "frequency", *options, "-o", "f.png", "--csv"), folder=folder)
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
        done = bench.run(bench.labelled(label, *options, "-o", "f.png"), folder=folder)
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
        done = bench.run(bench.labelled(label, *options, "-o", folder / "f.png"))
        said.add("\n".join(line for line in done.stderr.splitlines() if line.startswith("Error:")))
        ended(f"no usable image, {label}", done, folder)
    expect(len(said) == 1, f"no usable image: ranks say otherwise than the plain build: {said}")
