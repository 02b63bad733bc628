"""Random numbers of train mode: switched off, as dropout is, by putting their mean in their place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from lrprism.engine.containers import memory_in, memory_of
from lrprism.engine.randomness import Seeds
from lrprism.ops import MOVING, every_name_of, exchange_tensors, functions_named, is_live, tensors_in

if TYPE_CHECKING:
    from lrprism.engine.modules import Modules

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
_TRUNCATING = frozenset({"trunc", "fix", "int", "long"})
_CONVERTING = frozenset({
    "to", "type", "type_as", "float", "double", "half", "bfloat16", "int", "long", "bool", "cpu", "cuda",
})  # fmt: skip
_NOT = frozenset({"logical_not", "bitwise_not", "invert"})
_JOINING = frozenset({
    "cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack", "column_stack", "row_stack",
})  # fmt: skip
_SUMS = _JOINING | {
    "add", "radd", "sub", "subtract", "rsub", "neg", "negative", "sum", "mean", "cumsum", "diff", "pad",
    "tril", "triu", "interpolate", "avg_pool1d", "avg_pool2d", "avg_pool3d", "diag_embed",
    "broadcast_tensors",
}  # fmt: skip
"""Functions whose mean, on random numbers wherever they stand, is that on their mean."""

_PRODUCTS = frozenset({"mul", "multiply", "rmul"})
_QUOTIENTS = frozenset({"div", "divide", "true_divide", "truediv"})
_LAYERS = frozenset({"linear", "conv1d", "conv2d", "conv3d"})
_WITH_WEIGHTS = _LAYERS | {"matmul", "rmatmul", "mm", "bmm", "mv"}
"""Products in which a matrix of random numbers is a projection, and weights with noise are weights."""

_CHOICES = frozenset({"where", "masked_fill"})
_DATA = Tensor.data.__get__  # type: ignore[attr-defined]


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
    """True, or 1, with a probability: a number, or a tensor that broadcasts."""

    probability: Any

    @property
    def mean(self) -> Any:
        """Their mean."""
        return self.probability


@dataclass(frozen=True)
class Known:
    """Numbers of which the mean is known and no more."""

    mean: Tensor


Spread = Uniform | Mask | Known
"""What is known of random numbers."""


class Noise:
    """Follows random numbers from where they are drawn to where they meet the signal.

    They stay as drawn, also on a model that keeps them, and their mean stands in their place only where
    they meet the signal: of ``h * (rand_like(h) > p)`` that is ``h * (1 - p)``. A use whose mean is not
    known, such as a random order, takes them as drawn and is named in ``unknown``. Numbers of a generator
    that ``forward`` has seeded are the same in every call: they are no noise.
    """

    def __init__(self, modules: Modules) -> None:
        """Start with nothing drawn."""
        self._modules = modules
        self._seeds = Seeds()
        self.drawn: dict[int, tuple[Tensor, Spread]] = {}
        """What is followed, by the tensor's id; the tensor is kept alive so that its id stays its own."""
        self.unknown: set[str] = set()
        """Functions on whose random numbers the output may depend."""

    def begin(self) -> None:
        """Note where the generators stand before the model runs."""
        self._seeds.begin(self._modules.keeping)

    @contextmanager
    def drawing(
        self, func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]
    ) -> Iterator[None]:
        """Name a source from which a model in evaluation mode draws, unless ``forward`` has seeded it.

        Args:
            func: One of :data:`SOURCES`.
            args: Its arguments.
            kwargs: Its keyword arguments.
        """
        with self._seeds.drawing(tensors_in(tuple(args)), kwargs) as is_seeded:
            yield
        if not is_seeded:
            self.unknown.add(func.__name__.strip("_"))

    def draw(self, func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Return what a source gives while explaining.

        Args:
            func: One of :data:`SOURCES`.
            args: Its arguments, of an in-place one with the tensor to fill in front.
            kwargs: Its keyword arguments.
        """
        is_in_place = func.__name__.endswith("_")
        given = (args[0].detach().clone(), *args[1:]) if is_in_place else args
        with self._seeds.drawing(tensors_in(tuple(args)), kwargs) as is_seeded:
            drawn = func(*given, **kwargs)
        if is_seeded:
            return drawn
        if func in _UNKNOWABLE:
            self.unknown.add(func.__name__.strip("_"))
            return drawn
        return self._remember(drawn, _spread(func, args, kwargs, drawn, is_in_place=is_in_place))

    def name_stored(self, tensors: Iterable[Tensor]) -> None:
        """Say so if the model keeps random numbers: the next call may not draw them anew."""
        memory = {memory_of(tensor) for tensor, _ in self.drawn.values()}
        if any(memory_of(each) in memory for each in tensors):
            self.unknown.add("numbers that the model keeps")

    def note_partial_write(self, name: str, written: Tensor) -> None:
        """Name a function that has written random numbers to a part of what is not followed as a whole."""
        if id(written) in self.drawn:
            self.unknown.add(name.strip("_"))

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
        if not given:
            return NotImplemented
        name = getattr(func, "__name__", "").strip("_")
        is_first = bool(args) and args[0] is given[0]
        if name.startswith("new_") or name.endswith("_like") or (name.endswith("_as") and not is_first):
            return NotImplemented  # asks for no more than a shape or a type
        use = _Use(func, name, args, kwargs, given, [self.drawn[id(each)][1] for each in given])
        found = self._stay_random(use) if len(given) == 1 else NotImplemented
        if found is NotImplemented and use.has_known_mean():
            found = self._take_mean(use, watching)
        if found is NotImplemented:
            self.unknown.add(name)
        return found

    def _stay_random(self, use: _Use) -> Any:
        """Return random numbers that were shifted, compared, converted or rounded, or the likely branch."""
        func, name, args, kwargs, (random,), (noise,) = use
        if func is Tensor.__bool__ or (name == "item" and random.dtype is torch.bool):
            return bool(noise.probability > 0.5) if isinstance(noise, Mask) else NotImplemented
        is_first = args[0] is random
        if isinstance(noise, Mask):
            if is_first and name in _NOT and random.dtype is torch.bool:
                return self._remember(func(*args, **kwargs), Mask(1 - noise.probability))
            if is_first and name in _CONVERTING and func in CONVERSIONS:
                return self._remember(func(*args, **kwargs), noise)
        if not isinstance(noise, Uniform):
            return NotImplemented
        if is_first and (name == "floor" or name in _TRUNCATING):
            if name != "floor" and (noise.low < 0 or func is Tensor.__int__):
                return NotImplemented
            result = func(*args, **kwargs)
            mean = torch.full(result.shape, noise.mean_of_floor, dtype=random.dtype, device=random.device)
            return self._remember(result, Known(mean))
        if len(args) != 2 or kwargs:
            return NotImplemented
        other = args[1] if is_first else args[0]
        if name in _ABOVE | _BELOW and not (isinstance(other, Tensor) and other.requires_grad):
            share = noise.share_above(other)
            return self._remember(func(*args), Mask(share if (name in _ABOVE) is is_first else 1 - share))
        changed = _shifted(name, noise, other, is_first=is_first) if isinstance(other, (int, float)) else None
        return NotImplemented if changed is None else self._remember(func(*args), changed)

    def _take_mean(self, use: _Use, watching: Watching) -> Any:
        """Return the mean of a call that the signal takes part in, and of any other one what is random."""
        if not use.is_moving() and is_live((tuple(use.args), use.kwargs)):
            if use.is_projection() or any(map(self._is_kept, use.random)):
                return NotImplemented
            with watching():
                return use.on_mean()
        result = use.func(*use.args, **use.kwargs)
        if use.stays(Uniform):
            return self._remember(result, use.noise[0])
        kind: Any = Mask if use.stays(Mask) else Known
        mean = use.on_mean()
        if isinstance(result, Tensor):
            return self._remember(result, kind(mean))
        return type(result)([self._remember(*each) for each in zip(result, map(kind, mean), strict=True)])

    def _is_kept(self, tensor: Tensor) -> bool:
        """Whether the module that runs keeps a tensor: the next call may find it there."""
        module = self._modules.running()
        return memory_of(tensor) in memory_in([vars(module), module._buffers, module._parameters])

    def _remember(self, result: Any, noise: Spread) -> Any:
        for tensor in tensors_in(result):
            self.drawn[id(tensor)] = (tensor, noise)
        return result


CONVERSIONS = frozenset(function for name in _CONVERTING for function in functions_named(name))
"""Functions that change the type of numbers, or the device they are on."""


class _Use(NamedTuple):
    """One call on random numbers."""

    func: Callable[..., Any]
    name: str
    args: Sequence[Any]
    kwargs: dict[str, Any]
    random: Sequence[Tensor]
    noise: Sequence[Spread]

    def is_moving(self) -> bool:
        """Whether the call does no more than move the random numbers, or convert them to another type."""
        return (self.func in MOVING or self.func == _DATA) and len(self.random) == 1 and self._is_first()

    def stays(self, kind: type[Uniform | Mask]) -> bool:
        """Whether the result is of the kind that all random numbers are: moved, or joined with their like."""
        first = self.noise[0]
        is_one = all(isinstance(each, kind) and (kind is Mask or each == first) for each in self.noise)
        if self.is_moving() or not is_one:
            return is_one
        return self.name in _JOINING and len(tensors_in((tuple(self.args), self.kwargs))) == len(self.random)

    def is_projection(self) -> bool:
        """Whether the call takes random numbers of one and the same mean for a matrix."""
        return self.name in _WITH_WEIGHTS and any(
            each.dim() > 1 and bool((each == each.flatten()[0]).all()) for each in self._means()
        )

    def has_known_mean(self) -> bool:
        """Whether the mean of the call is that on the mean of its random numbers, or of what they choose."""
        name = self.name
        if self.is_moving():  # to whole numbers is no move, unless of a mask
            return name not in _CONVERTING or self._stays_floating()
        if name in _SUMS:
            return True
        if name in _QUOTIENTS:
            return len(self.random) == 1 and self._is_first() and not self.kwargs.get("rounding_mode")
        if name in _CHOICES:
            return (
                len(self.args) == 3 and not self.kwargs and (self._chooses() or not self._has_random_mask())
            )
        if name in _LAYERS and not any(each is self.args[0] for each in self.random):
            return True
        return name in _PRODUCTS | _WITH_WEIGHTS and len(self.random) == 1

    def on_mean(self) -> Any:
        """Return what the call gives on the mean of its random numbers."""
        if self.name in _CHOICES and self._has_random_mask():
            first, second, third = self.args
            one, other = (second, third) if self.name == "where" else (third, first)
            p = self._means()[0]
            return one * p + other * (1 - p)
        means = dict(zip(map(id, self.random), self._means(), strict=True))
        args, kwargs = exchange_tensors((tuple(self.args), self.kwargs), means)
        return self.func(*args, **kwargs)

    def _means(self) -> list[Tensor]:
        others = [each for each in tensors_in((tuple(self.args), self.kwargs)) if each.is_floating_point()]
        return [_mean(*each, others) for each in zip(self.random, self.noise, strict=True)]

    def _is_first(self) -> bool:
        return bool(self.args) and self.args[0] is self.random[0]

    def _stays_floating(self) -> bool:
        return (
            self.name not in _TRUNCATING | {"bool"}
            and self.func(*self.args, **self.kwargs).is_floating_point()
        )

    def _has_random_mask(self) -> bool:
        mask = self.args[0 if self.name == "where" else 1]
        return any(each is mask for each in self.random)

    def _chooses(self) -> bool:
        """Whether a random mask chooses among numbers that are neither random nor infinite."""
        numbers = [each for each in self.args if isinstance(each, (int, float))]
        is_mask = len(self.random) == 1 and self._has_random_mask() and isinstance(self.noise[0], Mask)
        return is_mask and all(map(math.isfinite, numbers))


def _spread(
    func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], drawn: Tensor, *, is_in_place: bool
) -> Spread:
    """What is known of the numbers that a source has drawn."""
    kind = _SOURCES[func]
    if kind == "bernoulli":
        p = kwargs.get("p", args[1] if len(args) > 1 else 0.5 if is_in_place else args[0])
        return Mask(p.detach() if isinstance(p, Tensor) else p)
    if kind == "normal":
        given = args[1:] if is_in_place else args if func is torch.normal else ()
        mean = kwargs.get("mean", given[0] if given else 0.0)
        return Known((torch.zeros_like(drawn) + mean).detach())
    if not is_in_place:
        return Uniform(0.0, 1.0)
    low = kwargs.get("from", args[1] if len(args) > 1 else 0.0)
    return Uniform(low, kwargs.get("to", args[2] if len(args) > 2 else 1.0))


def _mean(tensor: Tensor, noise: Spread, others: Sequence[Tensor]) -> Tensor:
    """The mean of each of some random numbers; of a mask in the type of what it meets."""
    dtype = tensor.dtype
    if not (dtype.is_floating_point or dtype.is_complex):
        dtype = others[0].dtype if others else torch.float32 if tensor.is_mps else torch.float64
    return torch.as_tensor(noise.mean, dtype=dtype, device=tensor.device).expand_as(tensor).clone()


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
