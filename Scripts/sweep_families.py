#!/usr/bin/env python3
"""Small models of every architecture of a list, and what the program makes of them.

    sweep_families.py [--only REGEX] [--again] [--binary FILE] [FOLDER]      sweep, then write the table
    sweep_families.py --goldens [--binary FILE]                             remake the committed cases
    sweep_families.py --list                                                remake the list from the installed packages

The list (sweep/list.txt) holds timm's architectures of the classes VisionTransformer, Beit, Eva and NaFlexVit,
transformers' classes whose names end in `Model` and whose forward pass takes `pixel_values`, and some of them with
arguments that change a block. Each model is built by its library with random but lively weights, saved as a bare
state dict and as the folder that the library writes, and read by `mff-inspect frequency`; timm's also at the widths
and with the bare configuration of published folders (modes published and published bare).

A verdict is right (within rounding of the library's model in double precision), refused, assumed (the result names
what was assumed, and is right with the options that it names), or wrong in silence. Results land in FOLDER (default:
/tmp/mff-sweep), a file a line of the list; what is there is kept unless `--again`. A full sweep writes the table
(sweep/results.md, sweep/results.json). `--goldens` makes the cases of sweep/chosen.txt small and writes them with
what the program does today to Tests/DiagnosticsTests/Golden/sweep; those that are wrong in silence go to
sweep/unmended.txt instead. Seeds follow from the names. Needs Scripts/requirements.txt.
"""

import argparse, json, re, shutil, sys, tempfile, warnings, zlib
from pathlib import Path

warnings.filterwarnings("ignore")
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import reference_frequency  # noqa: E402, F401  (lets torchvision load without its compiled operators)
import torch  # noqa: E402

from sweep import report, timm_models, transformers_models, verdict  # noqa: E402
from sweep.sizes import GUESSED, PUBLISHED, SMALL, TINY  # noqa: E402

LIBRARIES = {"timm": timm_models, "transformers": transformers_models}
GOLDEN = HERE.parent / "Tests/DiagnosticsTests/Golden/sweep"


def parsed(line):
    """(library, name, arguments) of a line of the list."""
    library, name, *rest = line.split(" ", 2)
    return library, name, json.loads(rest[0]) if rest else {}


def make(line, sizes, folder):
    """Builds and saves the model of a line.

    (what the library computes, or why nothing came out; what files do not tell, by the option that tells it)
    """
    library, name, changes = parsed(line)
    seed = zlib.crc32(line.encode()) % 100000
    torch.manual_seed(seed)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        return LIBRARIES[library].make(name, changes, sizes, folder, seed)
    except Exception as error:
        return error, {}


