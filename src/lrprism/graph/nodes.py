"""Nodes of the autograd graph: their names, their sources, and the walk back along one line of them."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from torch import Tensor
from torch.autograd.function import BackwardCFunction

from lrprism.graph.functions import OwnFunction

Edge = tuple[Any, int]
"""A tensor of the graph: the node that made it, and which of the node's outputs it is."""


def name_of(node: Any) -> str:
    """Return the kind of a node: torch's name without the number behind it, or the name of our Function."""
    if isinstance(node, BackwardCFunction):
        function: Any = type(node)._forward_cls  # type: ignore[attr-defined]
        # a user's Function may be called as one of torch's or ours: it gets a name that no table has
        return function.node_name if issubclass(function, OwnFunction) else f"{function.__name__}.apply"
    kind = type(node).__name__  # quicker to read than node.name()
    return _strip_name(node.name() if kind == "CppFunction" else kind)


@cache
def _strip_name(name: str) -> str:
    # exported programs have a copying twin of every view: AliasBackward0_copy
    return name.rpartition(":")[2].removesuffix("_copy").rstrip("0123456789")


def sources_of(node: Any) -> list[Any]:
    """Return the nodes that made the live inputs of a node."""
    return [source for source, _ in node.next_functions if source is not None]


def edges_of(node: Any) -> list[Edge]:
    """Return the live inputs of a node."""
    return [edge for edge in node.next_functions if edge[0] is not None]


def edge_of(tensor: Tensor) -> Edge:
    """Return a live tensor as an edge of the graph."""
    return tensor.grad_fn, tensor.output_nr


def skip_back(node: Any, names: Collection[str]) -> Any:
    """Return the first node on the way back that is of another kind, or has several live inputs or none."""
    while name_of(node) in names and len(sources := sources_of(node)) == 1:
        node = sources[0]
    return node


def write_note(tensor: Tensor, key: str, value: Any) -> None:
    """Write a note on the node that made a live tensor; it is read from the node's ``metadata``."""
    node: Any = tensor.grad_fn
    node.metadata[key] = value
