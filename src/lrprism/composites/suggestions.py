"""Advice about selectors in messages: which one was perhaps meant, and what there is to choose from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from difflib import get_close_matches
from typing import TypeGuard

from torch import nn

from lrprism.composites.matching import AbstractSelector, PredicateSelector, name_spot
from lrprism.ops import Call, Kind, builtin_named

_FEW = 5
"""How many of the things to choose from a warning names."""

_ANY = "select.kind(select.Kind.CONVOLUTION), select.module('features.*') or select.last()"
"""Selectors to choose from, where nothing tells which was meant."""


def describe_choice(selector: AbstractSelector, calls: Sequence[Call]) -> str:
    """Name what there was to choose from, and what was perhaps meant.

    Args:
        selector: A selector that means none of the calls.
        calls: The calls that it could have meant.
    """
    trait: Callable[[Call], str] = name_spot
    names: tuple[str, ...] = ()
    if isinstance(selector, PredicateSelector):
        trait, names = selector.trait, selector.names
    choice = list(dict.fromkeys(map(trait, calls)))
    # module("features") where the ops run in features.0 and so on: the glob features.* means these
    inside = [f"{name}.*" for name in names if any(option.startswith(f"{name}.") for option in choice)]
    close = [match for name in names for match in get_close_matches(name, choice, n=1)]
    meant = f" (perhaps {(inside + close)[0]!r})" if inside or close else ""
    return f"{', '.join([*choice[:_FEW], *(['...'] if len(choice) > _FEW else [])])}{meant}"


def suggest(value: object) -> str:
    """Return the selector that something may stand for, as a user would type it.

    Args:
        value: What stands where a selector, or what it selects by, should be.
    """
    match value:
        case Kind():
            return f"select.kind(select.Kind.{value.name})"
        case nn.Module():
            return "select.module('its path')"
        case type() if issubclass(value, nn.Module):
            # a class of torch goes by nn.Linear, a user's by its own name
            is_known = getattr(nn, value.__name__, None) is value
            return f"select.module_type({'nn.' * is_known}{value.__name__})"
        case str():
            return _suggest_by_name(value)
        # before int(): a bool is one
        case bool() | None:
            return _ANY
        # the number of a module in nn.Sequential
        case int():
            return f"select.module('{value}')"
    if is_row(value):
        return " | ".join(map(suggest, value))
    name = getattr(value, "__name__", "")
    # a selector's function without its parentheses
    if getattr(value, "__module__", "") == "lrprism.composites.selectors":
        return f"select.{name}()"
    return f"select.op({name!r})" if callable(value) and builtin_named(name) is not None else _ANY


def is_row(value: object) -> TypeGuard[Collection[object]]:
    """Return True if something holds several things, which a selector takes one by one."""
    return isinstance(value, (list, tuple, set, frozenset)) and len(value) > 0


def _suggest_by_name(name: str) -> str:
    """Return the selector for a name: of a kind, a class of torch, an op or else a module."""
    for kind in Kind:
        if kind.value == name.lower().replace("_", " "):
            return suggest(kind)
    of_torch = getattr(nn, name, None)
    if isinstance(of_torch, type) and issubclass(of_torch, nn.Module):
        return suggest(of_torch)
    return f"select.{'module' if builtin_named(name) is None else 'op'}({name!r})"
