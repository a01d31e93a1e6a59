#!/usr/bin/env python3
"""Training runs written by the libraries themselves, with the numbers that PyTorch reads from them.

    python Scripts/reference_runs.py Tests/DiagnosticsTests/Golden/runs

Needs torch, mmengine, safetensors, tensorboard. Writes a few small files and expected.json; seed 0.
"""
import json
import os
import pathlib
import shutil
import sys

import numpy as np
import torch
import torch.nn as nn
from mmengine.logging import MessageHub
from mmengine.logging.history_buffer import HistoryBuffer
from mmengine.model import BaseModel
from mmengine.runner import Runner
from safetensors.torch import save_file
from torch.utils.tensorboard import SummaryWriter

LAYERS = 6
CFG = "model = dict(type='MFF', backbone=dict(type='MFFViT', arch='b', out_indices=[0, 2, 4, 6, 8, 11]))\n"


class Backbone(nn.Module):
    """Only what the reader needs: logits, and enough names to tell 12 blocks."""

    def __init__(self):
        super().__init__()
        self.proj_weights = nn.Parameter(torch.ones(LAYERS).view(-1, 1, 1, 1))
        self.layers = nn.ModuleList(nn.Linear(1, 1, bias=False) for _ in range(12))


class Toy(BaseModel):
    """Pulls the fusion weights towards the shallow layers, and logs them as MFF does."""

    def __init__(self):
        super().__init__()
        self.backbone = Backbone()

    def forward(self, inputs, mode="loss"):
        weights = self.backbone.proj_weights.softmax(0).flatten()
        target = torch.tensor([0.4, 0.2, 0.1, 0.1, 0.1, 0.1])
        losses = {"loss": ((weights - target) ** 2).sum() * inputs.mean()}
        losses |= {f"weight_{j}": weights[j].detach() for j in range(LAYERS)}
        return losses


def mmengine_run(folder):
    """A real run of MMEngine: 3 epochs of 8 iterations, logged every other one."""
    work = folder / "mmengine"
    data = torch.utils.data.DataLoader([{"inputs": torch.ones(1)} for _ in range(8)], batch_size=1)
    runner = Runner(
        model=Toy(), work_dir=str(work), train_dataloader=data, experiment_name="toy",
        train_cfg=dict(by_epoch=True, max_epochs=3), optim_wrapper=dict(optimizer=dict(type="SGD", lr=1.0)),
        default_hooks=dict(logger=dict(type="LoggerHook", interval=2), checkpoint=dict(type="CheckpointHook", interval=1)),
        visualizer=dict(type="Visualizer", vis_backends=[dict(type="LocalVisBackend")]),
        log_level="ERROR", randomness=dict(seed=0))
    runner.train()
    log = next(work.glob("*/vis_data/scalars.json"))
    last = torch.load(work / "epoch_3.pth", weights_only=False)
    hub = last["message_hub"]["log_scalars"]
    history = np.stack([hub[f"train/weight_{j}"].data[0] for j in range(LAYERS)], 1)
    records = [json.loads(line) for line in log.read_text().splitlines()]
    shutil.copy(log, folder / "scalars.json")
    os.makedirs(folder / "checkpoints", exist_ok=True)
    for epoch in (1, 2, 3):
        shutil.copy(work / f"epoch_{epoch}.pth", folder / f"checkpoints/epoch_{epoch}.pth")
    expected = {
        "history": history.tolist(),
        "log": [[r["epoch"], r["iter"]] + [r[f"weight_{j}"] for j in range(LAYERS)] for r in records if "weight_0" in r],
        "checkpoints": [softmax(folder / f"checkpoints/epoch_{e}.pth") for e in (1, 2, 3)],
    }
    shutil.rmtree(work)
    return expected


def softmax(path):
    state = torch.load(path, weights_only=False)["state_dict"]
    return state["backbone.proj_weights"].softmax(0).flatten().double().tolist()


def mixed(folder):
    """One run in several namings, containers and types, with names that contradict the order."""
    folder = folder / "mixed"
    os.makedirs(folder, exist_ok=True)
    generator = torch.Generator().manual_seed(0)
    expected = []

    def logits(dtype=torch.float32):
        value = torch.randn(LAYERS, 1, 1, 1, generator=generator).to(dtype)
        expected.append(value.softmax(0).flatten().double().tolist())
        return value

    def blocks(prefix):
        return {f"{prefix}{i}.weight": torch.zeros(1) for i in range(12)}

    # MAE's own layout, where the name counts epochs and the file says so, too.
    torch.save({"model": {"proj_weights": logits()} | blocks("blocks."), "epoch": 9}, folder / "checkpoint-9.pth")
    # MMPretrain, half precision; no epoch inside, so the name counts: after 9.
    torch.save({"state_dict": {"backbone.proj_weights": logits(torch.float16)} | blocks("backbone.layers.")},
               folder / "epoch_10.pth")
    # Wrapped, safetensors, bfloat16, metadata as strings, and a name that says nothing.
    save_file({"module.proj_weights": logits(torch.bfloat16)} | blocks("module.blocks."), folder / "last.safetensors",
              metadata={"epoch": "11", "step": "1100"})
    # Legacy serialisation with a name that is wrong.
    torch.save({"meta": {"epoch": 12, "iter": 1200}, "state_dict": {"backbone.proj_weights": logits()} | blocks("backbone.layers.")},
               folder / "epoch_2.pth", _use_new_zipfile_serialization=False)
    # No fusion weights at all.
    torch.save({"model": blocks("blocks."), "epoch": 13}, folder / "plain.pth")
    return expected


def events(folder):
    """TensorBoard through PyTorch: old-style scalars, and another tag beside them."""
    target = folder / "events"
    shutil.rmtree(target, ignore_errors=True)
    generator = torch.Generator().manual_seed(1)
    writer = SummaryWriter(str(target), filename_suffix=".golden")
    expected = []
    for step in range(10, 60, 10):
        weights = torch.randn(4, generator=generator).softmax(0)
        for j in range(4):
            # Old style, as the writer's default, and new style for the last position.
            writer.add_scalar(f"train/weight_{j}", weights[j], step, new_style=j == 3)
        writer.add_scalar("loss", 1 / step, step)
        expected.append([step] + weights.double().tolist())
    writer.close()
    os.rename(next(target.glob("*tfevents*")), folder / "events.out.tfevents.golden")
    target.rmdir()
    return expected


def main():
    folder = pathlib.Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    expected = mmengine_run(folder) | {"mixed": mixed(folder), "events": events(folder)}
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")
    # mmengine's checkpoint must really hold its class, or the test would show nothing.
    assert isinstance(torch.load(folder / "checkpoints/epoch_3.pth", weights_only=False)["message_hub"]["log_scalars"]
                      ["train/weight_0"], HistoryBuffer), MessageHub


if __name__ == "__main__":
    main()
