"""Nodes of the autograd graph: their names, their sources, and the walks back over them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from torch import Tensor
from torch.autograd.function import BackwardCFunction

from lrprism.graph.functions import PASSED, OwnFunction

Edge = tuple[Any, int]
"""A tensor of the graph: the node that made it, and which of the node's outputs it is."""

Edges = Sequence[Edge]
"""For each live or constant input of a node, the node that made it, or None, and which of its outputs."""


def name_of(node: Any) -> str:
    """Return the kind of a node: torch's name without the number behind it, or the name of our Function."""
    if isinstance(node, BackwardCFunction):
        function: Any = type(node)._forward_cls  # type: ignore[attr-defined]
        # a user's Function may be called as one of torch's or ours: it gets a name that no table has
        return function.node_name if issubclass(function, OwnFunction) else f"{function.__name__}.apply"
    kind = type(node).__name__  # quicker to read than node.name()
    return _strip_name(node.name() if kind == "CppFunction" else kind)


def op_name_of(node: Any) -> str:
    """Return the name of a node; of an elementwise function that passes relevance on, the function's name."""
    name = name_of(node)
    return str(node.op_name) if name == PASSED else name


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


def walk_back(start: Any) -> Iterator[Any]:
    """Yield a node and every node that it depends on, each once, in no particular order."""
    pending, seen = [start], {start}
    while pending:
        node = pending.pop()
        yield node
        sources = [source for source in sources_of(node) if source not in seen]
        pending.extend(sources)
        seen.update(sources)


def sort_inputs_first(roots: Iterable[Any]) -> dict[Any, Edges]:
    """Return every node that the roots depend on, each after all of its inputs, and the edges to these."""
    order: dict[Any, Edges] = {}
    seen: set[Any] = set()
    pending: list[tuple[Any, Edges | None]] = [(root, None) for root in roots]
    while pending:
        node, edges = pending.pop()
        if edges is not None:  # second visit: all its inputs stand in the order by now
            order[node] = edges
        elif node not in seen:
            seen.add(node)
            edges = node.next_functions  # torch builds these tuples anew each time it is asked
            pending.append((node, edges))
            for source, _ in edges:
                if source is not None and source not in seen:
                    pending.append((source, None))
    return order
