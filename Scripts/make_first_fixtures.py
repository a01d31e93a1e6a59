#!/usr/bin/env python3
"""Makes the bundled data of mff-inspect with PyTorch: images, an MAE, an MFF, and a run that fuses all layers.

    python3 -m venv .venv && .venv/bin/pip install torch numpy pillow
    .venv/bin/python Scripts/make_first_fixtures.py            everything, into Fixtures/
    .venv/bin/python Scripts/make_first_fixtures.py --quick    the same files in a minute, hardly trained, into the cache
    .venv/bin/python Scripts/make_first_fixtures.py --check    reads the files back, repeats the losses, draws a panel

The images are dead leaves (Lee, Mumford & Huang 2001): leaves of power-law size hide one another, which gives
occlusion, edges at every scale and a spectrum close to that of photographs. All three models see the same images,
crops, flips and masks and start from the same values where they share parameters. Each is trained by one thread, two
models at a time; the result is the same, bit for bit, for the same seed, PyTorch build and kind of processor.
Nothing here is needed to build or to use mff-inspect.
"""
import argparse
import colorsys
import io
import json
import math
import multiprocessing
import shutil
import time
from collections import OrderedDict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image

# One size for all three models. 56 / 4 = 14: the grid of a ViT-B/16 at 224 px, so its seven bands exist here too.
SIDE, CROP, PATCH = 64, 56, 4
GRID = CROP // PATCH
WIDTH, DEPTH, HEADS = 64, 12, 2
DECODER_WIDTH, DECODER_DEPTH, DECODER_HEADS = 48, 2, 2
MASK_RATIO = 0.75
FUSED = [0, 2, 4, 6, 8, 11]  # Table 8 of the MFF paper at depth 12
ALL_LAYERS = list(range(DEPTH))  # the pilot experiment of the paper's introduction
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet
BUNDLED = 160
LOG_EVERY = 10
RUN_NAME = "20000101_000000"  # a label in the form MMEngine gives its folders, not a date: the files must not depend on one


# ---------------------------------------------------------------- images

def noise_bank(seed, count=8, side=256):
    """Periodic fields whose amplitude falls as 1/f, values in 0 ... 1, shape [count, side, side]."""
    rng = np.random.default_rng([seed, 1])
    f = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    f[0, 0] = np.inf
    fields = np.fft.irfft2(np.exp(2j * np.pi * rng.random((count, *f.shape))) / f, (side, side))
    fields /= fields.std(axis=(1, 2), keepdims=True)
    return np.clip(0.5 + fields / 4, 0, 1).astype(np.float32)


def palette(rng):
    """Five to eight colours around a few hues that go together, from dark to light, shape [colours, 3]."""
    base, scheme = rng.random(), [(0, .06, -.06), (0, .5, .08), (0, .33, .67), (0, .1, .45)][rng.integers(4)]
    vivid, colours = rng.uniform(.35, .9), []
    count = int(rng.integers(5, 9))
    for value in np.linspace(rng.uniform(.15, .35), rng.uniform(.8, 1), count):
        hue = (base + scheme[rng.integers(len(scheme))] + rng.normal(0, .025)) % 1
        colours.append(colorsys.hsv_to_rgb(hue, np.clip(vivid * rng.uniform(.5, 1.2), 0, 1), value))
    return np.array(colours, np.float32)


def outline(rng):
    """A function of leaf coordinates (u, v) that is at most 1 inside the leaf, whose half length is 1."""
    kind = rng.integers(5)
    if kind == 0:
        return lambda u, v: u * u + v * v
    if kind == 1:
        flat = rng.uniform(1.3, 2.6)
        return lambda u, v: u * u + (flat * v) ** 2
    if kind == 2:  # convex polygon: below every one of its sides
        sides = int(rng.integers(3, 8))
        angles = (np.arange(sides) + rng.uniform(-.25, .25, sides)) * (2 * np.pi / sides)
        normals, reach = np.stack([np.cos(angles), np.sin(angles)]), rng.uniform(.55, .85)
        return lambda u, v: (np.stack([u, v], -1) @ normals.astype(np.float32)).max(-1) / reach
    if kind == 3:  # blob: radius as a short Fourier series of the angle
        lobes, phases = rng.uniform(.03, .16, 3), rng.uniform(0, 2 * np.pi, 3)
        def blob(u, v):
            angle = np.arctan2(v, u)
            waves = sum(a * np.cos((k + 2) * angle + p) for k, (a, p) in enumerate(zip(lobes, phases)))
            return np.hypot(u, v) / (.8 + waves)
        return blob
    bend = rng.uniform(.35, .8)  # foliage: what two discs share
    centre, radius = (1 - bend * bend) / (2 * bend), (1 + bend * bend) / (2 * bend)
    return lambda u, v: (u * u + (np.abs(v) + centre) ** 2) / radius ** 2


