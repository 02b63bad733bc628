"""Products and quotients: which factors carry relevance, and how a rule shares it among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from lrprism.graph import SHARED, OwnFunction, entry_of, have_one_origin
from lrprism.ops.arguments import detach_argument
from lrprism.ops.differences.polynomials import run_polynomial
from lrprism.ops.elementwise import Activation, run_inverse
from lrprism.ops.gating import rate_gates
from lrprism.ops.kinds import Kind
from lrprism.ops.names import build_table
from lrprism.ops.nested import is_live, map_tensors, tensors_in
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder, StoppedOp
from lrprism.ops.passing import pass_on_from
from lrprism.ops.softmax import (
    Weights,
    find_divisor,
    find_exponent,
    find_weights,
    is_exponential,
    mark_softmax,
)
from lrprism.ops.tape import Tape
from lrprism.rules import AbstractProductRule, Gating, SignalTakesAll

DEFAULT_PRODUCT_RULE = SignalTakesAll()
"""The rule of a product to which a composite gives none."""

Share = float | Tensor
"""A share of relevance, the same everywhere or one for each entry."""


class _Shared(OwnFunction):
    """The identity on one factor of a product; backward, that factor's share of relevance."""

    node_name = SHARED

    @staticmethod
    def forward(ctx: Any, factor: Tensor, share: Callable[[], Share]) -> Tensor:
        ctx.share = share
        return factor.detach()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, None]:
        (g,) = grad_outputs
        share = ctx.share()
        if isinstance(share, Tensor):
            return g * share, None
        # no gradient at all saves the backward pass of everything in front of a gate
        if share == 0:
            return None, None
        return g if share == 1 else g * share, None


give_share: Callable[[Tensor, Callable[[], Share]], Tensor] = entry_of(_Shared)
"""Return a factor that gets the share of relevance which a function returns on the backward pass."""


def shares_of(tape: Tape, looks: Sequence[Gating]) -> tuple[float, ...]:
    """Return the share of each factor by the rule of the call."""
    rule = tape.rule if isinstance(tape.rule, AbstractProductRule) else DEFAULT_PRODUCT_RULE
    return rule.shares(looks)


def run_product(
    recorder: Recorder,
    name: str,
    func: Callable[..., Any],
    args: Arguments,
    kwargs: Keywords,
    addends: tuple[int | str, ...] = (),
) -> Any:
    """Run a product of live tensors, each of which gets its share.

    Args:
        recorder: Records the call.
        name: The op's name.
        func: The torch function.
        args: Its arguments.
        kwargs: Its keyword arguments.
        addends: Positions and names of what is added to the product instead of being a factor.
    """
    if recorder.counterpart is not None:
        return run_polynomial(recorder, name, func, args, kwargs)
    factors = [tensor for tensor in factors_of(args, kwargs, addends) if tensor.requires_grad]
    # times a constant: the gradient is the rule
    if len(factors) < 2:
        recorder.record(Kind.ROUTING, name)
        return func(*args, **kwargs)
    weighted = _run_inverse_softmax(recorder, name, func, args, kwargs)
    if weighted is not None:
        return weighted
    tape = recorder.start_tape(Kind.PRODUCT, name, (AbstractProductRule,))
    looks = rate_gates(recorder, factors)
    numbers = iter(range(len(factors)))

    def share(tensor: Tensor) -> Tensor:
        if not tensor.requires_grad:
            return tensor
        number = next(numbers)
        return give_share(tensor, lambda: shares_of(tape, looks)[number])

    positional = [
        value if place in addends else map_tensors(value, share) for place, value in enumerate(args)
    ]
    by_name = {key: value if key in addends else map_tensors(value, share) for key, value in kwargs.items()}
    return func(*positional, **by_name)


def _run_inverse_softmax(
    recorder: Recorder, name: str, func: Callable[..., Any], args: Arguments, kwargs: Keywords
) -> Any:
    """Run ``e * (1 / e.sum())`` as the softmax that it is; elsewhere such a reciprocal is a constant scale.

    Returns:
        The result, or None for any other product.
    """
    # only two factors by position are looked at: a * b
    if len(args) != 2 or kwargs:
        return None
    divisors = [find_divisor(factor) for factor in args]
    place = 0 if divisors[0] is not None else 1
    inverse, other, divisor = args[place], args[1 - place], divisors[place]
    if divisor is None:
        return None
    weights = find_weights(other, divisor)
    # v * (1 / e.sum()): a constant scale
    if weights is None:
        recorder.record(Kind.ROUTING, name)
        scale = inverse.detach()
        return func(scale, other) if place == 0 else func(other, scale)

    def multiply(weights: Tensor, scale: Tensor) -> Any:
        return func(weights, scale) if place == 1 else func(scale, weights)

    return _run_softmax(recorder, name, multiply, (other, inverse), weights)


