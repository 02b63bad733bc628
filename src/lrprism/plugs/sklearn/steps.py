"""Modules for what estimators of scikit-learn do to their input, in float64."""

from __future__ import annotations

from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn


def to_tensor(values: Any) -> Tensor:
    """Return an array as a tensor in float64 with memory of its own; lists and numbers count as arrays."""
    # torch reads no array that runs backwards, such as x[::-1]
    return torch.from_numpy(np.array(values, dtype=np.float64, order="C"))


@final
class Scale(nn.Module):
    r"""A shift and a scale per feature: :math:`y_i = (x_i - m_i) / s_i`.

    With a reference all relevance passes to the feature; without, :math:`m` keeps its share as a bias does.
    Shapes: ``[N, features]`` to the same.

    Args:
        shift: ``m``, ``[features]``; None for zero.
        scale: ``s``, ``[features]``; None for one.
    """

    def __init__(self, shift: Any = None, scale: Any = None) -> None:
        """Keep both as buffers."""
        super().__init__()
        self.shift: Tensor | None
        self.scale: Tensor | None
        self.register_buffer("shift", None if shift is None else to_tensor(shift))
        self.register_buffer("scale", None if scale is None else to_tensor(scale))

    def forward(self, x: Tensor) -> Tensor:
        """Return the scaled features."""
        x = x if self.shift is None else x - self.shift
        return x if self.scale is None else x / self.scale


def build_linear(weight: Any, bias: Any) -> nn.Linear:
    r"""Build :math:`y = W x + b` from the numbers of an estimator.

    Args:
        weight: ``[outputs, features]``, or ``[features]`` for one output.
        bias: ``[outputs]``, a number for all, or None for none.
    """
    rows = to_tensor(weight)
    rows = rows[None] if rows.dim() == 1 else rows
    layer = nn.Linear(rows.shape[1], rows.shape[0], bias=bias is not None, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(rows)
        if bias is not None:
            layer.bias.copy_(to_tensor(bias).broadcast_to(layer.bias.shape))
    return layer