def texture(rng, family, noise):
    """How much of its second colour a leaf has, 0 ... 1, at leaf coordinates (u, v), that is at (x, y) pixels from its centre."""
    period, phase = rng.uniform(4, 14), rng.uniform(0, 2 * np.pi)
    k = 2 * np.pi / period
    if family == 0:
        return lambda u, v, x, y: .5 + .5 * u
    if family == 1:
        return lambda u, v, x, y: np.minimum(np.hypot(u, v), 1)
    if family == 2:
        return lambda u, v, x, y: .5 + .5 * np.sin(k * x + phase)
    if family == 3:
        return lambda u, v, x, y: .5 + .5 * np.clip(3 * np.sin(k * x) * np.sin(k * y), -1, 1)
    if family == 4:
        return lambda u, v, x, y: .5 + .5 * np.sin(k * np.hypot(x, y) + phase)
    if family == 5:  # veins: a midrib and side ribs that lean forward
        return lambda u, v, x, y: np.clip(1.6 * np.minimum(np.abs(y) / 1.2, .6 + .5 * np.sin(k * (x - np.abs(y)))), 0, 1)
    field, shift, zoom = noise[rng.integers(len(noise))], rng.integers(0, 256, 2), rng.uniform(.7, 2.5)
    def cloud(u, v, x, y):
        return field[(zoom * y + shift[0]).astype(np.int32) & 255, (zoom * x + shift[1]).astype(np.int32) & 255]
    if family == 6:
        return cloud
    return lambda u, v, x, y: .5 + .5 * np.sin(k * (x + 6 * cloud(u, v, x, y)))  # wood


def dead_leaves(seed, stream, index, noise, sampling=3):
    """One image of SIDE x SIDE pixels, uint8, painted from the nearest leaf to the farthest on a finer grid."""
    rng = np.random.default_rng([seed, stream, index])
    colours, families = palette(rng), rng.dirichlet(np.full(8, .7))
    smallest, largest = math.exp(rng.uniform(math.log(3.5), math.log(9))), rng.uniform(20, 45)
    light, shadow = rng.uniform(0, 2 * np.pi), rng.uniform(.55, .85)
    n = SIDE * sampling
    canvas, lit = np.zeros((n, n, 3), np.float32), np.ones((n, n), np.float32)
    free = np.ones((n, n), bool)
    for leaf in range(6000):
        if leaf % 64 == 0 and np.count_nonzero(free) < .001 * free.size:
            break
        # Density r^-3 between the two sizes, by inversion; centres uniform over all places that can reach the image.
        r = (smallest ** -2 - rng.random() * (smallest ** -2 - largest ** -2)) ** -.5
        cx, cy = rng.uniform(-largest, SIDE + largest, 2)
        left, right = max(int((cx - r) * sampling), 0), min(int((cx + r) * sampling) + 1, n)
        top, bottom = max(int((cy - r) * sampling), 0), min(int((cy + r) * sampling) + 1, n)
        if left >= right or top >= bottom or not free[top:bottom, left:right].any():
            continue
        turn = rng.uniform(0, 2 * np.pi)
        x = ((np.arange(left, right, dtype=np.float32) + .5) / sampling - cx)[None]
        y = ((np.arange(top, bottom, dtype=np.float32) + .5) / sampling - cy)[:, None]
        along, across = math.cos(turn) * x + math.sin(turn) * y, math.cos(turn) * y - math.sin(turn) * x
        inside = outline(rng)(along / r, across / r) <= 1
        seen = inside & free[top:bottom, left:right]
        ys, xs = np.nonzero(seen)
        if len(ys) == 0:
            continue
        a, b = along[ys, xs], across[ys, xs]
        mix = texture(rng, rng.choice(8, p=families), noise)(a / r, b / r, a, b)[:, None]
        first, second = colours[rng.choice(len(colours), 2, replace=False)] + rng.normal(0, .03, (2, 3)).astype(np.float32)
        second = first + rng.uniform(.3, 1) * (second - first)
        dome = 1 + .22 * (math.cos(light) * x[0, xs] + math.sin(light) * y[ys, 0]) / r
        window = (slice(top, bottom), slice(left, right))
        canvas[window][ys, xs] = (first + (second - first) * mix) * (dome * lit[window][ys, xs])[:, None]
        free[window][ys, xs] = False
        # A leaf darkens what lies behind it, on the side away from the light.
        dx, dy = (-int(round(sampling * (.4 + .05 * r) * f(light))) for f in (math.cos, math.sin))
        t, d, s, e = max(top + dy, 0), min(bottom + dy, n), max(left + dx, 0), min(right + dx, n)
        if t < d and s < e:
            cast = inside[t - dy - top:d - dy - top, s - dx - left:e - dx - left]
            lit[t:d, s:e][cast] = np.minimum(lit[t:d, s:e][cast], shadow)
    canvas[free] = colours[0]
    fine = canvas.reshape(SIDE, sampling, SIDE, sampling, 3).mean(axis=(1, 3))
    return (np.clip(fine, 0, 1) * 255 + .5).astype(np.uint8)


