"""Ops that run as they are, with one factor on the modified gradient: average pooling and activations."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.graph import DAMPED, PASSED, OwnFunction, entry_of
from lrprism.ops.call import Call
from lrprism.ops.kinds import Kind
from lrprism.ops.names import functions_named
from lrprism.ops.nested import detach_tensors, is_live, tensors_in
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder
from lrprism.ops.softmax import find_exponent, find_weights_in_sum, is_log_probability, run_reciprocal
from lrprism.rules import Epsilon


class _Damped(OwnFunction):
    """The identity on ``z``; backward ``g * z / st(z)``, LRP-ε of an op without weights."""

    node_name = DAMPED

    @staticmethod
    def forward(ctx: Any, z: Tensor, call: Call) -> Tensor:
        ctx.save_for_backward(z)
        ctx.damping = call
        return z.detach()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None]:
        (g,) = grad_outputs
        call: Call = ctx.damping
        if not isinstance(call.rule, Epsilon) or call.rule.stabilizer.changes_nothing:
            return g, None
        (z,) = ctx.saved_tensors
        s = call.rule.stabilizer.damp(g, z)
        if call.sinks is not None:
            call.sinks.stabilizer += ((call.rule.stabilizer(z) - z) * s).sum(dtype=torch.float64)
        return s, None


_Ratio = Callable[[Tensor], Tensor]
"""What gives ``f(a) / a`` as a new tensor, everywhere finite, so that ``f(a)`` need not be kept."""


class _Passed(OwnFunction):
    """An elementwise function whose relevance passes unchanged: ``g_in = g * f(a) / a``.

    Relevance of complex numbers is ``Re(conj(a) g)``, so there ``g_in = Re(conj(f(a)) g) / conj(a)``.

    An input of exactly zero can carry no relevance; what arrives there is lost to the rule. The parts of a
    softmax that is written by hand follow their gradient, as ``softmax`` does.
    """

    node_name = PASSED

    @staticmethod
    def forward(ctx: Any, a: Tensor, value: Tensor, op_name: str, ratio: _Ratio | None) -> Tensor:
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
            return _passed_complex(a, value, g), None, None, None
        if dtype is torch.float16:  # f(a) / a leaves its range where f(0) is not 0
            a, g, values = a.float(), g.float(), [value.float() for value in values]
        if ctx.in_softmax:
            c = _slope(ctx, a, values[0]).mul_(g)
        elif ctx.ratio is not None:
            c = ctx.ratio(a).mul_(g)
        else:
            limit = torch.finfo(dtype).max
            c = torch.mul(g, values[0]).div_(a).masked_fill_(a == 0, 0).clamp_(-limit, limit)
        return c.to(dtype), None, None, None


_EXPONENTIALS = {"exp": 1.0, "exp2": math.log(2)}
_LOGARITHMS = {"log": 1.0, "log2": 1 / math.log(2)}
"""The parts of a softmax: slopes are a rate times their value, or a number over their argument."""

_POWERS = frozenset({"pow", "float_power", "__pow__"})
_FIXED_POWERS = {"square": 2, "sqrt": 0.5}


def _slope(ctx: Any, a: Tensor, value: Tensor) -> Tensor:
    """The derivative of a part of a softmax; of a weight that is zero it is zero."""
    if ctx.op_name == "exp":
        rate: float = ctx.rate
        return value * rate
    if ctx.op_name in _LOGARITHMS:
        return _LOGARITHMS[ctx.op_name] / a
    exponent: float = ctx.exponent
    return a.pow(exponent - 1).mul_(exponent).masked_fill_(a == 0, 0)


def _passed_complex(a: Tensor, value: Tensor, g: Tensor) -> Tensor:
    """Carry ``g`` of a complex ``value`` to ``a``, real or complex; each entry keeps its relevance."""
    relevance = (value.conj() * g).real
    return (relevance / a.conj()).masked_fill(a == 0, 0)


def _gelu_ratio(a: Tensor, **how: Any) -> Tensor:
    """``gelu(a) / a``: the normal distribution, or its approximation by tanh."""
    a = a + _NEXT_TO_NOTHING  # so that zero gives 1 / 2; no number of ordinary size is changed
    return F.gelu(a, **how).div_(a)


_NEXT_TO_NOTHING = 1e-30
_RATIOS: dict[str, Callable[..., Tensor]] = {"gelu": _gelu_ratio, "silu": torch.sigmoid}


_enter_damped, _enter_passed = entry_of(_Damped), entry_of(_Passed)

_ACTIVATIONS = """
    abs absolute acos acosh angle arccos arcsin arcsinh arctan arctanh asin asinh atan atanh ceil celu
    clamp_max copysign cos cosh deg2rad elu entr erf erfc exp exp2 expit expm1 fix float_power floor
    floor_divide fmod frac gelu hardshrink hardsigmoid hardswish hardtanh heaviside i0 log log10 log1p
    log2 log_sigmoid_forward logit logsigmoid mish nan_to_num ndtr pow rad2deg relu6 remainder round selu
    sgn sigmoid sign silu sin sinc sinh softplus softshrink softsign sqrt square tan tanh tanhshrink
    fake_quantize_per_channel_affine fake_quantize_per_tensor_affine
    threshold trunc xlog1py xlogy arccosh erfcx erfinv i0e i1 i1e log_ndtr ndtri special_erfcx special_i1
    special_log_ndtr special_ndtri special_xlog1py __abs__ __floordiv__ __mod__ __pow__
