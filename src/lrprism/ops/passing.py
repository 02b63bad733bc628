"""The backward pass of elementwise functions: relevance passes unchanged."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lrprism.graph import PASSED, OwnFunction, entry_of
from lrprism.ops.kinds import Kind
from lrprism.ops.op import Recorder

Ratio = Callable[[Tensor], Tensor]
"""Computes ``f(a) / a`` as a new tensor, finite everywhere, so that ``f(a)`` need not be kept."""


class _ElementwiseFunction(OwnFunction):
    """An elementwise function whose relevance passes unchanged: ``g_in = g * f(a) / a``.

    Relevance of complex numbers is ``Re(conj(a) g)``, so there ``g_in = Re(conj(f(a)) g) / conj(a)``.

    An input of exactly zero can carry no relevance: the rule loses what arrives there. The parts of a softmax
    that is written by hand follow their gradient, as ``softmax`` does.
    """

    node_name = PASSED

    @staticmethod
    def forward(ctx: Any, a: Tensor, value: Tensor, op_name: str, ratio: Ratio | None = None) -> Tensor:
        ctx.op_name, ctx.ratio, ctx.in_softmax = op_name, ratio, False
        if ratio is None:
            ctx.save_for_backward(a, value)
        else:
            ctx.save_for_backward(a)
        return value.detach()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None, None]:
        (g,) = grad_outputs
        a, *values = ctx.saved_tensors
        dtype = a.dtype
        if dtype.is_complex or g.is_complex():
            value = values[0] if values else ctx.ratio(a).mul_(a)
            return _pass_complex(a, value, g), None, None, None
        # f(a) / a leaves the range of half precision where f(0) is not 0
        if dtype is torch.float16:
            a, g, values = a.float(), g.float(), [value.float() for value in values]
        if ctx.in_softmax:
            c = _slope(ctx, a, values[0]).mul_(g)
        elif ctx.ratio is not None:
            c = ctx.ratio(a).mul_(g)
        else:
            limit = torch.finfo(dtype).max
            c = torch.mul(g, values[0]).div_(a).masked_fill_(a == 0, 0).clamp_(-limit, limit)
        return c.to(dtype), None, None, None  # autograd lets a gradient be left over for a missing ratio


LOGARITHMS = {"log": 1.0, "log2": 1 / math.log(2)}
"""Logarithms in a softmax, with their slope times the argument."""


def _slope(ctx: Any, a: Tensor, value: Tensor) -> Tensor:
    """Return the derivative of a part of a softmax: an exponential, a logarithm or a power."""
    if ctx.op_name == "exp":
        rate: float = ctx.rate
        return value * rate
    if ctx.op_name in LOGARITHMS:
        return LOGARITHMS[ctx.op_name] / a
    exponent: float = ctx.exponent
    return a.pow(exponent - 1).mul_(exponent).masked_fill_(a == 0, 0)  # a weight of zero stays zero


def _pass_complex(a: Tensor, value: Tensor, g: Tensor) -> Tensor:
    """Carry ``g`` of a complex ``value`` to ``a``, real or complex; each entry keeps its relevance."""
    relevance = (value.conj() * g).real
    return (relevance / a.conj()).masked_fill(a == 0, 0)


pass_on: Callable[..., Tensor] = entry_of(_ElementwiseFunction)
"""Return ``value``, an elementwise function of ``a``, so that relevance passes unchanged.

Args:
    a: The live argument.
    value: The function's value, detached, in the shape of ``a``.
    op_name: The function's name.
    ratio: Computes ``f(a) / a``; without it ``value`` is kept for the backward pass.
"""


def pass_on_from(recorder: Recorder, name: str, a: Tensor, value: Tensor, function: str) -> Tensor:
    """Return ``value``, an elementwise function of ``a`` in several calls of which this is the last.

    Args:
        recorder: Records the call.
        name: The name of the last op.
        a: The live argument of the first op.
        value: The function's value, detached, in the shape of ``a``.
        function: The function's name.
    """
    call = recorder.record(Kind.ACTIVATION, name)
    return pass_on(recorder.mark_input(call, a), value, function)
