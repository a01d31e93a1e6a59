#!/usr/bin/env python3
"""Losses, gradients and Hessian-vector products of tiny models in double precision, by PyTorch's double backward.

    reference_derivatives.py Tests/VisionTransformersTests/Golden/derivatives Fixtures [CASE …]

Writes one safetensors file for each case. Tensors `parameters.NAME`, `gradient.NAME`, `direction.NAME` and `product.NAME` carry the
names of the package's own parameter layout, beside `images`, `masks`, `features`, `labels`, `loss`; the file's metadata holds the
architecture as the package's JSON. `dense` also holds the lower triangle of the Hessian over the encoder's parameters.
All inputs are single-precision numbers; the arithmetic is double. Needs PyTorch and safetensors.
"""
import json, os, sys
import numpy as np, torch, torch.nn.functional as F
from safetensors.torch import load_file, save_file

torch.set_default_dtype(torch.float64)


def architecture(patch=4, grid=(4, 4), width=12, depth=3, heads=2, hidden=20, fusion=None, layer_scale=False, decoder=None, prefix=("class",), final_norm=True):
    a = dict(imageSize=[g * patch for g in grid], patchSize=patch, grid=list(grid), width=width, depth=depth, heads=heads,
             hiddenWidth=hidden, layerNormEpsilon=1e-6, prefix=list(prefix), positions="classAndPatches", positionResizing="bicubic",
             layerScale=layer_scale, finalNorm=final_norm)
    if fusion: a["fusion"] = dict(dict(projection="linear", combination="average", detach=False), **fusion)
    if decoder: a["decoder"] = decoder
    return a


def decoder(width=8, depth=1, heads=2, hidden=20, outputs=48):
    return dict(width=width, depth=depth, heads=heads, hiddenWidth=hidden, outputs=outputs)


def block_shapes(name, d, h, scale):
    s = {f"{name}.norm1.weight": (d,), f"{name}.norm1.bias": (d,), f"{name}.attention.qkv.weight": (3 * d, d), f"{name}.attention.qkv.bias": (3 * d,),
         f"{name}.attention.output.weight": (d, d), f"{name}.attention.output.bias": (d,), f"{name}.norm2.weight": (d,), f"{name}.norm2.bias": (d,),
         f"{name}.mlp.fc1.weight": (h, d), f"{name}.mlp.fc1.bias": (h,), f"{name}.mlp.fc2.weight": (d, h), f"{name}.mlp.fc2.bias": (d,)}
    if scale: s |= {f"{name}.scale1": (d,), f"{name}.scale2": (d,)}
    return s


def shapes(a, classes=None, pooling=None):
    d, p, n = a["width"], a["patchSize"], a["grid"][0] * a["grid"][1]
    s = {"patch.weight": (d, 3, p, p), "patch.bias": (d,), "position": (len(a["prefix"]) + n, d)}
    if "class" in a["prefix"]: s["class"] = (d,)
    for i in range(a["depth"]): s |= block_shapes(f"blocks.{i}", d, a["hiddenWidth"], a["layerScale"])
    if f := a.get("fusion"):
        if f["combination"] == "average": s["fusion.logits"] = (f["count"],)
        else: s |= block_shapes("fusion.block", d, a["hiddenWidth"], False)
        for j in range(f["count"] - 1):
            names = {"none": [], "linear": [""], "mlp": [".fc1", ".fc2"]}[f["projection"]]
            for part in names: s |= {f"fusion.projections.{j}{part}.weight": (d, d), f"fusion.projections.{j}{part}.bias": (d,)}
    if a["finalNorm"]: s |= {"norm.weight": (d,), "norm.bias": (d,)}
    if q := a.get("decoder"):
        w = q["width"]
        s |= {"decoder.embed.weight": (w, d), "decoder.embed.bias": (w,), "decoder.mask": (w,), "decoder.position": (len(a["prefix"]) + n, w)}
        for i in range(q["depth"]): s |= block_shapes(f"decoder.blocks.{i}", w, q["hiddenWidth"], False)
        s |= {"decoder.norm.weight": (w,), "decoder.norm.bias": (w,), "decoder.output.weight": (q["outputs"], w), "decoder.output.bias": (q["outputs"],)}
    if pooling == "normalized-mean": s |= {"head.norm.weight": (d,), "head.norm.bias": (d,)}
    if classes: s |= {"head.weight": (classes, d), "head.bias": (classes,)}
    return s


def linear(x, P, name): return F.linear(x, P[f"{name}.weight"], P[f"{name}.bias"])
def norm(x, P, name): return F.layer_norm(x, x.shape[-1:], P[f"{name}.weight"], P[f"{name}.bias"], 1e-6)


