"""One part of a rule's term, with the modified parameters and what stands in the place of the input."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lrprism._errors import RuleError
from lrprism.rules import Constant, Part, Sign, per_channel


@dataclass(frozen=True)
class ModifiedPart:
    """One part of a term with its modified weight and bias in place.

    Args:
        inputs: Which entries of the input take part, or what stands in their place.
        weight: The modified weight.
        bias: The modified bias, or None.
        unmodified: Whether this is the op as it is.
    """

    inputs: Sign | Tensor
    weight: Tensor
    bias: Tensor | None
    unmodified: bool

    @staticmethod
    def of(part: Part, weight: Tensor, bias: Tensor | None, a: Tensor, *, nonnegative: bool) -> ModifiedPart:
        """Modify the parameters of an op as ``part`` asks.

        Args:
            part: The part of the rule.
            weight: The op's weight.
            bias: The op's bias, or None.
            a: The op's input.
            nonnegative: Whether ``a`` is known to hold no negative number.
        """
        inputs: Sign | Tensor
        if isinstance(part.inputs, Constant):
            inputs = _like_input(part.inputs.value, a)
        else:
            inputs = Sign.ANY if nonnegative else part.inputs
        kept = bias if part.bias else None
        if part.rho is None:
            return ModifiedPart(inputs, weight, kept, inputs is Sign.ANY and kept is bias)
        return ModifiedPart(
            inputs, part.rho(weight), None if kept is None else part.rho(kept), unmodified=False
        )

    def select(self, a: Tensor) -> Tensor:
        """What stands in the place of ``a``: its entries that take part and zero elsewhere, or a constant."""
        if isinstance(self.inputs, Tensor):
            return self.inputs
        if self.inputs is Sign.POSITIVE:
            return a.clamp(min=0)
        return a.clamp(max=0) if self.inputs is Sign.NEGATIVE else a


def _like_input(value: float | Tensor, a: Tensor) -> Tensor:
    """Spread a number, one number per channel or a whole tensor over the shape of ``a``.

    Raises:
        RuleError: If it does not fit.
    """
    bound = per_channel(torch.as_tensor(value, dtype=a.dtype, device=a.device), a.shape)
    try:
        return bound.expand_as(a)
    except RuntimeError as error:
        raise RuleError(
            "bounds should be numbers, one number per channel, or tensors that broadcast to the input "
            f"{tuple(a.shape)}. Found shape {tuple(bound.shape)}."
        ) from error