def _some_leaves(job):
    seed, stream, start, stop = job
    noise = noise_bank(seed)
    return np.stack([dead_leaves(seed, stream, i, noise) for i in range(start, stop)])


def many_leaves(seed, stream, count, workers):
    """`count` images, shape [count, SIDE, SIDE, 3]; each depends on its number only, not on the workers."""
    jobs = [(seed, stream, i, min(i + 50, count)) for i in range(0, count, 50)]
    with ProcessPoolExecutor(workers) as pool:
        return np.concatenate(list(pool.map(_some_leaves, jobs)))


def training_images(options):
    """The training images, kept between calls in the cache folder."""
    file = options.cache / f"leaves-{options.seed}-{options.images}.npy"
    if not file.exists():
        start = time.time()
        options.cache.mkdir(parents=True, exist_ok=True)
        np.save(file, many_leaves(options.seed, 2, options.images, options.workers))
        print(f"{options.images} training images in {time.time() - start:.0f} s: {file}", flush=True)
    return torch.from_numpy(np.load(file)).permute(0, 3, 1, 2).contiguous()


def write_bundled_images(options):
    folder = options.output / "images"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for i, pixels in enumerate(many_leaves(options.seed, 3, BUNDLED, options.workers)):
        name = folder / f"leaves-{i:03d}"
        if i % 4 == 0:
            Image.fromarray(pixels).save(f"{name}.png", optimize=True)
        else:
            Image.fromarray(pixels).save(f"{name}.jpg", quality=95, subsampling=0, optimize=True)
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{BUNDLED} bundled images, {size / 1e6:.2f} MB: {folder}", flush=True)


def bundled_images(options):
    """The bundled images as a reader sees them: decoded, centre crop (64 = 56 / 0.875, so nothing is resized), uint8."""
    files = sorted((options.output / "images").iterdir())
    pixels = np.stack([np.asarray(Image.open(f).convert("RGB")) for f in files])
    edge = (SIDE - CROP) // 2
    return torch.from_numpy(pixels).permute(0, 3, 1, 2)[:, :, edge:edge + CROP, edge:edge + CROP]


def normalised(pixels):
    mean, deviation = (torch.tensor(v).view(3, 1, 1) for v in (MEAN, DEVIATION))
    return (pixels / 255. - mean) / deviation


# ---------------------------------------------------------------- model, in the naming of facebookresearch/mae

def norm(width):
    return nn.LayerNorm(width, eps=1e-6)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        # Written out: at 50 tokens and in bfloat16 this is twice as fast on a CPU as scaled_dot_product_attention.
        attention = (q @ k.transpose(-2, -1) * q.shape[-1] ** -.5).softmax(-1)
        return self.proj((attention @ v).transpose(1, 2).flatten(2))


