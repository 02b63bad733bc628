"""Ops for torch functions that the library does not know, in the words of their user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lrprism.ops.kinds import Kind
from lrprism.ops.op import AbstractOp, ComposedOp, NativeOp, StoppedOp
from lrprism.ops.products import Product
from lrprism.ops.scaled import Activation


def activation(name: str) -> AbstractOp:
    """An elementwise function of its first argument: relevance passes unchanged."""
    return Activation(Kind.ACTIVATION, name)


def routing(name: str) -> AbstractOp:
    """An op whose gradient is the rule: it moves, selects, adds or scales."""
    return NativeOp(Kind.ROUTING, name)


def product(name: str) -> AbstractOp:
    """A product of its tensor arguments: a rule for products shares relevance among the live ones."""
    return Product(Kind.PRODUCT, name)


def constant(name: str) -> AbstractOp:
    """An op whose result counts as a constant: relevance stops."""
    return StoppedOp(Kind.STOPPED, name)


def composed(name: str, parts: Callable[..., Any]) -> AbstractOp:
    """An op that is written out in other torch calls by ``parts``, which takes the op's own arguments."""
    return ComposedOp(Kind.ROUTING, name, parts)
