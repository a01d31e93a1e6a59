"""Runs of `mff-inspect hessian` and `pretrain`, and the files that they read."""

import json
import os
import subprocess

import torch
from safetensors.torch import save_file

NAMES = [("decoder.blocks", "decoder_blocks"), ("decoder.embed", "decoder_embed"), ("decoder.norm", "decoder_norm"),
         ("decoder.output", "decoder_pred"), ("decoder.position", "decoder_pos_embed"), ("decoder.mask", "mask_token"),
         ("position", "pos_embed"), ("fusion.projections", "proj_layers"), ("fusion.logits", "proj_weights"),
         ("attention.qkv", "attn.qkv"), ("attention.output", "attn.proj")]


def original_name(name):
    """MAE's own name of a parameter."""
    if name == "class": return "cls_token"
    if name.startswith("patch."): return "patch_embed.proj." + name[6:]
    for ours, theirs in NAMES:
        if name.startswith(ours) or ours.startswith("attention"): name = name.replace(ours, theirs)
    return name


def write(case, folder):
    """The case as files: model, images, masks, and a teacher where it has one."""
    folder.mkdir(parents=True, exist_ok=True)
    write_model(case.architecture, case.parameters, case.norm_pixels, folder / "model.safetensors")
    if case.teacher: write_model(*case.teacher, True, folder / "teacher.safetensors")
    write_batch(case.images, case.masks, folder)


def write_model(a, parameters, norm_pixels, file):
    """A checkpoint in MAE's naming. Double precision becomes single without a change."""
    tensors = {}
    for name, x in parameters.items():
        assert (x.float().double() == x).all(), name
        foreign = original_name(name)
        if foreign in ("cls_token", "mask_token"): x = x.reshape(1, 1, -1)
        if foreign.endswith("pos_embed"): x = x[None]
        tensors[foreign] = x.float().contiguous()
    metadata = dict(
        format="pt", method="mae", objective="pixels", heads=str(a["heads"]), decoder_heads=str(a["decoder"]["heads"]),
        patch_size=str(a["patchSize"]), image_size=",".join(map(str, a["imageSize"])), mask_ratio="0.75",
        norm_pix_loss=str(norm_pixels).lower())
    save_file(tensors, file, metadata)


def write_batch(images, masks, folder):
    save_file({"images": images.float().contiguous()}, folder / "images.safetensors")
    save_file({"mask": masks.to(torch.uint8).contiguous()}, folder / "masks.safetensors")


class Program:
    def __init__(self, path):
        self.path = str(path.resolve())
        self.environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

    def run(self, *arguments):
        done = subprocess.run(
            [self.path, *map(str, arguments)], capture_output=True, text=True, env=self.environment, timeout=600)
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, arguments))}\n{done.stderr.strip()}")
        return done.stdout

    def hessian(self, model, folder, solver, *more):
        """The result for one batch: all images of the folder's `images.safetensors`, with its `masks.safetensors`."""
        arguments = [
            "hessian", model, "--images", folder / "images.safetensors", "--masks", folder / "masks.safetensors", "--batches", 1,
            "--solver", solver, "--threads", 1, "-q", "--json", "-", "-o", folder / "figure.svg", *more]
        return json.loads(self.run(*arguments))["models"][0]


def options(case, folder):
    """What a file does not tell."""
    more = ["--batch-size", len(case.images), "--top", 3, "--position-embedding", "trained" if case.trained_positions else "fixed"]
    if case.largest: more += ["--which", "largest"]
    if case.loss != "pixels": more += ["--objective", case.loss]
    if case.teacher: more += ["--teacher", folder / "teacher.safetensors"]
    if f := case.architecture.get("fusion"): more += ["--fuse", ",".join(map(str, f["layers"]))]
    return more