class Perceptron(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.attn = norm(width), Attention(width, heads)
        self.norm2, self.mlp = norm(width), Perceptron(width)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


def sine_cosine(width, row_first):
    """Fixed positions, shape [1, GRID² + 1, width]: zeros for the class token, then [sine | cosine] of both axes.

    facebookresearch/mae gives the first half to the column, MMPretrain to the row.
    """
    omega = 10000. ** -(torch.arange(width // 4, dtype=torch.float64) / (width / 4))
    angle = torch.arange(GRID, dtype=torch.float64)[:, None] * omega
    axis = torch.cat([angle.sin(), angle.cos()], 1)  # [GRID, width / 2]
    row, column = axis[:, None].expand(-1, GRID, -1), axis[None].expand(GRID, -1, -1)
    table = torch.cat([row, column] if row_first else [column, row], -1).reshape(GRID * GRID, width)
    return torch.cat([torch.zeros(1, width), table]).float()[None]


class Autoencoder(nn.Module):
    """MAE (He et al. 2022); with `fused` layers MFF (Liu et al. 2023): linear projections, the last layer unprojected."""

    def __init__(self, fused=None):
        super().__init__()
        self.fused = fused
        self.cls_token = nn.Parameter(torch.zeros(1, 1, WIDTH).normal_(std=.02))
        self.pos_embed = nn.Parameter(sine_cosine(WIDTH, row_first=fused is not None), requires_grad=False)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, DECODER_WIDTH).normal_(std=.02))
        self.decoder_pos_embed = nn.Parameter(sine_cosine(DECODER_WIDTH, row_first=fused is not None), requires_grad=False)
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, WIDTH, PATCH, PATCH)
        self.blocks = nn.ModuleList(Block(WIDTH, HEADS) for _ in range(DEPTH))
        self.norm = norm(WIDTH)
        self.decoder_embed = nn.Linear(WIDTH, DECODER_WIDTH)
        self.decoder_blocks = nn.ModuleList(Block(DECODER_WIDTH, DECODER_HEADS) for _ in range(DECODER_DEPTH))
        self.decoder_norm = norm(DECODER_WIDTH)
        self.decoder_pred = nn.Linear(DECODER_WIDTH, 3 * PATCH * PATCH)
        if fused:  # last, so that the parameters above start from the same random numbers in every model
            self.proj_layers = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in fused[:-1])
            self.proj_weights = nn.Parameter(torch.ones(len(fused), 1, 1, 1))
        nn.init.xavier_uniform_(self.patch_embed.proj.weight.view(WIDTH, -1))
        nn.init.zeros_(self.patch_embed.proj.bias)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def weights(self):
        return self.proj_weights.softmax(0).flatten()

    def layers(self, tokens):
        """The class and the given patch tokens after the embedding and after each block, and what the final norm gets."""
        first = (self.cls_token + self.pos_embed[:, :1]).expand(len(tokens), -1, -1)
        outputs = [torch.cat([first, tokens], 1)]
        for block in self.blocks:
            outputs.append(block(outputs[-1]))
        if not self.fused:
            return outputs, outputs[-1]
        last = len(self.fused) - 1
        entries = [self.proj_layers[j](outputs[i + 1]) if j < last else outputs[i + 1] for j, i in enumerate(self.fused)]
        return outputs, sum(w * entry for w, entry in zip(self.weights(), entries))

    def embed(self, images):
        return self.patch_embed.proj(images).flatten(2).transpose(1, 2) + self.pos_embed[:, 1:]

    def predict(self, images, order):
        """Predicted patches, shape [N, GRID², 3 PATCH²]; `order` lists the patches of each image, the kept ones first."""
        kept = int(GRID * GRID * (1 - MASK_RATIO))
        tokens = self.embed(images)
        tokens = tokens.gather(1, order[:, :kept, None].expand(-1, -1, WIDTH))
        x = self.decoder_embed(self.norm(self.layers(tokens)[1]))
        patches = torch.cat([x[:, 1:], self.mask_token.expand(len(x), GRID * GRID - kept, -1)], 1)
        patches = patches.gather(1, order.argsort(1)[..., None].expand(-1, -1, DECODER_WIDTH))
        x = torch.cat([x[:, :1], patches], 1) + self.decoder_pos_embed
        for block in self.decoder_blocks:
            x = block(x)
        return self.decoder_pred(self.decoder_norm(x))[:, 1:]


