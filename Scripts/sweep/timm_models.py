"""Small models of timm's architectures: what a name implies is kept, sizes apart."""

import contextlib
import importlib
import inspect
from unittest import mock

import timm
import torch
from timm.models import _registry, save_for_hf
from timm.models.beit import Beit
from timm.models.eva import Eva
from timm.models.naflexvit import NaFlexVit
from timm.models.vision_transformer import VisionTransformer
from torch import nn

from sweep import truth
from sweep.sizes import SIDE

CLASSES = (VisionTransformer, Beit, Eva, NaFlexVit)
MODULES = ("vision_transformer", "vision_transformer_hybrid", "deit", "beit", "eva", "naflexvit")
MOST_PARAMETERS = 90_000_000
ACTIVATIONS = {"GELU": "gelu", "QuickGELU": "quick-gelu", "GELUTanh": "gelu-tanh"}


class Captured(Exception):
    """Ends a model's making once its class and arguments are known."""


def arguments(name):
    """(class, arguments) that the architecture's own entry function hands to timm's builder."""

    def stop(cls, variant, pretrained, **kwargs):
        raised = Captured()
        raised.found = cls, kwargs
        raise raised

    with contextlib.ExitStack() as stack:
        for module in MODULES:
            stack.enter_context(
                mock.patch.object(importlib.import_module(f"timm.models.{module}"), "build_model_with_cfg", stop)
            )
        try:
            timm.create_model(name)
        except Captured as captured:
            return captured.found
    raise LookupError(name)


def names():
    """Architectures of the four classes, in the order of their names."""
    found = []
    for name in timm.list_models():
        if _registry._model_to_module[name] in MODULES:
            with contextlib.suppress(LookupError):
                cls, _ = arguments(name)
                if inspect.isclass(cls) and issubclass(cls, CLASSES):
                    found.append(name)
    return found


def stride(embedding, patch):
    """Pixels a token: the patch, times what a convolutional network before it leaves away."""
    backbone = getattr(embedding, "keywords", {}).get("backbone")
    if backbone is None:
        return patch
    with torch.no_grad():
        out = backbone.eval()(torch.zeros(1, 3, 64, 64))
    return 64 // (out[-1] if isinstance(out, (list, tuple)) else out).shape[-1] * (patch or 1)


def changes_of_size(name, sizes):
    """(arguments that make the architecture small, the image's side)."""
    cls, given = arguments(name)
    flexible = issubclass(cls, NaFlexVit)
    get = (lambda k, d=None: getattr(given["cfg"], k, d)) if flexible else given.get
    small = {"depth": sizes.depth}
    if not sizes.published:
        heads = sizes.heads or (4 if get("num_kv_heads") else 2)
        small |= {"embed_dim": sizes.width or get("embed_dim", 768) // get("num_heads", 12) * heads, "num_heads": heads}
        small |= {"num_kv_heads": heads // 2} if get("num_kv_heads") else {}
        small |= {key: heads for key in ("attn_pool_num_heads", "pool_num_heads") if get(key)}
        small |= {"mlp_ratio": sizes.ratio} if sizes.ratio else {}
        small |= {"patch_size": sizes.patch} if sizes.patch else {}
    if timm.get_pretrained_cfg(name).num_classes:
        small["num_classes"] = 5
    patch = small.get("patch_size", get("patch_size", 16))
    patch = patch[0] if isinstance(patch, (list, tuple)) else patch
    side = SIDE * (patch if flexible else stride(get("embed_layer"), patch))
    if not flexible:
        small["img_size"] = side
    return small, side


def places(model):
    """Layer name → (module, side), and how many tokens precede the patches."""
    norm = getattr(model, "norm_pre", None)
    start = model.blocks[0] if norm is None or isinstance(norm, nn.Identity) else norm
    found = {"embedding": (start, "input")}
    found |= {str(i): (block, "output") for i, block in enumerate(model.blocks)}
    if not isinstance(model.norm, nn.Identity):
        found["norm"] = (model.norm, "output")
    return found, getattr(model, "num_prefix_tokens", 1)


def facts(model):
    """What the file of a state dict does not tell, under the options that tell it."""
    block = model.blocks[0]
    told = {
        "--heads": getattr(getattr(block, "attn", block), "num_heads", None),
        "--layer-norm-eps": getattr(getattr(block, "norm1", None), "eps", None),
        "--activation": ACTIVATIONS.get(type(getattr(getattr(block, "mlp", block), "act", None)).__name__),
    }
    shape = getattr(getattr(model, "rope", None), "ref_feat_shape", None)
    told["--rotary-grid"] = shape and ",".join(map(str, shape))
    return {k: str(v) for k, v in told.items() if v is not None}


def make(name, changes, sizes, folder, seed):
    """Writes a bare file, a hub folder and images; (what the library computes, what files do not tell)."""
    small, side = changes_of_size(name, sizes)
    small |= changes
    with torch.device("meta"):
        count = sum(p.numel() for p in timm.create_model(name, **small).parameters())
    if count > MOST_PARAMETERS:
        raise ValueError(f"{count} parameters are too many")
    model = truth.vivid(timm.create_model(name, **small), seed)
    truth.save(model, folder / "bare.safetensors")
    save_for_hf(model, folder / "hub", safe_serialization=True, model_args=None if sizes.published else small)
    truth.save(model, folder / "hub/model.safetensors")
    images = truth.save_images(side, folder)
    where, prefix = places(model)
    expected = truth.both(model, where, prefix, lambda dtype: model(images.to(dtype)))
    return expected, facts(model)
