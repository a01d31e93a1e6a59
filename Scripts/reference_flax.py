#!/usr/bin/env python3
"""Checkpoints in Flax's naming (.npz) and the per-layer Fourier log-amplitudes of timm's models that load them.

    reference_flax.py [FOLDER]     default: Tests/DiagnosticsTests/Golden/flax

The arrays are random, named and laid out as google-research/vision_transformer or big_vision write them; timm's own loader
reads the file into a fresh model, so that the order of axes is timm's and not this script's. Images are those of
`reference_frequency.py`, whose functions compute the curves. Also the damaged and odd archives for the tests of Checkpoints.
"""
import io
import sys
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import reference_frequency as reference
import timm
import torch
from safetensors.torch import load_file
from timm.models.vision_transformer import _load_weights

ROOT = Path(__file__).resolve().parent.parent


class FlaxGolden(reference.Golden):
    def batch(self, height, width):
        name = f"../frequency/images-{height}x{width}.safetensors"
        return name, load_file(self.folder / name)["images"]

    def write(self):
        super().write()
        text = self.path("cases.json").read_text().replace("reference_frequency.py", "reference_flax.py")
        self.path("cases.json").write_text(text)


def arrays(generator, width=48, depth=2, heads=3, hidden=60, patch=4, side=9, classes=5, big_vision=False, cls=True):
    """Random arrays by name; every bias, scale and token is far from its initial value."""
    normal = lambda *shape: generator.standard_normal(shape)
    matrix = lambda inputs, *shape, gain=1.0: normal(*shape) * gain / np.sqrt(inputs)
    norm = lambda name: {f"{name}/scale": 1 + 0.3 * normal(width), f"{name}/bias": 0.2 * normal(width)}
    attention, perceptron, second = (0, 0, 1) if big_vision else (1, 3, 2)
    rows = side * side + (0 if big_vision or not cls else 1)
    tree = {
        "embedding/kernel": matrix(3 * patch * patch, patch, patch, 3, width), "embedding/bias": 0.2 * normal(width),
        "pos_embedding" if big_vision else "Transformer/posembed_input/pos_embedding": 0.5 * normal(1, rows, width),
    }
    if cls:
        tree["cls"] = 0.5 * normal(1, 1, width)
    each = width // heads
    for i in range(depth):
        block = f"Transformer/encoderblock_{i}"
        tree |= norm(f"{block}/LayerNorm_0") | norm(f"{block}/LayerNorm_{second}")
        layer = f"{block}/MultiHeadDotProductAttention_{attention}"
        for name, gain in (("query", 1.5), ("key", 1.5), ("value", 1.0)):
            tree[f"{layer}/{name}/kernel"] = matrix(width, width, heads, each, gain=gain)
            tree[f"{layer}/{name}/bias"] = 0.2 * normal(heads, each)
        tree[f"{layer}/out/kernel"], tree[f"{layer}/out/bias"] = matrix(width, heads, each, width), 0.2 * normal(width)
        layer = f"{block}/MlpBlock_{perceptron}"
        tree[f"{layer}/Dense_0/kernel"], tree[f"{layer}/Dense_0/bias"] = matrix(width, width, hidden), 0.2 * normal(hidden)
        tree[f"{layer}/Dense_1/kernel"], tree[f"{layer}/Dense_1/bias"] = matrix(hidden, hidden, width), 0.2 * normal(width)
    tree |= norm("Transformer/encoder_norm")
    tree["head/kernel"], tree["head/bias"] = matrix(width, width, classes), 0.2 * normal(classes)
    return {name: np.ascontiguousarray(value.astype(np.float32)) for name, value in tree.items()}


def loaded(tree, side=36, **arguments):
    """timm's model with these arrays, read by timm's loader."""
    model = timm.create_model(
        "vit_tiny_patch16_224", img_size=side, patch_size=4, embed_dim=48, depth=1 if len(tree) < 28 else 2, num_heads=3,
        mlp_ratio=1.25, num_classes=5, **arguments
    )
    file = Path("/tmp") / "reference_flax.npz"
    np.savez(file, **tree)
    with torch.no_grad():
        _load_weights(model, str(file))
    file.unlink()
    return model.eval()


def prefixed(prefix, tree):
    return {prefix + name: value for name, value in tree.items()}


def half(tree):
    return {name: value.astype(np.float16) for name, value in tree.items()}


def bfloat16(tree):
    """Two bytes without a type, as jax.numpy's bfloat16 lands in a file, and the same values in single precision."""
    rounded = {name: torch.from_numpy(value).bfloat16() for name, value in tree.items()}
    stored = {name: value.view(torch.int16).numpy().view(np.dtype("V2")) for name, value in rounded.items()}
    return stored, {name: value.float().numpy() for name, value in rounded.items()}


def main():
    golden = FlaxGolden(sys.argv[1] if len(sys.argv) > 1 else ROOT / "Tests/DiagnosticsTests/Golden/flax")
    library, features = f"timm {timm.__version__}", reference.timm_features
    generator = np.random.default_rng(16)

    # AugReg's files: bare names, stored.
    tree = arrays(generator)
    np.savez(golden.path("augreg.npz"), **tree)
    case = partial(golden.case, checkpoint="augreg.npz", library=library, features=features, patch=4)
    case("augreg", model=loaded(tree), size=(36, 36))
    case("augreg-radial", model=loaded(tree), size=(36, 36), options=["--path", "radial"], path="radial")
    case("augreg-resized-up", model=loaded(tree, side=56), size=(56, 56), options=["--image-size", "56"])

    # The first releases: below opt/target/, beside the optimiser's state; deflated; matrices in column-major order.
    tree = half(arrays(generator, depth=1))
    stored = prefixed("opt/target/", {n: np.asfortranarray(v) if v.ndim == 2 else v for n, v in tree.items()})
    stored |= {"opt/state/step": np.int64(7), "opt/state/param_states/embedding/kernel/grad_ema": np.zeros(3, np.float32)}
    stored |= {"version": np.array("first")}
    np.savez_compressed(golden.path("optimiser.npz"), **stored)
    single = {name: value.astype(np.float32) for name, value in tree.items()}
    golden.case("optimiser", "optimiser.npz", library, loaded(single), features, (36, 36), 4)

    # big_vision: no position for the class token, sub-layers counted by kind, bfloat16.
    stored, tree = bfloat16(arrays(generator, depth=1, big_vision=True))
    np.savez(golden.path("big-vision-bf16.npz"), **prefixed("params/", stored))
    model = loaded(prefixed("params/", tree), no_embed_class=True)
    golden.case("big-vision-bf16", "big-vision-bf16.npz", library, model, features, (36, 36), 4)

    # One tower of two, without a class token.
    tree = half(arrays(generator, depth=1, big_vision=True, cls=False))
    np.savez(golden.path("tower.npz"), **prefixed("params/img/", tree), **{"params/t": np.zeros(1, np.float32)})
    single = prefixed("params/img/", {name: value.astype(np.float32) for name, value in tree.items()})
    model = loaded(single, class_token=False, global_pool="avg", fc_norm=False)
    golden.case("tower", "tower.npz", library, model, features, (36, 36), 4)
    golden.write()
    return golden


if __name__ == "__main__":
    main()
