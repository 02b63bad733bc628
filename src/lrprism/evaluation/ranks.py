"""Rank correlation of rows."""

from __future__ import annotations

import torch
from torch import Tensor

from lrprism.errors import InputError


def average_ranks(values: Tensor) -> Tensor:
    """Return the rank of each entry of a row from 0; tied entries share the mean of their ranks.

    Shapes: ``values``: ``[N, F]``; result ``[N, F]``, float64.
    """
    ascending = values.sort(1).values.contiguous()
    first = torch.searchsorted(ascending, values.contiguous(), right=False)
    behind = torch.searchsorted(ascending, values.contiguous(), right=True)
    return (first + behind - 1).double() / 2


def correlate_ranks(a: Tensor, b: Tensor) -> Tensor:
    r"""Return Spearman's correlation of each row; 0 where a row is constant.

    .. math:: \rho = \frac{\sum_i (r_i - \bar r)(q_i - \bar q)}
                          {\sqrt{\sum_i (r_i - \bar r)^2 \sum_i (q_i - \bar q)^2}}

    Shapes: ``a``, ``b``: ``[N, ...]``, flattened; result ``[N]``.

    Raises:
        InputError: If the two have different shapes, or are not finite.
    """
    if a.shape != b.shape or not (a.isfinite().all() and b.isfinite().all()):
        wrong = sum(int((~values.isfinite()).sum()) for values in (a, b))
        raise InputError(
            "rows to correlate should be finite and as many as each other. "
            f"Found shapes {tuple(a.shape)} and {tuple(b.shape)}, {wrong} values that are NaN or inf."
        )
    r, q = (average_ranks(values.flatten(1)) for values in (a, b))
    r, q = r - r.mean(1, keepdim=True), q - q.mean(1, keepdim=True)
    scale = (r.square().sum(1) * q.square().sum(1)).sqrt()
    return (r * q).sum(1) / torch.where(scale > 0, scale, 1)
