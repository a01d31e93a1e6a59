"""Writes the images of Tests/ImagesTests/Golden and what torchvision makes of them.

    python Scripts/reference_images.py            # writes the folder anew
    python Scripts/reference_images.py --check    # compares with what is there, writes nothing

Every image is drawn here from a seed; none is taken from elsewhere. Written files:

    *.png, *.jpg    odd images: each colour type, bit depth and interlacing of PNG, each kind of JPEG
    cases.json      per case: file, preprocessing, where its reference begins in reference.bin, type
    reference.bin   the references, one after the other:
                    u8  [3, S, S]  the cropped Pillow image, just before ToTensor
                    f32 [3, S, S]  the tensor after Normalize

Needs torch, torchvision, Pillow and NumPy. Made with Pillow 13.0.0 (libjpeg-turbo 3.2.0), torchvision 0.28.0.
"""

import io
import json
import pathlib
import struct
import sys
import zlib

import numpy as np
import torch
from PIL import Image

try:
    from torchvision import transforms
except RuntimeError:
    # A torchvision built for another torch has no compiled operators; the transforms of Pillow images need none.
    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    for module in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[module]
    from torchvision import transforms
from torchvision.datasets.folder import pil_loader

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests/ImagesTests/Golden"
STATISTICS = {
    "imagenet": ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    "inception": ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
    "clip": ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]),
    "none": ([0.0, 0.0, 0.0], [1.0, 1.0, 1.0]),
}
random = np.random.default_rng(20240229)