def patches_of(images):
    """Rows of pixels in the order row, column, channel, shape [N, GRID², 3 PATCH²]."""
    n = len(images)
    return images.reshape(n, 3, GRID, PATCH, GRID, PATCH).permute(0, 2, 4, 3, 5, 1).reshape(n, GRID * GRID, -1)


def images_of(patches):
    n = len(patches)
    return patches.reshape(n, GRID, GRID, PATCH, PATCH, 3).permute(0, 5, 1, 3, 2, 4).reshape(n, 3, CROP, CROP)


def target_of(images):
    """Patches normalised by their own mean and unbiased variance, with that mean and deviation."""
    patches = patches_of(images)
    mean, deviation = patches.mean(-1, keepdim=True), (patches.var(-1, keepdim=True) + 1e-6).sqrt()
    return (patches - mean) / deviation, mean, deviation


def removed(order):
    """1 where a patch was removed, 0 where it was kept, shape [N, GRID²]."""
    kept = int(GRID * GRID * (1 - MASK_RATIO))
    return torch.ones(order.shape).scatter(1, order[:, :kept], 0.)


def masked_mean(error, mask):
    return (error.mean(-1) * mask).sum() / mask.sum()


# ---------------------------------------------------------------- training

def optimiser(model, rate):
    """AdamW as in the MFF paper's Table 5; no decay on norms, biases, tokens and fusion logits."""
    parameters = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    decays = lambda n, p: p.ndim > 1 and "token" not in n and n != "proj_weights"
    groups = [{"params": [p for n, p in parameters if decays(n, p)], "weight_decay": .05},
              {"params": [p for n, p in parameters if not decays(n, p)], "weight_decay": 0.}]
    return torch.optim.AdamW(groups, lr=rate, betas=(.9, .95), fused=True)


