"""The second way back: relevance that inputs get whatever their value, which ``a * g`` cannot carry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import Tensor
from torch.autograd.graph import GradientEdge

from lrprism.engine.facts import Facts, is_scale
from lrprism.graph import name_of, sort_inputs_first
from lrprism.ops import Tape

Beside = dict[Any, dict[int, Tensor]]
"""Relevance per node of the autograd graph and output of that node."""


def needs_saved_tensors(facts: Facts, tapes: Iterable[Tape]) -> bool:
    """Return True if :func:`collect` needs tensors that autograd frees during the pass, such as an index."""
    nodes = sort_inputs_first(facts.inputs[tape.call][0] for tape in tapes)
    return any(_saves_tensors(node) for node in nodes if not is_scale(node))


def _saves_tensors(node: Any) -> bool:
    return name_of(node) == "CopySlices" or any(name.startswith("_raw_saved") for name in dir(node))


def collect(facts: Facts, tapes: Iterable[Tape]) -> Beside:
    """Bring the relevance that rules gave beside ``a * g`` back through moves, shifts and scales.

    Returns:
        The relevance at every node on the way, the inputs' own nodes included.
    """
    beside: Beside = {}
    starts = []
    for tape in tapes:
        if tape.beside is not None:
            edge = facts.inputs[tape.call]
            _add_at(beside, edge, tape.beside)
            starts.append(edge[0])
            tape.beside = None
    for node in reversed(sort_inputs_first(starts)):
        if node in beside and node.next_functions:
            _carry_on(beside, node)
    return beside


def total(beside: Beside, edge: GradientEdge) -> Tensor | None:
    """Return the relevance beside ``a * g`` at an edge of the graph, or None."""
    return beside.get(edge.node, {}).get(edge.output_nr)


def _add_at(beside: Beside, edge: tuple[Any, int], relevance: Tensor) -> None:
    node, number = edge
    outputs = beside.setdefault(node, {})
    outputs[number] = outputs[number] + relevance if number in outputs else relevance


def _carry_on(beside: Beside, node: Any) -> None:
    """Hand the relevance at a node on to the nodes that made its inputs."""
    outputs = beside[node]
    # a constant shift or scale keeps the relevance of each entry; what was broadcast is summed up
    if is_scale(node):
        (edge,) = [edge for edge in node.next_functions if edge[0] is not None]
        _add_at(beside, edge, outputs[0].sum_to_size(edge[0]._input_metadata[edge[1]].shape))
        return
    # a move: its backward moves relevance as it moves gradients
    results = node(*(outputs.get(number) for number in range(len(node._input_metadata))))
    if not isinstance(results, tuple):
        results = (results,)
    for edge, relevance in zip(node.next_functions, results, strict=False):
        if edge[0] is not None:
            _add_at(beside, edge, relevance)
