#!/usr/bin/env python3
"""Sine-cosine position embeddings by the libraries' own code, one table for each order of row and column.

    pip install torch transformers            # MAE's own order
    pip install torch mmpretrain              # MMPretrain's; needs an environment of its own
    Scripts/reference_fixed_positions.py Tests/VisionTransformersTests/Golden/fixed-positions.json

Adds the tables of the libraries that are installed: width 8 on a grid of 3 × 3, and width 16 on 14 × 14 (its last row only).
"""
import json
import sys
from pathlib import Path

from reference_frequency import allow_torchvision_without_compiled_operators

allow_torchvision_without_compiled_operators()

SIZES = [(8, 3), (16, 14)]


def transformers(width, side):
    from transformers import ViTMAEConfig
    from transformers.models.vit_mae.modeling_vit_mae import ViTMAEEmbeddings

    config = ViTMAEConfig(hidden_size=width, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, image_size=2 * side, patch_size=2)
    embeddings = ViTMAEEmbeddings(config)
    embeddings.initialize_weights()
    return embeddings.position_embeddings[0].numpy()


def mmpretrain(width, side):
    from mmpretrain.models.utils import build_2d_sincos_position_embedding

    return build_2d_sincos_position_embedding(side, width, cls_token=True)[0].numpy()


if __name__ == "__main__":
    path = Path(sys.argv[1])
    tables = json.loads(path.read_text()) if path.exists() else {}
    for library in (transformers, mmpretrain):
        try:
            for width, side in SIZES:
                table = library(width, side).astype("float32")
                values = table if side == 3 else table[-side:]
                tables[f"{library.__name__}-{width}-{side}"] = values.flatten().tolist()
        except ImportError as error:
            print(f"{library.__name__}: {error}")
    path.write_text(json.dumps(tables, sort_keys=True) + "\n")
