#!/usr/bin/env python3
"""Reconstructions of two bundled images by the bundled MAE, computed by PyTorch with timm's blocks, for the tests of `reconstruct`.

    reference_reconstruction.py Fixtures Tests/DiagnosticsTests/Golden/reconstruction

Writes `masks.safetensors` (`mask`, shape (2, L)), `predictions.safetensors` (`predictions`, shape (2, L, 3P²), of double-precision
arithmetic) and `expected.json` (for each image: the loss, and the squared error of pixels in 0 … 1 over removed patches of the
reconstruction, of the mean visible colour, and of each patch's own mean). Needs PyTorch, timm, torchvision, Pillow, safetensors.
"""
import json, os, sys
from functools import partial
from types import SimpleNamespace
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from timm.layers import PatchEmbed
from timm.models.vision_transformer import Block
from torchvision import transforms as T

MEAN, DEVIATION = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
NAMES = ["leaves-000.png", "leaves-004.png"]


class MAE(torch.nn.Module):
    """The network of He et al. 2022 in the original naming."""

    def __init__(self, a):
        super().__init__()
        d, w, n = a.embed_dim, a.decoder_embed_dim, (a.input_size // a.patch_size) ** 2
        norm = partial(torch.nn.LayerNorm, eps=1e-6)
        self.patch_embed = PatchEmbed(a.input_size, a.patch_size, 3, d)
        self.cls_token, self.pos_embed = torch.nn.Parameter(torch.zeros(1, 1, d)), torch.nn.Parameter(torch.zeros(1, n + 1, d))
        self.blocks = torch.nn.ModuleList(Block(d, a.num_heads, a.mlp_ratio, qkv_bias=True, norm_layer=norm) for _ in range(a.depth))
        self.norm, self.decoder_embed = norm(d), torch.nn.Linear(d, w)
        self.mask_token = torch.nn.Parameter(torch.zeros(1, 1, w))
        self.decoder_pos_embed = torch.nn.Parameter(torch.zeros(1, n + 1, w))
        self.decoder_blocks = torch.nn.ModuleList(
            Block(w, a.decoder_num_heads, a.mlp_ratio, qkv_bias=True, norm_layer=norm) for _ in range(a.decoder_depth))
        self.decoder_norm, self.decoder_pred = norm(w), torch.nn.Linear(w, 3 * a.patch_size ** 2)

    def forward(self, images, mask):
        x = self.patch_embed(images) + self.pos_embed[:, 1:]
        n, l, d = x.shape
        x = torch.cat([(self.cls_token + self.pos_embed[:, :1]).expand(n, -1, -1), x[~mask].reshape(n, -1, d)], 1)
        for block in self.blocks: x = block(x)
        x = self.decoder_embed(self.norm(x))
        y = self.mask_token.repeat(n, l, 1)
        y[~mask] = x[:, 1:].reshape(-1, x.shape[-1])
        x = torch.cat([x[:, :1], y], 1) + self.decoder_pos_embed
        for block in self.decoder_blocks: x = block(x)
        return self.decoder_pred(self.decoder_norm(x))[:, 1:]


def patchify(images, p):
    n, _, h, w = images.shape
    return torch.einsum("nchpwq->nhwpqc", images.reshape(n, 3, h // p, p, w // p, p)).reshape(n, -1, 3 * p * p)


def read(file):
    """Sizes of the network, from the file's metadata and the decoder's tensors; and all tensors."""
    with safe_open(file, "pt") as f: facts = f.metadata()
    tensors = load_file(file)
    number = lambda key: int(facts[key].split(",")[0])
    return SimpleNamespace(
        input_size=number("image_size"), patch_size=number("patch_size"), embed_dim=number("embed_dim"), depth=number("depth"),
        num_heads=number("heads"), mlp_ratio=4, decoder_embed_dim=len(tensors["decoder_embed.weight"]),
        decoder_depth=1 + max(int(k.split(".")[1]) for k in tensors if k.startswith("decoder_blocks.")),
        decoder_num_heads=number("decoder_heads")), tensors


def main(fixtures, folder):
    torch.set_default_dtype(torch.float64)
    a, tensors = read(os.path.join(fixtures, "ckpt.bin"))
    model = MAE(a).eval()
    model.load_state_dict({k: v.double() for k, v in tensors.items()})
    steps = T.Compose([T.Resize(int(a.input_size / 0.875), T.InterpolationMode.BICUBIC), T.CenterCrop(a.input_size), T.ToTensor()])
    pixels = torch.stack([steps(Image.open(os.path.join(fixtures, "images", name)).convert("RGB")) for name in NAMES]).double()
    images = (pixels - MEAN.view(3, 1, 1)) / DEVIATION.view(3, 1, 1)
    l = (a.input_size // a.patch_size) ** 2
    mask = torch.tensor([[(k * 7 + m * 3) % l < int(0.75 * l) for k in range(l)] for m in range(2)])
    with torch.no_grad(): predicted = model(images, mask)

    target = patchify(images, a.patch_size)
    mean, deviation = target.mean(-1, keepdim=True), (target.var(-1, keepdim=True) + 1e-6).sqrt()
    loss = ((predicted - (target - mean) / deviation) ** 2).mean(-1)
    colour = lambda x: (x.reshape(2, l, -1, 3) * DEVIATION + MEAN).clamp(0, 1)
    truth = colour(target)
    shown = {"reconstruction": colour(predicted * deviation + mean), "patchMean": colour(mean.expand_as(target))}
    out = []
    for i, name in enumerate(NAMES):
        removed = mask[i]
        own = {"name": name, "loss": loss[i][removed].mean().item()}
        for key, value in shown.items(): own[key] = ((value - truth)[i][removed] ** 2).mean().item()
        own["meanColor"] = ((truth[i][~removed].mean((0, 1)) - truth[i][removed]) ** 2).mean().item()
        out.append(own)
        print(own)
    os.makedirs(folder, exist_ok=True)
    save_file({"mask": mask.to(torch.uint8)}, os.path.join(folder, "masks.safetensors"))
    save_file({"predictions": predicted.float().contiguous()}, os.path.join(folder, "predictions.safetensors"))
    with open(os.path.join(folder, "expected.json"), "w") as f: json.dump(out, f, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
