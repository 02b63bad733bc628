r"""Softmax and its logarithms of a difference, written out: exponentials, sums and a logarithm.

With :math:`e = \exp(a)`, :math:`S = \sum e`, :math:`L = \log S` and the slopes of the secants of the
exponential, :math:`\sigma = \Delta e / \Delta a`, and of the logarithm, each score has a weight in ``L``:

.. math:: p = \sigma \frac{\Delta L}{\Delta S}, \qquad \sum p\, \Delta a = \Delta L

.. math:: \log \sum \exp: \quad g_a = p\, g, \qquad \mathrm{log\,softmax}: \quad g_a = g - p \sum g

.. math:: \mathrm{softmax}\; y = \exp(l),\; l = a - L: \quad
          g_a = h - p \sum h, \qquad h = g\, \frac{\Delta y}{\Delta l}

As a quotient :math:`e / S` the softmax would share the same sum, but scores that all grow alike, which
changes nothing, would carry relevance that grows with their exponential.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor

from lrprism.graph import OwnFunction, entry_of
from lrprism.ops.arguments import read_argument
from lrprism.ops.differences.op import AbstractDifference, Pair
from lrprism.ops.kinds import Kind
from lrprism.ops.nested import detach_tensors
from lrprism.ops.op import Recorder

_Dims = int | list[int]


class _Scores:
    """The scores of both runs, the logarithms of their sums of exponentials, and the weight of each score.

    Args:
        a: The scores.
        a_r: Those of the reference.
        dim: The dimensions of the sum.
    """

    def __init__(self, a: Tensor, a_r: Tensor, dim: _Dims) -> None:
        """Compute them; exponentials are those of scores less the maximum of both runs."""
        self.a, self.a_r, self.dim = a, a_r, dim
        self.log, self.log_r = (scores.logsumexp(dim, keepdim=True) for scores in (a, a_r))
        m = torch.maximum(a.amax(dim, keepdim=True), a_r.amax(dim, keepdim=True))
        m = m.masked_fill(m.isinf(), 0)  # all scores are masked
        e, e_r = (a - m).exp_(), (a_r - m).exp_()
        total, total_r = (x.sum(dim, keepdim=True) for x in (e, e_r))
        change = total - total_r
        # a difference of two logarithms cancels where they are near, a quotient overflows where they are not
        ratio = torch.where(
            change.abs() < total_r / 2,
            torch.log1p(change / total_r) / change,
            (self.log - self.log_r) / change,
        )
        self.p = _compute_slope(a, a_r, e, e_r).mul_(torch.where(change == 0, 1 / total_r, ratio))


def _compute_slope(a: Tensor, a_r: Tensor, e: Tensor, e_r: Tensor) -> Tensor:
    """Return the slope of the exponential's secant, without a difference of what is nearly equal."""
    distance = (a - a_r).abs_()
    ratio = torch.expm1(-distance).neg_().div_(distance)
    # a masked score is -inf in both runs
    ratio = torch.where(distance == 0, 1.0, ratio.nan_to_num_(1.0, 0.0, 0.0))
    return torch.maximum(e, e_r).mul_(ratio)


def _back_softmax(scores: _Scores, g: Tensor) -> Tensor:
    logs, logs_r = scores.a - scores.log, scores.a_r - scores.log_r
    g = g * _compute_slope(logs, logs_r, logs.exp(), logs_r.exp())
    return _back_log_softmax(scores, g)


def _back_log_softmax(scores: _Scores, g: Tensor) -> Tensor:
    return g - scores.p * g.sum(scores.dim, keepdim=True)


def _back_logsumexp(scores: _Scores, g: Tensor) -> Tensor:
    return scores.p * g


_BACK: dict[str, Callable[[_Scores, Tensor], Tensor]] = {
    "softmax": _back_softmax,
    "_softmax": _back_softmax,
    "log_softmax": _back_log_softmax,
    "_log_softmax": _back_log_softmax,
    "logsumexp": _back_logsumexp,
}


class _Softmax(OwnFunction):
    """A softmax, its logarithm or the logarithm of its sum."""

    node_name = "lrprism::SoftmaxDifference"

    @staticmethod
    def forward(ctx: Any, a: Tensor, value: Tensor, a_r: Tensor, dim: _Dims, name: str) -> Tensor:
        ctx.save_for_backward(a, a_r)
        ctx.dim, ctx.back, ctx.is_reduced = dim, _BACK[name], value.dim() < a.dim()
        return value.detach()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None, None, None]:
        (g,) = grad_outputs
        a, a_r = ctx.saved_tensors
        dtype = torch.float64 if a.dtype is torch.float64 else torch.float32
        g = _restore_dims(g, ctx.dim, a.dim()) if ctx.is_reduced else g
        scores = _Scores(a.to(dtype), a_r.to(dtype), ctx.dim)
        return ctx.back(scores, g.to(dtype)).to(a.dtype), None, None, None, None


def _restore_dims(g: Tensor, dim: _Dims, count: int) -> Tensor:
    dims = [dim] if isinstance(dim, int) else dim
    for axis in sorted(axis % count for axis in dims):
        g = g.unsqueeze(axis)
    return g


_follow = entry_of(_Softmax)


@final
class SoftmaxDifference(AbstractDifference):
    """``softmax``, ``log_softmax`` or ``logsumexp`` of a difference."""

    def compare(self, recorder: Recorder, pair: Pair) -> Any:
        """Run the function."""
        counterpart, func, args, kwargs = pair
        dim = read_argument(args, kwargs, 1, "dim")
        a = args[0] if args else kwargs["input"]
        if self.name not in _BACK:
            recorder.record(Kind.UNKNOWN, self.name)
            return func(*args, **kwargs)
        recorder.record(Kind.SOFTMAX, self.name)
        value = func(*detach_tensors(args), **detach_tensors(dict(kwargs)))
        # a call of old without a dimension: torch warns, and chooses by their number
        dim = (0 if a.dim() in (0, 1, 3) else 1) if dim is None else dim
        dims = dim if isinstance(dim, int) else list(dim)
        return _follow(a, value, counterpart.live[0], dims, self.name)
