#!/usr/bin/env python3
"""From image files to log-amplitudes: what Pillow, torchvision and timm make of odd PNG and JPEG files.

    reference_preprocessing.py          writes Tests/DiagnosticsTests/Golden/photographs anew
    reference_preprocessing.py --check  compares with what is there, writes nothing

Every picture is drawn here from a seed; none is taken from elsewhere. The files pass through torchvision's Resize (bicubic,
antialiased), CenterCrop, ToTensor and Normalize as in an ImageNet evaluation, then through timm's model with the weights of
../frequency/timm-vit.safetensors in double precision, then through the spectra of reference_frequency.py. `cases.json` holds
the options of a user and the curves expected. Needs Scripts/requirements.txt.
"""

import io, json, math, sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import reference_frequency as reference  # first: it makes torchvision importable
import timm
from safetensors.torch import load_file
from torchvision import transforms
from torchvision.datasets.folder import pil_loader

GOLDEN = Path(__file__).resolve().parent.parent / "Tests/DiagnosticsTests/Golden"
FOLDER = GOLDEN / "photographs"
STATISTICS = {
    "imagenet": ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    "inception": ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
}
random = np.random.default_rng(1898)


def scene(width, height, channels=3):
    """Discs over a gradient with grain: edges of every direction, as in a photograph."""
    y, x = np.mgrid[0:height, 0:width]
    planes = np.empty((height, width, channels))
    planes[:] = (x / width * 0.5 + y / height * 0.5)[..., None] * random.uniform(0.4, 1, channels)
    for _ in range(40):
        radius = random.uniform(0.03, 0.25) * min(width, height)
        inside = np.hypot(x - random.uniform(0, width), y - random.uniform(0, height)) < radius
        planes[inside] = random.uniform(0, 1, channels)
    grain = random.normal(0, 0.02, planes.shape)
    return np.clip((planes + grain) * 255, 0, 255).astype(np.uint8)


def encoded(samples, mode, kind, **options):
    array = np.squeeze(samples)
    image = Image.fromarray(array) if mode is None else Image.frombytes(mode, array.shape[1::-1], array.tobytes())
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def photographs():
    """File name → content: both formats, upright and lying, larger and smaller than the model's images."""
    palette = Image.fromarray(scene(90, 120)).quantize(64, dither=Image.Dither.NONE)
    stream = io.BytesIO()
    palette.save(stream, "PNG", optimize=True)
    return {
        "grey.jpg": encoded(scene(101, 143, 1), "L", "JPEG", quality=90),
        "lying.jpg": encoded(scene(331, 208), "RGB", "JPEG", quality=80, subsampling=2, progressive=True),
        "palette.png": stream.getvalue(),
        "small.png": encoded(scene(37, 45), "RGB", "PNG", optimize=True),
        "transparent.png": encoded(scene(96, 80, 4), "RGBA", "PNG", optimize=True),
        "upright.jpg": encoded(scene(190, 277), "RGB", "JPEG", quality=92, subsampling=0),
    }


def batch(size, crop_pct, normalization):
    side = math.floor(size / crop_pct)
    steps = transforms.Compose(
        [
            transforms.Resize(side, interpolation=transforms.InterpolationMode.BICUBIC, antialias=True),
            transforms.CenterCrop(size),
            transforms.ToTensor(),
            transforms.Normalize(*STATISTICS[normalization]),
        ]
    )
    return torch.stack([steps(pil_loader(path)) for path in sorted(FOLDER.glob("*.[jp][pn]g"))])


def case(name, crop_pct, normalization, options):
    sizes = dict(img_size=56, patch_size=4, embed_dim=48, depth=2, num_heads=3, mlp_ratio=1.25, num_classes=5)
    model = timm.create_model("vit_tiny_patch16_224", **sizes).eval()
    model.load_state_dict(load_file(GOLDEN / "frequency/timm-vit.safetensors"))
    images = batch(56, crop_pct, normalization)
    frequencies, layers = reference.curves(reference.timm_features(model.double(), images.double()), (14, 14))
    return {
        "name": name,
        "checkpoint": "../frequency/timm-vit.safetensors",
        "images": ".",
        "options": ["--heads", "3", *options],
        "library": f"timm {timm.__version__}, torch {torch.__version__}, Pillow {Image.__version__}",
        "path": "diagonal",
        "grid": [14, 14],
        "frequencies": frequencies,
        "layers": layers,
    }


def main():
    files = photographs()
    if "--check" in sys.argv:
        for name, content in files.items():
            assert (FOLDER / name).read_bytes() == content, f"{name} differs"
    else:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (FOLDER / name).write_bytes(content)
    cases = [
        case("imagenet", 0.875, "imagenet", ["--normalize", "imagenet"]),
        case("inception-uncropped", 1.0, "inception", ["--normalize", "inception", "--crop-pct", "1"]),
    ]
    lines = ",\n".join("  " + json.dumps(c) for c in cases)
    about = "Made by Scripts/reference_preprocessing.py. Paths are relative to this file; options are those of a user."
    text = f'{{"about": {json.dumps(about)},\n"cases": [\n{lines}\n]}}\n'
    if "--check" in sys.argv:
        assert (FOLDER / "cases.json").read_text() == text, "the curves differ"
    else:
        (FOLDER / "cases.json").write_text(text)
    size = sum(f.stat().st_size for f in FOLDER.iterdir())
    print(f"{len(files)} images, {len(cases)} cases, {size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
