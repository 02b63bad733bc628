"""The selectors of :mod:`lrprism.select`: functions that say which calls a rule is meant for."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, Never

from torch import nn

from lrprism.composites.matching import (
    EVERY_KIND,
    AbstractSelector,
    Position,
    PredicateSelector,
    name_path,
)
from lrprism.composites.suggestions import is_row, suggest
from lrprism.errors import RuleError
from lrprism.ops import Call, Kind

__all__ = [
    "AbstractSelector",
    "Kind",
    "Position",
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


def where(
    predicate: Callable[[Call, Position], bool],
    words: str = "a predicate",
    kinds: frozenset[Kind] = EVERY_KIND,
    *,
    tells_steps: bool = True,
) -> AbstractSelector:
    """Select calls by a predicate.

    Args:
        predicate: ``predicate(call, position)`` holds for those that are meant.
        words: How plans name it.
        kinds: The kinds of op for which it can hold.
        tells_steps: Whether it can hold for one linear layer and not for another of the same module.

    Raises:
        RuleError: If the predicate cannot be called with a call and its position.
    """
    if not _takes_two(predicate):
        raise RuleError(
            "select.where() should get a predicate of a call and its position. "
            f"Found {_describe_value(predicate)}. "
            "Try select.where(lambda call, position: call.module == '0')."
        )
    return PredicateSelector(predicate, words, kinds, tells_steps)


def _takes_two(predicate: object) -> bool:
    """Return True if something can be called with two arguments, or does not say what it takes."""
    if not callable(predicate):
        return False
    try:
        inspect.signature(predicate).bind(None, None)
    except TypeError:
        return False
    # a builtin without a signature
    except ValueError:
        return True
    return True


def kind(*kinds: Kind) -> AbstractSelector:
    """Select calls by what the op does: ``kind(Kind.CONVOLUTION, Kind.LINEAR)``.

    Raises:
        RuleError: If there is no kind, or something else.
    """
    _check_all("kind", kinds, Kind, "kinds of op, such as select.Kind.CONVOLUTION")
    # all steps of a written-out network are of one kind, so a kind tells no steps apart
    words = " or ".join(kind.value for kind in kinds)
    return PredicateSelector(
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
    return PredicateSelector(
        lambda call, _: call.name in names or _layer_of(call.name) in names,
        " or ".join(names),
        # "linear" may be a step of a written-out LSTM; "lstm" is all of them
        is_fine=not _NETWORKS.issuperset(names),
        trait=lambda call: call.name,
        names=names,
    )


def _layer_of(name: str) -> str:
    """Return the name of a layer without that of the batch norm that is merged with it."""
    return name.removeprefix("batch_norm + ").partition(" + ")[0]


def module(glob: str) -> AbstractSelector:
    """Select calls by the path of the module that they happen in: ``module("features.*")``.

    Raises:
        RuleError: If that is no text.
    """
    _check_all("module", (glob,), str, "the path of a module or a glob, such as 'features.*'")
    return PredicateSelector(
        lambda call, _: fnmatchcase(call.module, glob),
        f"module {glob}",
        is_fine=False,
        trait=name_path,
        names=(glob,),
    )


def module_type(*types: type) -> AbstractSelector:
    """Select calls by the class of the innermost module that they happen in.

    Raises:
        RuleError: If there is no class, or something else.
    """
    _check_all("module_type", types, type, "classes of modules, such as nn.Conv2d")
    names = tuple(kind.__name__ for kind in types)
    return PredicateSelector(
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
    # first(2) is read as the first two by whoever knows last(2)
    if none:
        raise RuleError(
            "select.first() should get nothing: it means the first affine op on each way from an input. "
            f"Found {_describe_value(none[0])}. "
            "Try select.position(0, 2) for the first two in order of execution."
        )
    return where(lambda call, position: call.kind.is_affine and position.is_first, "first affine op")


def at_input() -> AbstractSelector:
    """Select the affine ops that stand right behind an input, as ZBox, WSquare and Flat demand.

    Reshaping, padding and constant shifts and scales may lie between.
    """
    return where(lambda call, position: call.kind.is_affine and position.at_input, "affine op at the input")


def last(n: int = 1) -> AbstractSelector:
    """Select the last ``n`` affine ops in order of execution.

    Raises:
        RuleError: If that is no whole number from 1.
    """
    if not _is_whole_number(n) or n < 1:
        raise RuleError(
            f"select.last() should get how many ops are meant, from 1. Found {_describe_value(n)}. "
            "Try select.last(2), or select.position(0) for all of them."
        )
    words = "last affine op" if n == 1 else f"last {n} affine ops"
    return where(
        lambda _, position: position.number is not None and position.number >= position.affine_calls - n,
        words,
    )


def position(start: int, stop: int | None = None) -> AbstractSelector:
    """Select affine ops by their number in order of execution, as a slice does: ``position(1, -2)``.

    Raises:
        RuleError: If these are no whole numbers, or nothing lies between them.
    """
    if not _is_whole_number(start) or not (stop is None or _is_whole_number(stop)):
        odd = stop if _is_whole_number(start) else start
        raise RuleError(
            f"select.position() should get whole numbers, as a slice does. Found {_describe_value(odd)}. "
            "Try select.position(1, -2)."
        )
    # position(2, -1) may hold something, as only the run tells how many ops there are
    if stop is not None and start >= stop and (start < 0) == (stop < 0):
        raise RuleError(
            f"select.position() should get a stop behind its start. Found {start}, {stop}. "
            f"Try select.position({start}{f', {start + 1}' if start != -1 else ''}) for one op."
        )

    def is_inside(_: Call, position: Position) -> bool:
        # a slice reads numbers below zero from the end, which only the count of a run tells
        numbers = range(*slice(start, stop).indices(position.affine_calls))
        return position.number is not None and position.number in numbers

    return where(is_inside, f"affine ops [{start}:{'' if stop is None else stop}]")


def _is_whole_number(value: Any) -> bool:
    """Return True for a whole number of any library, but not for a bool."""
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
    odd = [value for value in values if not isinstance(value, wanted)]
    if not odd and values:
        return
    description, advice = (_describe_value(odd[0]), suggest(odd[0])) if odd else ("nothing", "")
    # a list of names, where each is an argument of its own
    if wanted is str and odd and is_row(odd[0]) and all(isinstance(text, str) for text in odd[0]):
        advice = " | ".join(f"select.{name}({text!r})" for text in odd[0])
    raise RuleError(f"select.{name}() should get {words}. Found {description}.{advice and f' Try {advice}.'}")


def _describe_value(value: object) -> str:
    """Write a value in one line: a function by its name, a module by its class."""
    if isinstance(value, nn.Module):
        return f"a module {type(value).__name__}"
    if callable(value) and hasattr(value, "__name__"):
        return f"{'class' if isinstance(value, type) else 'function'} {value.__name__}"
    return repr(value)
