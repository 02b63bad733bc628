r"""Elementwise functions of a difference: the slope of the secant between reference and input.

.. math:: g_{in} = g\, \frac{f(a) - f(a_r)}{a - a_r}, \qquad \Delta a\, g_{in} = \Delta f\, g

Where the two arguments are equal it is the derivative. Reference: Shrikumar et al. 2017, Learning important
features through propagating activation differences, ICML: the rescale rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, final

import torch
from torch import Tensor

from lrprism.graph import OwnFunction, entry_of
from lrprism.ops.differences.op import AbstractDifference, Pair
from lrprism.ops.kinds import Kind
from lrprism.ops.nested import detach_tensors, exchange_tensors, tensors_in
from lrprism.ops.op import Arguments, Keywords, Recorder
from lrprism.ops.tracing import has_values


class Slope(NamedTuple):
    """The derivative of an elementwise function, asked for where two arguments are next to each other.

    Args:
        derive: Computes it.
        is_pointwise: Whether it may be asked for at some entries alone, as no other tensor has a part in it.
        tolerance: Up to which distance, relative to the argument, two arguments are next to each other; 0 of
            a function that is linear in pieces, where only equal ones are.
        reach: The longest such distance, however large the argument.
    """

    derive: Callable[[Tensor], Tensor]
    is_pointwise: bool = True
    tolerance: float = 0.0
    reach: float = math.inf


_PIECEWISE_LINEAR = frozenset(
    """
    relu relu6 leaky_relu prelu prelu_kernel clamp clip clamp_min clamp_max hardtanh hardsigmoid abs
    absolute threshold hardshrink softshrink sign sgn heaviside floor ceil round trunc fix frac rrelu
    div floor_divide floordiv fmod remainder
    """.split()  # noqa: SIM905 - a list of forty strings would fill the page
)
"""Functions whose differences are exact: any two arguments that are not equal give the slope.

