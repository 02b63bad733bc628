"""Calls on random numbers: does the result have a known mean, and is it that of the call on the mean?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from lrprism.engine.distributions import Distribution, MaskNoise, UniformNoise, mean_of
from lrprism.ops import MOVING, exchange_tensors, functions_named, tensors_in

ABOVE = frozenset({"gt", "ge", "greater", "greater_equal"})
BELOW = frozenset({"lt", "le", "less", "less_equal"})
TRUNCATING = frozenset({"trunc", "fix", "int", "long"})
NEGATIONS = frozenset({"logical_not", "bitwise_not", "invert"})
CONVERTING = frozenset({
    "to", "type", "type_as", "float", "double", "half", "bfloat16", "int", "long", "bool", "cpu", "cuda",
})  # fmt: skip

CONVERSIONS = frozenset(function for name in CONVERTING for function in functions_named(name))
"""Functions that change the type of numbers, or the device they are on."""

_JOINING = frozenset({
    "cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack", "column_stack", "row_stack",
})  # fmt: skip
_LINEAR = _JOINING | {
    "add", "radd", "sub", "subtract", "rsub", "neg", "negative", "sum", "mean", "cumsum", "diff", "pad",
    "tril", "triu", "interpolate", "avg_pool1d", "avg_pool2d", "avg_pool3d", "diag_embed",
    "broadcast_tensors",
}  # fmt: skip
"""Functions that are linear in all their operands: ``E[f(u)] = f(E[u])`` wherever random numbers stand."""

_PRODUCTS = frozenset({"mul", "multiply", "rmul"})
_QUOTIENTS = frozenset({"div", "divide", "true_divide", "truediv"})
_LAYERS = frozenset({"linear", "conv1d", "conv2d", "conv3d"})
_WITH_WEIGHTS = _LAYERS | {"matmul", "rmatmul", "mm", "bmm", "mv"}
"""Products in which a matrix of random numbers is a projection, and weights with noise are weights."""

_CHOICES = frozenset({"where", "masked_fill"})
_DATA = Tensor.data.__get__  # type: ignore[attr-defined]


class NoiseCall(NamedTuple):
    """One call on random numbers.

    Args:
        func: The torch function, out-of-place.
        name: Its name without underscores.
        args: Its arguments.
        kwargs: Its keyword arguments.
        random: The random numbers among them.
        distributions: The distribution of each.
    """

    func: Callable[..., Any]
    name: str
    args: Sequence[Any]
    kwargs: dict[str, Any]
    random: Sequence[Tensor]
    distributions: Sequence[Distribution]

    def is_moving(self) -> bool:
        """Return True if the call only moves the random numbers, or converts them to another type."""
        return (self.func in MOVING or self.func == _DATA) and len(self.random) == 1 and self._is_first()

    def stays(self, kind: type[UniformNoise | MaskNoise]) -> bool:
        """Return True if the result is of the kind that all random numbers are: moved, or joined."""
        first = self.distributions[0]
        # masks of several probabilities may be joined, as their mean is; uniform numbers must be the same
        is_one_kind = all(
            isinstance(distribution, kind) and (kind is MaskNoise or distribution == first)
            for distribution in self.distributions
        )
        if self.is_moving() or not is_one_kind:
            return is_one_kind
        return self.name in _JOINING and len(tensors_in((tuple(self.args), self.kwargs))) == len(self.random)

    def is_projection(self) -> bool:
        """Return True if the call takes random numbers of one and the same mean for a matrix."""
        return self.name in _WITH_WEIGHTS and any(
            mean.dim() > 1 and bool((mean == mean.flatten()[0]).all()) for mean in self._means()
        )

    def has_known_mean(self) -> bool:
        """Return True if the mean of the call is the call on the mean of its random numbers."""
        name = self.name
        # a conversion to whole numbers is no move: the mean of 0 and 1 becomes 0
        if self.is_moving():
            return name not in CONVERTING or self._stays_floating()
        if name in _LINEAR:
            return True
        if name in _QUOTIENTS:
            return len(self.random) == 1 and self._is_first() and not self.kwargs.get("rounding_mode")
        # where(mask, a, b): a random mask chooses, or a fixed one chooses among random numbers
        if name in _CHOICES:
            is_plain = len(self.args) == 3 and not self.kwargs
            return is_plain and (self._chooses() or not self._has_random_mask())
        # weights with noise, on an input without
        if name in _LAYERS and not any(tensor is self.args[0] for tensor in self.random):
            return True
        return name in _PRODUCTS | _WITH_WEIGHTS and len(self.random) == 1

    def on_mean(self) -> Any:
        """Return what the call gives on the mean of its random numbers."""
        if self.name in _CHOICES and self._has_random_mask():
            # where(mask, a, b), but a.masked_fill(mask, b): the mean is p a + (1 - p) b, and p b + (1 - p) a
            first, second, third = self.args
            if_true, if_false = (second, third) if self.name == "where" else (third, first)
            p = self._means()[0]
            return if_true * p + if_false * (1 - p)
        means = dict(zip(map(id, self.random), self._means(), strict=True))
        args, kwargs = exchange_tensors((tuple(self.args), self.kwargs), means)
        return self.func(*args, **kwargs)

    def _means(self) -> list[Tensor]:
        tensors = tensors_in((tuple(self.args), self.kwargs))
        floats = [tensor for tensor in tensors if tensor.is_floating_point()]
        return [mean_of(*pair, floats) for pair in zip(self.random, self.distributions, strict=True)]

    def _is_first(self) -> bool:
        return bool(self.args) and self.args[0] is self.random[0]

    def _stays_floating(self) -> bool:
        if self.name in TRUNCATING | {"bool"}:
            return False
        result: Tensor = self.func(*self.args, **self.kwargs)
        return result.is_floating_point()

    def _has_random_mask(self) -> bool:
        mask = self.args[0 if self.name == "where" else 1]
        return any(tensor is mask for tensor in self.random)

    def _chooses(self) -> bool:
        """Return True if a random mask chooses among numbers that are neither random nor infinite."""
        numbers = [value for value in self.args if isinstance(value, (int, float))]
        is_mask = len(self.random) == 1 and isinstance(self.distributions[0], MaskNoise)
        return is_mask and self._has_random_mask() and all(map(math.isfinite, numbers))