def batches(images, options):
    """The same crops, flips and masks for every model: (images, order) per step."""
    generator = torch.Generator().manual_seed(options.seed + 1)
    per_epoch = len(images) // options.batch
    for step in range(options.steps):
        if step % per_epoch == 0:
            shuffled = torch.randperm(len(images), generator=generator)
        chosen = shuffled[step % per_epoch * options.batch:][:options.batch]
        top, left = torch.randint(0, SIDE - CROP + 1, (2, options.batch, 1), generator=generator)
        flip = torch.rand(options.batch, 1, generator=generator) < .5
        along = torch.arange(CROP)
        rows, columns = top + along, left + torch.where(flip, along.flip(0), along)
        pixels = images[chosen[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
        order = torch.rand(options.batch, GRID * GRID, generator=generator).argsort(1)
        yield normalised(pixels), order


def train(name, fused, images, options, on_step=lambda *_: None):
    torch.manual_seed(options.seed)
    model = Autoencoder(fused)
    adam = optimiser(model, options.rate)
    warm, start, history = max(1, options.steps // 20), time.time(), []
    for step, (batch, order) in enumerate(batches(images, options)):
        share = (step - warm) / max(1, options.steps - warm)
        rate = options.rate * ((step + 1) / warm if step < warm else .5 + .5 * math.cos(math.pi * share))
        for group in adam.param_groups:
            group["lr"] = rate
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bfloat16):
            prediction = model.predict(batch, order)
        loss = masked_mean((prediction.float() - target_of(batch)[0]) ** 2, removed(order))
        if not torch.isfinite(loss):
            raise SystemExit(f"{name}: loss is {loss.item()} at step {step + 1}")
        adam.zero_grad()
        loss.backward()
        adam.step()
        history.append(loss.item())
        on_step(model, step + 1, rate, history)
        if (step + 1) % 100 == 0 or step + 1 == options.steps:
            mean = sum(history[-100:]) / len(history[-100:])
            pace = (time.time() - start) / (step + 1)
            print(f"{name} step {step + 1}/{options.steps} loss {mean:.4f} {pace:.3f} s/step", flush=True)
    return model.eval()


class RunFolder:
    """Writes the run of the pilot as MMEngine lays it out: a log in JSON lines, checkpoints in half precision."""

    def __init__(self, options, per_epoch):
        self.folder, self.per_epoch, self.options = options.output / "run", per_epoch, options
        shutil.rmtree(self.folder, ignore_errors=True)
        data = self.folder / RUN_NAME / "vis_data"
        data.mkdir(parents=True)
        (data / "config.py").write_text(config_text(ALL_LAYERS, options))
        self.log = open(data / "scalars.json", "w")
        epochs = options.steps // per_epoch
        self.kept = sorted({1, max(1, epochs // 4), epochs})

    def __call__(self, model, step, rate, history):
        epoch = (step - 1) // self.per_epoch + 1
        if step % LOG_EVERY == 0:
            # As MMEngine does: the loss is the mean of the last ten, a weight is the value of this step.
            record = {"lr": float(f"{rate:.6g}"), "loss": round(sum(history[-10:]) / len(history[-10:]), 6)}
            record |= {f"weight_{j}": round(w, 7) for j, w in enumerate(model.weights().tolist())}
            self.log.write(json.dumps(record | {"epoch": epoch, "iter": step, "step": step}) + "\n")
        if step == epoch * self.per_epoch and epoch in self.kept:
            write_mmengine(self.folder / f"epoch_{epoch}.pth", model, epoch, step, self.options, half=True)
            (self.folder / "last_checkpoint").write_text(f"epoch_{epoch}.pth")
        if step == self.options.steps:
            self.log.close()


# ---------------------------------------------------------------- files

# From the official name to MMPretrain's, in this order; what is left unchanged is spelt the same in both.
RENAMED = [("mlp.fc1.", "ffn.layers.0.0."), ("mlp.fc2.", "ffn.layers.1."), ("norm1.", "ln1."), ("norm2.", "ln2."),
           ("patch_embed.proj.", "patch_embed.projection."), ("decoder_norm.", "ln1.")]


def mmpretrain_name(name):
    part = "neck." if name.startswith(("decoder", "mask_token")) else "backbone."
    for ours, theirs in RENAMED:
        name = name.replace(ours, theirs)
    if part == "backbone.":
        name = "layers." + name.removeprefix("blocks.") if name.startswith("blocks.") else name
        name = "ln1." + name.removeprefix("norm.") if name.startswith("norm.") else name
    return part + name


def config_text(fused, options):
    """What MMEngine stores as `meta.cfg`: the configuration as Python source."""
    return f"""model = dict(
    type='MFF',
    backbone=dict(
        type='MFFViT',
        arch=dict(
            embed_dims={WIDTH}, num_layers={DEPTH}, num_heads={HEADS}, feedforward_channels={4 * WIDTH}),
        img_size={CROP},
        patch_size={PATCH},
        mask_ratio={MASK_RATIO},
        out_indices={fused}),
    neck=dict(
        type='MAEPretrainDecoder',
        num_patches={GRID * GRID},
        patch_size={PATCH},
        in_chans=3,
        embed_dim={WIDTH},
        decoder_embed_dim={DECODER_WIDTH},
        decoder_depth={DECODER_DEPTH},
        decoder_num_heads={DECODER_HEADS},
        mlp_ratio=4.0),
    head=dict(
        type='MAEPretrainHead',
        norm_pix=True,
        patch_size={PATCH},
        loss=dict(type='PixelReconstructionLoss', criterion='L2')))
data_preprocessor = dict(
    type='SelfSupDataPreprocessor',
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr={options.rate}, betas=(0.9, 0.95), weight_decay=0.05))
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs={options.steps // (options.images // options.batch)})
randomness = dict(seed={options.seed}, deterministic=True)
"""


def write_mmengine(path, model, epoch, step, options, half=False):
    state = OrderedDict((mmpretrain_name(n), t.half() if half else t.clone()) for n, t in model.state_dict().items())
    meta = {"epoch": epoch, "iter": step, "cfg": config_text(model.fused, options), "seed": options.seed,
            "experiment_name": RUN_NAME, "time": RUN_NAME, "mmengine_version": "0.10.7", "dataset_meta": {}}
    buffer = io.BytesIO()  # MMEngine saves through a buffer too, so the archive's folder is called `archive`
    torch.save({"meta": meta, "state_dict": state}, buffer)
    path.write_bytes(buffer.getvalue())


def write_official(path, model, options):
    epoch = options.steps // (options.images // options.batch) - 1  # facebookresearch/mae counts epochs from 0
    args = argparse.Namespace(
        model="mae_vit_micro", input_size=CROP, patch_size=PATCH, mask_ratio=MASK_RATIO, norm_pix_loss=True,
        embed_dim=WIDTH, depth=DEPTH, num_heads=HEADS, mlp_ratio=4.0, decoder_embed_dim=DECODER_WIDTH,
        decoder_depth=DECODER_DEPTH, decoder_num_heads=DECODER_HEADS, batch_size=options.batch, epochs=epoch + 1,
        lr=options.rate, weight_decay=.05, seed=options.seed)
    saved = options.cache / f"checkpoint-{epoch}.pth"  # the archive's folder keeps this name, as in a renamed release
    torch.save({"model": model.state_dict(), "epoch": epoch, "args": args}, saved)
    shutil.move(saved, path)


def read_back(path):
    """A model from a file, through torch.load alone: the safe loader, which needs to be told of Namespace."""
    with torch.serialization.safe_globals([argparse.Namespace]):
        saved = torch.load(path, weights_only=True)
    if "model" in saved:
        model, state = Autoencoder(), saved["model"]
    else:
        fused = ALL_LAYERS if saved["state_dict"]["backbone.proj_weights"].numel() == DEPTH else FUSED
        model, state = Autoencoder(fused), saved["state_dict"]
        state = {n: state[mmpretrain_name(n)] for n in model.state_dict()}
        assert len(state) == len(saved["state_dict"])
    model.load_state_dict(state)
    return model.eval()


# ---------------------------------------------------------------- checks

def fixed_order(count, seed=0):
    return torch.rand(count, GRID * GRID, generator=torch.Generator().manual_seed(seed)).argsort(1)


@torch.no_grad()
def losses(model, images):
    """Losses over the masked patches of the bundled images, next to what one gets without a model.

    `loss` and what starts with it is the training objective (patches normalised), `raw` the error in units of the
    normalised image, after the prediction is scaled back by the patch's own mean and deviation, as all pictures of such
    models are. `zero` predicts the mean of the patch's 48 values, a grey: just below 1 (unbiased variance). `colour`
    predicts one normalised colour per image, the mean over its kept patches. `own colour` knows each removed patch's true
    mean colour: only a model that draws structure inside patches could beat it. `image colour` is the mean of the kept
    pixels.
    """
    order = fixed_order(len(images))
    mask, (target, mean, deviation) = removed(order), target_of(images)
    prediction, raw = model.predict(images, order), patches_of(images)
    kept = 1 - mask[..., None]
    colours = lambda patches: patches.unflatten(-1, (-1, 3)).mean(2).repeat(1, 1, PATCH * PATCH)
    seen = lambda patches: (colours(patches) * kept).sum(1, keepdim=True) / kept.sum(1, keepdim=True)
    guesses = {"": prediction, " zero": torch.zeros(()), " colour": seen(target), " own colour": colours(target)}
    errors = {"loss" + name: guess - target for name, guess in guesses.items()}
    errors |= {"raw" + name: (guess - target) * deviation for name, guess in guesses.items()}
    errors["raw image colour"] = seen(raw) - raw
    return {name: round(masked_mean(e ** 2, mask).item(), 4) for name, e in errors.items()}


@torch.no_grad()
def frequency_curves(model, images):
    """Relative log amplitude of each layer's patch features along the half diagonal, nothing masked; rows = layers."""
    curves = []
    for x in model.layers(model.embed(images))[0]:
        maps = x[:, 1:].transpose(1, 2).reshape(len(x), WIDTH, GRID, GRID)
        amplitude = (torch.fft.fft2(maps).abs() + 1e-6).log().mean((0, 1))
        diagonal = amplitude.diagonal()[:GRID // 2]
        curves.append(diagonal - diagonal[0])
    return torch.stack(curves)


@torch.no_grad()
def draw_panel(models, images, path, count=6, zoom=3):
    """Input, masked input, then a reconstruction per model (kept patches as they are); a row per image."""
    chosen = images[::len(images) // count][:count]
    order = fixed_order(len(images))[::len(images) // count][:count]
    mask, (_, mean, deviation) = removed(order)[..., None], target_of(chosen)
    raw = patches_of(chosen)
    columns = [raw, raw * (1 - mask)] + [
        torch.where(mask > 0, m.predict(chosen, order) * deviation + mean, raw) for m in models]
    rows = torch.cat([images_of(c) for c in columns], 3)
    rows = rows * torch.tensor(DEVIATION).view(3, 1, 1) + torch.tensor(MEAN).view(3, 1, 1)
    picture = (torch.cat(list(rows), 1).clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    Image.fromarray(picture).resize((picture.shape[1] * zoom, picture.shape[0] * zoom), Image.NEAREST).save(path)
    print(f"panel: {path}")


def check(options):
    images = normalised(bundled_images(options))
    paths = [options.output / "ckpt.bin", options.output / "mff.bin"]
    paths += sorted((options.output / "run").glob("*.pth"), key=lambda p: int(p.stem.split("_")[1]))
    models = [read_back(p) for p in paths]
    for path, model in zip(paths, models):
        print(json.dumps({"file": path.name, "MB": round(path.stat().st_size / 1e6, 2)} | losses(model, images)))
        if model.fused:
            print("  weights", " ".join(f"{w:.3f}" for w in model.weights().tolist()))
    for path, model in zip(paths[:2], models):
        print(f"{path.name}: relative log amplitude, embedding and blocks 0 ... {DEPTH - 1}, bands 1 ... 7")
        for curve in frequency_curves(model, images).tolist():
            print("  " + " ".join(f"{v:6.2f}" for v in curve))
    options.cache.mkdir(parents=True, exist_ok=True)
    draw_panel([models[0], models[1], models[-1]], images, options.cache / "panel.png")
    total = sum(f.stat().st_size for f in options.output.rglob("*") if f.is_file())
    print(f"total {total / 1e6:.2f} MB in {options.output}")


def parse():
    top = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few images and steps, output into the cache")
    parser.add_argument("--check", action="store_true", help="only read back what is there")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread each; changes no result")
    parser.add_argument("--images", type=int, default=8000, help="training images")
    parser.add_argument("--steps", type=int, default=4000, help="a multiple of images / batch")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=2e-3, help="largest learning rate")
    parser.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True,
                        help="matrix products of training in bfloat16; parameters and checks are float32")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/mff-inspect/first-fixtures")
    parser.add_argument("--output", type=Path, default=top / "Fixtures")
    options = parser.parse_args()
    if options.quick:
        options.images, options.steps, options.output = 640, 40, options.cache / "quick"
    if options.steps % (options.images // options.batch):
        parser.error(f"--steps must be a multiple of {options.images // options.batch}, the steps of an epoch")
    return options


def prepare():
    torch.set_num_threads(1)  # models this small gain little from a second one
    torch.use_deterministic_algorithms(True)


def make_model(name, options):
    """Trains one model and writes its files; runs in a process of its own."""
    prepare()
    images, epochs = training_images(options), options.steps // (options.images // options.batch)
    if name == "MAE":
        write_official(options.output / "ckpt.bin", train(name, None, images, options), options)
    elif name == "MFF":
        write_mmengine(options.output / "mff.bin", train(name, FUSED, images, options), epochs, options.steps, options)
    else:
        train(name, ALL_LAYERS, images, options, RunFolder(options, options.images // options.batch))


def main():
    options = parse()
    prepare()
    print(f"torch {torch.__version__}", {k: str(v) for k, v in vars(options).items()}, flush=True)
    if not options.check:
        start = time.time()
        write_bundled_images(options)
        training_images(options)
        with ProcessPoolExecutor(options.workers, multiprocessing.get_context("spawn")) as pool:
            for made in [pool.submit(make_model, name, options) for name in ("pilot", "MFF", "MAE")]:
                made.result()
        print(f"made in {(time.time() - start) / 60:.0f} min", flush=True)
    check(options)


if __name__ == "__main__":
    main()