def block(x, P, name, heads):
    n, t, d = x.shape
    q, k, v = linear(norm(x, P, f"{name}.norm1"), P, f"{name}.attention.qkv").reshape(n, t, 3, heads, d // heads).permute(2, 0, 3, 1, 4)
    o = ((q @ k.transpose(-2, -1) * (d // heads) ** -0.5).softmax(-1) @ v).transpose(1, 2).reshape(n, t, d)
    y = linear(o, P, f"{name}.attention.output")
    x = x + (y * P[f"{name}.scale1"] if f"{name}.scale1" in P else y)
    y = linear(F.gelu(linear(norm(x, P, f"{name}.norm2"), P, f"{name}.mlp.fc1")), P, f"{name}.mlp.fc2")
    return x + (y * P[f"{name}.scale2"] if f"{name}.scale2" in P else y)


def encode(a, P, images, keep):
    """keep: indices of visible patches, shape [n, K]."""
    n, pre = len(images), len(a["prefix"])
    t = F.conv2d(images, P["patch.weight"], P["patch.bias"], stride=a["patchSize"]).flatten(2).transpose(1, 2) + P["position"][pre:]
    t = t.gather(1, keep[..., None].expand(-1, -1, a["width"]))
    x = torch.cat([(P["class"] + P["position"][0]).expand(n, 1, -1), t], 1)
    f, fused = a.get("fusion"), []
    for i in range(a["depth"]):
        x = block(x, P, f"blocks.{i}", a["heads"])
        if f and i in f["layers"]:
            j = f["layers"].index(i)
            r = x.detach() if f["detach"] and j < f["count"] - 1 else x
            if j < f["count"] - 1:
                name = f"fusion.projections.{j}"
                if f["projection"] == "linear": r = linear(r, P, name)
                if f["projection"] == "mlp": r = linear(F.gelu(linear(r, P, name + ".fc1")), P, name + ".fc2")
            fused.append(r)
    if f and f["combination"] == "average": x = sum(w * r for w, r in zip(P["fusion.logits"].softmax(0), fused))
    if f and f["combination"] == "attention":
        s = torch.stack(fused, 2)
        x = block(s.reshape(-1, s.shape[2], s.shape[3]), P, "fusion.block", a["heads"])[:, -1].reshape(s.shape[0], s.shape[1], -1)
    return norm(x, P, "norm") if a["finalNorm"] else x


def decode(a, P, x, mask):
    n, l = mask.shape
    q, pre = a["decoder"], len(a["prefix"])
    z = linear(x, P, "decoder.embed")
    y = P["decoder.mask"].expand(n, l, -1).clone()
    y[~mask] = z[:, pre:].reshape(-1, z.shape[-1])
    x = torch.cat([z[:, :pre], y], 1) + P["decoder.position"]
    for i in range(q["depth"]): x = block(x, P, f"decoder.blocks.{i}", q["heads"])
    return linear(norm(x, P, "decoder.norm"), P, "decoder.output")[:, pre:]


def patches(a, images):
    (g, h), p = a["grid"], a["patchSize"]
    return images.reshape(len(images), 3, g, p, h, p).permute(0, 2, 4, 3, 5, 1).reshape(len(images), g * h, -1)


MEAN, DEVIATION = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


def low_pass(images, radius):
    """PixMIM's target: an ideal circular low-pass filter on colours in [0, 1], centred between samples as the published code has it."""
    h, w = images.shape[-2:]
    y, x = torch.meshgrid(torch.arange(h) - (h - 1) / 2, torch.arange(w) - (w - 1) / 2, indexing="ij")
    f = torch.fft.fftshift(torch.fft.fft2(images * DEVIATION + MEAN), dim=(-2, -1)) * (y ** 2 + x ** 2 <= radius ** 2)
    return (torch.fft.ifft2(torch.fft.ifftshift(f, dim=(-2, -1))).abs() - MEAN) / DEVIATION


def loss(case, a, P, b):
    o, mask = case["objective"], b["masks"].bool()
    n, l = mask.shape
    if o["name"] == "classification":
        x = encode(a, P, b["images"], torch.arange(l).expand(n, l))
        x = x[:, 0] if o["pooling"] == "class" else x[:, len(a["prefix"]):].mean(1)
        if o["pooling"] == "normalized-mean": x = norm(x, P, "head.norm")
        return F.cross_entropy(linear(x, P, "head"), b["labels"].long(), label_smoothing=o["smoothing"])
    keep = torch.stack([torch.nonzero(~m).flatten() for m in mask])
    y = decode(a, P, encode(a, P, b["images"], keep), mask)
    if o["name"] in ("pixels", "pixmim"):
        t = patches(a, b["images"] if o["name"] == "pixels" else low_pass(b["images"], o["radius"]))
        if o["normalized"]: t = (t - t.mean(-1, keepdim=True)) / (t.var(-1, keepdim=True) + 1e-6).sqrt()
        return (((y - t) ** 2).mean(-1) * mask).sum() / mask.sum()
    e = 2 - 2 * F.cosine_similarity(y, b["features"], dim=-1)
    return (e * mask).sum() / mask.sum() if o["name"] == "features-masked" else e.mean()


def random32(g, *shape, scale=1.0): return (torch.randn(*shape, generator=g) * scale).float().double()


def parameters(a, classes, pooling, g):
    P = {}
    for name, shape in shapes(a, classes, pooling).items():
        if name.endswith("norm.weight") or ".norm1.weight" in name or ".norm2.weight" in name: P[name] = (1 + random32(g, *shape, scale=0.2)).float().double()
        elif ".scale" in name: P[name] = (0.6 + random32(g, *shape, scale=0.2)).float().double()
        elif len(shape) > 1 and "position" not in name: P[name] = random32(g, *shape, scale=0.9 / np.sqrt(np.prod(shape[1:])) + 0.05)
        else: P[name] = random32(g, *shape, scale=0.3)
    return P


def run(case, folder):
    g = torch.Generator().manual_seed(case.get("seed", 0))
    a, o = case["architecture"], case["objective"]
    n, l, classes = case.get("images", 3), a["grid"][0] * a["grid"][1], o.get("classes")
    P = parameters(a, classes, o.get("pooling"), g)
    b = {"images": random32(g, n, 3, *a["imageSize"])}
    order = torch.rand(n, l, generator=g).argsort(1)
    b["masks"] = torch.zeros(n, l).scatter(1, order[:, : int(case.get("ratio", 0.6) * l)], 1.0)
    if "features" in o["name"]: b["features"] = random32(g, n, l, a["decoder"]["outputs"])
    if classes: b["labels"] = torch.randint(0, classes, (n,), generator=g).double()
    fixed = {"position", "decoder.position"} if not case.get("learned") else set()
    active = [k for k in P if k not in fixed]
    for k in active: P[k].requires_grad_()
    V = {k: random32(g, *P[k].shape, scale=0.3) for k in active}
    L = loss(case, a, P, b)
    ps = [P[k] for k in active]
    G = torch.autograd.grad(L, ps, create_graph=True, allow_unused=True)
    used = [(k, x) for k, x in zip(active, G) if x is not None]
    dot = sum((x * V[k]).sum() for k, x in used)
    HV = torch.autograd.grad(dot, ps, allow_unused=True, retain_graph=True)
    out = {f"parameters.{k}": x.detach() for k, x in P.items()} | dict(b)
    out |= {f"gradient.{k}": x.detach() for k, x in used}
    out |= {f"direction.{k}": V[k] for k, _ in used}
    out |= {f"product.{k}": torch.zeros_like(P[k]) if h is None else h for k, h in zip(active, HV) if k in dict(used)}
    if case.get("dense"):
        names = [k for k, _ in used if not k.startswith("decoder.")]
        flat = torch.cat([G[active.index(k)].flatten() for k in names])
        rows = [torch.cat([h.flatten() for h in torch.autograd.grad(flat[i], [P[k] for k in names], retain_graph=True)]) for i in range(len(flat))]
        H = torch.stack(rows)
        out["dense"] = H[torch.tril_indices(len(H), len(H)).unbind()]
    metadata = {"architecture": json.dumps(a), "objective": json.dumps(o), "loss": repr(L.item()), "masked": str(int(b["masks"][0].sum()))}
    save_file({k: x.float().contiguous() for k, x in out.items()}, os.path.join(folder, case["name"] + ".safetensors"), metadata)
    print(f"{case['name']}: loss {L.item():.6f}, {sum(x.numel() for _, x in used)} parameters")


PIXELS = dict(name="pixels", normalized=True)


def mff(layers, **fusion): return architecture(decoder=decoder(), fusion=dict(dict(layers=layers, count=len(layers)), **fusion))


CASES = [
    dict(name="mae", architecture=architecture(decoder=decoder()), objective=PIXELS),
    dict(name="mae-raw-pixels", architecture=architecture(decoder=decoder(), grid=(3, 5)), objective=dict(name="pixels", normalized=False)),
    dict(name="mae-layer-scale", architecture=architecture(decoder=decoder(), layer_scale=True), objective=PIXELS),
    dict(name="mae-learned-positions", architecture=architecture(decoder=decoder()), objective=PIXELS, learned=True),
    dict(name="mff-none", architecture=mff([0, 2], projection="none"), objective=PIXELS),
    dict(name="mff-linear", architecture=mff([0, 1, 2]), objective=PIXELS),
    dict(name="mff-mlp", architecture=mff([0, 2], projection="mlp"), objective=PIXELS),
    dict(name="mff-detach", architecture=mff([0, 1, 2], detach=True), objective=PIXELS),
    dict(name="mff-attention", architecture=mff([0, 1, 2], combination="attention", projection="none"), objective=PIXELS),
    dict(name="mff-attention-detach", architecture=mff([1, 2], combination="attention", detach=True), objective=PIXELS),
    dict(name="pixmim", architecture=architecture(decoder=decoder()), objective=dict(name="pixmim", normalized=True, radius=3.0)),
    dict(name="features-masked", architecture=architecture(decoder=decoder(outputs=10)), objective=dict(name="features-masked")),
    dict(name="features-all", architecture=mff([0, 2]) | dict(decoder=decoder(outputs=10)), objective=dict(name="features-all")),
    dict(name="classification-class", architecture=architecture(), objective=dict(name="classification", classes=5, smoothing=0.1, pooling="class")),
    dict(name="classification-mean", architecture=architecture(layer_scale=True, fusion=dict(layers=[0, 2], count=2)),
         objective=dict(name="classification", classes=5, smoothing=0.0, pooling="mean"), learned=True),
    dict(name="classification-normalized-mean", architecture=architecture(final_norm=False),
         objective=dict(name="classification", classes=5, smoothing=0.1, pooling="normalized-mean"), learned=True),
    dict(name="dense", dense=True, architecture=architecture(patch=2, grid=(3, 3), width=4, depth=2, hidden=6, fusion=dict(layers=[0, 1], count=2),
         decoder=decoder(width=4, hidden=6, outputs=12)), objective=PIXELS),
]

def own_names(state):
    """Our names for the tensors of a bundled checkpoint, which are in the original naming."""
    pairs = [("decoder_blocks", "decoder.blocks"), ("decoder_embed", "decoder.embed"), ("decoder_norm", "decoder.norm"),
             ("decoder_pred", "decoder.output"), ("decoder_pos_embed", "decoder.position"), ("mask_token", "decoder.mask"), ("pos_embed", "position"),
             ("cls_token", "class"), ("patch_embed.proj", "patch"), ("proj_layers", "fusion.projections"), ("proj_weights", "fusion.logits"),
             ("attn.qkv", "attention.qkv"), ("attn.proj", "attention.output")]
    P = {}
    for name, x in state.items():
        own = name
        for foreign, ours in pairs: own = own.replace(foreign, ours)
        single = ("class", "position", "decoder.position", "decoder.mask", "fusion.logits")
        P[own] = x.double().reshape(x.shape[1:] if own.endswith("position") else (-1,)) if own in single else x.double()
    return P


def trained(file, folder):
    """Loss, gradient norm and curvature along the gradient of a bundled checkpoint; images and masks by a formula."""
    P = own_names(load_file(file))
    width, depth = P["class"].numel(), 1 + max(int(k.split(".")[1]) for k in P if k.startswith("blocks."))
    fusion = dict(layers=[0, 2, 4, 6, 8, 11], count=6) if "fusion.logits" in P else None
    a = architecture(patch=4, grid=(14, 14), width=width, depth=depth, heads=2, hidden=4 * width, fusion=fusion,
                     decoder=decoder(width=48, depth=2, heads=2, hidden=192))
    n, l = 2, 196
    i = torch.arange(n * 3 * 56 * 56)
    mask = torch.tensor([[float((k * 7 + m * 3) % l < 147) for k in range(l)] for m in range(n)])
    b = {"images": torch.sin(0.013 * i + 0.6 * torch.sin(0.0021 * i)).float().double().reshape(n, 3, 56, 56), "masks": mask}
    ps = [x.requires_grad_() for k, x in P.items() if not k.endswith("position")]
    L = loss(dict(objective=PIXELS), a, P, b)
    G = torch.autograd.grad(L, ps, create_graph=True)
    norm = sum((x.detach() ** 2).sum() for x in G).sqrt()
    V = [x.detach() / norm for x in G]
    H = torch.autograd.grad(sum((x * v).sum() for x, v in zip(G, V)), ps)
    out = dict(loss=L.item(), gradientNorm=norm.item(), curvature=sum((h * v).sum() for h, v in zip(H, V)).item(),
               productNorm=sum((h ** 2).sum() for h in H).sqrt().item(), parameters=sum(x.numel() for x in ps))
    name = os.path.basename(file).split(".")[0]
    with open(os.path.join(folder, f"trained-{name}.json"), "w") as f: json.dump(out, f, indent=1)
    print(name, out)


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    for case in CASES:
        if len(sys.argv) < 4 or case["name"] in sys.argv[3:]: run(case, sys.argv[1])
    for name in ("ckpt.bin", "mff.bin") if len(sys.argv) < 4 else (): trained(os.path.join(sys.argv[2], name), sys.argv[1])
