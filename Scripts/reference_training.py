#!/usr/bin/env python3
"""Ten optimiser steps of PyTorch's AdamW on a small MAE and a small MFF: what our training is compared with.

    Scripts/reference_training.py Tests/PretrainingTests/Golden/training

The models are MAE's in PyTorch's own layers; the MFF fuses blocks 0, 2 and 3 with linear projections and softmax weights, as in
MMPretrain. Writes for each model its weights before and after (safetensors in MAE's naming), the images and masks of
every step (1 removed), and the losses. The second model's gradient is clipped.
"""
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

SIDE, PATCH, WIDTH, DEPTH, HEADS = 16, 4, 16, 4, 2
DECODER_WIDTH, DECODER_DEPTH, DECODER_HEADS = 8, 1, 2
GRID, STEPS, IMAGES, MASKED = SIDE // PATCH, 10, 4, 12
RATE, DECAY, CLIP = 1.5e-4, 0.05, 0.5


def sine_cosine(width):
    """MAE's table: the column in the first half of the channels, the row in the second; a row of zeros in front."""
    def axis(position):
        waves = np.outer(position.reshape(-1), 1 / 10000 ** (np.arange(width // 4) / (width / 4)))
        return np.concatenate([np.sin(waves), np.cos(waves)], axis=1)
    column, row = np.meshgrid(np.arange(GRID, dtype=float), np.arange(GRID, dtype=float))
    table = np.concatenate([axis(column), axis(row)], axis=1)
    return torch.tensor(np.concatenate([np.zeros((1, width)), table]), dtype=torch.float32)[None]


def norm(width):
    return nn.LayerNorm(width, eps=1e-6)


class Block(nn.Module):
    """A pre-norm transformer block with the names of MAE's code."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = norm(width), norm(width)
        self.attn = nn.ModuleDict({"qkv": nn.Linear(width, 3 * width), "proj": nn.Linear(width, width)})
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)})

    def forward(self, x):
        q, k, v = self.attn["qkv"](self.norm1(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = x + self.attn["proj"](attended)
        return x + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x))))


class MaskedAutoencoder(nn.Module):
    def __init__(self, fused=None):
        super().__init__()
        self.fused = fused
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, WIDTH, PATCH, PATCH)})
        self.cls_token = nn.Parameter(torch.randn(1, 1, WIDTH) * 0.02)
        self.pos_embed = nn.Parameter(sine_cosine(WIDTH), requires_grad=False)
        self.blocks = nn.ModuleList(Block(WIDTH, HEADS) for _ in range(DEPTH))
        self.norm = norm(WIDTH)
        if fused:
            self.proj_layers = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in fused[:-1])
            self.proj_weights = nn.Parameter(torch.ones(len(fused), 1, 1, 1))
        self.decoder_embed = nn.Linear(WIDTH, DECODER_WIDTH)
        self.mask_token = nn.Parameter(torch.randn(1, 1, DECODER_WIDTH) * 0.02)
        self.decoder_pos_embed = nn.Parameter(sine_cosine(DECODER_WIDTH), requires_grad=False)
        self.decoder_blocks = nn.ModuleList(Block(DECODER_WIDTH, DECODER_HEADS) for _ in range(DECODER_DEPTH))
        self.decoder_norm = norm(DECODER_WIDTH)
        self.decoder_pred = nn.Linear(DECODER_WIDTH, 3 * PATCH * PATCH)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.normal_(module.bias, std=0.02)

    def forward(self, images, mask):
        visible = [(row == 0).nonzero().flatten() for row in mask]
        x = self.patch_embed["proj"](images).flatten(2).transpose(1, 2) + self.pos_embed[:, 1:]
        x = torch.stack([tokens[keep] for tokens, keep in zip(x, visible)])
        x = torch.cat([(self.cls_token + self.pos_embed[:, :1]).expand(len(x), -1, -1), x], dim=1)
        kept = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if self.fused and index in self.fused:
                kept.append(x)
        if self.fused:
            kept = [project(y) for project, y in zip(self.proj_layers, kept)] + kept[-1:]
            x = (self.proj_weights.softmax(dim=0) * torch.stack(kept)).sum(dim=0)
        x = self.decoder_embed(self.norm(x))
        sequences = []
        for tokens, keep in zip(x, visible):
            patches = self.mask_token[0].expand(GRID * GRID, -1).clone()
            patches[keep] = tokens[1:]
            sequences.append(torch.cat([tokens[:1], patches]))
        x = torch.stack(sequences) + self.decoder_pos_embed
        for block in self.decoder_blocks:
            x = block(x)
        prediction = self.decoder_pred(self.decoder_norm(x))[:, 1:]
        target = images.unfold(2, PATCH, PATCH).unfold(3, PATCH, PATCH)
        target = target.permute(0, 2, 3, 4, 5, 1).reshape(len(images), GRID * GRID, -1)
        target = (target - target.mean(-1, keepdim=True)) / (target.var(-1, keepdim=True) + 1e-6) ** 0.5
        return (((prediction - target) ** 2).mean(-1) * mask).sum() / mask.sum()


def parameter_groups(model):
    """Decay on matrices and the patch kernel alone."""
    decaying = [p for n, p in model.named_parameters() if p.requires_grad and p.ndim > 1 and n.endswith(".weight")]
    rest = [p for n, p in model.named_parameters() if p.requires_grad and not (p.ndim > 1 and n.endswith(".weight"))]
    return [{"params": decaying, "weight_decay": DECAY}, {"params": rest, "weight_decay": 0.0}]


def weights(model):
    return {name: tensor.detach().clone().contiguous() for name, tensor in model.state_dict().items()}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    torch.set_num_threads(1)
    images = torch.nn.functional.avg_pool2d(torch.randn(STEPS, IMAGES * 3, SIDE + 2, SIDE + 2), 3, 1) * 2
    images = images.reshape(STEPS, IMAGES, 3, SIDE, SIDE)
    masks = (torch.rand(STEPS, IMAGES, GRID * GRID).argsort(-1) < MASKED).float()
    save_file({"images": images.contiguous(), "masks": masks}, folder / "batches.safetensors")
    losses = {}
    for name, fused, clip in [("mae", None, None), ("mff", [0, 2, 3], CLIP)]:
        model = MaskedAutoencoder(fused)
        meta = {"num_heads": str(HEADS), "decoder_num_heads": str(DECODER_HEADS)}
        if fused:
            meta["fused_layers"] = ",".join(map(str, fused))
        save_file(weights(model), folder / f"{name}-before.safetensors", meta)
        optimizer = torch.optim.AdamW(parameter_groups(model), lr=RATE, betas=(0.9, 0.95))
        losses[name] = []
        for step in range(STEPS):
            loss = model(images[step], masks[step])
            optimizer.zero_grad()
            loss.backward()
            if clip:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            losses[name].append(loss.item())
        save_file(weights(model), folder / f"{name}-after.safetensors", meta)
    (folder / "losses.json").write_text(json.dumps(losses, indent=1) + "\n")


if __name__ == "__main__":
    main()
