"""Small models of transformers' classes whose forward pass takes `pixel_values`: default configurations, made small."""

import copy
import inspect

import torch
import transformers as hf
from torch import nn
from transformers.models.auto.image_processing_auto import IMAGE_PROCESSOR_MAPPING_NAMES

from sweep import truth
from sweep.sizes import SIDE

hf.logging.set_verbosity_error()
hf.logging.disable_progress_bar()

MOST_PARAMETERS = 150_000_000
LEFT_OUT = ("out_features", "out_indices", "stage_names", "per_layer_config")
DEPTHS = ("num_hidden_layers", "depth", "num_layers", "encoder_layers")
WORDS_OF_VISION = ("vision", "visual", "image", "backbone", "vit", "encoder_config")
# What a class asks for besides.
PARTICULAR = {
    "Granite4VisionModel": {"deepstack_layer_map": [[0, 0]], "spatial_target_layers": [0]},
    "HunYuanVLModel": {"text_config.head_dim": 16},
    "Inkling2Model": {"vision_config.text_hidden_size": 32},
    "Tipsv2Model": {"text_config.hidden_size": 64},
    "Molmo2Model": {"adapter_config.vision_feature_layer": [1, 0]},
}
# Networks that compute otherwise than their tensors show: to compute anything for them is wrong, whatever comes out.
NEVER_PLAIN = {
    "ViltModel": "one encoder for text and images, with token types that are added to both",
    "RfDetrModel": "tokens are cut into windows",
    "LwDetrModel": "tokens are cut into windows",
} | {
    name: "tokens are merged within the encoder"
    for name in (
        "MiniCPMOcrModel",
        "MiniCPMOcrVisionModel",
        "MiniCPMV4_6Model",
        "MiniCPMV4_7Model",
        "MiniCPMV4_7VisionModel",
    )
}
ACTIVATIONS = {"gelu": "gelu", "quick_gelu": "quick-gelu", "gelu_pytorch_tanh": "gelu-tanh", "gelu_new": "gelu-tanh"}
NORMS = (
    "layernorm",
    "post_layernorm",
    "layer_norm",
    "norm",
    "ln_post",
    "layernorm_post",
    "final_layernorm",
    "post_norm",
)
EMBEDDINGS = ("embeddings", "patch_embeddings")


def table(sizes):
    """Values of configurations for images by their keys."""
    width, heads, patch = sizes.width or 64, sizes.heads or 4, sizes.patch or 8
    hidden = int(width * (sizes.ratio or 1.5))
    keys = {
        (
            "hidden_size",
            "embed_dim",
            "d_model",
            "encoder_hidden_size",
            "hidden_dim",
            "embed_dims",
            "pooler_output_size",
        ): width,
        DEPTHS + ("n_layers", "layers"): sizes.depth,
        (
            "num_attention_heads",
            "num_heads",
            "encoder_attention_heads",
            "num_key_value_heads",
            "attention_heads",
        ): heads,
        ("intermediate_size", "mlp_dim", "ffn_dim", "encoder_ffn_dim"): hidden,
        ("mlp_ratio",): sizes.ratio,
        ("head_dim",): width // heads,
        ("decoder_hidden_size", "decoder_intermediate_size", "decoder_ffn_dim"): width // 2,
        ("decoder_num_hidden_layers", "decoder_layers", "decoder_depth", "qformer_layers"): 1,
        ("decoder_num_attention_heads", "decoder_attention_heads"): 2,
        ("image_size", "img_size"): patch * SIDE,
        ("patch_size",): patch,
        ("num_patches", "num_position_embeddings", "position_embedding_size"): SIDE * SIDE,
        ("vocab_size", "codebook_size"): 128,
        ("projection_dim", "out_hidden_size", "output_dim", "vision_output_dim", "projector_output_dim"): width // 2,
        ("projector_input_dim",): width // 2,
    }
    return {key: value for names, value in keys.items() for key in names if value is not None}


