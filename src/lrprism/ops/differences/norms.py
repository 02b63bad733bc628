r"""Layer, group, instance and RMS norm of a difference, written out.

With :math:`c = a - \mathrm{mean}(a)` (or ``a`` itself), :math:`V = \mathrm{mean}(c^2) + \varepsilon` and
:math:`u = V^{-1/2}`, so that :math:`z = w\, c\, u + b`:

.. math:: g_c = w g\, \frac{u + u_r}{2} + \frac{c + c_r}{n}\, g_V, \qquad
          g_V = - \frac{\sum w g (c + c_r)}{2 \sqrt{V V_r} (\sqrt{V} + \sqrt{V_r})}

and :math:`g_a = g_c - \mathrm{mean}(g_c)` where a mean is taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.graph import OwnFunction, entry_of
from lrprism.ops.differences.op import AbstractDifference, Pair
from lrprism.ops.grouped_norm import Group
from lrprism.ops.kinds import Kind
from lrprism.ops.nested import detach_tensors, is_live
from lrprism.ops.op import Recorder


class _Norm(OwnFunction):
    """A norm by statistics of its input."""

    node_name = "lrprism::NormDifference"

    @staticmethod
    def forward(ctx: Any, a: Tensor, value: Tensor, how: Group, a_r: Tensor, how_r: Group) -> Tensor:
        ctx.save_for_backward(a, a_r)
        ctx.how, ctx.how_r = how, how_r
        return value.detach()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None, None, None]:
        (g,) = grad_outputs
        a, a_r = ctx.saved_tensors
        how: Group = ctx.how
        if not g.numel():
            return torch.zeros_like(g), None, None, None, None
        g = how.group(g if how.weight is None else g * how.weight)
        c, deviation = how.centre(a)
        c_r, deviation_r = ctx.how_r.centre(a_r)
        both = c + c_r
        of_both = (g * both).sum(how.dims, keepdim=True)
        of_variance = -of_both / (2 * deviation * deviation_r * (deviation + deviation_r))
        back = g * (1 / deviation + 1 / deviation_r) / 2 + both * (of_variance / how.count(both))
        back = back - back.mean(how.dims, keepdim=True) if how.centred else back
        return back.reshape(a.shape).to(a.dtype), None, None, None, None


_follow = entry_of(_Norm)


@final
@dataclass(frozen=True, eq=False)
class NormDifference(AbstractDifference):
    """A norm with constant weights by statistics of its input.

    Args:
        bind: Reads the call's arguments into the input and the groups.
        results: How many results the torch function returns; the statistics among them are constants.
    """

    bind: Callable[..., tuple[Tensor, Group]]
    results: int = 1

    def compare(self, recorder: Recorder, pair: Pair) -> Any:
        """Normalise."""
        counterpart, func, args, kwargs = pair
        a, how = self.bind(*args, **kwargs)
        a_r, how_r = self.bind(*counterpart.args, **counterpart.kwargs)
        if is_live((how.weight, how.bias)) or not a.requires_grad:
            recorder.record(Kind.UNKNOWN, self.name)
            return func(*args, **kwargs)
        recorder.record(Kind.NORMALIZATION, self.name)
        result = func(*detach_tensors(args), **detach_tensors(dict(kwargs)))
        if self.results == 1:
            return _follow(a, result, how, a_r, how_r)
        value, *statistics = result
        return (_follow(a, value, how, a_r, how_r), *statistics)


def write_out_adaptive_layer_norm(
    input: Tensor, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Normalise, then scale and shift by what the network computes."""
    z = F.layer_norm(input, normalized_shape, None, None, eps)
    return _scale(z, weight, bias)


def write_out_adaptive_rms_norm(
    input: Tensor, normalized_shape: Any, weight: Any = None, eps: float | None = None
) -> Tensor:
    """Normalise, then scale by what the network computes."""
    return _scale(F.rms_norm(input, normalized_shape, None, eps), weight, None)


def write_out_adaptive_group_norm(
    input: Tensor, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Normalise, then scale and shift each channel by what the network computes."""
    shape = (-1, *(1,) * (input.dim() - 2))
    weight, bias = (None if tensor is None else tensor.view(shape) for tensor in (weight, bias))
    return _scale(F.group_norm(input, num_groups, None, None, eps), weight, bias)


def _scale(z: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    z = z if weight is None else z * weight
    return z if bias is None else z + bias
