#!/usr/bin/env python3
"""How each library makes pixels of an image, by its own code, from the configuration that lies beside a checkpoint.

    reference_pixels.py

Writes two things anew:
  Tests/ImagesTests/Golden/fittings.{json,bin}   squares of 8 bit by torchvision, timm, transformers and MMPretrain, for the filters,
                                                 fittings and crops that `Preprocessing` has; the images are those of reference_images.py
  Tests/DiagnosticsTests/Golden/pixels           three tiny networks and `cases.json`: the files beside a checkpoint, and the curves of
                                                 features by the library's own preprocessing and model, in double precision

Pillow's backend of transformers' image processors is used. Two runs write the same bytes, but for the date that PyTorch's archives have. Needs
Scripts/requirements.txt.
"""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import reference_frequency as reference  # first: it makes torchvision importable
import timm, transformers
from open_clip.transform import PreprocessCfg, image_transform_v2
from safetensors.torch import save_file
from timm.data import create_transform, resolve_data_config
from timm.data.transforms import CenterCropOrPad, ResizeKeepRatio
from torchvision import transforms

TESTS = Path(__file__).resolve().parent.parent / "Tests"
IMAGES = TESTS / "ImagesTests/Golden"
FOLDER = TESTS / "DiagnosticsTests/Golden/pixels"
PHOTOGRAPHS = TESTS / "DiagnosticsTests/Golden/photographs"
PILLOW = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}
MODES = {name: getattr(transforms.InterpolationMode, name.upper()) for name in PILLOW}


def mmpretrain_steps(pipeline, image):
    """The steps of MMPretrain's pipeline on an image as OpenCV reads it: blue first. → uint8 (height, width, 3), blue first."""
    from mmcv.transforms import CenterCrop
    from mmpretrain.datasets.transforms.processing import ResizeEdge

    results = {"img": np.ascontiguousarray(np.asarray(image)[..., ::-1]), "img_shape": image.size[::-1]}
    for step in pipeline:
        arguments = {k: v for k, v in step.items() if k != "type"}
        if step["type"] in ("ResizeEdge", "CenterCrop"):
            results = {"ResizeEdge": ResizeEdge, "CenterCrop": CenterCrop}[step["type"]](**arguments).transform(results)
    return results["img"]


# ---------------------------------------------------------------------------------------------------------------
# Squares


def square(image, s):
    size, side = s["imageSize"], int(s["imageSize"] / s["cropPct"] + 1e-9)
    fitting, filter = s.get("fitting", "shortest"), s["interpolation"]
    if filter.startswith("opencv-"):
        word = filter.removeprefix("opencv-")
        steps = [
            {"type": "ResizeEdge", "scale": side, "backend": "cv2", "interpolation": word},
            {"type": "CenterCrop", "crop_size": size},
        ]
        return mmpretrain_steps(steps, image)[..., ::-1]
    if s.get("cropRounding") == "down":
        processor = transformers.image_processing_backends.PilBackend(
            do_resize=True, size={"shortest_edge": side}, resample=PILLOW[filter], do_center_crop=True,
            crop_size={"height": size, "width": size}, do_rescale=False, do_normalize=False)  # fmt: skip
        return processor(image, return_tensors="np")["pixel_values"][0].transpose(1, 2, 0).astype(np.uint8)
    steps = {
        "shortest": [transforms.Resize(side, interpolation=MODES[filter]), transforms.CenterCrop(size)],
        "squashed": [transforms.Resize((side, side), interpolation=MODES[filter]), transforms.CenterCrop(size)],
        "longest": [
            ResizeKeepRatio((side, side), interpolation=filter, longest=1.0),
            CenterCropOrPad(size, fill=tuple(s.get("border", (0, 0, 0)))),
        ],
        "kept": [transforms.CenterCrop(size)],
    }
    return np.asarray(transforms.Compose(steps[fitting])(image))