def words_table(sizes):
    """Values of configurations for text, smaller."""
    width = (sizes.width or 64) // 2
    keys = {
        ("hidden_size", "d_model", "hidden_dim", "embed_dim", "n_embd", "dim"): width,
        DEPTHS + ("n_layer",): 1,
        ("num_attention_heads", "num_key_value_heads", "encoder_attention_heads", "n_head", "num_heads"): 2,
        ("intermediate_size", "ffn_dim", "d_ff", "encoder_ffn_dim"): width,
        ("head_dim",): width // 2,
        ("max_position_embeddings",): 32,
        ("num_experts", "num_local_experts", "n_routed_experts"): 2,
        ("num_experts_per_tok", "moe_k"): 1,
        ("moe_intermediate_size",): 16,
    }
    return table(sizes) | {key: value for names, value in keys.items() for key in names}


def names():
    """Classes with `Model` at the end of their names, in the order of these."""
    found = []
    for name in sorted(dir(hf)):
        cls = getattr(hf, name) if name.endswith("Model") else None
        if inspect.isclass(cls) and issubclass(cls, hf.PreTrainedModel):
            if "pixel_values" in inspect.signature(cls.forward).parameters:
                found.append(name)
    return found


def shrink(config, sizes, of_images):
    """Makes a configuration and those inside it small, in place."""
    values = table(sizes) if of_images else words_table(sizes)
    depth = next((getattr(config, k) for k in DEPTHS if isinstance(vars(config).get(k), int)), None)
    has_stages = isinstance(vars(config).get("num_heads"), (list, tuple))
    for key, value in list(vars(config).items()):
        if isinstance(value, hf.PreTrainedConfig):
            shrink(value, sizes, any(word in key for word in WORDS_OF_VISION))
        elif key == "num_heads" and has_stages and isinstance(vars(config).get("embed_dim"), int):
            config.embed_dim, config.depths = 16 * value[0], [1] * len(config.depths)
        elif isinstance(value, (list, tuple)) and depth and depth > 4 and len(value) == depth:
            setattr(config, key, value[-values[DEPTHS[0]] :])
        elif key in values and isinstance(value, (int, float)) and not isinstance(value, bool):
            if not (key == "embed_dim" and has_stages):
                setattr(config, key, type(value)(values[key]))
        elif isinstance(value, (list, tuple)) and key in ("image_size", "patch_size", "img_size"):
            setattr(config, key, type(value)([values[key]] * len(value)))
        elif key.endswith("token_id") and isinstance(value, int) and value > 100:
            setattr(config, key, 3)
    return config


def without_stages(value):
    """A configuration's dictionary without the choice of stages, which a smaller depth does not have."""
    if not isinstance(value, dict):
        return value
    return {k: without_stages(v) for k, v in value.items() if k not in LEFT_OUT}


def vision_only(cls):
    return "input_ids" not in inspect.signature(cls.forward).parameters


def configuration(name, changes, sizes):
    cls = getattr(hf, name)
    config = shrink(cls.config_class(), sizes, vision_only(cls))
    for key, value in changes.items():
        setattr(getattr(config, "vision_config", config), key, value)
    for path, value in PARTICULAR.get(name, {}).items():
        *parts, key = path.split(".")
        part = config
        for each in parts:
            part = getattr(part, each)
        setattr(part, key, value)
    # Through the constructor once more: it computes what follows from the rest.
    return type(config)(**without_stages(config.to_dict()))


def blocks_of(model, depth):
    """(path of the list of the image encoder's blocks, its owner)."""
    best = None
    for path, module in model.named_modules():
        if not isinstance(module, nn.ModuleList) or len(module) != depth or len(set(map(type, module))) != 1:
            continue
        if any(word in path for word in ("decoder", "text", "language", "qformer", "neck", "head", "pooler")):
            continue
        if sum(p.numel() for p in module.parameters()) < 1000:
            continue
        rank = (any(word in path for word in ("vision", "visual", "image")), -len(path))
        if best is None or rank > best[0]:
            best = (rank, path, module)
    if best is None:
        raise LookupError(f"no list of {depth} equal blocks")
    return best[1], best[2]


def ancestors(model, path):
    parts = path.split(".")
    return [model.get_submodule(".".join(parts[:i])) for i in range(len(parts) - 1, -1, -1)]


