"""Ops that are written out in other torch calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.kinds import Kind
from lrprism.ops.names import build_table
from lrprism.ops.nested import map_tensors
from lrprism.ops.op import AbstractOp, ComposedOp


def _rrelu(
    input: Tensor,  # the names of torch's own signatures, so that keyword calls bind
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """Return a leaky ReLU with the mean of the random slopes, as in evaluation."""
    del training, inplace
    return F.leaky_relu(input, (lower + upper) / 2)


def _glu(input: Tensor, dim: int = -1) -> Tensor:
    """Return one half gated by the sigmoid of the other."""
    signal, gate = input.chunk(2, dim)
    return signal * gate.sigmoid()


def _cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Return the product of the two normalised vectors."""
    # dim counts in the common shape
    shape = torch.broadcast_shapes(x1.shape, x2.shape)  # type: ignore[no-untyped-call]  # torch has no types
    x1, x2 = x1.expand(shape), x2.expand(shape)
    return (F.normalize(x1, dim=dim, eps=eps) * F.normalize(x2, dim=dim, eps=eps)).sum(dim)


def _lerp(input: Tensor, end: Tensor, weight: Tensor | float) -> Tensor:
    """Return a sum with two weights."""
    return input * (1 - weight) + end * weight


def _aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the smallest and the largest entries; older torch cannot differentiate both at once."""
    dims = () if dim is None else (dim,)
    return torch.return_types.aminmax((input.amin(dims, keepdim), input.amax(dims, keepdim)))


def _var_mean(input: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """Return the variance and the mean."""
    return torch.var(input, *args, **kwargs), _mean_over(input, *args, **kwargs)


def _std_mean(input: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """Return the standard deviation and the mean."""
    return torch.std(input, *args, **kwargs), _mean_over(input, *args, **kwargs)


def _mean_over(
    input: Tensor,
    dim: int | list[int] | tuple[int, ...] | bool | None = None,
    *unbiased: bool,
    keepdim: bool = False,
    **options: Any,
) -> Tensor:
    """Return the mean over the dimensions of a variance; ``var(a, unbiased)`` is one over all."""
    del options
    keepdim = unbiased[1] if len(unbiased) > 1 else keepdim
    # var(a), var(a, unbiased): over all entries
    return input.mean() if dim is None or isinstance(dim, bool) else input.mean(dim, keepdim)


def _broadcast(*tensors: Tensor) -> list[Tensor]:
    """Return tensors in their common shape."""
    return list(torch.broadcast_tensors(*tensors))  # type: ignore[no-untyped-call]  # torch has no types


def _logaddexp(input: Tensor, other: Tensor) -> Tensor:
    """Return the smooth maximum of two tensors."""
    return torch.logsumexp(torch.stack(_broadcast(input, other)), 0)


def _logaddexp2(input: Tensor, other: Tensor) -> Tensor:
    """Return the smooth maximum to the base of 2."""
    return _logaddexp(input * _LN_2, other * _LN_2) / _LN_2


_LN_2 = math.log(2)


def _atan2(input: Tensor, other: Tensor) -> Tensor:
    """Return the angle of a complex number: each part gets its share of the squared modulus."""
    return torch.complex(*_broadcast(other, input)).angle()


def _polar(abs: Tensor, angle: Tensor) -> Tensor:
    """Return a complex number: the modulus is the signal, cosine and sine of the angle scale it."""
    return torch.complex(abs * angle.cos(), abs * angle.sin())


def _ldexp(input: Tensor, other: Tensor) -> Tensor:
    """Return a product with a power of 2."""
    return input * torch.exp2(other)


def _conv_tbc(input: Tensor, weight: Tensor, bias: Tensor | None, pad: int = 0) -> Tensor:
    """Return a convolution over time, with the time first and the channels last."""
    return F.conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad).permute(2, 0, 1)


def _multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """Multiply matrices one after the other, so that each constant matrix is a layer."""
    return reduce(torch.matmul, tensors)


def _chain_matmul(*matrices: Tensor) -> Tensor:
    """Multiply matrices that are arguments of their own."""
    return _multi_dot(matrices)


def _cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """Return the covariance: the product of the centred variables with themselves."""
    variables = input if input.dim() > 1 else input.unsqueeze(0)
    weights = torch.ones_like(variables[0], requires_grad=False)
    # frequencies and weights multiply, as in numpy.cov
    for factor in (fweights, aweights):
        weights = weights if factor is None else weights * factor
    total = weights.sum()
    lost = correction if aweights is None else correction * (weights * aweights).sum() / total
    centred = variables - ((variables * weights).sum(1) / total).unsqueeze(1)
    return ((centred * weights) @ centred.mH / (total - lost)).squeeze()


def _corrcoef(input: Tensor) -> Tensor:
    """Return the covariance over the standard deviations, which count as constants."""
    covariance = _cov(input)
    # a single variable
    if covariance.dim() == 0:
        return covariance / covariance
    deviations = covariance.diagonal().real.sqrt()
    return covariance / (deviations[:, None] * deviations)


def _as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Return a tensor as it is, or moved; torch makes a constant of a list."""
    if not isinstance(data, Tensor):
        data = map_tensors(list(data), Tensor.detach)
        return torch.as_tensor(data, dtype=dtype, device=device)
    return data.to(device=device, dtype=dtype or data.dtype)


def _as_array(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: Any = None
) -> Tensor:
    """Return a tensor as it is, or a copy of it, or a constant where ``requires_grad`` is off."""
    array = _as_tensor(obj, dtype, device)
    array = array.clone() if copy else array
    return array.detach() if requires_grad is False else array


_PARTS: dict[str, Callable[..., Any]] = {
    "aminmax": _aminmax,
    "as_tensor": _as_tensor,
    "asarray": _as_array,
    "arctan2 atan2": _atan2,
    "chain_matmul": _chain_matmul,
    "conv_tbc": _conv_tbc,
    "corrcoef": _corrcoef,
    "cosine_similarity": _cosine_similarity,
    "cov": _cov,
    "glu": _glu,
    "ldexp": _ldexp,
    "lerp": _lerp,
    "logaddexp": _logaddexp,
    "logaddexp2": _logaddexp2,
    "linalg_multi_dot multi_dot": _multi_dot,
    "polar": _polar,
    "rrelu": _rrelu,
    "std_mean": _std_mean,
    "var_mean": _var_mean,
}


TABLE: dict[Any, AbstractOp] = {
    function: op
    for names, parts in _PARTS.items()
    for function, op in build_table(names, ComposedOp, Kind.ROUTING, parts).items()
}
