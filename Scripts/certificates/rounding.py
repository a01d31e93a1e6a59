"""Trained models: what rounding takes from a value, and what `bound` allows for it."""

import shutil

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

import reference_derivatives as reference
from certificates import checkpoints
from certificates.program import write_batch
from certificates.models import draw_masks
from certificates.spectra import Loss, foremost

SIDE, PATCH, IMAGES, TOP = 16, 4, 4, 3


def recipe(random, index):
    """Options of `pretrain`: another size, method, rate and length each time."""
    depth, width, heads = int(random.integers(2, 5)), int(random.choice([16, 24, 32])), int(random.choice([2, 4]))
    epochs, count = int(random.choice([1, 4, 16, 60])), 64
    method = ("mae", "mff", "pixmim", "mff", "mae")[index % 5]
    told = ["--synthetic", "dead-leaves", "--count", count, "--image-size", SIDE, "--patch-size", PATCH, "--width", width, "--depth", depth,
            "--heads", heads, "--decoder-width", 16, "--decoder-depth", int(random.choice([1, 2])), "--decoder-heads", 2, "--epochs", epochs,
            "--batch-size", 16, "--learning-rate", f"{10 ** random.uniform(-2.5, -1.5):.4g}", "--save-every", epochs, "--no-panel", "--threads", 1,
            "--seed", index, "-q"]
    if method == "mff": told += ["--fuse", ",".join(map(str, range(depth))), "--projection", str(random.choice(["none", "linear"]))]
    if method == "pixmim": told += ["--method", "pixmim"]
    if random.random() < 0.3: told += ["--no-norm-pixels"]
    return method, epochs, told


def photographs(folder, random):
    """Pieces of the bundled images, reduced to the side by means over squares, normalised."""
    files = sorted(folder.iterdir())
    chosen = random.choice(len(files), IMAGES, replace=False)
    images = []
    for i in chosen:
        with Image.open(files[i]) as image: pixels = np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX))
        images.append((torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255 - reference.MEAN.float()) / reference.DEVIATION.float())
    return torch.stack(images)


def vectors(file, names):
    """The vectors that `--save-vectors` wrote, each as one of the order of `names`."""
    tensors = load_file(file)
    for j in range(TOP):
        own = reference.own_names({k.split(".", 1)[1]: x for k, x in tensors.items() if k.startswith(f"{j}.")})
        yield torch.cat([own[k].reshape(-1) for k in names]).numpy()


def check(program, folder, photos, index, seed):
    """One trained model, at the default tolerance and at 1e-7: for each value

    - rounding: `bound` less `residual`.
    - byDistance: how far the nearest eigenvalue in double precision is, less `residual`, at least 0; `off`: what that may be off by.
    - byVector: how far value and residual are from those of the same vector by the reference's products; both round.
    """
    random = np.random.default_rng([seed, 100, index])
    method, epochs, told = recipe(random, index)
    inputs = folder / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    run = folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    program.run("pretrain", "-o", run, *told)
    model = run / f"epoch_{epochs}.safetensors"
    images, masks = photographs(photos, random), draw_masks(random, IMAGES, (SIDE // PATCH) ** 2, 0.75)
    write_batch(images, masks, inputs)
    a, P = checkpoints.read(model)
    loss = spectrum = None
    for tolerance in (1e-3, 1e-7):
        for old in inputs.glob("vectors*"): old.unlink()
        result = program.hessian(
            model, inputs, "lanczos", "--batch-size", IMAGES, "--top", TOP, "--tolerance", tolerance, "--seed", index,
            "--save-vectors", inputs / "vectors.safetensors")
        batch = result["batches"][0]
        if loss is None:
            objective = dict(name=result["objective"], normalized=result["normPixels"])
            if "lowPassRadius" in result: objective["radius"] = result["lowPassRadius"]
            loss = Loss(dict(objective=objective), a, P, [k for k in P if not k.endswith("position")],
                        dict(images=images.double(), masks=masks))
            spectrum, residual = foremost(loss, 2 * TOP, seed=index)
        if result["parameters"] != loss.order or abs(batch["loss"] - loss.value) > 1e-4 * loss.value:
            raise SystemExit(f"trained {index}: the reference computes another loss or other parameters: {batch['loss']}, {loss.value}")
        file, = inputs.glob("vectors*")
        values = []
        for e, v in zip(batch["eigenvalues"], vectors(file, loss.names)):
            length = float(np.linalg.norm(v))
            product = loss.product(v / length)
            theta = float(product @ v) / length
            own = float(np.linalg.norm(product - theta * v / length))
            distance = float(np.abs(spectrum - e["value"]).min())
            values.append(dict(
                value=e["value"], residual=e["residual"], converged=e["converged"], rounding=e["bound"] - e["residual"], distance=distance,
                byDistance=max(0.0, distance - e["residual"]), off=max(residual, 32 * np.finfo(float).eps * float(abs(spectrum).max())),
                byVector=abs(theta - e["value"]) + abs(own - e["residual"])))
        yield dict(group="trained", name=f"trained-{index:03}", method=method, epochs=epochs, order=loss.order, tolerance=tolerance,
                   checked=batch["rankChecked"], values=values)
