#!/usr/bin/env python3
"""True eigenvalues of the bundled models' loss Hessians, by SciPy's ARPACK on PyTorch's double backward in double precision.

    reference_hessian.py [FOLDER]       Tests/DiagnosticsTests/Golden/Hessian unless told; seven minutes on two cores
    reference_hessian.py --only NAME    one case, printed, nothing written

Writes `images.safetensors` (`images`, shape (8, 3, 56, 56), float32, normalised), `masks.safetensors` (`mask`, shape (8, 196), 1 removed,
0 kept) and `eigenvalues.json`. The models are those of reference_derivatives.py: plain PyTorch, no line shared with the product.
Parameters: everything but the fixed sine-cosine positions. Weight decay λ adds λ to the diagonal for linear layers' matrices and the
patch kernel, not for biases, norms, tokens and fusion logits. Needs PyTorch, NumPy, SciPy, Pillow and safetensors.
"""
import argparse
import json
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import scipy
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from scipy.sparse.linalg import LinearOperator, eigsh

import reference_derivatives as reference

ROOT = Path(__file__).resolve().parent.parent
SEED, IMAGES, SIDE, PATCHES, REMOVED = 0, 8, 56, 196, 147
#: So many of largest magnitude are asked for: among them are the 12 and, mostly, the 8 largest positive ones.
COUNT, MAGNITUDE, LARGEST = 24, 12, 8
#: Of ARPACK: ten times what `settled` demands afterwards.
TOLERANCE = 1e-9
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: The files under Fixtures, with the fused layers: their own metadata say the same.
MODELS = {"mae": ("ckpt.bin", None), "mff": ("mff.bin", [0, 2, 4, 6, 8, 11]), "run": ("run/epoch_6.safetensors", list(range(12)))}
VARIATIONS = [dict(), dict(parameters="encoder"), dict(parameters="block:5"), dict(parameters="decoder"), dict(weightDecay=0.05),
              dict(normPixels=False)]


def inputs():
    """Eight bundled images, centre crop, normalised in single precision; and masks of three quarters of the patches."""
    g = torch.Generator().manual_seed(SEED)
    files = sorted((ROOT / "Fixtures/images").iterdir())
    chosen = sorted(torch.randperm(len(files), generator=g)[:IMAGES].tolist())
    mean, deviation = (torch.tensor(v, dtype=torch.float32).view(3, 1, 1) for v in (MEAN, DEVIATION))
    images = []
    for i in chosen:
        with Image.open(files[i]) as image:
            left = (image.width - SIDE) // 2
            pixels = np.asarray(image.convert("RGB").crop((left, left, left + SIDE, left + SIDE)))
        images.append((torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255 - mean) / deviation)
    order = torch.rand(IMAGES, PATCHES, generator=g).argsort(1)
    masks = torch.zeros(IMAGES, PATCHES, dtype=torch.uint8).scatter(1, order[:, :REMOVED], 1)
    return [files[i].name for i in chosen], torch.stack(images), masks


def model(name):
    """Architecture and parameters in double precision, under the names of reference_derivatives.py."""
    file, fused = MODELS[name]
    parameters = reference.own_names(load_file(ROOT / "Fixtures" / file))
    a = reference.architecture(
        patch=4, grid=(14, 14), width=64, depth=12, heads=2, hidden=256, fusion=fused and dict(layers=fused, count=len(fused)),
        decoder=reference.decoder(width=48, depth=2, heads=2, hidden=192))
    assert set(parameters) == set(reference.shapes(a)), set(parameters) ^ set(reference.shapes(a))
    return a, parameters


def selected(names, selection):
    """The parameters that vary, without the fixed positions."""
    def belongs(name):
        if selection == "all": return True
        if selection.startswith("block:"): return name.startswith(f"blocks.{selection[6:]}.")
        return name.startswith("decoder.") == (selection == "decoder")
    return [name for name in names if belongs(name) and not name.endswith("position")]


