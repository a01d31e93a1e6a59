#!/usr/bin/env python3
"""Writes tiny files of rarer kinds with PyTorch, and what torch.load reads from them, for CheckpointsTests.

    python Scripts/reference_containers.py Tests/CheckpointsTests/Golden/containers

needs torch. As in reference_checkpoints.py each file NAME has its truth in expected.json under "files"."NAME".
"""

import json
import pathlib
import sys

import torch

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
        state = torch.load(folder / name, weights_only=True)
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


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    out = Describer()
    encoders(folder, out)
    text = json.dumps({"torch": torch.__version__, "files": out.files}, indent=0, ensure_ascii=False)
    (folder / "expected.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
