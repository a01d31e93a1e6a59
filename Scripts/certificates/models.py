"""Tiny masked autoencoders, by class and seed: what a certificate must hold for, and what attacks it.

Names and arithmetic are those of reference_derivatives.py. All numbers are single-precision ones, kept in double precision.
"""

import dataclasses

import numpy as np
import torch

import reference_derivatives as reference

MOST_PARAMETERS = 1500


@dataclasses.dataclass
class Case:
    """A model with a batch, and what the program must be told of it."""

    kind: str
    index: int
    architecture: dict
    parameters: dict
    images: torch.Tensor
    masks: torch.Tensor
    norm_pixels: bool = True
    trained_positions: bool = False
    largest: bool = False
    loss: str = "pixels"
    #: Of `features-masked`: architecture and parameters of the model whose features are predicted.
    teacher: tuple | None = None

    @property
    def name(self):
        return f"{self.kind}-{self.index:03}"

    def objective(self):
        """The objective as reference_derivatives.py has it."""
        # PixMIM's radius of 40 belongs to 224 pixels.
        return dict(objective=dict(name=self.loss, normalized=self.norm_pixels, radius=40 * self.architecture["imageSize"][0] / 224))

    def batch(self):
        """Images, masks, and what else the objective reads, in double precision."""
        batch = dict(images=self.images, masks=self.masks)
        if self.teacher:
            a, P = self.teacher
            every = torch.arange(self.masks.shape[1]).expand(len(self.images), -1)
            batch["features"] = reference.encode(a, P, self.images, every)[:, len(a["prefix"]):]
        return batch

    def active(self):
        """The names of what the Hessian is over."""
        return [k for k in self.parameters if self.trained_positions or not k.endswith("position")]


def single(x):
    return x.float().double()


def normal(random, *shape, scale=1.0):
    return single(torch.from_numpy(random.standard_normal(shape)) * scale)


def power_of_ten(random, low, high):
    return float(10 ** random.uniform(low, high))


def architecture(random):
    """Some hundreds to 1,500 parameters."""
    while True:
        width, grid, fused = int(random.choice([4, 6, 8])), int(random.choice([3, 4])), random.random() < 0.3
        depth = int(random.integers(2 if fused else 1, 4))
        layers = sorted(random.choice(depth, size=2, replace=False).tolist()) if fused else None
        if fused and layers[-1] != depth - 1:
            layers[-1] = depth - 1
        if fused and len(set(layers)) < 2:
            layers[0] = 0
        a = reference.architecture(
            patch=2, grid=(grid, grid), width=width, depth=depth, heads=int(random.choice([1, 2])), hidden=int(random.integers(6, 13)),
            fusion=dict(layers=layers, count=2, projection=str(random.choice(["none", "linear"]))) if fused else None,
            decoder=reference.decoder(width=4, depth=1, heads=int(random.choice([1, 2])), hidden=int(random.integers(4, 9)), outputs=12))
        if sum(int(np.prod(s)) for s in reference.shapes(a).values()) <= MOST_PARAMETERS:
            return a


def lively(a, random, scale=1.0):
    """Weights as of a model that has learned something: no layer is near the identity, none is saturated."""
    P = {}
    for name, shape in reference.shapes(a).items():
        if "norm" in name and name.endswith("weight"): P[name] = single(1 + normal(random, *shape, scale=0.2))
        elif len(shape) > 1 and "position" not in name:
            P[name] = normal(random, *shape, scale=scale * (0.9 / np.sqrt(np.prod(shape[1:])) + 0.05))
        else: P[name] = normal(random, *shape, scale=0.3)
    return P


def initial(a, random):
    """Weights as MAE draws them before the first step: Xavier's for matrices, biases of 0, tokens and positions of deviation 0.02."""
    P = {}
    for name, shape in reference.shapes(a).items():
        if "norm" in name and name.endswith("weight"): P[name] = torch.ones(shape)
        elif len(shape) > 1 and "position" not in name:
            fans = shape[0] + int(np.prod(shape[1:]))
            P[name] = normal(random, *shape, scale=np.sqrt(2 / fans))
        elif name.endswith("bias") or name == "fusion.logits": P[name] = torch.zeros(shape)
        else: P[name] = normal(random, *shape, scale=0.5 if "position" in name else 0.02)
    return P


def draw_masks(random, n, patches, ratio):
    masks = torch.zeros(n, patches)
    removed = max(1, round(ratio * patches))
    for row in masks:
        row[torch.from_numpy(random.permutation(patches)[:removed])] = 1
    return masks


def base(kind, index, random, weights=lively):
    a = architecture(random)
    n = int(random.integers(2, 5))
    images = normal(random, n, 3, *a["imageSize"])
    masks = draw_masks(random, n, a["grid"][0] ** 2, float(random.choice([0.5, 0.75])))
    return Case(
        kind, index, a, weights(a, random), images, masks, norm_pixels=bool(random.random() < 0.7),
        trained_positions=bool(random.random() < 0.5), largest=bool(random.random() < 0.2))


def random_model(index, random):
    return base("random", index, random, lambda a, r: lively(a, r, scale=r.uniform(0.5, 1.3)))


def cluster(index, random):
    """A small prediction layer over weights as drawn: many eigenvalues of nearly one size, those of the prediction's biases and kin."""
    case = base("cluster", index, random, initial)
    case.parameters["decoder.output.weight"] = single(case.parameters["decoder.output.weight"] * power_of_ten(random, -4, -0.5))
    return case