def factors_of(args: Arguments, kwargs: Keywords, addends: tuple[int | str, ...] = ()) -> list[Tensor]:
    """Return the tensors of a call, but for those that are added."""
    positional = [value for position, value in enumerate(args) if position not in addends]
    by_name = [value for key, value in kwargs.items() if key not in addends]
    return tensors_in((positional, by_name))


@final
@dataclass(frozen=True, eq=False)
class Product(AbstractOp):
    """A product; with one live factor it scales relevance, with several a rule shares it.

    Args:
        addends: Positions and names of what is added to the product instead of being a factor.
    """

    addends: tuple[int | str, ...] = ()

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the product."""
        if not is_live((args, kwargs)):
            return func(*args, **kwargs)
        return run_product(recorder, self.name, func, args, kwargs, self.addends)


@final
@dataclass(frozen=True, eq=False)
class Quotient(AbstractOp):
    """A quotient: the divisor is a scale, which counts as a constant.

    Args:
        divisor: Position of the divisor.
        names: Names of the divisor in keyword calls.
    """

    divisor: int = 1
    names: tuple[str, ...] = ("other",)

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Divide by the detached divisor."""
        if not is_live((args, kwargs)):
            return func(*args, **kwargs)
        # floor and truncated division are step functions
        if kwargs.get("rounding_mode") is not None:
            return Activation(Kind.ACTIVATION, self.name).run(recorder, func, args, kwargs)
        if self.divisor == 1 and len(args) == 2 and not kwargs and is_live(args[1]):
            result = _run_normalized(recorder, self.name, func, args)
            if result is not None:
                return result
        divisor = [*args[self.divisor : self.divisor + 1], *(kwargs.get(name) for name in self.names)]
        positional, by_name = detach_argument(args, kwargs, self.divisor, *self.names)
        # 1 / a: only the divisor was live
        kind = Kind.ROUTING if is_live((positional, by_name)) else Kind.STOPPED
        recorder.record(Kind.SCALING if is_live(divisor) and kind is Kind.ROUTING else kind, self.name)
        return func(*positional, **by_name)


def _run_normalized(
    recorder: Recorder, name: str, func: Callable[..., Any], args: Arguments
) -> Tensor | None:
    """Divide by a sum with exponentials, as softmax and sigmoid by hand do; return None for another one."""
    dividend, divisor = args
    weights = find_weights(dividend, divisor) if is_live(dividend) else None
    if weights is not None:
        return _run_softmax(recorder, name, func, args, weights)
    u = find_exponent(divisor)
    if u is None:
        return None
    # 1 / (1 + exp(-u)) is a sigmoid, u / (1 + exp(-u)) a SiLU
    signal: Tensor = dividend if is_live(dividend) else u
    if not have_one_origin(signal, u):
        return None
    with torch.no_grad():
        value = func(*args)
    if value.shape != signal.shape:
        return None
    is_gate = signal is u or is_exponential(signal)
    return pass_on_from(recorder, name, signal, value, "logistic" if is_gate else "silu")


def _run_softmax(
    recorder: Recorder, name: str, func: Callable[..., Any], args: Arguments, weights: Weights
) -> Tensor:
    """Divide exponentials by their sum, which is no constant then: both follow their gradient."""
    recorder.record(Kind.SOFTMAX, name)
    weights.mark()
    dividend, divisor = args
    if weights.share is not None:
        divisor = give_share(divisor, weights.share)
    result: Tensor = func(dividend, divisor)
    if weights.share is None:
        mark_softmax(result)
    return result


@final
class Reciprocal(AbstractOp):
    """``1 / a``: a scale, which counts as a constant, unless it normalises exponentials or is a sigmoid."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Return the detached reciprocal; that of a sum with exponentials stays live."""
        a = args[0] if args else kwargs["input"]
        inverse = run_inverse(recorder, self.name, lambda: func(a), a) if is_live(a) else None
        if inverse is not None:
            return inverse
        return StoppedOp(self.kind, self.name).run(recorder, func, args, kwargs)


_QUOTIENTS = "div divide true_divide __div__ __truediv__"

TABLE = {
    **build_table("bilinear cross linalg_cross", Product, Kind.PRODUCT),
    **build_table("addcmul", Product, Kind.PRODUCT, (0, "input")),
    **build_table(_QUOTIENTS, Quotient, Kind.SCALING),
    **build_table("reciprocal", Reciprocal, Kind.STOPPED),
    **build_table("addcdiv", Quotient, Kind.SCALING, 2, ("tensor2",)),
}
