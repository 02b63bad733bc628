"""Ops that run as they are, with one factor on the modified gradient: average pooling and activations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from lrprism.ops.call import Call
from lrprism.ops.kinds import Kind
from lrprism.ops.names import functions_named
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder, is_live
from lrprism.rules import Epsilon


class _Damped(torch.autograd.Function):
    """The identity on ``z``, with ``g * z / st(z)`` on the way back: LRP-ε of an op without weights."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, call: Call) -> Tensor:
        ctx.save_for_backward(z)
        ctx.damping = call
        return z.view_as(z)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None]:
        (g,) = grad_outputs
        call: Call = ctx.damping
        if not isinstance(call.rule, Epsilon) or call.rule.stabilizer.changes_nothing:
            return g, None
        (z,) = ctx.saved_tensors
        s = g * call.rule.stabilizer.quotient(z, z)
        if call.sinks is not None:
            call.sinks.stabilizer += ((call.rule.stabilizer(z) - z) * s).sum(dtype=torch.float64)
        return s, None


class _Passed(torch.autograd.Function):
    """An elementwise function whose relevance passes unchanged: ``g_in = g * f(a) / a``.

    An input of exactly zero can carry no relevance; what arrives there is lost to the rule.
    """

    @staticmethod
    def forward(ctx: Any, a: Tensor, value: Tensor, op_name: str) -> Tensor:
        ctx.save_for_backward(a, value)
        ctx.op_name = op_name
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:
        (g,) = grad_outputs
        a, value = ctx.saved_tensors
        is_zero = a == 0
        factor = value / torch.where(is_zero, 1, a)
        return torch.where(is_zero | (g == 0), 0, g * factor).to(a.dtype), None, None


_ACTIVATIONS = """
    abs absolute
    acos acosh arccos arcsin arcsinh arctan arctanh asin asinh atan atanh celu clamp clamp_max clip
    cos cosh
    deg2rad elu erf erfc exp exp2 expm1 float_power frac gelu hardshrink hardsigmoid hardswish hardtanh
    i0 log
    log10 log1p log2 logit logsigmoid log_sigmoid_forward mish nan_to_num pow rad2deg relu6 selu sigmoid
    silu sign sin sinc sinh softplus softshrink softsign sqrt square tan tanh tanhshrink threshold xlogy
    __abs__ __pow__
"""
_POWERS = frozenset({"pow", "float_power", "__pow__"})
_MEANS = """
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d avg_pool1d avg_pool2d avg_pool3d mean
    _adaptive_avg_pool2d _adaptive_avg_pool3d
"""


@final
@dataclass(frozen=True)
class AveragePooling(AbstractOp):
    """A mean over positions: a linear op without weights, which LRP-ε can damp."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Return the mean; the rule of the call damps its gradient."""
        z = func(*args, **kwargs)
        if not is_live(z):
            return z
        return _Damped.apply(z, recorder.record(self.kind, self.name, (Epsilon,)))  # type: ignore[no-untyped-call]


@final
@dataclass(frozen=True)
class Activation(AbstractOp):
    """An elementwise function ``f(a)`` of its first argument: R_in = R_out.

    A power below zero is a scale and counts as a constant.
    """

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Return ``f(a)``; relevance passes it unchanged."""
        a = args[0] if args else kwargs["input"]
        rest = {key: value for key, value in kwargs.items() if key != "input"}
        if not is_live((a, args[1:], rest)):
            return func(*args, **kwargs)
        if not isinstance(a, Tensor) or not a.requires_grad or is_live((args[1:], rest)):
            recorder.record(Kind.UNKNOWN, self.name)
            return func(*args, **kwargs)
        value = func(a.detach(), *args[1:], **rest)
        if self.name in _POWERS and _is_negative(args[1] if len(args) > 1 else rest["exponent"]):
            recorder.record(Kind.STOPPED, self.name)
            return value
        recorder.record(self.kind, self.name)
        return _Passed.apply(a, value, self.name)  # type: ignore[no-untyped-call]


def _is_negative(exponent: Tensor | float) -> bool:
    return bool((torch.as_tensor(exponent) < 0).all())


def _table() -> dict[Any, AbstractOp]:
    ops: dict[Any, AbstractOp] = {}
    for name in _MEANS.split():
        pooling = AveragePooling(Kind.AVERAGE_POOLING, name.strip("_"))
        ops |= dict.fromkeys(functions_named(name), pooling)
    for name in _ACTIVATIONS.split():
        ops |= dict.fromkeys(functions_named(name), Activation(Kind.ACTIVATION, name.strip("_")))
    return ops


TABLE = _table()