def verdicts(line, sizes, modes, binary, keep=None):
    """Mode → verdict of a line. `modes` are those of the bare file and of the folder."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = (keep or Path(temporary)) / re.sub(r"[^\w.=-]+", "-", line) / sizes_name(sizes)
        expected, facts = make(line, sizes, folder)
        if not (folder / "bare.safetensors").exists():
            why = f"{type(expected).__name__}: {expected}"[:200]
            return {mode: {"verdict": "not built", "message": why} for mode in modes}
        found = {}
        for mode, path in zip(modes, (folder / "bare.safetensors", folder / "hub")):
            if path.exists():
                found[mode] = verdict.judge(binary, path, folder, expected, facts)
        return found


def sizes_name(sizes):
    return {SMALL: "small", PUBLISHED: "published", TINY: "tiny", GUESSED: "guessed"}[sizes]


def sweep(options):
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    lines = (HERE / "sweep/list.txt").read_text().splitlines()
    for line in (line for line in lines if re.search(options.only, line)):
        record = folder / (re.sub(r"[^\w.=-]+", "-", line) + ".json")
        if record.exists() and not options.again:
            continue
        keep = folder / "models" if options.keep else None
        found = verdicts(line, SMALL, ("bare", "hub"), options.binary, keep)
        if line.startswith("timm") and "{" not in line and found["hub"]["verdict"] != "refused":
            found |= verdicts(line, PUBLISHED, ("published bare", "published"), options.binary, keep)
        record.write_text(json.dumps({"line": line, "modes": found}) + "\n")
        words = (f"{m}: {v['verdict']}" + (f" {v['off']:.0e}" if "off" in v else "") for m, v in found.items())
        print(f"{line}: {', '.join(words)}", flush=True)
    records = [folder / (re.sub(r"[^\w.=-]+", "-", line) + ".json") for line in lines]
    if all(record.exists() for record in records):
        report.write([json.loads(record.read_text()) for record in records], HERE / "sweep")
    print(report.counts([json.loads(record.read_text()) for record in records if record.exists()]))


def write_list():
    """The names of the installed packages; lines with arguments stay as they are."""
    path = HERE / "sweep/list.txt"
    more = [line for line in path.read_text().splitlines() if "{" in line]
    lines = [f"{library} {name}" for library, module in LIBRARIES.items() for name in module.names()]
    path.write_text("\n".join(lines + more) + "\n")


def goldens(options):
    """Writes the chosen cases, small, with the program's verdict on each."""
    shutil.rmtree(GOLDEN, ignore_errors=True)
    GOLDEN.mkdir(parents=True)
    cases, unmended = [], []
    for chosen in (HERE / "sweep/chosen.txt").read_text().splitlines():
        case = golden(chosen, options.binary)
        if case["verdict"] in ("right", "refused", "assumed"):
            cases.append(case)
        else:
            unmended.append(chosen)
        print(f"{chosen}: {case['verdict']} {case.get('off', '')} {case.get('message', '')}", flush=True)
    report.write_cases(cases, GOLDEN / "cases.json")
    (HERE / "sweep/unmended.txt").write_text("".join(line + "\n" for line in unmended))


def golden(chosen, binary):
    """One committed case: its files under a folder of their own, the curves, the verdict."""
    mode, line = chosen.split(" ", 1)
    sizes = GUESSED if mode == "guessed" else TINY
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "model"
        expected, facts = make(line, sizes, folder)
        path = folder / ("hub" if mode == "hub" else "bare.safetensors")
        if not path.exists():
            return {"verdict": "not built", "message": str(expected)}
        heads = ("--heads", facts["--heads"]) if mode == "bare" and "--heads" in facts else ()
        case = {"name": chosen, "options": list(heads)} | verdict.judge(binary, path, folder, expected, facts, heads)
        if case["verdict"] in ("right", "refused", "assumed"):
            keep(case, path, folder)
            case |= {"told": facts} if case["verdict"] == "assumed" else {}
            case |= {"layers": expected} if isinstance(expected, dict) else {}
        return case


def keep(case, path, folder):
    """Copies a model and its images, which cases of the same size share, beside the cases."""
    size = sum(f.stat().st_size for f in ([path] if path.is_file() else path.rglob("*")) if f.is_file())
    if size > 100_000:
        sys.exit(f"{case['name']}: {size} bytes are too many to commit; take it out of sweep/chosen.txt")
    target = GOLDEN / (re.sub(r"\W+", "-", case["name"]).strip("-") + path.suffix)
    shutil.copytree(path, target, copy_function=shutil.copyfile) if path.is_dir() else shutil.copyfile(path, target)
    images = (folder / "images.safetensors").read_bytes()
    name = f"images-{zlib.crc32(images):08x}.safetensors"
    (GOLDEN / name).write_bytes(images)
    case |= {"checkpoint": target.name, "images": name}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default="/tmp/mff-sweep")
    parser.add_argument("--only", default="", help="lines of the list that this regular expression is found in")
    parser.add_argument("--binary", default=str(HERE.parent / ".build/release/mff-inspect"))
    parser.add_argument("--again", action="store_true", help="lines that have a result, too")
    parser.add_argument("--keep", action="store_true", help="keep the models in FOLDER/models")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--goldens", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    write_list() if options.list else goldens(options) if options.goldens else sweep(options)


if __name__ == "__main__":
    main()
