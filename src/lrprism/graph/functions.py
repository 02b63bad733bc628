"""Autograd functions of our own: what the nodes that they leave in the graph are called, and the way in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch

PASSED = "lrprism::Passed"
"""An elementwise function whose relevance passes unchanged; its node knows the function's ``op_name``."""

DAMPED = "lrprism::Damped"
"""A mean, damped by LRP-ε."""

SHARED = "lrprism::Shared"
"""A factor of a product, with its share of relevance."""

RECTIFIED = "lrprism::Rectified"
"""A ReLU that may leave its backward pass to the layer in front of it."""

AFFINE = "lrprism::Affine"
"""An op with constant weights; its node knows the ``affine`` op."""


class OwnFunction(torch.autograd.Function):
    """An autograd function of the library; a user's class of the same name is never taken for it."""

    node_name: ClassVar[str] = "lrprism::Function"
    """The name of its nodes in the table of facets; torch's own nodes have no such names."""


def entry_of(function: type[torch.autograd.Function]) -> Callable[..., Any]:
    """Return ``function.apply`` without its look for transformations of ``torch.func``, which takes time.

    The mode has looked already: calls inside such a transformation do not get here.
    """
    return super(torch.autograd.Function, function).apply  # type: ignore[misc, no-any-return]