def squares():
    """(file, preprocessing)"""
    plain = dict(cropPct=0.875, normalization="none")
    for name in ("nearest", "lanczos", "box", "hamming"):
        yield "rgb8.png", dict(plain, imageSize=21, interpolation=name)
        yield "interlaced-rgb8.png", dict(plain, imageSize=70, interpolation=name)
    for name in ("opencv-bilinear", "opencv-bicubic"):
        yield "interlaced-rgb8.png", dict(plain, imageSize=21, interpolation=name)
        yield "rgb8.png", dict(plain, imageSize=40, cropPct=1, interpolation=name)
        yield "exact.png", dict(plain, imageSize=16, cropPct=1, interpolation=name)
    for name, size, pct in (("rgb8.png", 24, 0.9), ("interlaced-rgb8.png", 24, 1), ("exact-width.png", 20, 0.8)):
        border = dict(plain, imageSize=size, cropPct=pct, interpolation="bicubic", fitting="longest")
        yield name, dict(border, border=[124, 116, 104])
        yield name, dict(border, interpolation="bilinear")
        # Pillow goes down columns first where that is less work, since version 13; one more rounding is then elsewhere.
        if name != "exact-width.png":
            yield name, dict(plain, imageSize=size, cropPct=pct, interpolation="bicubic", fitting="squashed")
    for size in (21, 45):
        yield "interlaced-rgb8.png", dict(plain, imageSize=size, interpolation="bicubic", fitting="kept")
    # 32 × 43 of the first leaves 11, 32 × 47 of the last 15: five and a half, and seven and a half.
    for name in ("interlaced-rgb8.png", "exact-width.png"):
        for rounding in ("down", "halfToEven"):
            yield name, dict(plain, imageSize=32, cropPct=1, interpolation="bicubic", cropRounding=rounding)


def write_squares():
    table, data = [], b""
    for name, settings in squares():
        values = square(Image.open(IMAGES / name).convert("RGB"), settings)
        assert values.shape == (settings["imageSize"], settings["imageSize"], 3), (name, settings, values.shape)
        table.append({"file": name, "preprocessing": settings, "offset": len(data), "type": "u8"})
        data += np.ascontiguousarray(values.transpose(2, 0, 1)).tobytes()
    (IMAGES / "fittings.json").write_text("[\n" + ",\n".join("  " + json.dumps(t) for t in table) + "\n]\n")
    (IMAGES / "fittings.bin").write_bytes(data)
    print(f"{len(table)} squares, {len(data) / 1e3:.0f} kB")


# ---------------------------------------------------------------------------------------------------------------
# Networks: width 32, two blocks, two heads, patches of 4, images of 32


def lively(model):
    """Parameters far from their initial values, exact in half precision, so that files are small."""
    generator = torch.Generator().manual_seed(1901)
    for parameter in model.parameters():
        values = 0.15 * torch.randn(parameter.shape, generator=generator)
        with torch.no_grad():
            parameter.copy_((values + (parameter.ndim == 1) * 0.4).half().float())
    return model.double().eval()


def half(tensors):
    return {name: tensor.detach().half().contiguous() for name, tensor in tensors.items()}


def hugging_face():
    config = transformers.ViTConfig(
        hidden_size=32, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=4)
    return lively(transformers.ViTModel(config, add_pooling_layer=False)), config


def timm_network():
    return lively(timm.create_model("vit_tiny_patch16_224", **TIMM, num_classes=0))


TIMM = dict(img_size=32, patch_size=4, embed_dim=32, depth=2, num_heads=2, mlp_ratio=1)


def hugging_face_features(model, pixels):
    with torch.no_grad():
        states = model(pixels.double(), output_hidden_states=True).hidden_states
    return {str(i - 1) if i else "embedding": state[:, 1:] for i, state in enumerate(states)}


def timm_features(model, pixels):
    return {k: v for k, v in reference.timm_features(model, pixels.double()).items() if k in ("embedding", "0", "1")}


# ---------------------------------------------------------------------------------------------------------------
# Pixels by the library's own code

IMAGE_FILES = ["lying.jpg", "upright.jpg"]


def photographs():
    return [Image.open(PHOTOGRAPHS / name).convert("RGB") for name in IMAGE_FILES]


def by_transformers(values):
    title = values.get("image_processor_type", "ViTImageProcessor").removesuffix("Fast")
    processor = getattr(transformers, title + "Pil")(**{k: v for k, v in values.items() if k != "image_processor_type"})
    return torch.from_numpy(np.stack([processor(image, return_tensors="np")["pixel_values"][0] for image in photographs()]))


def by_timm(values):
    config = resolve_data_config({}, pretrained_cfg=values)
    steps = create_transform(**config, is_training=False)
    return torch.stack([steps(image) for image in photographs()])


def by_open_clip(values):
    steps = image_transform_v2(PreprocessCfg(**values), is_train=False)
    return torch.stack([steps(image) for image in photographs()])


def by_mmpretrain(config):
    from mmpretrain.models.utils.data_preprocessor import ClsDataPreprocessor

    arguments = {k: v for k, v in config["data_preprocessor"].items() if k != "type"}
    prepare = ClsDataPreprocessor(**arguments)
    inputs = [
        torch.from_numpy(np.ascontiguousarray(mmpretrain_steps(config["test_pipeline"], image).transpose(2, 0, 1)))
        for image in photographs()
    ]
    return prepare({"inputs": inputs})["inputs"]