"""
_MEANS = """
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d avg_pool1d avg_pool2d avg_pool3d mean
    _adaptive_avg_pool2d _adaptive_avg_pool3d
"""


@final
class AveragePooling(AbstractOp):
    """A mean over positions: a linear op without weights, which LRP-ε can damp."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Return the mean; the rule of the call damps its gradient."""
        z = func(*args, **kwargs)
        if not is_live(z):
            return z
        return _enter_damped(z, recorder.record(self.kind, self.name, (Epsilon,)))


@final
class Activation(AbstractOp):
    """An elementwise function ``f(a)`` of its only live argument: R_in = R_out.

    A power below zero is a scale and counts as a constant.
    """

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Return ``f(a)``; relevance passes it unchanged."""
        live = [tensor for tensor in tensors_in((args, kwargs)) if tensor.requires_grad]
        if not live:
            return func(*args, **kwargs)
        value = func(*detach_tensors(args), **detach_tensors(dict(kwargs)))
        (a,) = live[:1]
        if len(live) > 1 or not isinstance(value, Tensor):
            recorder.record(Kind.UNKNOWN, self.name)
            return func(*args, **kwargs)
        exponent: Any = _FIXED_POWERS.get(self.name)
        if self.name in _POWERS and a is (args[0] if args else kwargs["input"]):
            exponent = args[1] if len(args) > 1 else kwargs["exponent"]
            if bool((torch.as_tensor(exponent) < 0).all()):
                return self._run_negative_power(recorder, func, args, kwargs)
        u = find_exponent(a) if self.name in _LOGARITHMS else None
        if u is not None and u.shape == value.shape:
            return pass_on_from(recorder, self.name, u, value, "softplus")
        recorder.record(self.kind, self.name)
        if value.shape != a.shape:  # constants such as several exponents, for each entry
            a = a.expand_as(value)
        rate = self._rate(args)
        if rate is not None:
            return _exponential(a, value, rate)
        ratio = _RATIOS.get(self.name)
        how = {key: value for key, value in kwargs.items() if key == "approximate"}
        passed = _enter_passed(a, value, self.name, partial(ratio, **how) if ratio and how else ratio)
        if isinstance(exponent, (int, float)):
            passed.grad_fn.exponent = exponent
        if self.name in _LOGARITHMS:
            _look_for_exponentials(a, passed.grad_fn)
        return passed

    def _rate(self, args: Arguments) -> float | None:
        """What an exponential's argument is multiplied by, as in ``2 ** a = exp(a log(2))``; else None."""
        base = args[0] if self.name in _POWERS and args else None
        if isinstance(base, (int, float)):
            return math.log(base) if base > 0 else None
        return _EXPONENTIALS.get(self.name)

    def _run_negative_power(
        self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords
    ) -> Any:
        """Return the detached result, a scale, or a reciprocal as :func:`run_inverse` finds it."""
        a, exponent = args[0] if args else kwargs["input"], args[1] if len(args) > 1 else kwargs["exponent"]
        if isinstance(exponent, (int, float)) and exponent == -1:
            inverse = run_inverse(recorder, self.name, lambda: func(*args, **kwargs), a)
            if inverse is not None:
                return inverse
        recorder.record(Kind.STOPPED, self.name)
        with torch.no_grad():
            return func(*args, **kwargs)


