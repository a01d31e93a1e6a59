"""What the family's own library computes, and how a result differs from it."""

import torch
from reference_families import vivid as of_normal_size
from reference_frequency import curves, record
from safetensors.torch import save_file
from torch.nn import functional as F

from sweep.sizes import SIDE

COUNT = 4
GRID = (SIDE, SIDE)
# Parameters that make up what enters the first block.
ENTERING = (
    *("patch_embed", "patch_conv", "conv1.weight", "cls_token", "class_token", "class_embed", "dist_token"),
    *("distillation_token", "reg_token", "register_token", "pos_embed", "position_embed", "positional_embedding"),
)


def vivid(model, seed):
    """Random weights that all matter; what enters the first block is small, so that the ε of its norm shows."""
    of_normal_size(model.eval(), seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if any(word in name for word in ENTERING) and not any(word in name for word in ("norm", "decoder", "text")):
                p.mul_(0.01).copy_(p.half().float())
    return model


def save(model, path):
    """The state dict: parameters in half precision, which they fit, buffers as they are."""
    parameters = {name for name, _ in model.named_parameters()}
    state = {k: (v.half() if k in parameters else v).clone().contiguous() for k, v in model.state_dict().items()}
    save_file(state, path)


def save_images(side, folder):
    """Smooth random images, shape (4, 3, side, side), as images.safetensors."""
    g = torch.Generator().manual_seed(side)
    noise = torch.randn(COUNT, 3, side + 4, side + 4, generator=g)
    images = (F.avg_pool2d(noise, 5, 1) * 4 + 0.3 * noise[..., 2:-2, 2:-2]).contiguous()
    save_file({"images": images}, folder / "images.safetensors")
    return images


def patches(x, prefix=None):
    """Tokens of whole images, in any of the shapes that libraries use → (N, L, D); the prefix is what precedes L."""
    length = SIDE * SIDE
    x = x if isinstance(x, torch.Tensor) else x[0]
    if x.ndim in (2, 3) and x.shape[:-1].numel() == COUNT * length:
        x = x.reshape(COUNT, length, -1)
    if x.ndim == 4 and x.shape[1:3] == GRID:
        x = x.flatten(1, 2)
    if x.ndim == 4 and x.shape[2:] == GRID:
        x = x.flatten(2).transpose(1, 2)
    if x.ndim != 3 or len(x) != COUNT or x.shape[1] < length or (prefix is not None and x.shape[1] != prefix + length):
        raise ValueError(f"tokens of shape {tuple(x.shape)} are not those of {GRID} patches")
    return x[:, x.shape[1] - length :]


def log_amplitudes(features, prefix=None):
    """Layer → log amplitudes."""
    tokens = {name: patches(x, prefix).double() for name, x in features.items()}
    return {layer["layer"]: layer["logAmplitude"] for layer in curves(tokens, GRID)[1]}


def both(model, places, prefix, run, finish=lambda found: found):
    """Layer → `values` in double precision and `single`, how far the library itself is off in single precision.

    `run(dtype)` runs the model; `finish` may add layers to those that were recorded.
    """

    def amplitudes(dtype):
        return log_amplitudes(finish(record(places, lambda: run(dtype))), prefix)

    single = amplitudes(torch.float)
    model.double()
    double = amplitudes(torch.double)
    off = {k: max(abs(a - b) for a, b in zip(v, single[k], strict=True)) for k, v in double.items()}
    return {layer: {"values": values, "single": off[layer]} for layer, values in double.items()}


def differences(expected, model):
    """(layer → largest difference of a log amplitude, layers that only one side has)."""
    found = {layer["layer"]: layer["logAmplitude"] for layer in model["layers"]}
    largest = {}
    for name, layer in expected.items():
        if name in found:
            same = len(found[name]) == len(layer["values"])
            pairs = zip(found[name], layer["values"])
            largest[name] = max((abs(a - b) for a, b in pairs), default=0.0) if same else float("inf")
    return largest, sorted(set(expected) ^ set(found))
