"""Elementwise functions: relevance passes them unchanged."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.kinds import Kind
from lrprism.ops.names import build_table
from lrprism.ops.nested import detach_tensors, map_tensors, tensors_in
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder
from lrprism.ops.passing import LOGARITHMS, pass_on, pass_on_from
from lrprism.ops.softmax import find_exponent, find_weights_in_sum, is_log_probability, run_reciprocal

_EXPONENTIALS = {"exp": 1.0, "exp2": math.log(2)}
"""Exponentials, with what they multiply their argument by."""

_POWERS = frozenset({"pow", "float_power"})
_FIXED_POWERS = {"square": 2, "sqrt": 0.5}


def _gelu_ratio(a: Tensor, **options: Any) -> Tensor:
    """Return ``gelu(a) / a``: the normal distribution, or its approximation by tanh."""
    a = a + _NEXT_TO_NOTHING  # so that zero gives 1 / 2; no number of ordinary size is changed
    return F.gelu(a, **options).div_(a)


_NEXT_TO_NOTHING = 1e-30
_RATIOS: dict[str, Callable[..., Tensor]] = {"gelu": _gelu_ratio, "silu": torch.sigmoid}


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
        a = live[0]
        # of two live arguments, as in a ** b, no rule says which one passes relevance on
        if len(live) > 1 or not isinstance(value, Tensor):
            recorder.record(Kind.UNKNOWN, self.name)
            return func(*args, **kwargs)
        exponent: Any = _FIXED_POWERS.get(self.name)
        if self.name in _POWERS and a is (args[0] if args else kwargs["input"]):
            exponent = args[1] if len(args) > 1 else kwargs["exponent"]
            if bool((torch.as_tensor(exponent) < 0).all()):
                return _run_negative_power(recorder, self.name, partial(func, *args, **kwargs), a, exponent)
        # log(1 + exp(u)) is a softplus of u
        u = find_exponent(a) if self.name in LOGARITHMS else None
        if u is not None and u.shape == value.shape:
            return pass_on_from(recorder, self.name, u, value, "softplus")
        recorder.record(self.kind, self.name)
        # constants may broadcast the argument, such as several exponents for each entry
        a = a if value.shape == a.shape else a.expand_as(value)
        rate = self._rate(args)
        if rate is not None:
            return _pass_exponential(a, value, rate)
        return self._pass_on(a, value, exponent, kwargs)

    def _rate(self, args: Arguments) -> float | None:
        """Return the factor of an exponential's argument, as in ``2 ** a = exp(a log(2))``; else None."""
        base = args[0] if self.name in _POWERS and args else None
        if isinstance(base, (int, float)):
            return math.log(base) if base > 0 else None
        return _EXPONENTIALS.get(self.name)

    def _pass_on(self, a: Tensor, value: Tensor, exponent: Any, kwargs: Keywords) -> Tensor:
        """Return ``value``; note on its node what may make it a part of a softmax."""
        ratio = _RATIOS.get(self.name)
        if ratio is not None and "approximate" in kwargs:
            ratio = partial(ratio, approximate=kwargs["approximate"])
        result = pass_on(a, value, self.name, ratio)
        node: Any = result.grad_fn
        if isinstance(exponent, (int, float)):
            node.exponent = exponent
        if self.name in LOGARITHMS:
            _follow_exponentials(a, node)
        return result


def _run_negative_power(
    recorder: Recorder, name: str, compute: Callable[[], Any], a: Tensor, exponent: Any
) -> Any:
    """Return the detached power, a scale; a reciprocal may be the half of a softmax or a sigmoid."""
    if isinstance(exponent, (int, float)) and exponent == -1:
        inverse = run_inverse(recorder, name, compute, a)
        if inverse is not None:
            return inverse
    recorder.record(Kind.STOPPED, name)
    with torch.no_grad():
        return compute()


def run_inverse(recorder: Recorder, name: str, compute: Callable[[], Tensor], a: Tensor) -> Tensor | None:
    """Run the reciprocal of a sum with exponentials, which is half of a softmax or a sigmoid.

    Args:
        recorder: Records the call.
        name: The op's name.
        compute: Returns the reciprocal.
        a: The live tensor whose reciprocal it is.

    Returns:
        The reciprocal, or None of another tensor.
    """
    u = find_exponent(a)
    if u is None or u.shape != a.shape:
        return run_reciprocal(recorder, name, compute, a)
    with torch.no_grad():
        value = compute()
    return pass_on_from(recorder, name, u, value, "logistic")


def _pass_exponential(a: Tensor, value: Tensor, rate: float) -> Tensor:
    """Return ``value = exp(rate * a)``, which follows its gradient where it is part of a softmax by hand."""
    result = pass_on(a, value, "exp")
    node: Any = result.grad_fn
    node.rate, node.in_softmax = rate, is_log_probability(a.grad_fn)
    return result


def _follow_exponentials(a: Tensor, node: Any) -> None:
    """Let the logarithm of a sum of exponentials follow its gradient, and the exponentials theirs."""
    weights = find_weights_in_sum(a)
    if weights is not None:
        weights.mark()
        node.in_softmax = True


@final
class ObservedRounding(AbstractOp):
    """Rounding to steps that follow from the numbers seen so far: relevance passes unchanged."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Round with copies of the statistics, because torch writes to them."""
        a, *statistics = args
        value = func(
            a.detach(), *map_tensors(statistics, Tensor.clone), **map_tensors(dict(kwargs), Tensor.clone)
        )
        if not a.requires_grad:
            return value
        recorder.record(self.kind, self.name)
        return pass_on(a, value, self.name)


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

TABLE = {
    **build_table(_ACTIVATIONS, Activation, Kind.ACTIVATION),
    **build_table("fused_moving_avg_obs_fake_quant", ObservedRounding, Kind.ACTIVATION),
}
