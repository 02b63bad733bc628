"""Settings, inputs and shapes that the networks of diffusers share by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

WIDTH, PLACES, CLASSES = 32, 5, 10

IMAGE, VIDEO, TOKENS = (2, 4, 8, 8), (2, 4, 3, 8, 8), (2, 16, 4)
PICTURE, FILM = (2, 3, 16, 16), (1, 3, 5, 16, 16)

# The settings of these names, in every class that has them and sets nothing else.
SETTINGS: dict[str, Any] = {
    **dict.fromkeys(("in_channels", "out_channels"), 4),
    **dict.fromkeys(("num_layers", "num_single_layers", "num_mmdit_layers", "num_single_dit_layers"), 2),
    **dict.fromkeys(("num_refiner_layers", "mmdit_layers", "n_layers", "n_refiner_layers", "depth"), 1),
    **dict.fromkeys(("num_attention_heads", "num_heads", "num_cross_attention_heads"), 2),
    **dict.fromkeys(("attention_head_dim", "cross_attention_head_dim"), 16),
    **dict.fromkeys(("axes_dims_rope", "rope_axes_dim"), (4, 6, 6)),
    **dict.fromkeys(("joint_attention_dim", "caption_projection_dim", "pooled_projection_dim"), WIDTH),
    **dict.fromkeys(("caption_channels", "text_embed_dim", "text_dim", "cross_attention_dim"), WIDTH),
    **dict.fromkeys(("time_embed_dim", "freq_dim", "condition_dim", "hidden_size", "cap_feat_dim"), WIDTH),
    **dict.fromkeys(("context_in_dim", "text_in_dim", "adaln_lora_dim"), WIDTH),
    **dict.fromkeys(("ffn_dim", "ffn_hidden_size", "intermediate_size"), 48),
    **dict.fromkeys(("norm_num_groups", "sample_size", "sample_height", "sample_width"), 8),
    "sample_frames": 3,
    "patch_size": 2,
    "pos_embed_max_size": 8,
    "layers_per_block": 1,
    "multiple_of": 8,
}
# The inputs of these names: those that get relevance, by shape, and the others.
INPUTS: dict[str, tuple[int, ...]] = {
    "encoder_hidden_states": (2, PLACES, WIDTH),
    "pooled_projections": (2, WIDTH),
}
OTHERS: dict[str, Any] = {
    "timestep": torch.tensor([3, 7]),
    "encoder_attention_mask": torch.tensor([[True] * PLACES, [True] * (PLACES - 1) + [False]]),
}


@dataclass(frozen=True)
class Case:
    """The inputs and settings of one class that differ from those of their names.

    Args:
        shapes: Inputs that get relevance.
        settings: Settings of the class.
        others: Inputs that get none.
    """

    shapes: Mapping[str, tuple[int, ...]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)


def ids(places: int, axes: int = 3) -> Tensor:
    """Return a position for each token, the same along all axes."""
    return torch.arange(places)[:, None].expand(places, axes).float()


IDS: Mapping[str, Any] = {"img_ids": ids(16), "txt_ids": ids(PLACES)}
FRACTIONS = {"timestep": torch.tensor([0.3, 0.7])}
