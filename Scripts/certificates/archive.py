"""The four hard models that the tests keep: a cluster, a large token mean, a massive channel, large logits."""

import torch
from safetensors.torch import load_file

from certificates import checkpoints
from certificates.models import Case

NAMES = ("cluster", "large-token-mean", "massive-channel", "large-logits")


def cases(folder):
    images = load_file(folder / "images.safetensors")["images"].double()
    masks = load_file(folder / "masks.safetensors")["mask"].to(torch.get_default_dtype())
    for name in NAMES:
        a, parameters = checkpoints.read(folder / f"{name}.safetensors")
        yield Case(f"{name} (kept)", 0, a, {k: x.double() for k, x in parameters.items()}, images, masks, trained_positions=True)
