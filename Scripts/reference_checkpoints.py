#!/usr/bin/env python3
"""Writes tiny checkpoints with the libraries users have, and what they hold, for CheckpointsTests.

    python Scripts/reference_checkpoints.py Tests/CheckpointsTests/Golden

needs torch, numpy, safetensors and mmengine. Each file NAME has its truth in expected.json under "files"."NAME":
"tensors" maps names to element type, shape and values (as Python floats: exact for all stored types used here).
"""

import argparse
import collections
import io
import json
import os
import pathlib
import pickle
import struct
import sys
import warnings
import zipfile

import numpy as np
import torch
from mmengine.logging import MessageHub
from safetensors.torch import save_file

TYPES = {
    torch.float32: "f32", torch.float16: "f16", torch.bfloat16: "bf16", torch.float64: "f64",
    torch.int64: "i64", torch.int32: "i32", torch.int16: "i16", torch.int8: "i8", torch.uint8: "u8",
    torch.bool: "bool", torch.uint16: "u16", torch.uint32: "u32", torch.uint64: "u64",
    torch.float8_e4m3fn: "f8e4m3", torch.float8_e5m2: "f8e5m2",
}


def special_half():
    """All kinds of binary16: zeros, subnormals, extremes, infinities."""
    bits = np.array([0, 0x8000, 1, 0x03FF, 0x0400, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x3555], dtype=np.uint16)
    return torch.from_numpy(bits.view(np.float16).copy())


def plain_state():
    torch.manual_seed(0)
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 7
    return collections.OrderedDict(
        [
            ("blocks.10.weight", torch.randn(3, 5)),
            ("blocks.2.weight", torch.randn(4, 3)),
            ("half", special_half()),
            ("brain", torch.tensor([1.0, -2.5, 3.140625, float("inf"), 1e-40], dtype=torch.bfloat16)),
            ("double", torch.tensor([1 / 3, 1e300, -1e-300], dtype=torch.float64)),
            ("long", torch.tensor([[1, -2], [3, 2**40]])),
            ("int", torch.tensor([-7, 2**31 - 1], dtype=torch.int32)),
            ("short", torch.tensor([-7, 32767], dtype=torch.int16)),
            ("char", torch.tensor([-128, 127], dtype=torch.int8)),
            ("byte", torch.tensor([0, 255], dtype=torch.uint8)),
            ("bool", torch.tensor([True, False, True])),
            ("scalar", torch.tensor(42.5)),
            ("empty", torch.zeros(0, 4)),
            ("größe.β", base[0].clone()),
        ]
    )


def strided_state():
    torch.manual_seed(1)
    base = torch.randn(6, 8)
    shared = torch.arange(20, dtype=torch.float32)
    return collections.OrderedDict(
        [
            ("transposed", base.t()),
            ("sliced", base[1:4, 2:7:2]),
            ("column", base[:, 3]),
            ("expanded", torch.tensor([[1.5], [2.5]]).expand(2, 5)),
            ("ones", torch.randn(1, 4, 1).transpose(0, 2)),
            ("tied.a", shared),
            ("tied.b", shared),
            ("tail", shared[15:]),
            ("permuted", torch.arange(24, dtype=torch.float16).reshape(2, 3, 4).permute(2, 0, 1)),
        ]
    )


class Custom:
    def __init__(self):
        self.secret = 5


def run_checkpoint():
    """A training run's file: argument namespace, optimizer, numpy values, unknown classes."""
    torch.manual_seed(2)
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    ema = {name: tensor + 1 for name, tensor in model.state_dict().items()}
    return {
        "model": model.state_dict(),
        "model_ema": ema,
        "optimizer": optimizer.state_dict(),
        "epoch": 19,
        "args": argparse.Namespace(
            model="mae_vit_tiny", mask_ratio=0.75, norm_pix_loss=True, resume=None, betas=(0.9, 0.95),
            output_dir=pathlib.PurePosixPath("/runs/x"),
        ),
        "numpy": {
            "float": np.float64(0.125), "int": np.int64(-3), "bool": np.bool_(True),
            "array": np.arange(6, dtype=np.float32).reshape(2, 3), "small": np.array([1, 2, 250], dtype=np.uint8),
        },
        "big": 2**70, "negative": -(2**35), "tiny": -1, "text": "zwölf", "raw": b"\x00\xff", "flags": {3},
        "custom": Custom(),
        "dtype": torch.float16, "size": torch.Size([2, 3]),
        "defaults": collections.defaultdict(list, {"a": [1]}),
    }


