"""Ops that are written out in other torch calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.kinds import Kind
from lrprism.ops.names import functions_named
from lrprism.ops.op import AbstractOp, ComposedOp


def _rrelu(
    input: Tensor,  # the names of torch's own signatures, so that keyword calls bind
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """Leaky ReLU with the mean of the random slopes, as in evaluation."""
    del training, inplace
    return F.leaky_relu(input, (lower + upper) / 2)


def _glu(input: Tensor, dim: int = -1) -> Tensor:
    """One half gated by the sigmoid of the other."""
    signal, gate = input.chunk(2, dim)
    return signal * gate.sigmoid()


def _cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The product of the two normalised vectors."""
    shape = torch.broadcast_shapes(x1.shape, x2.shape)  # type: ignore[no-untyped-call]  # torch has no types
    x1, x2 = x1.expand(shape), x2.expand(shape)
    return (F.normalize(x1, dim=dim, eps=eps) * F.normalize(x2, dim=dim, eps=eps)).sum(dim)


def _lerp(input: Tensor, end: Tensor, weight: Tensor | float) -> Tensor:
    """A sum with two weights."""
    return input * (1 - weight) + end * weight


def _var_mean(input: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """The variance and the mean."""
    return torch.var(input, *args, **kwargs), _mean_beside(input, *args, **kwargs)


def _std_mean(input: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """The standard deviation and the mean."""
    return torch.std(input, *args, **kwargs), _mean_beside(input, *args, **kwargs)


def _mean_beside(
    input: Tensor,
    dim: int | list[int] | tuple[int, ...] | bool | None = None,
    *unbiased: bool,
    keepdim: bool = False,
    **options: Any,
) -> Tensor:
    """The mean over the dimensions of a variance."""
    del options
    keepdim = unbiased[1] if len(unbiased) > 1 else keepdim
    return input.mean() if dim is None or isinstance(dim, bool) else input.mean(dim, keepdim)


_PARTS: dict[str, Callable[..., Any]] = {
    "cosine_similarity": _cosine_similarity,
    "glu": _glu,
    "lerp": _lerp,
    "rrelu": _rrelu,
    "std_mean": _std_mean,
    "var_mean": _var_mean,
}


def _table() -> dict[Any, AbstractOp]:
    ops: dict[Any, AbstractOp] = {}
    for name, parts in _PARTS.items():
        ops |= dict.fromkeys(functions_named(name), ComposedOp(Kind.ROUTING, name, parts))
    return ops


TABLE = _table()
