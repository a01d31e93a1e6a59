#!/usr/bin/env python3
"""Writes tiny files of rarer kinds with PyTorch, and what torch.load reads from them, for CheckpointsTests.

    python Scripts/reference_containers.py Tests/CheckpointsTests/Golden/containers

needs torch. As in reference_checkpoints.py each file NAME has its truth in expected.json under "files"."NAME".
"""

import json
import pathlib
import shutil
import subprocess
import sys
import warnings

import torch
import torch.distributed.checkpoint

TYPES = {
    torch.float32: "f32", torch.float16: "f16", torch.bfloat16: "bf16", torch.float64: "f64",
    torch.complex64: "c64", torch.int64: "i64", torch.int8: "i8", torch.uint8: "u8", torch.bool: "bool", torch.uint16: "u16",
    torch.float8_e4m3fn: "f8e4m3", torch.float8_e5m2: "f8e5m2",
}


class Describer:
    """What torch.load reads from a file, as Python floats: exact for all types used here."""

    def __init__(self):
        self.files = {}

    def note(self, folder, name):
        state = torch.load(folder / name, weights_only=False)
        tensors = {}
        for key, tensor in state.items():
            values = tensor.detach().to(torch.float64).contiguous().flatten().tolist()
            tensors[key] = {
                "type": TYPES[tensor.dtype], "shape": list(tensor.shape), "values": [repr(v) for v in values],
            }
        self.files[name] = {"tensors": tensors}


def encoders(folder, out):
    """State dictionaries under keys of their own: I-JEPA's, an autoencoder's, and two encoders in one dictionary."""

    def state(value, prefix=""):
        return {f"{prefix}norm.weight": torch.tensor([float(value)])}

    torch.save(
        {
            "encoder": state(1), "predictor": state(3), "opt": {"state": {}, "param_groups": [{"lr": 1.0}]},
            "target_encoder": state(2), "epoch": 300, "loss": {"center": torch.zeros(1)},
            "average": {"ema_model": state(4), "decay": 0.99},
        },
        folder / "encoders.pth")
    torch.save({"encoder": state(1), "decoder": state(2), "epoch": 3}, folder / "encoder.pth")
    torch.save(
        {"state_dict": state(1, "module.encoder_q.") | state(2, "module.encoder_k."), "arch": "vit"},
        folder / "prefixes.pth")
    torch.save({"models": {"encoder": state(1), "predictor": state(2)}}, folder / "below.pth")
    torch.save({"encoder": {"state_dict": state(1)}, "decoder": {"state_dict": state(2)}}, folder / "wrapped.pth")
    torch.save({"model": {"encoder": state(1), "decoder": state(2)}}, folder / "inner.pth")
    shared = state(1)
    torch.save({"online": shared, "target": shared}, folder / "aliases.pth")


def quantised(folder):
    """Weights that PyTorch's own quantisation packed."""
    weight = torch.quantize_per_tensor(torch.ones(2, 2), 0.1, 0, torch.qint8)
    for name, zipped in (("quantised.zip.pth", True), ("quantised.legacy.pth", False)):
        torch.save({"a.weight": weight, "a.bias": torch.ones(2)}, folder / name, _use_new_zipfile_serialization=zipped)
    model = torch.nn.Sequential(torch.nn.Linear(2, 2))
    packed = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)
    torch.save(packed.state_dict(), folder / "packed.pth")


class Subclass(torch.Tensor):
    """A subclass is rebuilt by another function than a plain tensor."""


