"""Which op calls a rule is meant for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import final

from lrprism.ops import Call, Kind


@dataclass(frozen=True, eq=False)
class Place:
    """Where a call stands in the order of execution.

    Args:
        position: Number among the affine calls that the output depends on, from 0; None for any other call.
        count: How many such calls there are.
    """

    position: int | None
    count: int


_EVERY_KIND = frozenset(Kind)


@dataclass(frozen=True)
class AbstractSelector(ABC):
    """Decides which calls a rule is meant for; combine with ``&``, ``|`` and ``~``."""

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of op that can be meant: what the engine need not keep of others it leaves out."""
        return _EVERY_KIND

    @property
    def tells_steps(self) -> bool:
        """Whether one linear layer can be meant and not another of the same module and kind.

        A recurrent network that is written out has such a layer in every step.
        """
        return True

    @abstractmethod
    def matches(self, call: Call, place: Place) -> bool:
        """Whether the call is meant."""

    def __and__(self, other: AbstractSelector) -> AbstractSelector:
        """Both match."""
        return where(
            lambda call, place: self.matches(call, place) and other.matches(call, place),
            f"({self} & {other})",
            self.kinds & other.kinds,
            tells_steps=self.tells_steps or other.tells_steps,
        )

    def __or__(self, other: AbstractSelector) -> AbstractSelector:
        """At least one matches."""
        return where(
            lambda call, place: self.matches(call, place) or other.matches(call, place),
            f"({self} | {other})",
            self.kinds | other.kinds,
            tells_steps=self.tells_steps or other.tells_steps,
        )

    def __invert__(self) -> AbstractSelector:
        """This one does not match."""
        return where(
            lambda call, place: not self.matches(call, place), f"~{self}", tells_steps=self.tells_steps
        )


@final
@dataclass(frozen=True, repr=False)
class _Where(AbstractSelector):
    predicate: Callable[[Call, Place], bool]
    words: str
    possible: frozenset[Kind]
    is_fine: bool

    @property
    def kinds(self) -> frozenset[Kind]:
        return self.possible

    @property
    def tells_steps(self) -> bool:
        return self.is_fine

    def matches(self, call: Call, place: Place) -> bool:
        return self.predicate(call, place)

    def __str__(self) -> str:
        return self.words

    def __repr__(self) -> str:
        return f"<{self.words}>"


def where(
    predicate: Callable[[Call, Place], bool],
    words: str = "a predicate",
    kinds: frozenset[Kind] = _EVERY_KIND,
    *,
    tells_steps: bool = True,
) -> AbstractSelector:
    """Select calls by a predicate.

    Args:
        predicate: ``predicate(call, place)`` holds for those that are meant.
        words: How plans name it.
        kinds: The kinds of op for which it can hold.
        tells_steps: Whether it can hold for one linear layer and not for another of the same module.
    """
    return _Where(predicate, words, kinds, tells_steps)


def kind(*kinds: Kind) -> AbstractSelector:
    """Select calls by what the op does: ``kind(Kind.CONVOLUTION, Kind.LINEAR)``."""
    words = " or ".join(each.value for each in kinds)
    return where(lambda call, _: call.kind in kinds, words, frozenset(kinds), tells_steps=False)


_NETWORKS = frozenset({"lstm", "gru", "rnn"})
"""The names of recurrent layers of which all steps are one call."""


def op(*names: str) -> AbstractSelector:
    """Select calls by the op's name: ``op("conv3d")``."""
    return where(
        lambda call, _: call.name in names, " or ".join(names), tells_steps=not _NETWORKS.issuperset(names)
    )


def module(glob: str) -> AbstractSelector:
    """Select calls by the path of the module that they happen in: ``module("features.*")``."""
    return where(lambda call, _: fnmatchcase(call.module, glob), f"module {glob}", tells_steps=False)


def module_type(*types: type) -> AbstractSelector:
    """Select calls by the class of the innermost module that they happen in."""
    return where(
        lambda call, _: issubclass(call.module_type, types),
        " or ".join(each.__name__ for each in types),
        tells_steps=False,
    )


def first() -> AbstractSelector:
    """Select the first affine op on each way from an input, in order of execution."""
    return where(lambda call, _: call.kind.is_affine and call.first, "first affine op")


def at_input() -> AbstractSelector:
    """Select the affine ops that stand right behind an input, as ZBox, WSquare and Flat demand.

    Reshaping, padding and constant shifts and scales may lie between.
    """
    return where(lambda call, _: call.kind.is_affine and call.at_input, "affine op at the input")


def last(n: int = 1) -> AbstractSelector:
    """Select the last ``n`` affine ops in order of execution."""
    words = "last affine op" if n == 1 else f"last {n} affine ops"
    return where(lambda _, place: place.position is not None and place.position >= place.count - n, words)


def position(start: int, stop: int | None = None) -> AbstractSelector:
    """Select affine ops by their number in order of execution, as a slice does: ``position(1, -2)``."""

    def inside(_: Call, place: Place) -> bool:
        return place.position is not None and place.position in range(
            *slice(start, stop).indices(place.count)
        )

    return where(inside, f"affine ops [{start}:{'' if stop is None else stop}]")
