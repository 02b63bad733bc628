"""Networks of transformers: one for each model type whose configuration can be made small."""

import inspect
from functools import lru_cache, partial
from itertools import product
from typing import Any

import torch
import transformers
from torch import Tensor
from transformers.models.auto import modeling_auto as auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

from zoo.models.entry import Entry, Subject
from zoo.models.shrinking import small_config

# What a model type is built as: the first of these that it has.
_HEADS = (
    auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
    auto.MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES,
    auto.MODEL_FOR_VIDEO_CLASSIFICATION_MAPPING_NAMES,
    auto.MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING_NAMES,
    auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
    auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    auto.MODEL_FOR_CTC_MAPPING_NAMES,
    auto.MODEL_FOR_SEMANTIC_SEGMENTATION_MAPPING_NAMES,
    auto.MODEL_FOR_DEPTH_ESTIMATION_MAPPING_NAMES,
    auto.MODEL_MAPPING_NAMES,
)
TOKENS = ((2, 15, 7, 64, 33, 41, 3), (2, 8, 8, 21, 90, 41, 3))


def class_of(model_type: str) -> str | None:
    """Return the name of the class that a model type is built as."""
    for heads in _HEADS:
        if model_type in heads:
            head = heads[model_type]
            return head if isinstance(head, str) else head[0]
    return None


# Of those that take the features of another network; by default it is downloaded from timm.
_BACKBONE = transformers.ResNetConfig(
    embedding_size=8,
    hidden_sizes=[8, 16, 24, 32],
    depths=[1, 1, 1, 1],
    layer_type="basic",
    out_features=["stage2", "stage3", "stage4"],
)
# Tried in turn until a plain call runs: what differs from the usual small numbers.
_VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"num_key_value_heads": 4},
    {"hidden_size": 128, "head_dim": 32, "num_key_value_heads": 4},
    {"hidden_size": 256, "head_dim": 64, "num_key_value_heads": 4},
    {"hidden_size": 512, "head_dim": 128, "num_key_value_heads": 4},
    {"rotary_dim": 8, "head_dim": None},
    {"head_dim": None, "num_key_value_heads": None},
    {"hidden_size": 64, "mamba_n_heads": 8, "mamba_d_head": 16, "num_heads": 8, "head_dim": 16},
    {"num_hidden_layers": 4, "num_layers": 4},
    {"n_group": 1, "topk_group": 1, "num_key_value_heads": 4, "topk_method": "greedy"},
    {"embed_dim": 96, "hidden_size": 96},
    {"backbone_config": _BACKBONE},
)


def _make(model_type: str) -> Subject:
    return _build(model_type, *_variant_of(model_type))


@lru_cache(None)
def _variant_of(model_type: str) -> tuple[int, bool]:
    """Return the first variant of a model type that a plain call can run, and whether it takes pictures too.

    Raises:
        ValueError: If there is none.
    """
    problems = []
    for pictures, variant in product((False, True), range(len(_VARIANTS))):
        try:
            torch.manual_seed(0)
            subject = _build(model_type, variant, pictures)
            with torch.no_grad():
                subject.choose(subject.call())
        except Exception as error:  # whatever a network raises that its configuration does not suit
            problems.append(f"{type(error).__name__}: {error}")
        else:
            return variant, pictures
    raise ValueError("; ".join(dict.fromkeys(problems)))


def _build(model_type: str, variant: int, pictures: bool) -> Subject:
    kind = getattr(transformers, class_of(model_type))
    config = small_config(getattr(transformers, CONFIG_MAPPING_NAMES[model_type])(), _VARIANTS[variant])
    model = kind(config).eval()
    inputs, others = _arguments(model, config)
    if pictures:
        names = inspect.signature(model.forward).parameters
        inputs |= {name: _input(name, config) for name in ("input_ids", "pixel_values") if name in names}
    return Subject(model, inputs, others)


def _arguments(model: Any, config: Any) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return what a network is called with: its main input, and what it cannot do without."""
    names = inspect.signature(model.forward).parameters
    main = model.main_input_name if model.main_input_name in names else next(iter(names))
    inputs, others = {main: _input(main, config)}, {}
    # a classifier makes the decoder's tokens of the encoder's
    if (
        "decoder_input_ids" in names
        and main != "decoder_input_ids"
        and "Classification" not in type(model).__name__
    ):
        others["decoder_input_ids"] = torch.tensor(TOKENS)[:, :4]
    if "use_cache" in names:
        others["use_cache"] = False
    return inputs, others


def _input(name: str, config: Any) -> Tensor:
    """Return an input of the form that its name promises."""
    if name in {"input_ids", "decoder_input_ids"}:
        return torch.tensor(TOKENS)
    # the waveform of speech
    if name == "input_values":
        return torch.randn(2, 4000)
    if name == "input_features":
        # a spectrogram of speech
        bins = getattr(config, "num_mel_bins", None) or getattr(config, "feature_size", 80)
        return torch.randn(2, bins, 2 * getattr(config, "max_source_positions", 32))
    if name == "pixel_values_videos":
        return torch.rand(2, 4, 3, 32, 32)
    side = _side(config)
    return torch.rand(2, getattr(config, "num_channels", 3) or 3, side, side)


def _side(config: Any) -> int:
    vision = getattr(config, "vision_config", None) or getattr(config, "backbone_config", None)
    side = getattr(config, "image_size", None) or getattr(vision, "image_size", None) or 64
    return side[0] if isinstance(side, list | tuple) else side


def entries() -> list[Entry]:
    """Return the networks of transformers."""
    types = [name for name in CONFIG_MAPPING_NAMES if class_of(name)]
    return [Entry("transformers", name, partial(_make, name)) for name in types]
