"""Ops that run as they are, with one factor on the modified gradient: average pooling and activations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.numerics import Signed
from lrprism.ops.call import Call
from lrprism.ops.kinds import Kind
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder, is_live


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
        if call.rule is None or call.rule.stabilizer.changes_nothing:
            return g, None
        (z,) = ctx.saved_tensors
        stabilized = call.rule.stabilizer(z)
        s = g * (z / stabilized)
        if call.sinks is not None:
            call.sinks.stabilizer += ((stabilized - z) * s).sum(dtype=torch.float64)
        return s, None


class _Passed(torch.autograd.Function):
    """An elementwise function whose relevance passes unchanged: ``g_in = g * f(a) / a``.

    An input of exactly zero can carry no relevance; what arrives there is lost to the rule.
    """

    @staticmethod
    def forward(ctx: Any, a: Tensor, value: Tensor) -> Tensor:
        ctx.save_for_backward(a, value)
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None]:
        (g,) = grad_outputs
        a, value = ctx.saved_tensors
        return torch.where(a == 0, 0, g * (value / Signed(0.0)(a))), None


_ACTIVATIONS = """
    celu clamp clamp_max clip elu gelu hardshrink hardsigmoid hardswish hardtanh logsigmoid mish relu6 selu
    sigmoid silu softplus
    softshrink softsign tanh tanhshrink
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
        return _Damped.apply(z, recorder.record(self.kind, self.name))  # type: ignore[no-untyped-call]


@final
@dataclass(frozen=True)
class Activation(AbstractOp):
    """An elementwise function ``f(a)``: R_in = R_out."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Return ``f(a)``; relevance passes it unchanged."""
        a = args[0] if args else kwargs["input"]
        if not a.requires_grad:
            return func(*args, **kwargs)
        recorder.record(self.kind, self.name)
        rest = {key: value for key, value in kwargs.items() if key != "input"}
        return _Passed.apply(a, func(a.detach(), *args[1:], **rest))  # type: ignore[no-untyped-call]


def _table() -> dict[Any, AbstractOp]:
    ops: dict[Any, AbstractOp] = {}
    for function in (torch.mean, Tensor.mean):
        ops[function] = AveragePooling(Kind.AVERAGE_POOLING, "mean")
    for n in (1, 2, 3):
        for name in (f"avg_pool{n}d", f"adaptive_avg_pool{n}d"):
            ops[getattr(F, name)] = AveragePooling(Kind.AVERAGE_POOLING, name)
    for name in _ACTIVATIONS.split():
        owners = [owner for owner in (F, torch, Tensor) if hasattr(owner, name)]
        ops |= {getattr(owner, name): Activation(Kind.ACTIVATION, name) for owner in owners}
    return ops


TABLE = _table()
