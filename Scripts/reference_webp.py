"""Writes the WebP files of Tests/ImagesTests/Golden, and what Pillow makes of them.

    python Scripts/reference_webp.py

Written files:

    lossy.webp, lossy-alpha.webp, lossless-alpha.webp    one picture, 45 × 31
    *-webp.png                                           the pixels of Pillow's convert("RGB"), beside each
    animated.webp                                        two pictures

Needs Pillow. Made with Pillow 13.0.0 (libwebp 1.6.0).
"""

import pathlib

from PIL import Image

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests/ImagesTests/Golden"
WIDTH, HEIGHT = 45, 31


def pixel(x, y):
    """Slopes, curves and edges; the right third is transparent to a degree."""
    return (x * 7 + y * 3) % 256, (x * x + y * 5) % 256, (40 * (x // 9) + 30 * (y // 7)) % 256, 255 if x < 30 else 8 * y


def main():
    picture = Image.new("RGBA", (WIDTH, HEIGHT))
    picture.putdata([pixel(x, y) for y in range(HEIGHT) for x in range(WIDTH)])
    picture.convert("RGB").save(FOLDER / "lossy.webp", quality=60)
    picture.save(FOLDER / "lossy-alpha.webp", quality=60)
    picture.save(FOLDER / "lossless-alpha.webp", lossless=True, exact=True)
    picture.save(FOLDER / "animated.webp", save_all=True, append_images=[picture.transpose(0)], duration=100)
    for name in ("lossy", "lossy-alpha", "lossless-alpha"):
        Image.open(FOLDER / f"{name}.webp").convert("RGB").save(FOLDER / f"{name}-webp.png", optimize=True)


main()
