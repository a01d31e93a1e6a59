"""Writes the table of timm's networks, `Sources/VisionTransformers/Configuration/TimmTable.swift`.

    Scripts/timm_table.py [--check]

Each architecture's own entry function is asked for the arguments that it hands to timm's builder; what they say of width, blocks,
patches, heads and of blocks that are not the plain one becomes a line. With --check the committed table is compared.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import reference_frequency  # noqa: E402, F401  (lets torchvision load without its compiled operators)
import timm  # noqa: E402

from sweep import timm_models  # noqa: E402

# ViTamin's networks are of timm's VisionTransformer, too, behind convolutions.
timm_models.MODULES = (*timm_models.MODULES, "vitamin")

TABLE = Path(__file__).resolve().parents[1] / "Sources/VisionTransformers/Configuration/TimmTable.swift"


def refusal(name, cls, given):
    """Why a network is not computed; None for one that is."""
    norm = str(given.get("norm_layer", "")).lower()
    block = getattr(given.get("block_fn"), "__name__", "")
    if cls.__name__ == "NaFlexVit":
        return "!naflex"
    if "embed_layer" in given:
        return "!hybrid"
    if given.get("attn_layer"):
        return "!diff"
    if block and block != "ResPostBlock":
        return "!parallel"
    if given.get("qk_norm"):
        return "!qk"
    if "rms" in norm:
        return "!rms"
    rotates = given.get("attn_type") == "rope" or given.get("use_rot_pos_emb")
    return "!rotary" if rotates and not name.startswith("eva02_") else None


def traits(name, cls, given):
    """What differs from a plain block, or why it is refused."""
    if reason := refusal(name, cls, given):
        return [reason]
    activation = str(given.get("act_layer", "")).lower()
    found = {
        "1e-5": "1e-05" in str(given.get("norm_layer", "")),
        "post": bool(given.get("block_fn") or given.get("use_post_norm")),
        "quick": "quick" in activation,
        "rot": bool(given.get("use_rot_pos_emb")),
        "tanh": "tanh" in activation,
    }
    return [trait for trait, holds in found.items() if holds]


def line(name):
    cls, given = timm_models.arguments(name)
    if cls.__name__ == "NaFlexVit":
        sizes = (0, 0, 0, 0)
    else:
        usual = {"embed_dim": 768, "depth": 12, "patch_size": 16, "num_heads": 12}
        sizes = tuple(given.get(key, value) for key, value in usual.items())
    return " ".join([name, *map(str, sizes), *traits(name, cls, given)])


def main():
    text = TABLE.read_text()
    lines = "\n".join("    " + line(name) for name in sorted(timm_models.names()))
    made = re.sub(r'(?<=static let text = """\n).*(?=\n    """)', lambda _: lines, text, flags=re.S)
    made = re.sub(r"timm \d+\.\d+\.\d+", f"timm {timm.__version__}", made)
    if "--check" not in sys.argv:
        TABLE.write_text(made)
    elif made != text:
        sys.exit(f"{TABLE.name} differs from what timm {timm.__version__} gives; run {Path(__file__).name} to remake it")


if __name__ == "__main__":
    main()