def message_hub():
    hub = MessageHub.get_instance("golden")
    for step in range(5):
        hub.update_scalar("train/loss", 2.0 / (step + 1))
        hub.update_scalar("train/weight_0", 0.5 - 0.01 * step)
        hub.update_scalar("train/weight_1", 0.5 + 0.01 * step)
    hub.update_info("iter", 5)
    hub.update_info("epoch", 1)
    return hub.state_dict()


class LegacyPickler(pickle.Pickler):
    """Writes tensors as legacy files did, with storages that are windows of others."""

    def __init__(self, file, storages, views):
        super().__init__(file, protocol=2)
        self.storages, self.views = storages, views

    def persistent_id(self, obj):
        if isinstance(obj, torch.storage.TypedStorage):
            key = str(obj._cdata)
            root, view = self.views.get(key, (key, None))
            if view is None:
                self.storages[root] = obj
            return ("storage", torch.FloatStorage, root, "cpu", len(self.storages[root]), view)
        return None


def legacy_with_views(path):
    """Two windows of one root storage, as PyTorch before 0.4 wrote shared storages."""
    root = torch.arange(12, dtype=torch.float32)
    window = torch.zeros(4)
    storages, views = {}, {}
    root_key = str(root._typed_storage()._cdata)
    views[str(window._typed_storage()._cdata)] = (root_key, ("window", 5, 4))
    buffer = io.BytesIO()
    LegacyPickler(buffer, storages, views).dump(collections.OrderedDict(root=root.view(3, 4), window=window.view(2, 2)))
    info = dict(protocol_version=1001, little_endian=True, type_sizes=dict(short=2, int=4, long=4))
    with open(path, "wb") as file:
        for item in (0x1950A86A20F9469CFC6C, 1001, info):
            pickle.dump(item, file, protocol=2)
        file.write(buffer.getvalue())
        pickle.dump(sorted(storages), file, protocol=2)
        for key in sorted(storages):
            file.write(struct.pack("<q", len(storages[key])))
            file.write(np.array(storages[key].tolist(), dtype="<f4").tobytes())
    loaded = torch.load(path, weights_only=False)
    assert torch.equal(loaded["window"], root[5:9].view(2, 2))
    return loaded


