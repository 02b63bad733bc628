"""The second way back: relevance that inputs get whatever their value, which ``a * g`` cannot carry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import Tensor
from torch.autograd.graph import GradientEdge

from lrprism.engine.graph import Graph, inputs_first, is_scale
from lrprism.ops import Call, name_of

Beside = dict[Any, dict[int, Tensor]]
"""Relevance per node of the autograd graph and output of that node."""


def needs_saved_tensors(graph: Graph, calls: Iterable[Call]) -> bool:
    """Whether :func:`collect` will ask for what autograd gives back after a way back, such as an index."""
    nodes = inputs_first(graph.inputs[call][0] for call in calls)
    return any(_holds_tensors(node) for node in nodes if not is_scale(node))


def _holds_tensors(node: Any) -> bool:
    return name_of(node) == "CopySlices" or any(name.startswith("_raw_saved") for name in dir(node))


def collect(graph: Graph, calls: Iterable[Call]) -> Beside:
    """Bring the relevance that rules gave beside ``a * g`` back through moves, shifts and scales.

    Returns:
        The relevance at every node on the way, the inputs' own nodes included.
    """
    found: Beside = {}
    starts = []
    for call in calls:
        if call.beside is not None and call in graph.inputs:
            _add(found, graph.inputs[call], call.beside)
            starts.append(graph.inputs[call][0])
            call.beside = None
    for node in reversed(inputs_first(starts)):
        if node in found and node.next_functions:
            _carry(found, node)
    return found


def total(found: Beside, edge: GradientEdge) -> Tensor | None:
    """The relevance beside ``a * g`` at a place in the graph, or None."""
    return found.get(edge.node, {}).get(edge.output_nr)


def _add(found: Beside, place: tuple[Any, int], relevance: Tensor) -> None:
    node, number = place
    own = found.setdefault(node, {})
    own[number] = own[number] + relevance if number in own else relevance


def _carry(found: Beside, node: Any) -> None:
    """Hand the relevance at a node on to the nodes that made its inputs."""
    own = found[node]
    if is_scale(node):
        (source,) = [pair for pair in node.next_functions if pair[0] is not None]
        _add(found, source, own[0].sum_to_size(source[0]._input_metadata[source[1]].shape))
        return
    results = node(*(own.get(number) for number in range(len(node._input_metadata))))
    for place, source in enumerate(node.next_functions):
        if source[0] is not None:
            _add(found, source, _first(results, place))


def _first(results: Any, place: int) -> Tensor:
    """One of a node's results, which is no tuple where there is one only."""
    chosen: Tensor = results[place] if isinstance(results, tuple) else results
    return chosen
