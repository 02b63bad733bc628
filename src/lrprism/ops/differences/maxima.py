r"""Maxima of a difference: the winner of each run answers for what it won.

With the winner ``i`` of the explained run, ``j`` of the reference, and :math:`m = \max(y, y_r)`:

.. math:: R_i = g (m - y_r), \qquad R_j = g (y - m), \qquad R_i + R_j = g\, \Delta y

Of a minimum :math:`m = \min(y, y_r)`. Reference: Shrikumar et al. 2017, the implementation's max pooling.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.graph import OwnFunction, entry_of
from lrprism.ops.differences.op import AbstractDifference, Pair
from lrprism.ops.kinds import Kind
from lrprism.ops.nested import detach_tensors, exchange_tensors, tensors_in
from lrprism.ops.op import Recorder
from lrprism.ops.tracing import has_values

Compute = Callable[[Sequence[Tensor]], Tensor]
"""Computes the extremes from the live tensors."""


class _Extremes(OwnFunction):
    """Maxima or minima, over windows, over a dimension or of several tensors."""

    node_name = "lrprism::Extremes"

    @staticmethod
    def forward(
        ctx: Any,
        value: Tensor,
        value_r: Tensor,
        compute: Compute,
        reference: list[Tensor],
        is_max: bool,
        *own: Tensor,
    ) -> Tensor:
        ctx.save_for_backward(value, value_r, *own)
        ctx.compute, ctx.reference, ctx.is_max = compute, reference, is_max
        return value.detach()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        (g,) = grad_outputs
        value, value_r, *own = ctx.saved_tensors
        choose = torch.maximum if ctx.is_max else torch.minimum
        m = choose(value, value_r)
        reference = [r.expand_as(a) for a, r in zip(own, ctx.reference, strict=True)]
        plain, won = _route(ctx.compute, own, (g, g * (m - value_r)))
        (lost,) = _route(ctx.compute, reference, (g * (value - m),))
        backs = []
        for a, r, gradient, at_own, at_reference in zip(own, reference, plain, won, lost, strict=True):
            change = a - r
            backs.append(torch.where(change == 0, gradient, (at_own + at_reference) / change))
        return None, None, None, None, None, *backs


def _route(compute: Compute, tensors: Sequence[Tensor], values: Sequence[Tensor]) -> list[tuple[Tensor, ...]]:
    """Bring values at the extremes to the winners."""
    with torch.enable_grad():
        leaves = [tensor.detach().requires_grad_() for tensor in tensors]
        extremes = compute(leaves)
    return [
        torch.autograd.grad(
            extremes, leaves, value.expand_as(extremes), retain_graph=True, materialize_grads=True
        )
        for value in values
    ]


_follow = entry_of(_Extremes)


@final
@dataclass(frozen=True, eq=False)
class Extremes(AbstractDifference):
    """Maxima or minima; indices among the results are constants.

    Args:
        is_max: Whether the largest wins.
    """

    is_max: bool

    def compare(self, recorder: Recorder, pair: Pair) -> Any:
        """Choose."""
        counterpart, func, args, kwargs = pair
        recorder.record(Kind.ROUTING, self.name)
        live = [tensor for tensor in tensors_in((args, kwargs)) if tensor.requires_grad]
        result = func(*detach_tensors(args), **detach_tensors(dict(kwargs)))
        value, value_r = tensors_in(result)[0], tensors_in(counterpart.result)[0]

        def compute(tensors: Sequence[Tensor]) -> Tensor:
            new = {id(tensor): at for tensor, at in zip(live, tensors, strict=True)}
            chosen = func(*exchange_tensors(args, new), **exchange_tensors(dict(kwargs), new))
            return tensors_in(chosen)[0]

        followed = _follow(value, value_r, compute, counterpart.live, self.is_max, *live)
        if isinstance(result, Tensor):
            return followed
        fields = (followed, *tuple(result)[1:])
        return type(result)(fields) if hasattr(result, "n_fields") else fields


class _Pooled(OwnFunction):
    """Maxima over windows, whose winners are known by their indices."""

    node_name = "lrprism::Extremes"

    @staticmethod
    def forward(
        ctx: Any,
        a: Tensor,
        value: Tensor,
        reference: tuple[Tensor, Tensor],
        indices: tuple[Tensor, Tensor],
        axes: int,
    ) -> Tensor:
        ctx.save_for_backward(a, value, *reference, *indices)
        ctx.axes = axes
        return value.detach()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None, None, None]:
        (g,) = grad_outputs
        a, value, a_r, value_r, winners, winners_r = ctx.saved_tensors
        start = a.dim() - ctx.axes
        won = torch.maximum(value, value_r)
        # what each winner gets, as relevance
        gained = torch.zeros_like(a).flatten(start)
        gained.scatter_add_(-1, winners.flatten(start), ((won - value_r) * g).flatten(start))
        lost = ((value - won) * g).flatten(start)
        gained.scatter_add_(-1, winners_r.flatten(start).expand(lost.shape), lost)
        ratio = gained.view(a.shape).div_(a - a_r)
        if not has_values(ratio) or not math.isfinite(ratio.sum()):
            plain = torch.zeros_like(a).flatten(start)
            plain.scatter_add_(-1, winners.flatten(start), g.flatten(start))
            ratio = torch.where(ratio.isnan(), plain.view(a.shape), ratio)
        return ratio, None, None, None, None


_follow_pooled = entry_of(_Pooled)


@final
class MaxPooling(AbstractDifference):
    """Maxima over windows of a tensor."""

    def compare(self, recorder: Recorder, pair: Pair) -> Any:
        """Choose; indices among the results are constants."""
        counterpart, _, args, kwargs = pair
        recorder.record(Kind.ROUTING, self.name)
        name = self.name.removesuffix("_with_indices")
        pool = getattr(F, f"{name}_with_indices")
        a, a_r = args[0] if args else kwargs["input"], counterpart.live[0]
        options = {key: value for key, value in kwargs.items() if key not in ("input", "return_indices")}
        value, winners = pool(a.detach(), *args[1:], **options)
        value_r, winners_r = pool(a_r, *args[1:], **options)
        pooled = _follow_pooled(a, value, (a_r, value_r), (winners, winners_r), int(name[-2]))
        return pooled if name == self.name else (pooled, winners)
