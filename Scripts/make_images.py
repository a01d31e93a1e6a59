#!/usr/bin/env python3
"""Draws the bundled images anew: 160 dead leaves of 64 × 64 pixels, a quarter PNG, the others JPEG.

    python3 -m venv .venv && .venv/bin/pip install numpy pillow
    .venv/bin/python Scripts/make_images.py [FOLDER]        Fixtures/images unless told

Dead leaves (Lee, Mumford & Huang 2001): leaves of power-law size hide one another, which gives occlusion, edges at every scale and a
spectrum close to that of photographs. This is not the program's own generator (`--synthetic dead-leaves`), on which the bundled models were
trained: the images are of the same kind, by another hand, and none of them was seen in training.
"""
import colorsys
import math
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

SIDE, COUNT, SEED, STREAM, WORKERS = 64, 160, 0, 3, 2


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


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for i, pixels in enumerate(many_leaves(SEED, STREAM, COUNT, WORKERS)):
        name = folder / f"leaves-{i:03d}"
        if i % 4 == 0:
            Image.fromarray(pixels).save(f"{name}.png", optimize=True)
        else:
            Image.fromarray(pixels).save(f"{name}.jpg", quality=95, subsampling=0, optimize=True)


if __name__ == "__main__":
    top = Path(__file__).resolve().parent.parent
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else top / "Fixtures/images")
