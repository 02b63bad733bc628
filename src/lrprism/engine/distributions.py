"""Distributions of the random numbers that torch functions draw, of which above all the mean matters."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lrprism.ops import every_name_of

_FAMILIES = {
    torch.rand: "uniform", torch.rand_like: "uniform", Tensor.uniform_: "uniform",
    torch.randn: "normal", torch.randn_like: "normal", torch.normal: "normal", Tensor.normal_: "normal",
    torch.bernoulli: "bernoulli", Tensor.bernoulli: "bernoulli", Tensor.bernoulli_: "bernoulli",
}  # fmt: skip

WITHOUT_MEAN = frozenset().union(
    *(every_name_of(name) for name in (torch.multinomial, torch.poisson, torch.randint, torch.randint_like)),
    every_name_of(torch.randperm),
    {Tensor.exponential_, Tensor.cauchy_, Tensor.geometric_, Tensor.log_normal_, Tensor.random_},
)
"""Functions that draw orders, indices and numbers whose mean does not stand for them."""

SOURCES = frozenset(_FAMILIES) | WITHOUT_MEAN
"""Functions that draw random numbers."""


@dataclass(frozen=True)
class UniformNoise:
    """Numbers spread evenly from ``low`` to ``high``."""

    low: float
    high: float

    @property
    def mean(self) -> float:
        """Their mean."""
        return (self.low + self.high) / 2

    @property
    def mean_of_floor(self) -> float:
        """The mean of the numbers rounded down: ``E[floor(u)] = floor(low) + sum over k of P(u > k)``."""
        first = math.floor(self.low)
        above = (float(self.share_above(k)) for k in range(first + 1, math.ceil(self.high)))
        return first + sum(above)

    def share_above(self, threshold: Any) -> Any:
        """Return the share of the numbers above a number, or above each of a tensor's numbers."""
        share: Any = (self.high - threshold) / (self.high - self.low)
        return share.clamp(0, 1) if isinstance(share, Tensor) else min(max(share, 0.0), 1.0)

    def scale(self, factor: float, shift: float = 0.0) -> UniformNoise:
        """Return the numbers times a factor plus a shift."""
        return UniformNoise(*sorted((self.low * factor + shift, self.high * factor + shift)))

    def combine(self, name: str, number: float, *, is_first: bool) -> UniformNoise | None:
        """Return the numbers after arithmetic with a number; None for another function.

        Args:
            name: The name of the torch function.
            number: The other operand.
            is_first: Whether the random numbers are the first operand.
        """
        if name in ("add", "radd"):
            return self.scale(1, number)
        if name in ("sub", "subtract"):
            return self.scale(1, -number) if is_first else self.scale(-1, number)
        if name == "rsub":
            return self.scale(-1, number)
        # times zero nothing is left to spread
        if name in ("mul", "multiply", "rmul") and number:
            return self.scale(number)
        is_quotient = name in ("div", "true_divide", "truediv") and is_first and number
        return self.scale(1 / number) if is_quotient else None


@dataclass(frozen=True)
class MaskNoise:
    """True, or 1, with a probability: a number, or a tensor that broadcasts."""

    probability: Any

    @property
    def mean(self) -> Any:
        """The probability."""
        return self.probability


@dataclass(frozen=True)
class MeanNoise:
    """Numbers of which the mean is known and no more."""

    mean: Tensor


Distribution = UniformNoise | MaskNoise | MeanNoise


def distribution_of(
    func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], drawn: Tensor, *, is_in_place: bool
) -> Distribution:
    """Return the distribution of the numbers that a source has drawn.

    Args:
        func: One of :data:`SOURCES` that is not in :data:`WITHOUT_MEAN`.
        args: Its arguments, of an in-place one with the tensor to fill in front.
        kwargs: Its keyword arguments.
        drawn: The numbers.
        is_in_place: Whether the source fills its first argument.
    """
    family = _FAMILIES[func]
    if family == "bernoulli":
        # torch.bernoulli(p), torch.bernoulli(x, p) and x.bernoulli_(p=0.5)
        p = kwargs.get("p", args[1] if len(args) > 1 else 0.5 if is_in_place else args[0])
        return MaskNoise(p.detach() if isinstance(p, Tensor) else p)
    if family == "normal":
        # only torch.normal(mean, std) and x.normal_(mean, std) take a mean
        parameters = args[1:] if is_in_place else args if func is torch.normal else ()
        mean = kwargs.get("mean", parameters[0] if parameters else 0.0)
        return MeanNoise((torch.zeros_like(drawn) + mean).detach())
    if not is_in_place:
        return UniformNoise(0.0, 1.0)
    low = kwargs.get("from", args[1] if len(args) > 1 else 0.0)
    return UniformNoise(low, kwargs.get("to", args[2] if len(args) > 2 else 1.0))


def mean_of(tensor: Tensor, distribution: Distribution, others: Sequence[Tensor]) -> Tensor:
    """Return the mean of random numbers in their shape; of a mask in the type of what it meets."""
    dtype = tensor.dtype
    if not (dtype.is_floating_point or dtype.is_complex):
        # MPS has no float64
        dtype = others[0].dtype if others else torch.float32 if tensor.is_mps else torch.float64
    return torch.as_tensor(distribution.mean, dtype=dtype, device=tensor.device).expand_as(tensor).clone()
