"""Ops that are written out in other torch calls where a difference is explained.

The arguments have torch's own names, so that keyword calls bind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor


def divide(
    input: Any, other: Any
) -> Tensor:  # the names of torch's own signatures, so that keyword calls bind
    """Return a quotient as a product with the inverse of the divisor."""
    quotient: Tensor = input * torch.reciprocal(other)
    return quotient


def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """Return a sum with a quotient."""
    return input + value * (tensor1 * torch.reciprocal(tensor2))


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Return scaled dot product attention as two products with a softmax between them, dropout off."""
    del dropout_p
    if enable_gqa:
        groups = query.shape[-3] // key.shape[-3]
        key, value = (tensor.repeat_interleave(groups, -3) for tensor in (key, value))
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = query @ key.transpose(-2, -1) * scale
    if is_causal:
        future = torch.ones(scores.shape[-2:], dtype=torch.bool, device=query.device).triu(1)
        scores = scores.masked_fill(future, float("-inf"))
    if attn_mask is None:
        return torch.softmax(scores, -1) @ value
    is_choice = attn_mask.dtype is torch.bool
    is_masked = ~attn_mask if is_choice else attn_mask.detach() == float("-inf")
    scores = scores.masked_fill(is_masked, float("-inf")) if is_choice else scores + attn_mask
    # a query that sees no key: torch gives it nothing, where the softmax of -inf alone is NaN
    is_blind = is_masked.all(-1, keepdim=True)
    weights = torch.softmax(scores.masked_fill(is_blind, 0), -1).masked_fill(is_blind, 0)
    return weights @ value


def attend_with_logarithms(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    attn_mask: Tensor | None = None,
    scale: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Return attention as exported programs call it; the logarithms of the sums are a constant."""
    z = attend(query, key, value, attn_mask, dropout_p, is_causal, scale)
    return z, z.detach().new_zeros(z.shape[:-1]).transpose(1, 2)


def vector_norm(
    x: Tensor,
    ord: float = 2,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Return the norm of vectors: a power, a sum, and its root."""
    x = x if dtype is None else x.to(dtype)
    dims = list(range(x.dim())) if dim is None else [dim] if isinstance(dim, int) else list(dim)
    if ord == math.inf:
        return x.abs().amax(dims, keepdim)
    if ord == -math.inf:
        return x.abs().amin(dims, keepdim)
    if ord == 0:
        size = x.abs()
        return (size > 0).to(size.dtype).sum(dims, keepdim)
    if ord == 1:
        return x.abs().sum(dims, keepdim)
    if ord == 2:
        return (x.abs() if x.is_complex() else x).square().sum(dims, keepdim).sqrt()
    return x.abs().pow(ord).sum(dims, keepdim).pow(1 / ord)


def norm(
    input: Tensor,
    p: float | str | None = "fro",
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    dtype: torch.dtype | None = None,
    out: None = None,
) -> Tensor:
    """Return the norm of ``torch.norm``: that of vectors."""
    del out
    return vector_norm(input, 2 if p in ("fro", None) else float(p), dim, keepdim, dtype=dtype)


def std(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Return the standard deviation: the root of the variance."""
    return torch.var(input, *args, **kwargs).sqrt()


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """Return the norm of the difference of vectors."""
    return vector_norm(x1 - x2 + eps, p, -1, keepdim)


def hypot(input: Tensor, other: Tensor) -> Tensor:
    """Return the root of a sum of two squares."""
    return (input.square() + other.square()).sqrt()


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """Return the norm of the difference of two tensors."""
    return vector_norm(input - other, p)


def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: Any = None) -> Tensor:
    """Return the norms of the differences of all pairs of vectors."""
    del compute_mode
    return vector_norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), p, -1)


def choose(condition: Tensor, input: Any, other: Any) -> Tensor:
    """Return a choice as a sum of two products with the condition: what it turns on changes with it."""
    chosen = condition.to(torch.result_type(input, other))
    choice: Tensor = input * chosen + other * (1 - chosen)
    return choice


def choose_from(input: Tensor, condition: Tensor, other: Any) -> Tensor:
    """Return ``input.where(condition, other)``."""
    return choose(condition, input, other)


def fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """Return ``input.masked_fill(mask, value)``."""
    return choose(mask, value, input)


def mask(input: Any, other: Any) -> Tensor:
    """Return a product with a comparison, which changes as a step."""
    dtype = torch.result_type(input, other)
    product: Tensor = input.to(dtype) * other.to(dtype)
    return product


def bound(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Return ``clamp`` with bounds that the network computes."""
    low, high = (
        bound if bound is None or isinstance(bound, Tensor) else torch.full_like(input, bound)
        for bound in (min, max)
    )
    bounded = input if low is None else torch.maximum(input, low)
    return bounded if high is None else torch.minimum(bounded, high)


def power(input: Tensor, exponent: Tensor) -> Tensor:
    """Return a power whose exponent depends on the input, of a positive base."""
    return torch.exp(exponent * torch.log(input))


WAYS: dict[str, Callable[..., Any]] = {
    "cdist": cdist,
    "dist": dist,
    "frobenius_norm linalg_vector_norm vector_norm linalg_norm": vector_norm,
    "hypot": hypot,
    "norm": norm,
    "pairwise_distance": pairwise_distance,
    "std": std,
}
"""How routing ops are written out, by their names."""
