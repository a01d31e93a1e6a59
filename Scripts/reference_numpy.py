#!/usr/bin/env python3
"""NumPy archives, sound ones and ones that lie, for the tests of Checkpoints.

    reference_numpy.py [FOLDER]     default: Tests/CheckpointsTests/Golden/numpy

`stored.npz` and `deflated.npz` hold the same arrays; `expected.json` says what they are, in row-major order. `lies/` has
archives that are each one change away from `lies/good.npz`. One holds a pickle that would create /tmp/array_was_run: nothing
here is run by the tests, but do not open it with `numpy.load(allow_pickle=True)`.
"""
import io
import json
import os
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")


def npy(array):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=True)
    return file.getvalue()


def raw(header, data=b"", version=(1, 0)):
    """An array with a header of our own making."""
    text = header if isinstance(header, bytes) else header.encode()
    size = len(text).to_bytes(2 if version == (1, 0) else 4, "little")
    return b"\x93NUMPY" + bytes(version) + size + text + data


def archive(path, members, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in members:
            file.writestr(zipfile.ZipInfo(name), content, compress_type=method)


def bfloat16(values):
    return (np.asarray(values, np.float32).view(np.uint32) >> 16).astype(np.uint16).view(np.dtype("V2"))


class Call:
    def __reduce__(self):
        return os.system, ("touch /tmp/array_was_run",)


def sound(folder):
    generator = np.random.default_rng(3)
    arrays = {
        "params/a/kernel": generator.standard_normal((3, 4, 5)).astype(np.float32),
        "params/a/column": np.asfortranarray(generator.standard_normal((3, 4, 5))),
        "params/a/flat": np.asfortranarray(generator.standard_normal(7).astype(np.float16)),
        "half": generator.standard_normal((2, 300)).astype(np.float16), "single": np.float32([1.5, -0.0, 3e38]),
        "bytes": np.arange(200, 206, dtype=np.uint8).reshape(2, 3), "flags": np.array([True, False]),
        "short": np.array([-3, 4], np.int16), "long": np.array([-5, 1 << 40]), "scalar": np.float64(2.5),
        "empty": np.zeros((0, 3), np.float32), "large": generator.standard_normal((300, 17, 13)).astype(np.float16),
    }
    members = [(f"{name}.npy", npy(value)) for name, value in arrays.items()]
    values = [1.5, -2.0, 0.15625, 3.140625]
    members.append(("brain.npy", npy(bfloat16(values).reshape(2, 2))))
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2L,), }"
    members.append(("python2.npy", raw(header + " " * (117 - len(header)) + "\n", np.float32([4, 5]).tobytes())))
    header = '{"shape":(2,),"fortran_order":False,"descr":"|u1"}\n'
    members.append(("version2.npy", raw(header, b"\x07\x08", version=(2, 0))))
    members.append(("names.npy", npy(np.array(["cat", "dog"]))))
    archive(folder / "stored.npz", members)
    archive(folder / "deflated.npz", members, zipfile.ZIP_DEFLATED)
    types = {"float16": "f16", "float32": "f32", "float64": "f64", "uint8": "u8", "bool": "bool", "int16": "i16", "int64": "i64"}
    expected = {
        name: {"type": types[str(value.dtype)], "shape": list(value.shape), "values": value.astype(np.float64).ravel().tolist()}
        for name, value in arrays.items() if name != "large"
    }
    large = arrays["large"].astype(np.float64)
    expected["large"] = {"type": "f16", "shape": list(large.shape), "sums": large.sum((1, 2)).tolist()}
    expected["brain"] = {"type": "bf16", "shape": [2, 2], "values": values}
    expected["python2"] = {"type": "f32", "shape": [2], "values": [4, 5]}
    expected["version2"] = {"type": "u8", "shape": [2], "values": [7, 8]}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def lies(folder):
    folder.mkdir(parents=True, exist_ok=True)
    good = np.arange(1, 5, dtype=np.float32)
    data = good.tobytes()
    literal = lambda **changes: str({"descr": "<f4", "fortran_order": False, "shape": (4,)} | changes) + "\n"

    def write(name, content, method=zipfile.ZIP_STORED):
        archive(folder / f"{name}.npz", [("w.npy", content)], method)

    write("good", npy(good))
    write("good-deflated", npy(good), zipfile.ZIP_DEFLATED)
    write("object", npy(np.array([Call()], dtype=object)))
    write("record", npy(np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")])))
    write("big_endian", npy(good.astype(">f4")))
    write("void", npy(np.zeros(2, dtype="V3")))
    write("date", npy(np.array(["2020-01-01"], dtype="M8[D]")))
    write("long_double", npy(np.zeros(2, dtype=np.longdouble)))
    write("short", raw(literal(shape=(5,)), data))
    write("long", raw(literal(shape=(3,)), data))
    write("overflow", raw(literal(shape=(1 << 40, 1 << 40)), data))
    write("huge", raw(literal(shape=(1 << 70,)), data))
    write("negative", raw(literal(shape=(-4,)), data))
    write("no_tuple", raw(literal().replace("(4,)", "(4)"), data))
    write("rank", raw(literal(shape=(1,) * 70), data))
    write("expression", raw(literal().replace("'<f4'", "__import__('os').system('touch /tmp/array_was_run')"), data))
    write("key", raw(literal(more=1), data))
    write("twice", raw(literal().replace("{", "{'shape': (4,), "), data))
    write("lacking", raw("{'descr': '<f4', 'shape': (4,)}\n", data))
    write("tail", raw(literal() + "import os\n", data))
    write("header_long", b"\x93NUMPY\x01\x00\xff\xff" + literal().encode() + data)
    write("header_cut", b"\x93NUMPY\x01\x00\x76\x00{'descr'")
    write("header_none", b"\x93NUM")
    write("version", raw(literal(), data, version=(1, 0)).replace(b"NUMPY\x01", b"NUMPY\x07"))
    write("no_array", b"hello, this is no array at all")
    archive(folder / "duplicate.npz", [("w.npy", npy(good)), ("w.npy", npy(good))])
    whole = (folder / "good.npz").read_bytes()
    (folder / "no_directory.npz").write_bytes(whole[:-30])
    (folder / "checksum.npz").write_bytes(whole.replace(data, data[:-1] + b"\x41"))
    # The directory claims that a few deflated bytes become a terabyte.
    packed = (folder / "good-deflated.npz").read_bytes()
    place = packed.rindex(b"PK\x01\x02") + 24
    (folder / "bomb.npz").write_bytes(packed[:place] + (0xFFFFFFF0).to_bytes(4, "little") + packed[place + 4:])


if __name__ == "__main__":
    root = Path(__file__).resolve().parent.parent
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "Tests/CheckpointsTests/Golden/numpy"
    folder.mkdir(parents=True, exist_ok=True)
    sound(folder)
    lies(folder / "lies")
