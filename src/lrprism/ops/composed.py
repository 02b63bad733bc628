"""Ops that are written out in other torch calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
    return (F.normalize(x1, dim=dim, eps=eps) * F.normalize(x2, dim=dim, eps=eps)).sum(dim)


def _lerp(input: Tensor, end: Tensor, weight: Tensor | float) -> Tensor:
    """A sum with two weights."""
    return input * (1 - weight) + end * weight


_PARTS: dict[str, Callable[..., Any]] = {
    "cosine_similarity": _cosine_similarity,
    "glu": _glu,
    "lerp": _lerp,
    "rrelu": _rrelu,
}


def _table() -> dict[Any, AbstractOp]:
    ops: dict[Any, AbstractOp] = {}
    for name, parts in _PARTS.items():
        ops |= dict.fromkeys(functions_named(name), ComposedOp(Kind.ROUTING, name, parts))
    return ops


TABLE = _table()
