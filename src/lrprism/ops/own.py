"""Ops for torch functions that the library does not know, in the words of their user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lrprism.ops.elementwise import Activation
from lrprism.ops.kinds import Kind
from lrprism.ops.op import AbstractOp, ComposedOp, NativeOp, StoppedOp
from lrprism.ops.products import Product


def activation(name: str) -> AbstractOp:
    """Return the op of an elementwise function of its first argument: relevance passes unchanged."""
    return Activation(Kind.ACTIVATION, name)


def routing(name: str) -> AbstractOp:
    """Return an op whose gradient is the rule: it moves, selects, adds or scales."""
    return NativeOp(Kind.ROUTING, name)


def product(name: str) -> AbstractOp:
    """Return the op of a product: a rule for products shares relevance among its live tensors."""
    return Product(Kind.PRODUCT, name)


def constant(name: str) -> AbstractOp:
    """Return an op whose result counts as a constant: relevance stops."""
    return StoppedOp(Kind.STOPPED, name)


def composed(name: str, parts: Callable[..., Any]) -> AbstractOp:
    """Return an op that ``parts`` writes out in other torch calls, from the op's own arguments."""
    return ComposedOp(Kind.ROUTING, name, parts)
