"""Which op calls a rule is meant for."""

from __future__ import annotations

import inspect
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, Never, TypeGuard, final

from torch import nn

from lrprism.errors import RuleError
from lrprism.ops import Call, Kind, builtin_named

__all__ = [
    "AbstractSelector",
    "Kind",
    "Place",
    "at_input",
    "first",
    "kind",
    "last",
    "module",
    "module_type",
    "op",
    "position",
    "where",
]


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


def _spot(call: Call) -> str:
    """Name a call and its module."""
    return f"{call.name} in {_path(call)}"


def _path(call: Call) -> str:
    return call.module or "(model)"


@final
@dataclass(frozen=True, repr=False)
class _Where(AbstractSelector):
    predicate: Callable[[Call, Place], bool]
    words: str
    possible: frozenset[Kind] = _EVERY_KIND
    is_fine: bool = True
    trait: Callable[[Call], str] = _spot
    names: tuple[str, ...] = ()

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

    Raises:
        RuleError: If the predicate cannot be called with a call and its place.
    """
    if not _takes_two(predicate):
        raise RuleError(
            "select.where() should get a predicate of a call and its place. "
            f"Found {_shown(predicate)}. Try select.where(lambda call, place: call.module == '0')."
        )
    return _Where(predicate, words, kinds, tells_steps)


def _takes_two(predicate: object) -> bool:
    """Whether something can be called with two arguments; what cannot be looked into counts as such."""
    if not callable(predicate):
        return False
    try:
        inspect.signature(predicate).bind(None, None)
    except TypeError:
        return False
    except ValueError:  # a builtin without a signature
        return True
    return True


def kind(*kinds: Kind) -> AbstractSelector:
    """Select calls by what the op does: ``kind(Kind.CONVOLUTION, Kind.LINEAR)``.

    Raises:
        RuleError: If there is no kind, or something else.
    """
    _check_all("kind", kinds, Kind, "kinds of op, such as select.Kind.CONVOLUTION")
    words = " or ".join(each.value for each in kinds)
    return _Where(
        lambda call, _: call.kind in kinds, words, frozenset(kinds), False, lambda call: call.kind.value
    )


_NETWORKS = frozenset({"lstm", "gru", "rnn"})
"""The names of recurrent layers of which all steps are one call."""


def op(*names: str) -> AbstractSelector:
    """Select calls by the op's name: ``op("conv3d")``, with or without a batch norm that is merged with it.

    Raises:
        RuleError: If there is no name, or something else.
    """
    _check_all("op", names, str, "names of ops, such as 'conv3d'")
    return _Where(
        lambda call, _: call.name in names or _layer_of(call.name) in names,
        " or ".join(names),
        is_fine=not _NETWORKS.issuperset(names),
        trait=lambda call: call.name,
        names=names,
    )


def _layer_of(name: str) -> str:
    """Return the name of a layer without that of the batch norm in front of it or behind it."""
    return name.removeprefix("batch_norm + ").partition(" + ")[0]


def module(glob: str) -> AbstractSelector:
    """Select calls by the path of the module that they happen in: ``module("features.*")``.

    Raises:
        RuleError: If that is no text.
    """
    _check_all("module", (glob,), str, "the path of a module or a glob, such as 'features.*'")
    return _Where(
        lambda call, _: fnmatchcase(call.module, glob),
        f"module {glob}",
        is_fine=False,
        trait=_path,
        names=(glob,),
    )


def module_type(*types: type) -> AbstractSelector:
    """Select calls by the class of the innermost module that they happen in.

    Raises:
        RuleError: If there is no class, or something else.
    """
    _check_all("module_type", types, type, "classes of modules, such as nn.Conv2d")
    names = tuple(each.__name__ for each in types)
    return _Where(
        lambda call, _: issubclass(call.module_type, types),
        " or ".join(names),
        is_fine=False,
        trait=lambda call: call.module_type.__name__,
        names=names,
    )


def first(*none: Never) -> AbstractSelector:
    """Select the first affine op on each way from an input, in order of execution.

    Raises:
        RuleError: If a number is given, as to :func:`last`.
    """
    if none:
        raise RuleError(
            "select.first() should get nothing: it means the first affine op on each way from an input. "
            f"Found {_shown(none[0])}. Try select.position(0, 2) for the first two in order of execution."
        )
    return where(lambda call, _: call.kind.is_affine and call.first, "first affine op")


def at_input() -> AbstractSelector:
    """Select the affine ops that stand right behind an input, as ZBox, WSquare and Flat demand.

    Reshaping, padding and constant shifts and scales may lie between.
    """
    return where(lambda call, _: call.kind.is_affine and call.at_input, "affine op at the input")


def last(n: int = 1) -> AbstractSelector:
    """Select the last ``n`` affine ops in order of execution.

    Raises:
        RuleError: If that is no whole number from 1.
    """
    if not _is_whole(n) or n < 1:
        raise RuleError(
            f"select.last() should get how many ops are meant, from 1. Found {_shown(n)}. "
            "Try select.last(2), or select.position(0) for all of them."
        )
    words = "last affine op" if n == 1 else f"last {n} affine ops"
    return where(lambda _, place: place.position is not None and place.position >= place.count - n, words)


def position(start: int, stop: int | None = None) -> AbstractSelector:
    """Select affine ops by their number in order of execution, as a slice does: ``position(1, -2)``.

    Raises:
        RuleError: If these are no whole numbers, or nothing lies between them.
    """
    if not _is_whole(start) or not (stop is None or _is_whole(stop)):
        odd = stop if _is_whole(start) else start
        raise RuleError(
            f"select.position() should get whole numbers, as a slice does. Found {_shown(odd)}. "
            "Try select.position(1, -2)."
        )
    if stop is not None and start >= stop and (start < 0) == (stop < 0):
        raise RuleError(
            f"select.position() should get a stop behind its start. Found {start}, {stop}. "
            f"Try select.position({start}{f', {start + 1}' if start != -1 else ''}) for one op."
        )

    def inside(_: Call, place: Place) -> bool:
        return place.position is not None and place.position in range(
            *slice(start, stop).indices(place.count)
        )

    return where(inside, f"affine ops [{start}:{'' if stop is None else stop}]")


def _is_whole(value: Any) -> bool:
    """Whether something is a whole number, of any library."""
    try:
        operator.index(value)
    except TypeError:
        return False
    return not isinstance(value, bool)


def _check_all(name: str, values: tuple[object, ...], wanted: type, words: str) -> None:
    """Check what a selector is given.

    Raises:
        RuleError: If there is nothing, or something of another type.
    """
    odd = [each for each in values if not isinstance(each, wanted)]
    if not odd and values:
        return
    found, advice = (_shown(odd[0]), suggest(odd[0])) if odd else ("nothing", "")
    if wanted is str and odd and _is_row(odd[0]) and all(isinstance(each, str) for each in odd[0]):
        advice = " | ".join(f"select.{name}({each!r})" for each in odd[0])
    raise RuleError(f"select.{name}() should get {words}. Found {found}.{advice and f' Try {advice}.'}")


def _is_row(value: object) -> TypeGuard[Collection[object]]:
    """Whether something holds several things, which a selector takes one by one."""
    return isinstance(value, (list, tuple, set, frozenset)) and len(value) > 0


_FEW = 5
"""How many of the things to choose from a warning names."""


def describe_choice(selector: AbstractSelector, calls: Sequence[Call]) -> str:
    """Name what there was to choose from, and what was perhaps meant.

    Args:
        selector: A selector that means none of the calls.
        calls: Those that it could have meant.
    """
    trait, names = (selector.trait, selector.names) if isinstance(selector, _Where) else (_spot, ())
    found = list(dict.fromkeys(map(trait, calls)))
    inside = [f"{name}.*" for name in names if any(each.startswith(f"{name}.") for each in found)]
    close = [match for name in names for match in get_close_matches(name, found, n=1)]
    meant = f" (perhaps {(inside + close)[0]!r})" if inside or close else ""
    return f"{', '.join([*found[:_FEW], *(['...'] if len(found) > _FEW else [])])}{meant}"


def suggest(value: object) -> str:
    """Return the selector that something may stand for, as it is to be typed.

    Args:
        value: What stands where a selector, or what it selects by, should be.
    """
    match value:
        case Kind():
            return f"select.kind(select.Kind.{value.name})"
        case nn.Module():
            return "select.module('its path')"
        case type() if issubclass(value, nn.Module):
            is_known = getattr(nn, value.__name__, None) is value
            return f"select.module_type({'nn.' * is_known}{value.__name__})"
        case str():
            return _suggest_by_name(value)
        case bool() | None:
            return _ANY
        case int():
            return f"select.module('{value}')"
    if _is_row(value):
        return " | ".join(map(suggest, value))
    name = getattr(value, "__name__", "")
    if getattr(value, "__module__", "") == __name__:
        return f"select.{name}()"
    return f"select.op({name!r})" if callable(value) and builtin_named(name) is not None else _ANY


_ANY = "select.kind(select.Kind.CONVOLUTION), select.module('features.*') or select.last()"
"""Selectors to choose from, where nothing tells which was meant."""


def _suggest_by_name(name: str) -> str:
    """Return the selector for a name: of a kind, a class of torch, an op or else a module."""
    meant = next((each for each in Kind if each.value == name.lower().replace("_", " ")), None)
    if meant is not None:
        return suggest(meant)
    of_torch = getattr(nn, name, None)
    if isinstance(of_torch, type) and issubclass(of_torch, nn.Module):
        return suggest(of_torch)
    return f"select.{'module' if builtin_named(name) is None else 'op'}({name!r})"


def _shown(value: object) -> str:
    """Write what was found in one line: of a function its name, of a module its class."""
    if isinstance(value, nn.Module):
        return f"a module {type(value).__name__}"
    if callable(value) and hasattr(value, "__name__"):
        return f"{'class' if isinstance(value, type) else 'function'} {value.__name__}"
    return repr(value)
