"""Checkpoints in MAE's naming, as `pretrain` and the tests have them."""

from safetensors import safe_open
from safetensors.torch import load_file

import reference_derivatives as reference


def read(file):
    """Architecture and parameters."""
    P = reference.own_names(load_file(file))
    with safe_open(file, "pt") as f: metadata = f.metadata()
    patch = int(metadata["patch_size"].split(",")[0])
    grid = tuple(int(side) // patch for side in metadata["image_size"].split(","))
    depth = 1 + max(int(k.split(".")[1]) for k in P if k.startswith("blocks."))
    count = len(P["fusion.logits"]) if "fusion.logits" in P else 0
    projection = "linear" if "fusion.projections.0.weight" in P else "none"
    fusion = dict(layers=list(range(depth)), count=count, projection=projection) if count else None
    a = reference.architecture(
        patch=patch, grid=grid, width=P["class"].numel(), depth=depth, heads=int(metadata["heads"]),
        hidden=P["blocks.0.mlp.fc1.bias"].numel(), fusion=fusion,
        decoder=reference.decoder(
            width=P["decoder.mask"].numel(), depth=1 + max(int(k.split(".")[2]) for k in P if k.startswith("decoder.blocks.")),
            heads=int(metadata["decoder_heads"]), hidden=P["decoder.blocks.0.mlp.fc1.bias"].numel(), outputs=3 * patch ** 2))
    assert set(P) == set(reference.shapes(a)), set(P) ^ set(reference.shapes(a))
    return a, P
