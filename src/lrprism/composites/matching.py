"""The base of selectors: a predicate over calls and their positions, combined with ``&``, ``|`` and ``~``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, final

from lrprism.ops import Call, Kind

EVERY_KIND = frozenset(Kind)
"""The kinds of a selector that can mean any op."""


class Position(NamedTuple):
    """The place of a call in the order of execution, and between the inputs and the output.

    Args:
        number: Number among the affine calls that the output depends on, from 0; None for any other call.
        affine_calls: How many such calls there are.
        is_first: Whether no affine op lies between the call and the inputs.
        at_input: Whether nothing but moves and constant shifts and scales lies there.
    """

    number: int | None
    affine_calls: int
    is_first: bool = False
    at_input: bool = False


@dataclass(frozen=True)
class AbstractSelector(ABC):
    """Decides which calls a rule is meant for; combine with ``&``, ``|`` and ``~``."""

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of op that can be meant; for others, the engine may free what a rule would need."""
        return EVERY_KIND

    @property
    def tells_steps(self) -> bool:
        """True if one linear layer can be meant and not another of the same module and kind.

        A recurrent network that is written out has such a layer in every step.
        """
        return True

    @abstractmethod
    def matches(self, call: Call, position: Position) -> bool:
        """Return True if the call is meant."""

    def __and__(self, other: AbstractSelector) -> AbstractSelector:
        """Both match."""
        return PredicateSelector(
            lambda call, position: self.matches(call, position) and other.matches(call, position),
            f"({self} & {other})",
            # nothing outside both can be meant, so the engine may free more
            self.kinds & other.kinds,
            self.tells_steps or other.tells_steps,
        )

    def __or__(self, other: AbstractSelector) -> AbstractSelector:
        """At least one matches."""
        return PredicateSelector(
            lambda call, position: self.matches(call, position) or other.matches(call, position),
            f"({self} | {other})",
            self.kinds | other.kinds,
            self.tells_steps or other.tells_steps,
        )

    def __invert__(self) -> AbstractSelector:
        """This one does not match."""
        # any kind: what does not match "a convolution in features.*" may be a convolution elsewhere
        return PredicateSelector(
            lambda call, position: not self.matches(call, position),
            f"~{self}",
            is_fine=self.tells_steps,
        )


def name_path(call: Call) -> str:
    """Name the module of a call."""
    return call.module or "(model)"


def name_spot(call: Call) -> str:
    """Name a call and its module."""
    return f"{call.name} in {name_path(call)}"


@final
@dataclass(frozen=True, repr=False)
class PredicateSelector(AbstractSelector):
    """A selector from a predicate.

    Args:
        predicate: ``predicate(call, position)`` holds for the calls that are meant.
        words: How plans name it.
        possible: The kinds of op for which it can hold.
        is_fine: Whether it can tell steps; see :attr:`tells_steps`.
        trait: Names what it looks at in a call, for messages.
        names: The names that a user gave it to look for.
    """

    predicate: Callable[[Call, Position], bool]
    words: str
    possible: frozenset[Kind] = EVERY_KIND
    is_fine: bool = True
    trait: Callable[[Call], str] = name_spot
    names: tuple[str, ...] = ()

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of op for which the predicate can hold."""
        return self.possible

    @property
    def tells_steps(self) -> bool:
        """True if the predicate can tell one step of a written-out network from another."""
        return self.is_fine

    def matches(self, call: Call, position: Position) -> bool:
        """Return what the predicate returns."""
        return self.predicate(call, position)

    def __str__(self) -> str:
        """The words."""
        return self.words

    def __repr__(self) -> str:
        """The words, as no expression makes the selector anew."""
        return f"<{self.words}>"