@final
class ObservedRounding(AbstractOp):
    """Rounding to steps that are told by the numbers seen so far: passed unchanged, and nothing is noted."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Round by copies of what was noted, to which torch writes."""
        a, *noted = args
        copies = [each.clone() if isinstance(each, Tensor) else each for each in noted]
        named = {key: each.clone() if isinstance(each, Tensor) else each for key, each in kwargs.items()}
        value = func(a.detach(), *copies, **named)
        if not a.requires_grad:
            return value
        recorder.record(self.kind, self.name)
        return pass_on(a, value, self.name)


def run_inverse(recorder: Recorder, name: str, compute: Callable[[], Tensor], a: Tensor) -> Tensor | None:
    """Run the reciprocal of a sum with exponentials, which is half of a softmax or a sigmoid.

    Args:
        recorder: Notes the call.
        name: The op's name.
        compute: Returns the reciprocal.
        a: The live tensor of which it is taken.

    Returns:
        The reciprocal, or None of another tensor.
    """
    u = find_exponent(a)
    if u is None or u.shape != a.shape:
        return run_reciprocal(recorder, name, compute, a)
    with torch.no_grad():
        value = compute()
    return pass_on_from(recorder, name, u, value, "logistic")


def pass_on(a: Tensor, value: Tensor, name: str) -> Tensor:
    """Return ``value``, an elementwise function of ``a``, so that relevance passes unchanged.

    Args:
        a: The live argument.
        value: The function's value, detached, in the shape of ``a``.
        name: The function's name.
    """
    passed: Tensor = _enter_passed(a, value, name, None)
    return passed


def pass_on_from(recorder: Recorder, name: str, a: Tensor, value: Tensor, function: str) -> Tensor:
    """Return ``value``, an elementwise function of ``a`` in several calls of which this is the last.

    Args:
        recorder: Notes the call.
        name: The name of the last op.
        a: The live argument of the first op.
        value: The function's value, detached, in the shape of ``a``.
        function: The function's name.
    """
    call = recorder.record(Kind.ACTIVATION, name)
    if call.sinks is not None:
        a = call.source = torch.ops.aten.alias(a)
    return pass_on(a, value, function)


def _exponential(a: Tensor, value: Tensor, rate: float) -> Tensor:
    """Return ``value = exp(rate * a)``, which follows its gradient where it is part of a softmax by hand."""
    passed = pass_on(a, value, "exp")
    node: Any = passed.grad_fn
    node.rate, node.in_softmax = rate, is_log_probability(a.grad_fn)
    return passed


def _look_for_exponentials(a: Tensor, node: Any) -> None:
    """Have a logarithm follow its gradient where it is that of a sum of exponentials."""
    weights = find_weights_in_sum(a)
    if weights is not None:
        weights.mark()
        node.in_softmax = True


def _table() -> dict[Any, AbstractOp]:
    ops: dict[Any, AbstractOp] = {}
    for name in _MEANS.split():
        pooling = AveragePooling(Kind.AVERAGE_POOLING, name.strip("_"))
        ops |= dict.fromkeys(functions_named(name), pooling)
    for name in _ACTIVATIONS.split():
        ops |= dict.fromkeys(functions_named(name), Activation(Kind.ACTIVATION, name.strip("_")))
    observed = "fused_moving_avg_obs_fake_quant"
    ops |= dict.fromkeys(functions_named(observed), ObservedRounding(Kind.ACTIVATION, observed))
    return ops


TABLE = _table()
