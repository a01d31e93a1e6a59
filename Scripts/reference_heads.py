#!/usr/bin/env python3
"""Tiny classifiers of the real libraries, with the cross-entropy that each library's own forward pass gives.

    pip install torch timm transformers torchvision safetensors
    Scripts/reference_heads.py Tests/VisionTransformersTests/Golden/heads

Writes NAME.safetensors with the library's own names and random weights for each library that is installed, and sets `loss` of NAME
in losses.json: double precision, two images of a formula, labels 1 and 3. MMPretrain needs an environment of its own: run the script
there too.
"""
import json
import sys
from pathlib import Path

import torch
from reference_frequency import allow_torchvision_without_compiled_operators
from safetensors.torch import save_file
from torch.nn import functional as F

allow_torchvision_without_compiled_operators()


def images():
    i = torch.arange(2 * 3 * 12 * 12, dtype=torch.float64)
    return torch.sin(0.13 * i + 0.6 * torch.sin(0.021 * i)).float().double().reshape(2, 3, 12, 12)


def lively(model, seed):
    """Weights far from their initial values, so that one that is ignored or misplaced shows."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            scale = p.shape[-1] ** -0.5 if p.dim() == 2 else 0.3
            is_norm = p.dim() == 1 and name.endswith("weight")
            p.copy_((noise * scale + (1 if is_norm else 0)).float())
    return model.double().eval()


def timm_models():
    from timm.models.vision_transformer import VisionTransformer

    common = dict(img_size=12, patch_size=3, embed_dim=12, depth=1, num_heads=3, mlp_ratio=1.5, num_classes=5)
    for name, options in [
        ("timm-token", {}),
        ("timm-fc-norm", dict(global_pool="avg")),  # also MAE's own fine-tuning
        ("timm-registers-fc-norm", dict(global_pool="avg", reg_tokens=2, no_embed_class=True)),
        ("timm-no-class", dict(global_pool="avg", class_token=False, fc_norm=False)),
    ]:
        model = lively(VisionTransformer(**common, **options), 1)
        yield name, model, lambda x, model=model: model(x)


def transformers_models():
    from transformers import ViTConfig, ViTForImageClassification

    config = ViTConfig(
        hidden_size=12, num_hidden_layers=1, num_attention_heads=3, intermediate_size=18, image_size=12, patch_size=3, num_labels=5)
    model = lively(ViTForImageClassification(config), 2)
    yield "hf-vit", model, lambda x: model(x).logits


def torchvision_models():
    from torchvision.models import VisionTransformer

    model = lively(
        VisionTransformer(image_size=12, patch_size=3, num_layers=1, num_heads=3, hidden_dim=12, mlp_dim=18, num_classes=5), 3)
    yield "torchvision", model, model


def mmpretrain_models():
    from mmpretrain.models import build_classifier

    arch = dict(embed_dims=12, num_layers=1, num_heads=3, feedforward_channels=18)
    for name, options, head in [
        ("mmpretrain-token", {}, "VisionTransformerClsHead"),
        ("mmpretrain-mean", dict(out_type="avg_featmap"), "LinearClsHead"),
        ("mmpretrain-mean-only", dict(out_type="avg_featmap", final_norm=False), "LinearClsHead"),
    ]:
        backbone = dict(type="VisionTransformer", arch=arch, img_size=12, patch_size=3, **options)
        model = lively(
            build_classifier(
                dict(type="ImageClassifier", backbone=backbone, head=dict(type=head, num_classes=5, in_channels=12))), 4)
        yield name, model, lambda x, model=model: model(x, mode="tensor")


def stored(model, folder):
    """The names of the files, which for transformers are not those in memory."""
    if hasattr(model, "save_pretrained"):
        from safetensors.torch import load_file

        model.float().save_pretrained(folder / "saved")
        state = load_file(folder / "saved" / "model.safetensors")
        for file in (folder / "saved").iterdir(): file.unlink()
        (folder / "saved").rmdir()
        return state
    return {k: v.float().contiguous() for k, v in model.state_dict().items()}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "losses.json"
    losses = json.loads(table.read_text()) if table.exists() else {}
    for library in (timm_models, transformers_models, torchvision_models, mmpretrain_models):
        try:
            for name, model, logits in library():
                with torch.no_grad():
                    losses[name] = F.cross_entropy(logits(images()), torch.tensor([1, 3])).item()
                save_file(stored(model, folder), folder / f"{name}.safetensors")
                print(name, losses[name])
        except ImportError as error:
            print(f"{library.__name__}: {error}")
    table.write_text(json.dumps(losses, indent=1, sort_keys=True) + "\n")