class Describer:
    def __init__(self):
        self.files = {}

    def note(self, name, state, **more):
        tensors = {}
        for key, tensor in state.items():
            values = tensor.detach().to(torch.float64).contiguous().flatten().tolist()
            tensors[key] = {
                "type": TYPES[tensor.dtype], "shape": list(tensor.shape), "values": [repr(v) for v in values],
            }
        self.files[name] = {"tensors": tensors, **more}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    out = Describer()
    plain, strided = plain_state(), strided_state()

    torch.save(plain, folder / "plain.zip.pth")
    torch.save(plain, folder / "plain.legacy.pth", _use_new_zipfile_serialization=False)
    save_file(dict(plain), folder / "plain.safetensors", metadata={"format": "pt", "note": "zwölf \"…\""})
    for name, container in (
        ("plain.zip.pth", "pytorchZip"), ("plain.legacy.pth", "pytorchLegacy"), ("plain.safetensors", "safetensors")
    ):
        out.note(name, plain, container=container)

    torch.save(strided, folder / "strided.zip.pth")
    torch.save(strided, folder / "strided.legacy.pth", _use_new_zipfile_serialization=False)
    contiguous = {key: tensor.clone(memory_format=torch.contiguous_format) for key, tensor in strided.items()}
    save_file(contiguous, folder / "strided.safetensors")
    for name in ("strided.zip.pth", "strided.legacy.pth", "strided.safetensors"):
        out.note(name, strided)

    newer = {
        "u16": torch.tensor([65535, 1], dtype=torch.uint16), "u32": torch.tensor([2**32 - 1], dtype=torch.uint32),
        "e4m3": torch.tensor([1.0, -448.0, 2**-9, 0.0]).to(torch.float8_e4m3fn),
        "e5m2": torch.tensor([1.0, 57344.0, 2**-16]).to(torch.float8_e5m2),
        "parameter": torch.nn.Parameter(torch.tensor([1.0, 2.0])),
    }
    with_attributes = torch.nn.Parameter(torch.tensor([3.0]))
    with_attributes.mark = "kept"
    newer["attributes"] = with_attributes
    torch.save(newer, folder / "newer.pth")
    out.note("newer.pth", newer)

    run = run_checkpoint()
    ema = {key: value.flatten().tolist() for key, value in run["model_ema"].items()}
    for protocol in (2, 3, 4, 5):
        torch.save(run, folder / f"run.p{protocol}.pth", pickle_protocol=protocol)
        out.note(f"run.p{protocol}.pth", run["model"], ema=ema)
    torch.save(run, folder / "run.legacy.pth", _use_new_zipfile_serialization=False)
    out.note("run.legacy.pth", run["model"], ema=ema)

    out.note("views.legacy.pth", legacy_with_views(folder / "views.legacy.pth"))

    weights = {"backbone.cls": torch.tensor([1.0, 2.0]), "neck.w": torch.tensor([3.0])}
    raw = {"steps": torch.tensor(7), **{f"module.{key}": tensor + 10 for key, tensor in weights.items()}}
    buffer = io.BytesIO()  # MMEngine saves to a buffer: the prefix inside is `archive`
    torch.save(
        {
            "meta": {"cfg": "model = dict(backbone=dict(arch='b'))", "epoch": 1, "mmengine_version": "0.10.7"},
            "state_dict": weights, "ema_state_dict": raw, "message_hub": message_hub(), "param_schedulers": [],
        },
        buffer,
    )
    (folder / "mmengine.pth").write_bytes(buffer.getvalue())
    out.note("mmengine.pth", {key: value for key, value in raw.items() if key != "steps"})

    dino = {
        "student": {"module.backbone.cls": torch.tensor([1.0])}, "teacher": {"backbone.cls": torch.tensor([2.0])},
        "epoch": 3, "dino_loss": {"center": torch.zeros(1, 4)},
    }
    torch.save(dino, folder / "dino.pth")
    out.note("dino.pth", dino["teacher"])

    torch.save({"model": {"state_dict": {"w": torch.tensor([9.0])}}}, folder / "nested.pth")
    out.note("nested.pth", {"w": torch.tensor([9.0])})
    torch.save({"generator": {"w": torch.tensor([9.0])}, "step": 3, "names": ["a"]}, folder / "no_state.pth")

    shard_folder(folder, out, "sharded", save_file, "model-{:05d}-of-00002.safetensors", "model.safetensors.index.json")
    shard_folder(
        folder, out, "sharded_bin", torch.save, "pytorch_model-{:05d}-of-00002.bin", "pytorch_model.bin.index.json")

    (folder / "folder").mkdir(exist_ok=True)
    save_file({"vit.w": torch.tensor([[1.0, 2.0]])}, folder / "folder" / "model.safetensors")
    (folder / "folder" / "config.json").write_text(
        json.dumps({"model_type": "vit", "num_attention_heads": 3, "layer_norm_eps": 1e-12, "qkv_bias": True})
    )
    out.note("folder", {"vit.w": torch.tensor([[1.0, 2.0]])})

    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), str(folder / "torchscript.pt"))

    hostile(folder / "hostile")

    text = json.dumps({"torch": torch.__version__, "files": out.files}, indent=0, ensure_ascii=False)
    (folder / "expected.json").write_text(text, encoding="utf-8")
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{total} bytes in {folder}", file=sys.stderr)


class Call:
    """Pickles as a call, the way hostile files do."""

    def __init__(self, function, *arguments, state=None):
        self.parts = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self):
        return self.parts


def zip_archive(path, members, compression=zipfile.ZIP_STORED):
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")  # duplicate names are the point of one file
        for name, data in members:
            archive.writestr(f"x/{name}", data, compression)


class StoragePickler(pickle.Pickler):
    def persistent_id(self, obj):
        return obj.id if isinstance(obj, Storage) else None