class Hessian:
    """The loss and its Hessian as a product, over one flat vector of the selected parameters."""

    def __init__(self, name, images, masks, parameters="all", weightDecay=0.0, normPixels=True):
        a, values = model(name)
        names = selected(values, parameters)
        self.leaves = [values[k].requires_grad_() for k in names]
        batch = {"images": images.double(), "masks": masks.double()}
        loss = reference.loss(dict(objective=dict(name="pixels", normalized=normPixels)), a, values, batch)
        self.loss, self.order, self.products = loss.item(), sum(x.numel() for x in self.leaves), 0
        self.gradient = torch.autograd.grad(loss, self.leaves, create_graph=True)
        self.decay = torch.cat([torch.full((x.numel(),), weightDecay if x.dim() > 1 else 0.0) for x in self.leaves])

    def __call__(self, v):
        v, self.products = torch.from_numpy(np.ascontiguousarray(v).reshape(-1)), self.products + 1
        parts = [p.view_as(x) for p, x in zip(v.split([x.numel() for x in self.leaves]), self.leaves)]
        hv = torch.autograd.grad(self.gradient, self.leaves, parts, retain_graph=True)
        return (torch.cat([x.reshape(-1) for x in hv]) + self.decay * v).numpy()


def settled(hessian, which, count):
    """Eigenvalues, foremost first, each with ‖Hv − θv‖ made anew in double precision."""
    operator = LinearOperator((hessian.order, hessian.order), matvec=hessian, dtype=np.float64)
    start = np.random.default_rng(SEED).standard_normal(hessian.order)
    values, vectors = eigsh(operator, k=count, which=which, tol=TOLERANCE, ncv=3 * count, v0=start)
    order = np.argsort(-(abs(values) if which == "LM" else values))
    residuals = [np.linalg.norm(hessian(vectors[:, i]) - values[i] * vectors[:, i]) for i in order]
    # Bounds far below what single precision can tell apart: to the tests these are the eigenvalues themselves.
    assert max(residuals) < 1e-8 * abs(values).max(), residuals
    return values[order], max(residuals)


def case(name, variation):
    # Small matrices: more cores for one product gain little.
    torch.set_num_threads(1)
    start = time.perf_counter()
    _, images, masks = inputs()
    hessian = Hessian(name, images, masks, **variation)
    magnitude, residual = settled(hessian, "LM", COUNT)
    # What is larger than a positive value of this list is larger in magnitude too, and so in the list.
    largest = sorted((x for x in magnitude if x > 0), reverse=True)[:LARGEST]
    if len(largest) < LARGEST:
        largest, other = settled(hessian, "LA", LARGEST)
        residual = max(residual, other)
    result = dict(
        model=name, checkpoint=MODELS[name][0], parameters=variation.get("parameters", "all"),
        weightDecay=variation.get("weightDecay", 0.0), normPixels=variation.get("normPixels", True), loss=hessian.loss,
        parameterCount=hessian.order, magnitude=[float(x) for x in magnitude[:MAGNITUDE]], largest=[float(x) for x in largest],
        largestResidual=float(residual))
    print(f"{name} {variation}: loss {hessian.loss:.6f}, {hessian.order} parameters, {hessian.products} products, "
          f"{time.perf_counter() - start:.0f} s, residual {residual:.1e}\n  {np.round(magnitude, 4).tolist()}", flush=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "Tests/DiagnosticsTests/Golden/Hessian")
    parser.add_argument("--only", choices=MODELS)
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time, one core each")
    options = parser.parse_args()
    files, images, masks = inputs()
    wanted = [(name, variation) for variation in VARIATIONS for name in MODELS]
    if options.only:
        return case(options.only, {})
    with ProcessPoolExecutor(options.jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        cases = list(pool.map(case, *zip(*wanted)))
    versions = dict(torch=torch.__version__, numpy=np.__version__, scipy=scipy.__version__)
    options.folder.mkdir(parents=True, exist_ok=True)
    save_file({"images": images.contiguous()}, options.folder / "images.safetensors")
    save_file({"mask": masks}, options.folder / "masks.safetensors")
    text = json.dumps(dict(seed=SEED, versions=versions, arpackTolerance=TOLERANCE, images=files, cases=cases), indent=1)
    (options.folder / "eigenvalues.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
