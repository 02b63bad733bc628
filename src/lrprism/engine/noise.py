"""Random numbers of train mode: switched off, as dropout is, by putting their mean in their place."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lrprism.ops import MOVING, every_name_of, tensors_in

_SOURCES = {
    torch.rand: "uniform", torch.rand_like: "uniform", Tensor.uniform_: "uniform",
    torch.randn: "normal", torch.randn_like: "normal", torch.normal: "normal", Tensor.normal_: "normal",
    torch.bernoulli: "bernoulli", Tensor.bernoulli: "bernoulli", Tensor.bernoulli_: "bernoulli",
}  # fmt: skip
_UNKNOWABLE = frozenset().union(
    *(every_name_of(each) for each in (torch.multinomial, torch.poisson, torch.randint, torch.randint_like)),
    every_name_of(torch.randperm),
    {Tensor.exponential_, Tensor.cauchy_, Tensor.geometric_, Tensor.log_normal_, Tensor.random_},
)
SOURCES = frozenset(_SOURCES) | _UNKNOWABLE
"""Functions that draw random numbers."""

_ABOVE = frozenset({"gt", "ge", "greater", "greater_equal"})
_BELOW = frozenset({"lt", "le", "less", "less_equal"})
_ROUNDING = frozenset({"floor", "trunc", "fix", "int", "long"})
_NOT = frozenset({"logical_not", "bitwise_not", "invert"})
_MEETING = frozenset({
    "add", "radd", "sub", "subtract", "rsub", "mul", "multiply", "rmul", "div", "true_divide", "truediv",
    "rtruediv", "where", "masked_fill",
})  # fmt: skip
"""Functions in which random numbers meet others, of which the mean is that on their mean."""


Watching = Callable[[], AbstractContextManager[Any]]
"""Opens the context in which torch calls are seen."""


@dataclass(frozen=True)
class Uniform:
    """Numbers spread evenly from ``low`` to ``high``."""

    low: float
    high: float

    @property
    def mean(self) -> float:
        """Their mean."""
        return (self.low + self.high) / 2

    @property
    def mean_of_floor(self) -> float:
        """The mean of the numbers rounded down: the sum of the shares above each whole number."""
        first = math.floor(self.low)
        above = (float(self.share_above(k)) for k in range(first + 1, math.ceil(self.high)))
        return first + sum(above)

    def share_above(self, threshold: Any) -> Any:
        """Return the share of the numbers above a number, or above each of a tensor's numbers."""
        share: Any = (self.high - threshold) / (self.high - self.low)
        return share.clamp(0, 1) if isinstance(share, Tensor) else min(max(share, 0.0), 1.0)

    def scaled(self, factor: float, shift: float = 0.0) -> Uniform:
        """Return the numbers times a factor plus a shift."""
        return Uniform(*sorted((self.low * factor + shift, self.high * factor + shift)))


@dataclass(frozen=True)
class Mask:
    """True with a probability: a number, or a tensor that broadcasts."""

    probability: Any