class Storage:
    def __init__(self, *parts):
        self.id = ("storage", *parts)


def dump(obj, protocol=2):
    buffer = io.BytesIO()
    StoragePickler(buffer, protocol=protocol).dump(obj)
    return buffer.getvalue()


def tensor(key="0", numel=4, offset=0, size=(2, 2), stride=(2, 1), kind=torch.FloatStorage):
    storage = Storage(kind, key, "cpu", numel)
    return Call(torch._utils._rebuild_tensor_v2, storage, offset, size, stride, False, collections.OrderedDict())


def hostile(folder):
    """Archives that lie. Each is one change away from a good one."""
    folder.mkdir(exist_ok=True)
    four = struct.pack("<4f", 1, 2, 3, 4)

    def write(name, obj, *more, storage=four, compression=zipfile.ZIP_STORED):
        data = obj if isinstance(obj, bytes) else dump(obj)
        members = [("data.pkl", data), ("data/0", storage), *more]
        zip_archive(folder / name, members, compression)

    write("good.pth", {"w": tensor()})
    write("system_root.pth", Call(os.system, "touch /tmp/checkpoint_was_run"))
    write("system_inside.pth", {"w": tensor(), "x": Call(os.system, "touch /tmp/checkpoint_was_run")})
    write("system_key.pth", {"model": Call(os.system, "touch /tmp/checkpoint_was_run")})
    write("stride_past.pth", {"w": tensor(stride=(3, 1))})
    write("offset_past.pth", {"w": tensor(offset=1)})
    write("offset_negative.pth", {"w": tensor(offset=-1)})
    write("stride_negative.pth", {"w": tensor(stride=(2, -1))})
    write("shape_negative.pth", {"w": tensor(size=(-2, 2))})
    write("shape_overflow.pth", {"w": tensor(size=(2**40, 2**40), stride=(0, 0))})
    write("stride_overflow.pth", {"w": tensor(stride=(2**62, 2**62))})
    write("expansion.pth", {"w": tensor(size=(2**20, 2**20), stride=(0, 0))})
    write("rank_mismatch.pth", {"w": tensor(size=(2, 2, 1))})
    write("count_lie.pth", {"w": tensor(numel=2**40)})
    write("count_negative.pth", {"w": tensor(numel=-4)})
    write("storage_missing.pth", {"w": tensor(key="7")})
    write("storage_outside.pth", {"w": tensor(key="../../0")})
    write("storage_short.pth", {"w": tensor()}, storage=four[:12])
    write("big_endian.pth", {"w": tensor()}, ("byteorder", b"big"))
    write("duplicate.pth", {"w": tensor()}, ("data/0", four))
    write("compressed.pth", {"w": tensor(numel=400, size=(20, 20))}, storage=bytes(1600), compression=zipfile.ZIP_DEFLATED)
    write("bomb.pth", b"N" * 2_000_000 + b".", compression=zipfile.ZIP_DEFLATED)
    write("pickle_cut.pth", dump({"w": tensor()})[:-1])
    write("empty_pickle.pth", b"")
    write("quantised.pth", {"w": Call(torch._utils._rebuild_qtensor, 1, 2)})
    good = (folder / "good.pth").read_bytes()
    (folder / "checksum.pth").write_bytes(good.replace(four, struct.pack("<4f", 1, 2, 3, 5)))
    end = good.index(b"PK\x01\x02")
    (folder / "no_directory.pth").write_bytes(good[:end])


def shard_folder(folder, out, name, save, pattern, index_name):
    target = folder / name
    target.mkdir(exist_ok=True)
    shards = [{"a.w": torch.tensor([1.0, 2.0]), "c.w": torch.tensor([5], dtype=torch.int64)}, {"b.w": torch.ones(2, 2)}]
    mapping = {}
    for number, shard in enumerate(shards, start=1):
        save(shard, str(target / pattern.format(number)))
        mapping.update({key: pattern.format(number) for key in shard})
    (target / index_name).write_text(json.dumps({"metadata": {"total_size": 32}, "weight_map": mapping}))
    merged = {key: tensor for shard in shards for key, tensor in shard.items()}
    out.note(f"{name}/{index_name}", merged)
    out.note(name, merged)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
