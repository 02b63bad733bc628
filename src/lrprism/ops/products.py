"""Products and quotients: which factors carry relevance, and how a rule shares it among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from lrprism.ops.call import Call
from lrprism.ops.functions import entry_of
from lrprism.ops.gating import gatings
from lrprism.ops.kinds import Kind
from lrprism.ops.names import functions_named
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder, detached, is_live, replaced, tensors_in
from lrprism.ops.scaled import Activation
from lrprism.rules import AbstractProductRule, Gating, SignalTakesAll

DEFAULT_PRODUCT_RULE = SignalTakesAll()
"""The rule of a product to which a composite gives none."""


Share = float | Tensor
"""A share of relevance, the same everywhere or one for each entry."""


class _Shared(torch.autograd.Function):
    """The identity on one factor of a product, with that factor's share of relevance on the way back."""

    @staticmethod
    def forward(ctx: Any, factor: Tensor, share: Callable[[], Share]) -> Tensor:
        ctx.share = share
        return factor.view_as(factor)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, None]:
        (g,) = grad_outputs
        share = ctx.share()
        if isinstance(share, Tensor):
            return g * share, None
        if share == 0:
            return None, None
        return g if share == 1 else g * share, None


_enter = entry_of(_Shared)


def shared(factor: Tensor, share: Callable[[], Share]) -> Tensor:
    """Return ``factor``, which will get the share of relevance that is known on the way back."""
    found: Tensor = _enter(factor, share)
    return found


def shares_of(call: Call, looks: Sequence[Gating]) -> tuple[float, ...]:
    """The share of each factor by the rule of the call."""
    rule = call.rule if isinstance(call.rule, AbstractProductRule) else DEFAULT_PRODUCT_RULE
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
        recorder: Notes the call.
        name: The op's name.
        func: The torch function.
        args: Its arguments.
        kwargs: Its keyword arguments.
        addends: Positions and names of what is added to the product instead of being a factor.
    """
    factors = live_factors(args, kwargs, addends)
    if len(factors) < 2:
        recorder.record(Kind.ROUTING, name)
        return func(*args, **kwargs)
    call = recorder.record(Kind.PRODUCT, name, (AbstractProductRule,))
    looks = gatings(factors)
    numbers = iter(range(len(factors)))

    def share(tensor: Tensor) -> Tensor:
        number = next(numbers)
        return shared(tensor, lambda: shares_of(call, looks)[number])

    positional = [value if place in addends else replaced(value, share) for place, value in enumerate(args)]
    named = {key: value if key in addends else replaced(value, share) for key, value in kwargs.items()}
    return func(*positional, **named)


def live_factors(args: Arguments, kwargs: Keywords, addends: tuple[int | str, ...] = ()) -> list[Tensor]:
    """The live tensors of a call, but for those that are added."""
    return [tensor for tensor in factors_of(args, kwargs, addends) if tensor.requires_grad]


def factors_of(args: Arguments, kwargs: Keywords, addends: tuple[int | str, ...] = ()) -> list[Tensor]:
    """The tensors of a call, but for those that are added."""
    positional = [value for position, value in enumerate(args) if position not in addends]
    named = [value for key, value in kwargs.items() if key not in addends]
    return tensors_in((positional, named))


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
        if kwargs.get("rounding_mode") is not None:
            return Activation(Kind.ACTIVATION, self.name).run(recorder, func, args, kwargs)
        divisor = [*args[self.divisor : self.divisor + 1], *(kwargs.get(name) for name in self.names)]
        fixed = [detached(value) if place == self.divisor else value for place, value in enumerate(args)]
        named = {key: detached(value) if key in self.names else value for key, value in kwargs.items()}
        kind = Kind.ROUTING if is_live((fixed, named)) else Kind.STOPPED
        recorder.record(Kind.SCALING if is_live(divisor) and kind is Kind.ROUTING else kind, self.name)
        return func(*fixed, **named)


_PRODUCTS = "bilinear cross linalg_cross mul multiply __mul__ __rmul__"
_QUOTIENTS = "div divide true_divide __div__ __truediv__"


def _table() -> dict[Any, AbstractOp]:
    ops: dict[Any, AbstractOp] = {}
    for name in _PRODUCTS.split():
        ops |= dict.fromkeys(functions_named(name), Product(Kind.PRODUCT, name.strip("_")))
    ops |= dict.fromkeys(functions_named("addcmul"), Product(Kind.PRODUCT, "addcmul", (0, "input")))
    for name in _QUOTIENTS.split():
        ops |= dict.fromkeys(functions_named(name), Quotient(Kind.SCALING, name.strip("_")))
    addcdiv = Quotient(Kind.SCALING, "addcdiv", 2, ("tensor2",))
    return ops | dict.fromkeys(functions_named("addcdiv"), addcdiv)


TABLE = _table()