class Noise:
    """Follows random numbers from where they are drawn to where they meet the signal.

    There the mean stands in their place: of ``h * (rand_like(h) > p)`` that is ``h * (1 - p)``. A use whose
    mean is not known, such as a random order, stays as drawn and is named in ``unknown``.
    """

    def __init__(self) -> None:
        """Start with nothing drawn."""
        self.drawn: dict[int, tuple[Tensor, Uniform | Mask]] = {}
        """What is followed, by the tensor's id; the tensor is kept alive so that its id stays its own."""
        self.unknown: set[str] = set()
        """Functions on whose random numbers the output may depend."""

    def draw(self, func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Return what a source gives while explaining.

        Args:
            func: One of :data:`SOURCES`.
            args: Its arguments, of an in-place one with the tensor to fill in front.
            kwargs: Its keyword arguments.
        """
        is_in_place = func.__name__.endswith("_")
        if func in _UNKNOWABLE:
            self.unknown.add(func.__name__.strip("_"))
            return func(args[0].clone(), *args[1:], **kwargs) if is_in_place else func(*args, **kwargs)
        drawn = func(args[0].detach().clone(), *args[1:], **kwargs) if is_in_place else func(*args, **kwargs)
        kind = _SOURCES[func]
        if kind == "bernoulli":
            p = kwargs.get("p", args[1] if len(args) > 1 else 0.5 if is_in_place else args[0])
            return torch.as_tensor(p).detach().to(drawn).expand_as(drawn).clone()
        if kind == "normal":
            given = args[1:] if is_in_place else args if func is torch.normal else ()
            mean = kwargs.get("mean", given[0] if given else 0.0)
            return (torch.zeros_like(drawn) + mean).detach()
        bounds = Uniform(0.0, 1.0)
        if is_in_place:
            low = kwargs.get("from", args[1] if len(args) > 1 else 0.0)
            bounds = Uniform(low, kwargs.get("to", args[2] if len(args) > 2 else 1.0))
        return self._remember(drawn, bounds)

    def follow(
        self, watching: Watching, func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]
    ) -> Any:
        """Return what a call gives on random numbers, or NotImplemented where it gets none.

        Args:
            watching: The mode's context in which torch calls are seen.
            func: The torch function that was called, out-of-place.
            args: Its arguments.
            kwargs: Its keyword arguments.
        """
        given = [each for each in tensors_in((tuple(args), kwargs)) if id(each) in self.drawn]
        if not given or given[0].dtype is torch.long:
            return NotImplemented
        name = getattr(func, "__name__", "").strip("_")
        noise = self.drawn[id(given[0])][1]
        if len(given) == 1:
            found = self._stay_random(func, name, args, kwargs, noise)
            if found is NotImplemented and name in _MEETING:
                found = _Use(func, name, args, kwargs, given[0], noise).on_mean(watching)
            if found is not NotImplemented:
                return found
        self.unknown.add(name)
        return NotImplemented

    def _stay_random(
        self,
        func: Callable[..., Any],
        name: str,
        args: Sequence[Any],
        kwargs: dict[str, Any],
        noise: Uniform | Mask,
    ) -> Any:
        """Return random numbers that were moved, converted, shifted, scaled, compared or rounded."""
        if name in ("bool", "item"):  # a branch that is taken at random: as for most numbers
            return noise.probability > 0.5 if isinstance(noise, Mask) else NotImplemented
        if func in MOVING and name not in _ROUNDING and id(args[0]) in self.drawn:
            result = func(*args, **kwargs)
            if isinstance(noise, Mask) and result.is_floating_point():
                return _mean_like(noise, result)
            return self._remember(result, noise)
        if isinstance(noise, Mask):
            return (
                self._remember(func(*args), Mask(1 - noise.probability)) if name in _NOT else NotImplemented
            )
        if name in _ROUNDING:
            return torch.full_like(args[0], noise.mean_of_floor)
        if len(args) != 2 or kwargs:
            return NotImplemented
        is_first = id(args[0]) in self.drawn
        other = args[1] if is_first else args[0]
        if name in _ABOVE | _BELOW and not (isinstance(other, Tensor) and other.requires_grad):
            share = noise.share_above(other)
            return self._remember(func(*args), Mask(share if (name in _ABOVE) is is_first else 1 - share))
        changed = _shifted(name, noise, other, is_first=is_first) if isinstance(other, (int, float)) else None
        return NotImplemented if changed is None else self._remember(func(*args), changed)

    def _remember(self, tensor: Tensor, noise: Uniform | Mask) -> Tensor:
        self.drawn[id(tensor)] = (tensor, noise)
        return tensor


class _Use(NamedTuple):
    """One call in which random numbers meet others."""

    func: Callable[..., Any]
    name: str
    args: Sequence[Any]
    kwargs: dict[str, Any]
    random: Tensor
    noise: Uniform | Mask

    def on_mean(self, watching: Watching) -> Any:
        """Return what the call gives on the mean of its random numbers."""
        if self.name in ("where", "masked_fill"):
            return self._choose(watching)
        others = [each for each in tensors_in((tuple(self.args), self.kwargs)) if each is not self.random]
        like = self.random if self.random.is_floating_point() or not others else others[0]
        mean = _mean_like(self.noise, like).expand_as(self.random).clone()
        args = [mean if each is self.random else each for each in self.args]
        with watching():
            return self.func(*args, **{k: mean if v is self.random else v for k, v in self.kwargs.items()})

    def _choose(self, watching: Watching) -> Any:
        """Return the mean of what a random mask chooses from."""
        if not isinstance(self.noise, Mask) or len(self.args) != 3 or self.kwargs:
            return NotImplemented
        first, second, third = self.args
        mask, one, other = (first, second, third) if self.name == "where" else (second, third, first)
        numbers = [each for each in (one, other) if isinstance(each, (int, float))]
        if mask is not self.random or not all(map(math.isfinite, numbers)):
            return NotImplemented
        p = self.noise.probability
        with watching():
            return one * p + other * (1 - p)


def _mean_like(noise: Uniform | Mask, tensor: Tensor) -> Tensor:
    """The mean of random numbers in the type and on the device of a tensor, in a shape that broadcasts."""
    mean = noise.probability if isinstance(noise, Mask) else noise.mean
    dtype = tensor.dtype if tensor.is_floating_point() else torch.get_default_dtype()
    return torch.as_tensor(mean, dtype=dtype, device=tensor.device)


def _shifted(name: str, noise: Uniform, other: float, *, is_first: bool) -> Uniform | None:
    """The random numbers after arithmetic with a number; None for another function."""
    if name in ("add", "radd"):
        return noise.scaled(1, other)
    if name in ("sub", "subtract"):
        return noise.scaled(1, -other) if is_first else noise.scaled(-1, other)
    if name == "rsub":
        return noise.scaled(-1, other)
    if name in ("mul", "multiply", "rmul") and other:
        return noise.scaled(other)
    return (
        noise.scaled(1 / other) if name in ("div", "true_divide", "truediv") and is_first and other else None
    )