# ---------------------------------------------------------------------------------------------------------------
# Cases

NORMAL = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
SQUARE = {"height": 32, "width": 32}
CROP = {"do_center_crop": True, "size": {"shortest_edge": 38}, "crop_size": SQUARE}
PROCESSORS = {
    "not-normalised": {"image_processor_type": "ViTImageProcessor", "do_normalize": False, **NORMAL, "size": SQUARE},
    "rescaled-otherwise": {
        "image_processor_type": "ViTImageProcessor", "rescale_factor": 2 / 255, **NORMAL, "size": SQUARE, "resample": 3},
    "not-rescaled": {
        "image_processor_type": "ViTImageProcessor", "do_rescale": False, "image_mean": [123.675, 116.28, 103.53],
        "image_std": [58.395, 57.12, 57.375], "size": SQUARE},
    "cropped-lanczos": {"image_processor_type": "CLIPImageProcessor", **CROP, **NORMAL, "resample": 1},
    "box": {"image_processor_type": "CLIPImageProcessor", **CROP, "resample": 4},
    "deit-defaults": {
        "image_processor_type": "DeiTImageProcessor", "size": {"height": 36, "width": 36}, "crop_size": SQUARE},
    "beit-defaults": {"image_processor_type": "BeitImageProcessor", "size": SQUARE},
    "not-resized": {
        "image_processor_type": "CLIPImageProcessorFast", "do_resize": False, "do_center_crop": True, "crop_size": SQUARE},
    "blue-first": {"image_processor_type": "MobileViTImageProcessor", "size": {"shortest_edge": 36}, "crop_size": SQUARE},
    "offset": {
        "image_processor_type": "EfficientNetImageProcessor", "rescale_factor": 1 / 127.5, "rescale_offset": True,
        "do_normalize": False, "size": SQUARE, "resample": 2},
    "one-mean": {
        "image_processor_type": "BitImageProcessor", "image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25],
        "size": {"shortest_edge": 35}, "crop_size": SQUARE},
}  # fmt: skip
TIMM_CONFIGURATIONS = {
    "center": {"crop_pct": 0.9, "interpolation": "bicubic", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
    "squash": {"crop_pct": 1.0, "crop_mode": "squash", "interpolation": "bilinear"},
    "border": {"crop_pct": 0.95, "crop_mode": "border", "mean": [0.48, 0.46, 0.41], "std": [0.27, 0.26, 0.28]},
    "defaults": {},
}
OPEN_CLIP_CONFIGURATIONS = {
    "longest": {"resize_mode": "longest", "fill_color": 127},
    "squash": {"resize_mode": "squash", "interpolation": "bilinear", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
    "defaults": {},
}
MEAN = {"mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375]}
MMPRETRAIN_CONFIGURATIONS = {
    "pillow": dict(data_preprocessor=dict(MEAN, to_rgb=True), resize=dict(scale=37, edge="short", backend="pillow", interpolation="bicubic")),
    "opencv": dict(data_preprocessor=dict(MEAN, to_rgb=True), resize=dict(scale=36)),
    "opencv-bicubic-blue-first": dict(data_preprocessor=dict(MEAN), resize=dict(scale=40, interpolation="bicubic")),
    "without-mean": dict(data_preprocessor=dict(to_rgb=True), resize=dict(scale=32, backend="pillow", interpolation="lanczos")),
}


def case(name, library, weights, files, features, grid=(8, 8)):
    frequencies, layers = reference.curves(features, grid)
    return {
        "name": name, "library": library, "checkpoint": weights, "files": files, "frequencies": frequencies, "layers": layers,
    }  # fmt: skip


def python(value):
    """A value as MMEngine writes it into a checkpoint."""
    if isinstance(value, dict):
        return "dict(" + ", ".join(f"{k}={python(v)}" for k, v in value.items()) + ")"
    return "[" + ", ".join(python(v) for v in value) + "]" if isinstance(value, list) else repr(value)


def mmpretrain_configuration(values):
    pipeline = [
        {"type": "LoadImageFromFile"}, {"type": "ResizeEdge", **values["resize"]},
        {"type": "CenterCrop", "crop_size": 32}, {"type": "PackInputs"},
    ]  # fmt: skip
    backbone = {
        "type": "VisionTransformer", "img_size": 32, "patch_size": 4,
        "arch": {"embed_dims": 32, "num_layers": 2, "num_heads": 2, "feedforward_channels": 32},
    }  # fmt: skip
    return {
        "data_preprocessor": values["data_preprocessor"], "model": {"type": "ImageClassifier", "backbone": backbone},
        "test_pipeline": pipeline,
    }  # fmt: skip


def mmpretrain_names(tensors):
    """The names of MMPretrain's VisionTransformer for those of timm's."""
    names = [
        ("blocks.", "layers."), (".norm1.", ".ln1."), (".norm2.", ".ln2."), ("mlp.fc1", "ffn.layers.0.0"), ("mlp.fc2", "ffn.layers.1"),
        ("patch_embed.proj", "patch_embed.projection"),
    ]  # fmt: skip
    renamed = {}
    for name, tensor in tensors.items():
        name = "ln1" + name.removeprefix("norm") if name.startswith("norm.") else name
        for old, new in names:
            name = name.replace(old, new)
        renamed["backbone." + name] = tensor
    return renamed


def main():
    write_squares()
    FOLDER.mkdir(parents=True, exist_ok=True)
    cases = []
    model, config = hugging_face()
    save_file(half(model.state_dict()), FOLDER / "hugging-face.safetensors", metadata={"format": "pt"})
    plain = {k: v for k, v in config.to_diff_dict().items() if k != "transformers_version"} | {"architectures": ["ViTModel"]}
    for name, values in PROCESSORS.items():
        features = hugging_face_features(model, by_transformers(values))
        files = {"config.json": json.dumps(plain), "preprocessor_config.json": json.dumps(values)}
        library = f"transformers {transformers.__version__}"
        cases.append(case(f"transformers-{name}", library, "hugging-face.safetensors", files, features))
    nested = {"image_processor_type": "ViTImageProcessor", "do_normalize": True, **NORMAL, "size": SQUARE}
    files = {"config.json": json.dumps(plain), "processor_config.json": json.dumps({"image_processor": nested})}
    features = hugging_face_features(model, by_transformers(nested))
    cases.append(case("transformers-nested", library, "hugging-face.safetensors", files, features))

    model = timm_network()
    tensors = half(model.state_dict())
    save_file(tensors, FOLDER / "timm.safetensors", metadata={"format": "pt"})
    base = {"architecture": "vit_tiny_patch16_224", "num_classes": 0, "model_args": TIMM}
    library = f"timm {timm.__version__}"
    for name, values in TIMM_CONFIGURATIONS.items():
        values = {"input_size": [3, 32, 32], **values}
        features = timm_features(model, by_timm(values))
        cases.append(case(
            f"timm-{name}", library, "timm.safetensors", {"config.json": json.dumps(base | {"pretrained_cfg": values})}, features))
        if name == "center":
            older = {k: v for k, v in base.items() if k != "model_args"} | values
            older["model_args"] = TIMM
            cases.append(case("timm-older", library, "timm.safetensors", {"config.json": json.dumps(older)}, features))
    for name, values in OPEN_CLIP_CONFIGURATIONS.items():
        values = {"size": 32, **values}
        tower = {"model_cfg": {"vision_cfg": {"width": 32, "layers": 2, "patch_size": 4, "image_size": 32, "head_width": 16}}}
        features = timm_features(model, by_open_clip(values))
        files = {"open_clip_config.json": json.dumps(tower | {"preprocess_cfg": values})}
        cases.append(case(f"open-clip-{name}", "open_clip 3.3.0", "timm.safetensors", files, features))

    for name, values in MMPRETRAIN_CONFIGURATIONS.items():
        configuration = mmpretrain_configuration(values)
        text = "\n".join(f"{k} = {python(v)}" for k, v in configuration.items()) + "\n"
        features = timm_features(model, by_mmpretrain(configuration))
        if name == "pillow":
            torch.save({"meta": {"cfg": text}, "state_dict": mmpretrain_names(tensors)}, FOLDER / "mmpretrain.pth")
            cases.append(case(f"mmpretrain-{name}", "mmpretrain 1.2.0", "mmpretrain.pth", {}, features))
        else:
            cases.append(case(f"mmpretrain-{name}", "mmpretrain 1.2.0", "mmpretrain.pth", {"given.py": text}, features))

    lines = ",\n".join("  " + json.dumps(c) for c in cases)
    about = "Made by Scripts/reference_pixels.py. The files lie beside the checkpoint, one named given.py is what --config gives."
    text = f'{{"about": {json.dumps(about)},\n"images": {json.dumps(IMAGE_FILES)},\n"cases": [\n{lines}\n]}}\n'
    (FOLDER / "cases.json").write_text(text)
    size = sum(f.stat().st_size for f in FOLDER.iterdir())
    print(f"{len(cases)} cases, {size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
