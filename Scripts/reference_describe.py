#!/usr/bin/env python3
"""A damaged checkpoint whose model is whole, and the fusion weights that PyTorch computes, for the tests of `describe`.

    reference_describe.py [FOLDER]     default: Tests/DiagnosticsTests/Golden/describe

Writes `optimizer-member-missing.pth`: torch.save of a model and an optimiser's state, then the archive again without the
storage of the optimiser's tensor. Prints softmax of the logits of mff-mmpretrain.pth, which the tests quote. Needs PyTorch.
"""

import io, sys, zipfile
from pathlib import Path

import torch

root = Path(__file__).resolve().parent.parent / "Tests/DiagnosticsTests/Golden"
folder = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "describe"
folder.mkdir(parents=True, exist_ok=True)

buffer = io.BytesIO()
state = {"model": {"head.weight": torch.ones(3, 2)}, "optimizer": {"state": {0: {"exp_avg": torch.zeros(3, 5)}}}}
torch.save(state, buffer)
with zipfile.ZipFile(buffer) as whole, zipfile.ZipFile(folder / "optimizer-member-missing.pth", "w") as cut:
    for member in whole.infolist():
        # Storages are numbered in the order of the pickle: 0 is the model's, 1 the optimiser's.
        if not member.filename.endswith("/data/1"):
            entry = zipfile.ZipInfo(member.filename, (1980, 1, 1, 0, 0, 0))
            cut.writestr(entry, whole.read(member))

mff = torch.load(root / "frequency/mff-mmpretrain.pth", map_location="cpu", weights_only=False)
logits = mff["state_dict"]["backbone.proj_weights"].flatten().double()
print("fusion weights", torch.softmax(logits, 0).tolist())