def picture(width, height, channels=3, highest=255, detail=6):
    """Smooth waves with edges and some noise: what resampling and chroma upsampling can get wrong shows."""
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for _ in range(channels):
        a, b, phase = random.uniform(-1, 1, 3)
        wave = np.sin(2 * np.pi * detail * (a * x / max(width, 2) + b * y / max(height, 2) + phase))
        edge = np.where((x * random.uniform(0.3, 1) + y) % max(height // 2, 2) < height / 5, 0.35, -0.1)
        planes.append(0.5 + 0.3 * wave + edge + random.normal(0, 0.03, wave.shape))
    return np.clip(np.round(np.stack(planes, -1) * highest), 0, highest).astype(np.int64)


# PNG, written by hand: Pillow writes neither interlaced files nor all bit depths.

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed_rows(samples, depth):
    rows = b""
    for row in samples.reshape(samples.shape[0], -1):
        if depth == 16:
            data = row.astype(">u2").tobytes()
        elif depth == 8:
            data = row.astype(np.uint8).tobytes()
        else:
            bits = (row[:, None] >> np.arange(depth - 1, -1, -1)) & 1
            data = np.packbits(bits.astype(np.uint8).ravel()).tobytes()
        rows += b"\0" + data
    return rows


def png(samples, depth, colour, palette=None, transparency=None, interlaced=False, extra=b""):
    height, width = samples.shape[:2]
    if interlaced:
        passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7]
        raw = b"".join(packed_rows(part, depth) for part in passes if part.size)
    else:
        raw = packed_rows(samples, depth)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
    data += extra
    if palette is not None:
        data += chunk(b"PLTE", np.asarray(palette, np.uint8).tobytes())
    if transparency is not None:
        data += chunk(b"tRNS", transparency)
    return data + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")


def jpeg(samples, mode="RGB", **options):
    array = np.squeeze(samples).astype(np.uint8)
    height, width = array.shape[:2]
    stream = io.BytesIO()
    Image.frombytes(mode, (width, height), array.tobytes()).save(stream, "JPEG", **options)
    return stream.getvalue()


def without_adobe_marker(data):
    start = data.index(b"\xff\xee\x00\x0eAdobe")
    return data[:start] + data[start + 16 :]


def with_adobe_transform(data, transform):
    at = data.index(b"Adobe") + 11
    return data[:at] + bytes([transform]) + data[at + 1 :]


def before_scan(data, junk):
    at = data.index(b"\xff\xda")
    return data[:at] + junk + data[at:]


def images():
    """File name → content."""
    files = {}
    for depth in (1, 2, 4):
        highest = 2**depth - 1
        files[f"grey{depth}.png"] = png(picture(67, 45, 1, highest), depth, GREY)
        count = min(2**depth, 11)
        colours = random.integers(0, 256, (count, 3))
        files[f"palette{depth}.png"] = png(picture(53, 71, 1, count - 1), depth, PALETTE, colours)
    files["grey8.png"] = png(picture(90, 61, 1), 8, GREY)
    files["grey8-transparent.png"] = png(picture(50, 61, 1), 8, GREY, transparency=b"\0\x80")
    files["grey16.png"] = png(picture(80, 60, 1, 700), 16, GREY)
    files["grey16-full.png"] = png(picture(41, 40, 1, 65535), 16, GREY)
    files["grey-alpha8.png"] = png(picture(60, 43, 2), 8, GREY_ALPHA)
    files["grey-alpha16.png"] = png(picture(40, 43, 2, 65535), 16, GREY_ALPHA)
    colours = random.integers(0, 256, (200, 3))
    files["palette8.png"] = png(picture(85, 66, 1, 199), 8, PALETTE, colours)
    files["palette8-transparent.png"] = png(
        picture(48, 66, 1, 199), 8, PALETTE, colours, transparency=bytes(range(0, 200, 2)))
    files["palette8-beyond.png"] = png(picture(40, 50, 1, 255), 8, PALETTE, colours)
    files["rgb8.png"] = png(picture(97, 64), 8, RGB)
    files["rgb8-transparent.png"] = png(picture(40, 36), 8, RGB, transparency=b"\0\1\0\2\0\3")
    files["rgb16.png"] = png(picture(44, 39, 3, 65535), 16, RGB)
    files["rgba8.png"] = png(picture(49, 70, 4), 8, RGBA)
    files["rgba16.png"] = png(picture(33, 35, 4, 65535), 16, RGBA)
    files["rgb8-gamma.png"] = png(picture(40, 30), 8, RGB, extra=chunk(b"gAMA", struct.pack(">I", 100000)))
    files["interlaced-rgb8.png"] = png(picture(51, 38), 8, RGB, interlaced=True)
    files["interlaced-rgba16.png"] = png(picture(19, 23, 4, 65535), 16, RGBA, interlaced=True)
    files["interlaced-palette4.png"] = png(
        picture(61, 47, 1, 10), 4, PALETTE, random.integers(0, 256, (11, 3)), interlaced=True)
    files["interlaced-grey1.png"] = png(picture(29, 31, 1, 1), 1, GREY, interlaced=True)
    files["one-pixel.png"] = png(picture(1, 1), 8, RGB)
    files["column.png"] = png(picture(1, 150), 8, RGB)
    files["row.png"] = png(picture(200, 3), 8, RGB)
    files["tiny.png"] = png(picture(13, 9), 8, RGB)
    files["exact.png"] = png(picture(32, 32), 8, RGB)
    files["exact-width.png"] = png(picture(32, 47), 8, RGB)
    files["checkerboard.png"] = png((np.indices((75, 75)).sum(0) % 2)[..., None], 1, GREY)

    for sampling, name in ((0, "444"), (1, "422"), (2, "420")):
        files[f"baseline-{name}.jpg"] = jpeg(picture(101, 75), quality=88, subsampling=sampling)
    files["photo.jpg"] = jpeg(picture(480, 641, detail=3), quality=60)
    files["large.jpg"] = jpeg(picture(900, 700, detail=2), quality=30)
    files["progressive.jpg"] = jpeg(picture(110, 83), quality=85, progressive=True)
    files["grey.jpg"] = jpeg(picture(77, 93, 1), "L", quality=90)
    files["grey-progressive.jpg"] = jpeg(picture(66, 50, 1), "L", quality=70, progressive=True)
    files["cmyk.jpg"] = jpeg(picture(60, 45, 4), "CMYK", quality=90)
    files["cmyk-without-marker.jpg"] = without_adobe_marker(jpeg(picture(50, 45, 4), "CMYK", quality=90))
    files["ycck.jpg"] = with_adobe_transform(jpeg(picture(52, 45, 4), "CMYK", quality=90), 2)
    files["ycck-progressive.jpg"] = with_adobe_transform(
        jpeg(picture(44, 57, 4), "CMYK", quality=90, progressive=True), 2)
    files["rgb.jpg"] = jpeg(picture(40, 55), quality=90, keep_rgb=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    files["orientation.jpg"] = jpeg(picture(81, 48), quality=85, exif=exif)
    files["restarts.jpg"] = jpeg(picture(70, 52), quality=85, restart_marker_blocks=3)
    files["coarse.jpg"] = jpeg(picture(99, 87), quality=4)
    files["stray-bytes.jpg"] = before_scan(jpeg(picture(48, 48), quality=85), b"xx")
    files["junk-behind.jpg"] = jpeg(picture(48, 40), quality=85) + b"junk" * 5
    files["gap.jpg"] = jpeg(picture(64, 64), quality=85)[:-300] + b"\xff\xd9"
    return files


def preprocessing(size, crop_pct=0.875, normalization="imagenet", interpolation="bicubic"):
    return {"imageSize": size, "cropPct": crop_pct, "normalization": normalization, "interpolation": interpolation}


def cases(files):
    """(file, preprocessing, type of the reference)."""
    for name in files:
        yield name, preprocessing(48), "u8"
    for normalization in STATISTICS:
        yield "rgb8.png", preprocessing(24, normalization=normalization), "f32"
    for name in ("rgb8.png", "baseline-420.jpg", "tiny.png", "large.jpg"):
        yield name, preprocessing(40, 0.9, interpolation="bilinear"), "u8"
    yield "photo.jpg", preprocessing(224), "u8"
    yield "large.jpg", preprocessing(96, 1.0), "u8"
    # The resized image has the size of the original, in one direction or both.
    yield "exact.png", preprocessing(32, 1.0), "u8"
    yield "exact-width.png", preprocessing(32, 1.0), "u8"
    yield "exact-width.png", preprocessing(29, 0.9), "u8"
    # Smaller than the square: padded with black.
    yield "rgb8.png", preprocessing(41, 1.5), "u8"
    yield "rgb8.png", preprocessing(41, 1.5), "f32"
    yield "column.png", preprocessing(30, 1.3), "u8"


def reference(path, settings, kind):
    size = settings["imageSize"]
    side = int(size / settings["cropPct"])
    mode = {"bicubic": transforms.InterpolationMode.BICUBIC, "bilinear": transforms.InterpolationMode.BILINEAR}
    steps = [transforms.Resize(side, interpolation=mode[settings["interpolation"]]), transforms.CenterCrop(size)]
    image = transforms.Compose(steps)(pil_loader(path))
    if kind == "u8":
        return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))
    mean, std = STATISTICS[settings["normalization"]]
    return transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean, std)])(image).numpy()


def main():
    files = images()
    if "--check" not in sys.argv:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (FOLDER / name).write_bytes(content)
    table, data = [], b""
    for name, settings, kind in cases(files):
        values = reference(FOLDER / name, settings, kind)
        table.append({"file": name, "preprocessing": settings, "offset": len(data), "type": kind})
        data += values.tobytes()
    if "--check" in sys.argv:
        assert (FOLDER / "reference.bin").read_bytes() == data, "the references differ"
    else:
        (FOLDER / "reference.bin").write_bytes(data)
        lines = ",\n".join("  " + json.dumps(entry) for entry in table)
        (FOLDER / "cases.json").write_text(f"[\n{lines}\n]\n")
    print(f"{len(files)} images, {len(table)} cases, {len(data)} bytes of references")


main()
