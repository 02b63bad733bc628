r"""Elementwise functions of a difference: the slope of the secant between reference and input.

.. math:: g_{in} = g\, \frac{f(a) - f(a_r)}{a - a_r}, \qquad \Delta a\, g_{in} = \Delta f\, g

Where the two arguments are equal it is the derivative. Reference: Shrikumar et al. 2017, Learning important
features through propagating activation differences, ICML: the rescale rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor

from lrprism.graph import OwnFunction, entry_of
from lrprism.ops.counterpart import Counterpart
from lrprism.ops.differences.op import AbstractDifference
from lrprism.ops.kinds import Kind
from lrprism.ops.nested import detach_tensors, exchange_tensors, tensors_in
from lrprism.ops.op import Arguments, Keywords, Recorder

Slope = Callable[[Tensor], Tensor]
"""Computes the derivative of an elementwise function."""

_PIECEWISE_LINEAR = frozenset(
    ["relu", "relu6", "leaky_relu", "prelu", "_prelu_kernel", "clamp", "clip", "clamp_min", "clamp_max", "hardtanh", "hardsigmoid", "abs", "absolute", "threshold", "hardshrink", "softshrink", "sign", "sgn", "heaviside", "floor", "ceil", "round", "trunc", "fix", "frac", "rrelu", "step"]
)
"""Functions whose differences are exact: any two arguments that are not equal give the slope."""


class _Secant(OwnFunction):
    """An elementwise function whose backward pass follows the secant from the reference."""

    node_name = "lrprism::Secant"

    @staticmethod
    def forward(
        ctx: Any, a: Tensor, value: Tensor, reference: tuple[Tensor, Tensor], slope: Slope, tolerance: float
    ) -> Tensor:
        ctx.save_for_backward(a, value, *reference)
        ctx.slope, ctx.tolerance = slope, tolerance
        return value.detach()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None, None, None]:
        (g,) = grad_outputs
        a, value, a_r, value_r = ctx.saved_tensors
        if a.is_complex() or value.is_complex():
            return _follow_complex(a - a_r, value - value_r, g), None, None, None, None
        if a.dtype in (torch.float16, torch.bfloat16):
            a, value, a_r, value_r = (tensor.float() for tensor in (a, value, a_r, value_r))
        ratio = compute_secant(a, value, a_r, value_r, ctx.slope, ctx.tolerance)
        return ratio.mul_(g).to(ctx.saved_tensors[0].dtype), None, None, None, None


def compute_secant(
    a: Tensor, value: Tensor, a_r: Tensor, value_r: Tensor, slope: Slope, tolerance: float
) -> Tensor:
    """Return the slope of the secant, and the derivative half way where the arguments are next to each other.

    Args:
        a: The argument.
        value: The function there.
        a_r: The argument in the reference.
        value_r: The function there.
        slope: The derivative of the function.
        tolerance: Up to which distance, relative to the arguments, they are next to each other; 0 where only
            equal arguments are.
    """
    change = a - a_r
    # inf - inf too: a masked score is the same in both
    if tolerance:
        near = ~(change.abs() > tolerance * torch.maximum(a.abs(), a_r.abs()))
    else:
        near = ~(change != 0) | change.isnan()
    ratio = (value - value_r).div_(change)
    if near.any():
        middle = torch.where(near, (a + a_r) / 2, 1.0) if tolerance else a
        derivative = slope(middle)
        # that of a root at zero is infinite: nothing changes there, so that any number will do
        ratio = torch.where(near, derivative.where(derivative.isfinite(), 0), ratio)
    return ratio


def _follow_complex(change: Tensor, change_of_value: Tensor, g: Tensor) -> Tensor:
    """Carry ``g`` to a complex argument: relevance is ``Re(conj(a) g)``, entry by entry."""
    relevance = (change_of_value.conj() * g).real
    size = (change.conj() * change).real
    return torch.where(size == 0, 0, change * (relevance / size.where(size != 0, 1)))


_follow = entry_of(_Secant)


def follow_secant(
    a: Tensor, value: Tensor, a_r: Tensor, value_r: Tensor, slope: Slope, *, is_exact: bool
) -> Tensor:
    """Return ``value``, an elementwise function of ``a``, so that relevance follows the secant.

    Args:
        a: The live argument, in the shape of ``value``.
        value: The function there, detached.
        a_r: The argument in the reference; broadcasts.
        value_r: The function there.
        slope: The derivative.
        is_exact: Whether the function is linear in pieces, so that no difference is rounded.
    """
    tolerance = 0.0 if is_exact else math.sqrt(torch.finfo(value.dtype).eps)
    secant: Tensor = _follow(a, value, (a_r, value_r), slope, tolerance)
    return secant


def slope_of(func: Callable[..., Tensor], args: Arguments, kwargs: Keywords, a: Tensor) -> Slope:
    """Return the derivative of an elementwise function with respect to its argument ``a``.

    Args:
        func: The torch function.
        args: Its arguments.
        kwargs: Its keyword arguments.
        a: The tensor among them.
    """

    def slope(middle: Tensor) -> Tensor:
        with torch.enable_grad():
            at = middle.detach().to(a.dtype).requires_grad_()
            fixed = {id(a): at}
            value = func(*exchange_tensors(args, fixed), **exchange_tensors(dict(kwargs), fixed))
        (derivative,) = torch.autograd.grad(value, at, torch.ones_like(value), allow_unused=True)
        return torch.zeros_like(middle) if derivative is None else derivative.to(middle.dtype)

    return slope


@final
class Secant(AbstractDifference):
    """An elementwise function of one live argument: the slope of the secant."""

    def compare(
        self,
        recorder: Recorder,
        counterpart: Counterpart,
        func: Callable[..., Any],
        args: Arguments,
        kwargs: Keywords,
    ) -> Any:
        """Return ``f(a)``; a function of two live arguments follows its gradient, and says so."""
        live = [tensor for tensor in tensors_in((args, kwargs)) if tensor.requires_grad]
        value = func(*detach_tensors(args), **detach_tensors(dict(kwargs)))
        if len(live) > 1 or not isinstance(value, Tensor) or len(counterpart.live) != 1:
            recorder.record(Kind.UNKNOWN, self.name)
            return func(*args, **kwargs)
        recorder.record(Kind.ACTIVATION, self.name)
        a, a_r = live[0], counterpart.live[0]
        slope = slope_of(func, args, kwargs, a)
        # constants may broadcast the argument, such as several exponents for each entry
        if value.shape != a.shape:
            a, a_r = a.expand_as(value), a_r.expand_as(counterpart.result)
        is_exact = self.name in _PIECEWISE_LINEAR
        return follow_secant(a, value, a_r, counterpart.result, slope, is_exact=is_exact)