def repeated(index, random):
    """Eigenvalues that are equal in exact arithmetic: twice each by the symmetry of three equal colours, or a dozen times by that of a
    prediction that is right and does not depend on its input."""
    case = base("repeated", index, random)
    P, images = case.parameters, case.images
    if index % 2:
        case.images = images[:, :1].expand_as(images).contiguous()
        P["patch.weight"] = P["patch.weight"][:, :1].expand_as(P["patch.weight"]).contiguous()
        for name in ("decoder.output.weight", "decoder.output.bias"):
            P[name] = P[name][::3].repeat_interleave(3, 0).contiguous()
    else:
        case.images = images[:1, :, :1, :1].expand_as(images).contiguous()
        P["decoder.output.weight"] = torch.zeros_like(P["decoder.output.weight"])
        P["decoder.output.bias"] = case.images[0, :, 0, 0].repeat(4)
        case.norm_pixels = False
    return case


def near_pairs(index, random):
    """Pairs of nearly ± one value: with a small last norm and prediction the loss is nearly a product of the two."""
    case = base("near-pairs", index, random)
    scale = 0.0 if index % 5 == 0 else power_of_ten(random, -5, -1.5)
    for name in ("decoder.norm.weight", "decoder.norm.bias", "decoder.output.weight"):
        case.parameters[name] = normal(random, *case.parameters[name].shape, scale=scale)
    case.images = single(case.images * power_of_ten(random, 0.5, 1.5))
    case.norm_pixels = False
    return case


def ill_conditioned(index, random):
    """Tensors of sizes that differ by factors of some hundred."""
    case = base("ill-conditioned", index, random)
    for name, x in case.parameters.items(): case.parameters[name] = single(x * power_of_ten(random, -1.5, 0.8))
    return case


def token_mean(index, random):
    """A token mean of ten to ten thousand times the deviation, which every normalisation subtracts."""
    case = base("token-mean", index, random)
    P = case.parameters
    for name in ("patch.bias", "class"): P[name] = single(P[name] + power_of_ten(random, 1, 4))
    P["class"] = single(P["class"] - P["class"].mean() + P["patch.bias"].mean())
    if random.random() < 0.5:
        offset = power_of_ten(random, 1, 4)
        for name in ("decoder.embed.bias", "decoder.mask"): P[name] = single(P[name] + offset)
    return case


def large_logits(index, random):
    """Attention that is nearly a choice of one token."""
    case = base("large-logits", index, random)
    scale = power_of_ten(random, 0.3, 1.2)
    for name, x in case.parameters.items():
        if "qkv.weight" in name: case.parameters[name] = single(x * scale)
    return case


def massive_channel(index, random):
    """One channel a hundred to some thousand times the others."""
    case = base("massive-channel", index, random)
    P, scale = case.parameters, power_of_ten(random, 1.5, 3.5)
    for names in (("patch.bias", "class"), ("decoder.embed.bias", "decoder.mask"))[: 1 + index % 2]:
        channel = int(random.integers(len(P[names[0]])))
        for name in names: P[name][channel] = single(P[name][channel] + scale)
    return case


def early(index, random):
    """Weights as drawn, after up to thirty steps of Adam on the batch with fresh masks."""
    case = base("early", index, random, initial)
    leaves = [case.parameters[k].requires_grad_() for k in case.active()]
    optimizer = torch.optim.Adam(leaves, lr=power_of_ten(random, -3.5, -2))
    for _ in range(int(random.integers(0, 31))):
        masks = draw_masks(random, *case.masks.shape, float(case.masks[0].mean()))
        optimizer.zero_grad()
        reference.loss(case.objective(), case.architecture, case.parameters, dict(images=case.images, masks=masks)).backward()
        optimizer.step()
    case.parameters = {k: single(x.detach()) for k, x in case.parameters.items()}
    return case


def low_pass_target(index, random):
    """PixMIM's targets of images that are nearly flat: normalisation divides what rounding left of them by a small deviation."""
    case = base("low-pass-target", index, random)
    case.loss, case.norm_pixels = "pixmim", True
    case.images = single(random.uniform(-2, 2) + case.images * power_of_ten(random, -3.5, -1))
    return case


def teacher_target(index, random):
    """Features of a teacher whose token mean is up to a thousand times its deviation."""
    case = base("teacher-target", index, random)
    case.architecture["decoder"]["outputs"] = case.architecture["width"]
    case.parameters = lively(case.architecture, random)
    a = dict(case.architecture)
    a.pop("fusion", None)
    P = lively(a, random)
    offset = 0.0 if index % 3 == 0 else power_of_ten(random, 0, 3)
    for name in ("patch.bias", "class"): P[name] = single(P[name] + offset)
    case.loss, case.teacher = "features-masked", (a, P)
    return case


ADVERSARIAL = [cluster, repeated, near_pairs, ill_conditioned, token_mean, large_logits, massive_channel, early]
#: Losses whose target is itself computed, from the images by a filter or a network.
TARGETS = [low_pass_target, teacher_target]


def make(group, index, seed):
    """The model of this index: `random`, or `adversarial` and `targets`, whose classes take turns."""
    if group == "random": return random_model(index, np.random.default_rng([seed, 0, index]))
    classes, first = (ADVERSARIAL, 1) if group == "adversarial" else (TARGETS, 50)
    which = index % len(classes)
    return classes[which](index // len(classes), np.random.default_rng([seed, first + which, index]))