def places(model, path, blocks):
    """Layer → (module, side); the module that takes pixels; the norm that is applied to the last block's output."""
    above = ancestors(model, path)
    owner = next(m for m in above if "pixel_values" in inspect.signature(m.forward).parameters)
    embedding = next((getattr(m, k) for m in above for k in EMBEDDINGS if hasattr(m, k)), None)
    norm = next((getattr(m, k) for m in above[:3] for k in NORMS if hasattr(m, k)), None)
    found = {"embedding": (embedding, "output") if embedding is not None else (blocks[0], "input")}
    return found | {str(i): (block, "output") for i, block in enumerate(blocks)}, owner, norm


def truth_of(model, images, depth):
    path, blocks = blocks_of(model, depth)
    where, owner, norm = places(model, path, blocks)
    more, pixels, side = {}, images, images.shape[-1] // SIDE
    parameters = inspect.signature(owner.forward).parameters
    if "noise" in parameters:
        owner.config.mask_ratio = 0.0
        more["noise"] = torch.arange(SIDE * SIDE).expand(truth.COUNT, -1)
    if "grid_thw" in parameters and type(owner).__name__.startswith("PaddleOCR"):
        pixels = images.unfold(2, side, side).unfold(3, side, side).permute(0, 2, 3, 1, 4, 5).flatten(0, 2)[None]
        more["grid_thw"] = torch.tensor([[1, SIDE, SIDE]] * truth.COUNT)

    def with_norm(found):
        if isinstance(norm, nn.Module) and not isinstance(norm, nn.Identity):
            with torch.no_grad():
                found["norm"] = norm(found[str(depth - 1)])
        return found

    return truth.both(model, where, None, lambda dtype: owner(pixel_values=pixels.to(dtype), **more), with_norm)


def facts(model, depth):
    """What the file of a state dict does not tell, under the options that tell it."""
    path, blocks = blocks_of(model, depth)
    config = next(m.config for m in ancestors(model, path) if hasattr(m, "config"))
    norm = next((m for m in blocks.modules() if isinstance(m, nn.LayerNorm)), None)
    told = {"--heads": getattr(config, "num_attention_heads", None), "--layer-norm-eps": norm and norm.eps}
    told["--activation"] = ACTIVATIONS.get(getattr(config, "hidden_act", None))
    return {k: str(v) for k, v in told.items() if v is not None}


def save_preprocessing(config, folder):
    """preprocessor_config.json of the family's own processor, at the model's size."""
    entry = IMAGE_PROCESSOR_MAPPING_NAMES.get(config.model_type)
    if entry is None:
        return False
    names = [n for n in (entry.values() if isinstance(entry, dict) else entry) if n]
    for name in names:
        try:
            getattr(hf, name)().save_pretrained(folder)
            return True
        except Exception:
            continue
    return False


def built(cls, config):
    """A model, unless it is large."""
    with torch.device("meta"):
        count = sum(p.numel() for p in cls._from_config(copy.deepcopy(config)).parameters())
    if count > MOST_PARAMETERS:
        raise ValueError(f"{count} parameters are too many")
    # The plain attention: the fused one is causal in models that say `is_causal` and are given no mask.
    return cls._from_config(config, attn_implementation="eager")


def tower(name, sizes, error):
    """The network for images alone of a model whose other parts cannot be made small; else raises what failed."""
    section = getattr(getattr(hf, name).config_class(), "vision_config", None)
    if not isinstance(section, hf.PreTrainedConfig) or type(section) not in hf.MODEL_MAPPING:
        raise error
    config = type(section)(**without_stages(shrink(section, sizes, True).to_dict()))
    return built(hf.MODEL_MAPPING[type(section)], config)


def make(name, changes, sizes, folder, seed):
    """Writes a bare file, a hub folder and images; (what the library computes, what files do not tell).

    In place of the former stands why nothing can be right, for networks that compute otherwise than their tensors show.
    """
    try:
        model = built(getattr(hf, name), configuration(name, changes, sizes))
    except Exception as error:
        model = tower(name, sizes, error)
    model = truth.vivid(model, seed)
    truth.save(model, folder / "bare.safetensors")
    copy.deepcopy(model).half().save_pretrained(folder / "hub")
    save_preprocessing(model.config, folder / "hub")
    images = truth.save_images((sizes.patch or 8) * SIDE, folder)
    if name in NEVER_PLAIN:
        return NEVER_PLAIN[name], {}
    return truth_of(model, images, sizes.depth), facts(model, sizes.depth)
