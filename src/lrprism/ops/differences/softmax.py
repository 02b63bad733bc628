r"""Softmax and its logarithms of a difference, written out: exponentials, their sum, and a quotient.

With :math:`e = \exp(a - m)` for the maximum ``m`` of both runs, :math:`S = \sum e` and the slope of the
secant of the exponential :math:`\sigma = (e - e_r) / (a - a_r)`:

.. math:: \mathrm{softmax}: \quad
          g_a = \sigma \Bigl( \frac{g}{2} \Bigl(\frac{1}{S} + \frac{1}{S_r}\Bigr)
                - \frac{\sum g (e + e_r)}{2 S S_r} \Bigr)

.. math:: \log \sum \exp: \quad g_a = \sigma\, g\, \frac{\log S - \log S_r}{S - S_r}, \qquad
          \mathrm{log\,softmax}: \quad g_a = g - \sigma \sum g\, \frac{\log S - \log S_r}{S - S_r}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor

from lrprism.graph import OwnFunction, entry_of
from lrprism.ops.arguments import read_argument
from lrprism.ops.counterpart import Counterpart
from lrprism.ops.differences.op import AbstractDifference
from lrprism.ops.kinds import Kind
from lrprism.ops.nested import detach_tensors
from lrprism.ops.op import Arguments, Keywords, Recorder

_Dims = int | list[int]


class _Exponentials:
    """The exponentials of both runs, their sums and the slope of the secant.

    Args:
        a: The scores.
        a_r: Those of the reference.
        dim: The dimensions of the sum.
    """

    def __init__(self, a: Tensor, a_r: Tensor, dim: _Dims) -> None:
        """Compute them, shifted by the maximum of both runs."""
        m = torch.maximum(a.amax(dim, keepdim=True), a_r.amax(dim, keepdim=True))
        m = m.masked_fill(m.isinf(), 0)  # all scores are masked
        self.dim = dim
        self.e, self.e_r = (a - m).exp_(), (a_r - m).exp_()
        self.sum, self.sum_r = (e.sum(dim, keepdim=True) for e in (self.e, self.e_r))
        # (e - e_r) / (a - a_r) without a difference of what is nearly equal
        distance = (a - a_r).abs_()
        ratio = torch.expm1(-distance).neg_().div_(distance)
        ratio = torch.where(distance == 0, 1.0, ratio.nan_to_num_(1.0, 0.0, 0.0))
        self.slope = torch.maximum(self.e, self.e_r).mul_(ratio)

    @property
    def slope_of_log(self) -> Tensor:
        """The slope of the secant of the logarithm of the sum."""
        change = (self.sum - self.sum_r) / self.sum_r
        ratio = torch.where(change == 0, 1.0, torch.log1p(change) / change)
        return ratio / self.sum_r


def _back_softmax(exponentials: _Exponentials, g: Tensor) -> Tensor:
    total, total_r = exponentials.sum, exponentials.sum_r
    of_inverse = (g * (exponentials.e + exponentials.e_r)).sum(exponentials.dim, keepdim=True) / 2
    return exponentials.slope * (g * (1 / total + 1 / total_r) / 2 - of_inverse / (total * total_r))


def _back_log_softmax(exponentials: _Exponentials, g: Tensor) -> Tensor:
    total = g.sum(exponentials.dim, keepdim=True)
    return g - exponentials.slope * exponentials.slope_of_log * total


def _back_logsumexp(exponentials: _Exponentials, g: Tensor) -> Tensor:
    return exponentials.slope * exponentials.slope_of_log * g


_BACK: dict[str, Callable[[_Exponentials, Tensor], Tensor]] = {
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
        exponentials = _Exponentials(a.to(dtype), a_r.to(dtype), ctx.dim)
        return ctx.back(exponentials, g.to(dtype)).to(a.dtype), None, None, None, None


def _restore_dims(g: Tensor, dim: _Dims, count: int) -> Tensor:
    dims = [dim] if isinstance(dim, int) else dim
    for axis in sorted(axis % count for axis in dims):
        g = g.unsqueeze(axis)
    return g


_follow = entry_of(_Softmax)


@final
class SoftmaxDifference(AbstractDifference):
    """``softmax``, ``log_softmax`` or ``logsumexp`` of a difference."""

    def compare(
        self,
        recorder: Recorder,
        counterpart: Counterpart,
        func: Callable[..., Any],
        args: Arguments,
        kwargs: Keywords,
    ) -> Any:
        """Run the function."""
        dim = read_argument(args, kwargs, 1, "dim")
        a = args[0] if args else kwargs["input"]
        # a legacy call without a dimension
        if dim is None or self.name not in _BACK:
            recorder.record(Kind.UNKNOWN, self.name)
            return func(*args, **kwargs)
        recorder.record(Kind.SOFTMAX, self.name)
        value = func(*detach_tensors(args), **detach_tensors(dict(kwargs)))
        dims = dim if isinstance(dim, int) else list(dim)
        return _follow(a, value, counterpart.live[0], dims, self.name)
