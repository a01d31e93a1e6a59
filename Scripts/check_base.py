#!/usr/bin/env python3
"""Compares `mff-inspect frequency` with PyTorch on a ViT-B sized masked autoencoder, once from a batch of normalised
images and once from PNG and JPEG files through preprocessing (shorter side to 256 bicubic, centre crop 224).

    check_base.py FOLDER PROGRAM        e.g. check_base.py /tmp/base .build/release/mff-inspect

FOLDER receives a checkpoint of 450 MB, a batch of 4 images and 6 pictures as PNG and JPEG; it is not cleaned, and files
that are there already are used again. Prints the largest absolute difference of log-amplitude per layer; exits 1 if
one passes the limit (2e-4 from a batch, 2e-2 from files). Needs Scripts/requirements.txt.
"""

import argparse, json, subprocess, sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

from reference_frequency import MaskedAutoencoder, curves, lively, mae_features

BASE = dict(image=224, patch=16, width=768, depth=12, heads=12, decoder=(512, 8, 16))
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def write_pictures(folder):
    """Discs over a gradient, with noise: sharp edges, smooth areas and texture, in sizes that need every crop rule."""
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(0)
    for i, (width, height) in enumerate([(640, 480), (481, 641), (300, 300), (1025, 333), (224, 400), (256, 256)]):
        y, x = np.mgrid[0:height, 0:width]
        picture = np.stack([x / width, y / height, (x + y) / (width + height)], -1) * 160
        for _ in range(150):
            cx, cy, r = random.uniform(0, width), random.uniform(0, height), 4 + 40 * random.random() ** 3
            picture[(x - cx) ** 2 + (y - cy) ** 2 < r * r] = random.uniform(0, 255, 3)
        picture = np.clip(picture + random.normal(0, 8, picture.shape), 0, 255).astype(np.uint8)
        name = folder / f"{i}.{'png' if i % 2 else 'jpg'}"
        Image.fromarray(picture).save(name, **({} if i % 2 else {"quality": 92}))


def preprocessed(folder):
    from torchvision import transforms

    steps = transforms.Compose(
        [
            transforms.Resize(256, interpolation=transforms.InterpolationMode.BICUBIC),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, DEVIATION),
        ]
    )
    return torch.stack([steps(Image.open(f).convert("RGB")) for f in sorted(folder.iterdir())])


def prepare(folder):
    folder.mkdir(parents=True, exist_ok=True)
    model = MaskedAutoencoder(**BASE).eval()
    checkpoint = folder / "mae_base.pth"
    if checkpoint.exists():
        model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    else:
        lively(model, 0)
        torch.save({"model": model.state_dict()}, checkpoint)
    if not (folder / "images.safetensors").exists():
        noise = torch.randn(4, 3, 228, 228, generator=torch.Generator().manual_seed(0))
        save_file({"images": (F.avg_pool2d(noise, 5, 1) * 4).contiguous()}, folder / "images.safetensors")
    if not (folder / "pictures").exists():
        write_pictures(folder / "pictures")
    return model, checkpoint


def ours(program, folder, checkpoint, images):
    command = [
        program,
        "frequency",
        checkpoint,
        "--images",
        images,
        "--json",
        "-",
        "--quiet",
        "-o",
        folder / "frequency.png",
    ]
    done = subprocess.run([str(a) for a in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\nexit status {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)["models"][0]


def compare(title, expected, found, limit):
    frequencies, layers = expected
    assert np.allclose(found["frequencies"], frequencies), f"frequencies {found['frequencies']}, expected {frequencies}"
    found = {l["layer"]: l["logAmplitude"] for l in found["layers"]}
    missing = [l["layer"] for l in layers if l["layer"] not in found]
    if missing:
        sys.exit(f"the result lacks the layers {', '.join(missing)}")
    worst = 0.0
    print(title)
    for layer in layers:
        difference = np.abs(np.subtract(layer["logAmplitude"], found[layer["layer"]])).max()
        worst = max(worst, difference)
        print(f"  {layer['layer']:>9}  {difference:.2e}")
    print(f"  {'worst':>9}  {worst:.2e}  {'within' if worst <= limit else 'ABOVE'} {limit:g}", flush=True)
    return worst <= limit


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("program", type=lambda p: Path(p).resolve())
    options = parser.parse_args()
    folder = options.folder.resolve()
    model, checkpoint = prepare(folder)
    model.double()
    passed = True
    for title, path, images, limit in [
        ("normalised batch", folder / "images.safetensors", load_file(folder / "images.safetensors")["images"], 2e-4),
        ("PNG and JPEG files", folder / "pictures", preprocessed(folder / "pictures"), 2e-2),
    ]:
        expected = curves(mae_features(model, images.double()), (14, 14))
        passed &= compare(title, expected, ours(options.program, folder, checkpoint, path), limit)
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
