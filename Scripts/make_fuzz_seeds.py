#!/usr/bin/env python3
"""Beginnings for the fuzzers, taken from the tests' own files.

    Scripts/make_fuzz_seeds.py FOLDER BINARY

writes FOLDER/TARGET/NAME for every reader that `Fuzzing` throws damaged files at. Needs Pillow (small images); the corpus
that is kept in the repository grew from these seeds, so the script is run again only for a new reader.
"""

import io
import json
import pathlib
import pickle
import struct
import subprocess
import sys
import tempfile
import zipfile

TESTS = pathlib.Path(__file__).resolve().parent.parent / "Tests"
CHECKPOINTS = TESTS / "CheckpointsTests/Golden"
DIAGNOSTICS = TESTS / "DiagnosticsTests/Golden"
LARGEST = 6000


def safetensors_header(path):
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8 : 8 + length])


def listing(header):
    """The text form of a state dictionary that the reader of architectures is given."""
    lines = [f"#{key}={value}" for key, value in header.pop("__metadata__", {}).items() if "\n" not in value]
    lines += [f"{name} {','.join(map(str, entry['shape']))}" for name, entry in header.items()]
    return "\n".join(lines).encode()


def checkpoints():
    for path in sorted(CHECKPOINTS.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        if not 0 < len(content) <= LARGEST:
            continue
        name = path.relative_to(CHECKPOINTS).as_posix().replace("/", "-")
        if path.suffix == ".safetensors":
            yield "safetensors", name, content
        elif path.suffix == ".json":
            yield ("shards" if "index" in path.name else "json"), name, content
        elif content[:2] == b"PK":
            yield "zip", name, content
            yield from members(name, content)
        elif path.suffix == ".pth":
            yield "legacy", name, content
    yield "shards", "one", b'{"metadata":{"total_size":16},"weight_map":{"w":"a.safetensors"}}'
    yield "safetensors", "every-type", every_type()
    for protocol in range(6):
        yield "pickle", f"values-{protocol}", pickle.dumps(values(), protocol)


def members(name, content):
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                if archive.getinfo(member).file_size > LARGEST:
                    continue
                if member.endswith("data.pkl"):
                    yield "pickle", f"{name}.pkl", archive.read(member)
                elif member.endswith(".npy"):
                    yield "npy", f"{name}-{member}".replace("/", "-"), archive.read(member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
        pass  # Damaged on purpose: the whole file is a seed.


def values():
    shared = ["a", b"b", 1.5]
    return {"meta": {"epoch": 3, "big": 1 << 80, "neg": -5, "set": {1, 2}, "frozen": frozenset([3]), "none": None},
            "shared": [shared, shared, (1, 2), (True, False), "\u20ac\U0001f600", bytearray(b"xyz"), {}, [], ()]}


def every_type():
    sizes = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4,
             "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8}
    header, offset = {"__metadata__": {"format": "pt", "epoch": "3"}}, 0
    for kind, size in sizes.items():
        header[kind.lower()] = {"dtype": kind, "shape": [2, 1], "data_offsets": [offset, offset + 2 * size]}
        offset += 2 * size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(range(offset))


def models():
    seen = set()
    for path in sorted(DIAGNOSTICS.rglob("*.safetensors")):
        text = listing(safetensors_header(path))
        shape = tuple(sorted(line.split()[0] for line in text.decode().splitlines() if line))
        if shape not in seen and b"weight" in text:
            seen.add(shape)
            yield "describe", path.relative_to(DIAGNOSTICS).as_posix().replace("/", "-"), text
    for path in sorted(DIAGNOSTICS.rglob("config.json")):
        yield "json", path.parent.name, path.read_bytes()


def configurations():
    text = """model = dict(
    type='MFF', data_preprocessor=dict(mean=[123.675, 116.28, 103.53]),
    backbone=dict(type='MFFViT', arch=dict(embed_dims=4, num_layers=2, num_heads=2), patch_size=2, mask_ratio=0.75,
                  out_indices=[0, 1], img_size=4, norm_cfg={'type': 'LN', 'eps': 1e-6}),  # fused
    neck=dict(type='MAEPretrainDecoder', num_patches=4, decoder_depth=1, decoder_num_heads=2),
    head=dict(type='MAEPretrainHead', norm_pix=True, patch_size=2))
train_dataloader = dict(batch_size=2)
custom = r'x' "y" + b'z' + 1_000 + -0.5e3 + (1,) + None
"""
    yield "configuration", "mff", text.encode()
    yield "configuration", "json", json.dumps({"model": {"backbone": {"out_indices": [-1]}}}).encode()


def logs():
    record = {"lr": 0.001, "data_time": 0.1, "loss": 0.5, "epoch": 1, "iter": 10, "step": 10, "nested": {"a": [1, {}]}}
    record |= {f"weight_{j}": 0.25 for j in range(4)}
    lines = [json.dumps(record | {"iter": step, "step": step}) for step in (10, 20, 30)]
    yield "jsonlines", "mmengine", "\n".join(lines).encode()
    yield "jsonlines", "odd", b'{"train/weight_0": NaN, "x": "\\u0041\\"", "y": [[{}], null]}\r\n\n{"weight_0": 1, "epoch": 2.5}'
    header = ",".join(["epoch", "step"] + [f"weight_{j}" for j in range(4)])
    yield "csv", "plain", f"{header}\n1,10,0.25,0.25,0.25,0.25\n2,20,0.1,0.2,0.3,0.4\n".encode()
    yield "csv", "quoted", '\ufeff"Step";"weight_0";"weight_1"\r\n"1";"0.5";"0.5"\r\n2;"0""5";1'.encode()
    events = (DIAGNOSTICS / "runs/events.out.tfevents.golden").read_bytes()
    yield "events", "golden", events[:LARGEST]
    yield "summary", "golden", messages(events)
    for index, content in enumerate(["\n".join(lines).encode(), b"2023/01/01 00:00:00 - mmengine - INFO - Iter 10",
                                     lines[0].encode(), events[:1000], b"PK\x03\x04", header.encode() + b"\n1,2,1,0,0,0\n"]):
        yield "runfolder", f"file-{index}", bytes([index]) + content


def messages(events):
    """The messages of an event file, each behind a byte with its length."""
    packed, position = b"", 0
    while position + 16 <= len(events) and len(packed) < LARGEST:
        length = struct.unpack("<Q", events[position : position + 8])[0]
        if length < 256:
            packed += bytes([length]) + events[position + 12 : position + 12 + length]
        position += 16 + length
    return packed


def images():
    from PIL import Image

    for path in sorted((TESTS / "ImagesTests/Golden").iterdir()):
        if path.suffix in (".png", ".jpg", ".webp") and path.stat().st_size < 2000:
            yield {".png": "png", ".jpg": "jpeg", ".webp": "webp"}[path.suffix], path.stem, path.read_bytes()
    picture = Image.linear_gradient("L").resize((9, 7))
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield "png", f"small-{mode.replace(';', '')}", saved(picture.convert("I").convert(mode) if mode == "I;16"
                                                            else picture.convert(mode), "PNG")
    for mode in ("L", "RGB", "CMYK"):
        for progressive in (False, True):
            for sampling in (0, 2) if mode == "RGB" else (0,):
                yield "jpeg", f"small-{mode}-{progressive}-{sampling}", saved(
                    picture.convert(mode), "JPEG", quality=30, progressive=progressive, subsampling=sampling)
    yield "jpeg", "restart", saved(picture.resize((33, 17)).convert("RGB"), "JPEG", quality=10, restart_marker_blocks=1)


def results():
    """One small result of each command that draws, by the program itself."""
    binary = pathlib.Path(sys.argv[2]).resolve()
    few = ["--images", "Fixtures/images", "--count", "2"]
    lists = {
        "frequency": ["frequency", "Fixtures/mff.bin", *few, "--layers", "0,1"],
        "weights": ["weights", "Fixtures/mff.bin"],
        "training": ["weights", "--over-training", "Fixtures/run"],
        "hessian": ["hessian", "Fixtures/mff.bin", "--images", "Fixtures/images", "--batches", "1",
                    "--batch-size", "2", "--top", "2"],
        "reconstruct": ["reconstruct", "Fixtures/mff.bin", "--images", "Fixtures/images", "--count", "1"],
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, command in lists.items():
            file = pathlib.Path(folder) / f"{name}.json"
            subprocess.run([binary, *command, "--json", file, "-o", file.with_suffix(".svg"), "-q"], check=True,
                           stdout=subprocess.DEVNULL, cwd=TESTS.parent)
            result = shortened(json.loads(file.read_text())) | {"arguments": [name]}
            yield "result", name, json.dumps(result, separators=(",", ":")).encode()


def shortened(value):
    """Lists of more than 12 entries cut to 4: hundreds of alike entries only slow a fuzzer down."""
    if isinstance(value, dict):
        return {key: shortened(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [shortened(entry) for entry in (value[:4] if len(value) > 12 else value)]
    return value


def saved(picture, kind, **options):
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    count = 0
    for source in (checkpoints, models, configurations, logs, images, results):
        for target, name, content in source():
            path = folder / target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            count += 1
    print(f"{count} seeds in {folder}")


if __name__ == "__main__":
    main()