def bits(folder, out):
    """Lazy views, which torch.save keeps as bits beside the elements."""
    torch.manual_seed(3)
    negative = torch._neg_view
    base = torch.randn(4, 6)
    complex_base = torch.complex(base, torch.randn(4, 6))
    marked = torch.nn.Parameter(negative(torch.randn(3)))
    marked.mark = "kept"
    state = {
        "base": base,
        "negative": negative(base),
        "transposed": negative(base).t(),
        "sliced": negative(base[1:3, 1:6:2]),
        "row": negative(base[2]),
        "expanded": negative(torch.tensor([[1.5], [0.0]])).expand(2, 5),
        "twice": negative(negative(base[0])),
        "imaginary": complex_base.conj().imag,
        "real": complex_base.conj().real,
        "column": complex_base.conj().imag[:, 2],
        "parameter": torch.nn.Parameter(negative(torch.randn(2, 2))),
        "attributes": marked,
        "subclass": negative(torch.randn(3)).as_subclass(Subclass),
        "half": negative(torch.tensor([1.0, -2.5, 0.0], dtype=torch.float16)),
        "brain": negative(torch.tensor([1.0, -2.5, 0.0], dtype=torch.bfloat16)),
        "double": negative(torch.tensor([1 / 3, -1e300], dtype=torch.float64)),
        "long": negative(torch.tensor([1, -2, 0, 2**40])),
        "char": negative(torch.tensor([-128, 127, 0, 1], dtype=torch.int8)),
        "byte": negative(torch.tensor([0, 1, 255], dtype=torch.uint8)),
        "empty": negative(torch.zeros(0, 4)),
    }
    for name, zipped in (("bits.zip.pth", True), ("bits.legacy.pth", False)):
        torch.save(state, folder / name, _use_new_zipfile_serialization=zipped)
        out.note(folder, name)
    # `_rebuild_tensor_v3`, by which types without a storage class of their own are rebuilt. Only such types are written so, and
    # PyTorch cannot negate them; the arguments are those of its function.
    original = torch.Tensor.__reduce_ex__

    def third(tensor, protocol):
        function, arguments = original(tensor, protocol)
        assert function is torch._utils._rebuild_tensor_v2
        marks = arguments[6:]
        untyped = tensor.untyped_storage()
        return torch._utils._rebuild_tensor_v3, (untyped, *arguments[1:6], tensor.dtype, *marks)

    torch.Tensor.__reduce_ex__ = third
    try:
        torch.save({"plain": base.t(), "negative": negative(torch.randn(2, 3)).t()}, folder / "bits.v3.pth")
    finally:
        torch.Tensor.__reduce_ex__ = original
    out.note(folder, "bits.v3.pth")
    # Complex elements are read nowhere, and their bits must not hide the tensors beside them.
    torch.save({"z": complex_base[0].conj(), "w": base[0]}, folder / "complex.pth")


def without_checksums(folder, out):
    torch.serialization.set_crc32_options(False)
    torch.save({"model": {"w": torch.arange(6.0).reshape(2, 3).t(), "b": torch.tensor([7.0]), "none": torch.zeros(0)}, "epoch": 3},
               folder / "nocrc.pth")
    torch.serialization.set_crc32_options(True)
    torch.save({"w": torch.arange(6.0).reshape(2, 3).t(), "b": torch.tensor([7.0]), "none": torch.zeros(0)}, folder / "crc.pth")
    out.note(folder, "crc.pth")


def shards(folder):
    """A checkpoint of torch.distributed.checkpoint, and what its own command makes of it."""
    shutil.rmtree(folder / "dcp", ignore_errors=True)
    torch.distributed.checkpoint.save({"model": {"norm.weight": torch.tensor([5.0, 6.0])}, "epoch": 3}, checkpoint_id=folder / "dcp")
    command = ["-m", "torch.distributed.checkpoint.format_utils", "dcp_to_torch"]
    subprocess.run([sys.executable, *command, folder / "dcp", folder / "dcp.pth"], check=True)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    out = Describer()
    encoders(folder, out)
    quantised(folder)
    bits(folder, out)
    without_checksums(folder, out)
    shards(folder)
    text = json.dumps({"torch": torch.__version__, "files": out.files}, indent=0, ensure_ascii=False)
    (folder / "expected.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
