"""The tensors that a tensor is an elementwise function of."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from lrprism.graph.facets import Facet, names_with
from lrprism.graph.nodes import Edge, edge_of, edges_of, name_of

_ELEMENTWISE = names_with(Facet.ELEMENTWISE)
_LIMIT = 64
"""The most nodes to visit before two tensors count as unrelated."""


def have_one_origin(*tensors: Tensor) -> bool:
    """Return True if live tensors are elementwise functions of one tensor, so that their product is too."""
    return share_origin([edge_of(tensor) for tensor in tensors])


def share_origin(edges: Sequence[Edge]) -> bool:
    """Return True if the tensors at some edges are elementwise functions of one tensor."""
    first, *others = (_collect_origins(edge) for edge in edges)
    return len(first) == 1 and all(origins == first for origins in others)


def _collect_origins(start: Edge) -> set[Edge]:
    """Return the tensors of which the tensor at an edge is an elementwise function."""
    origins: set[Edge] = set()
    seen: set[Edge] = set()
    pending = [start]
    while pending and len(seen) < _LIMIT:
        edge = pending.pop()
        if edge in seen:
            continue
        seen.add(edge)
        node = edge[0]
        # an input, or a node that mixes places: here the origin is
        sources = edges_of(node) if name_of(node) in _ELEMENTWISE else []
        if sources:
            pending.extend(sources)
        else:
            origins.add(edge)
    return origins | set(pending)  # beyond the limit each tensor counts as an origin