A quotient among them is a rounded one.
"""

_STEPS = frozenset({"floor_divide", "floordiv", "heaviside"})
"""Steps for which torch has no derivative, where others have one of 0."""

_WAVES = frozenset({"sin", "cos", "tan", "sinc"})
"""Functions that turn as fast at a large argument as at a small one."""


class _Secant(OwnFunction):
    """An elementwise function whose backward pass follows the secant from the reference."""

    node_name = "lrprism::Secant"

    @staticmethod
    def forward(ctx: Any, a: Tensor, value: Tensor, a_r: Tensor, value_r: Tensor, slope: Slope) -> Tensor:
        ctx.save_for_backward(a, value, a_r, value_r)
        ctx.slope = slope
        return value.detach()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None, None, None]:
        (g,) = grad_outputs
        a, value, a_r, value_r = ctx.saved_tensors
        if a.is_complex() or value.is_complex():
            return _follow_complex(a - a_r, value - value_r, g), None, None, None, None
        dtype = a.dtype
        if dtype in (torch.float16, torch.bfloat16):
            a, value, a_r, value_r = (tensor.float() for tensor in (a, value, a_r, value_r))
        ratio = compute_secant(a, value, a_r, value_r, ctx.slope)
        return ratio.mul_(g).to(dtype), None, None, None, None


def compute_secant(a: Tensor, value: Tensor, a_r: Tensor, value_r: Tensor, slope: Slope) -> Tensor:
    """Return the slope of the secant, and the derivative half way where the arguments are next to each other.

    Args:
        a: The argument.
        value: The function there.
        a_r: The argument in the reference; broadcasts.
        value_r: The function there.
        slope: The derivative of the function.
    """
    change = a - a_r
    ratio = (value - value_r).div_(change)
    if not slope.tolerance:
        # one pass over memory is quicker than a look at each entry
        if has_values(ratio) and math.isfinite(ratio.sum()):
            return ratio
        return torch.where(ratio.isnan(), slope.derive(a), ratio)
    # inf - inf too: a masked score is the same in both
    distance = a.abs().mul_(slope.tolerance)
    distance = distance if slope.reach == math.inf else distance.clamp_(max=slope.reach)
    near = (change.abs_() > distance).logical_not_()
    if has_values(near) and not near.any():
        return ratio
    middle = (a + a_r).mul_(0.5)
    # an infinite derivative, as that of a root at zero: nothing changes there, so that any number will do
    if slope.is_pointwise and has_values(near):
        # float_power widens its argument
        ratio[near] = slope.derive(middle[near]).nan_to_num_(0, 0, 0).to(ratio.dtype)
        return ratio
    return torch.where(near, slope.derive(torch.where(near, middle, 1)).nan_to_num_(0, 0, 0), ratio)


def _follow_complex(change: Tensor, change_of_value: Tensor, g: Tensor) -> Tensor:
    """Carry ``g`` to a complex argument: relevance is ``Re(conj(a) g)``, entry by entry."""
    relevance = (change_of_value.conj() * g).real
    size = (change.conj() * change).real
    return torch.where(size == 0, 0, change * (relevance / size.where(size != 0, 1)))


_follow = entry_of(_Secant)


def follow_secant(a: Tensor, value: Tensor, a_r: Tensor, value_r: Tensor, slope: Slope) -> Tensor:
    """Return ``value``, an elementwise function of ``a``, so that relevance follows the secant.

    Args:
        a: The live argument, in the shape of ``value``.
        value: The function there, detached.
        a_r: The argument in the reference; broadcasts.
        value_r: The function there.
        slope: The derivative.
    """
    secant: Tensor = _follow(a, value, a_r, value_r, slope)
    return secant


def slope_of(func: Callable[..., Tensor], args: Arguments, kwargs: Keywords, a: Tensor, name: str) -> Slope:
    """Return the derivative of an elementwise function with respect to its argument ``a``.

    Args:
        func: The torch function.
        args: Its arguments.
        kwargs: Its keyword arguments.
        a: The tensor among them.
        name: The op's name.
    """
    is_pointwise = len(tensors_in((args, kwargs))) == 1 and not getattr(func, "only_as_applied", False)

    def derive(at: Tensor) -> Tensor:
        dtype = at.dtype
        with torch.enable_grad():
            # half precision is derived in float32, where no constant of the call is in its way
            at = at.detach().to(dtype if is_pointwise else a.dtype).requires_grad_()
            fixed = {id(a): at}
            value = func(*exchange_tensors(args, fixed), **exchange_tensors(dict(kwargs), fixed))
        ones = torch.ones_like(value)
        (derivative,) = torch.autograd.grad(value, at, ones, allow_unused=True, materialize_grads=True)
        return derivative.to(dtype)

    if name == "relu":
        return Slope(_derive_relu)
    if name in _STEPS:
        return Slope(torch.zeros_like)
    tolerance = 0.0 if name in _PIECEWISE_LINEAR else _TOLERANCE[a.dtype]
    return Slope(derive, is_pointwise, tolerance, tolerance if name in _WAVES else math.inf)


def _derive_relu(a: Tensor) -> Tensor:
    """Return the derivative of ReLU, which is 0 at 0."""
    return torch.heaviside(a, torch.zeros((), dtype=a.dtype, device=a.device))


_TOLERANCE = {
    dtype: math.sqrt(torch.finfo(max(dtype, torch.float32, key=lambda d: torch.finfo(d).bits)).eps)
    for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64)
}
"""Half the digits of the type: there the rounding of the secant passes the curvature of the function."""


@final
class Secant(AbstractDifference):
    """An elementwise function of one live argument: the slope of the secant."""

    def compare(self, recorder: Recorder, pair: Pair) -> Any:
        """Return ``f(a)``; a function of two live arguments follows its gradient, and says so."""
        counterpart, func, args, kwargs = pair
        live = [tensor for tensor in tensors_in((args, kwargs)) if tensor.requires_grad]
        value = func(*detach_tensors(args), **detach_tensors(dict(kwargs)))
        if len(live) > 1 or not isinstance(value, Tensor) or len(counterpart.live) != 1:
            recorder.record(Kind.UNKNOWN, self.name)
            return func(*args, **kwargs)
        recorder.record(Kind.ACTIVATION, self.name)
        a, a_r = live[0], counterpart.live[0]
        if a.is_complex() or value.is_complex():
            return follow_secant(a, value, a_r, counterpart.result, Slope(torch.zeros_like))
        slope = slope_of(func, args, kwargs, a, self.name)
        # constants may broadcast the argument, such as several exponents for each entry
        if value.shape != a.shape:
            a, a_r = a.expand_as(value), a_r.expand_as(counterpart.result)
        return follow_secant(a, value, a_r, counterpart.result, slope)
