"""What the autograd graph tells about each affine call: what feeds it and what it feeds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from lrprism.ops import RELUS, Call, Facet, Kind, call_of, name_of, names_with, sources_of

_MOVES, _KEEPS_SIGN = names_with(Facet.MOVES), names_with(Facet.KEEPS_SIGN)
_SCALES = names_with(Facet.SCALES)


def is_scale(node: Any) -> bool:
    """Whether a node shifts and scales the entries of one live tensor."""
    call = call_of(node)
    if call is not None:
        return call.kind is Kind.NORMALIZATION and hasattr(node, "affine")
    return name_of(node) in _SCALES and len(sources_of(node)) == 1


Edges = Sequence[tuple[Any, int]]
"""For each live or constant input of a node, the node that made it, or None, and which of its outputs."""


def inputs_first(roots: Iterable[Any]) -> dict[Any, Edges]:
    """Every node that the roots depend on, each after all of its inputs, and the edges to these."""
    order: dict[Any, Edges] = {}
    seen: set[Any] = set()
    pending: list[tuple[Any, Edges | None]] = [(root, None) for root in roots]
    while pending:
        node, edges = pending.pop()
        if edges is not None:
            order[node] = edges
        elif node not in seen:
            seen.add(node)
            edges = node.next_functions  # torch makes them anew at every question
            pending.append((node, edges))
            for source, _ in edges:
                if source is not None and source not in seen:
                    pending.append((source, None))
    return order


class Graph(NamedTuple):
    """What was found out about a forward pass.

    Args:
        affine: The affine calls that the output depends on, in order of execution.
        inputs: For each of them, the node that made its input and which of that node's outputs.
        reached: Every node that the output depends on.
        unseen: Names of nodes that no torch call shows, such as a user's own ``autograd.Function``.
    """

    affine: list[Call]
    inputs: dict[Call, tuple[Any, int]]
    reached: set[Any]
    unseen: list[str]


def study(
    outputs: Iterable[Tensor], unseen: Collection[Any] = (), nonnegative: Sequence[Tensor] = ()
) -> Graph:
    """Fill in ``first``, ``at_input``, ``rectified`` and ``nonnegative`` of the calls behind ``outputs``.

    Args:
        outputs: Tensors of the model.
        unseen: Nodes that no torch call shows.
        nonnegative: Inputs that hold no negative number.
    """
    roots = [output.grad_fn for output in outputs if output.grad_fn is not None]
    survey = _Survey({id(each) for each in nonnegative}, roots)
    order = inputs_first(roots)
    for node, edges in order.items():
        survey.visit(node, edges)
    inputs: dict[Call, tuple[Any, int]] = {}
    for node, call, source in survey.called:
        call.first = node not in survey.behind_affine
        call.at_input = source[0] in survey.at_input
        call.nonnegative = source[0] in survey.nonnegative
        call.rectified = survey.is_rectified(node)
        inputs[call] = source
    affine = sorted((call for call in inputs if call.kind.is_affine), key=lambda call: call.index)
    names = sorted({node.name() for node in unseen if node in order})
    return Graph(affine, inputs, set(order), names)


class _Survey:
    """What is found out about the nodes of a graph, visited each after its inputs.

    Args:
        inputs: The ids of the inputs that hold no negative number.
        roots: The nodes that made the outputs: relevance starts there, whatever its sign.
    """

    def __init__(self, inputs: set[int], roots: Sequence[Any] = ()) -> None:
        """Start with nothing."""
        self._inputs = inputs
        self._roots = roots
        self._from_affine: set[Any] = set()  # affine ops and what lies behind them
        self._consumers: dict[Any, list[tuple[Any, str]]] = {}
        self.called: list[tuple[Any, Call, tuple[Any, int]]] = []
        """The nodes with a call, their calls, and what made their inputs."""
        self.behind_affine: set[Any] = set()
        """The nodes between which and an input of the model lies an affine op, on at least one way."""
        self.at_input: set[Any] = set()
        """The nodes between which and the inputs lie only moves, and shifts and scales of one tensor."""
        self.nonnegative: set[Any] = set()
        """The nodes whose output is known to hold no negative number."""

    def visit(self, node: Any, edges: Edges) -> None:
        """Find out about one node."""
        name = name_of(node)
        consumers = self._consumers
        consumers[node] = []
        sources = []
        for source, _ in edges:
            if source is not None:
                sources.append(source)
                consumers[source].append((node, name))
        if not sources:
            self.at_input.add(node)
            if self._inputs and id(getattr(node, "variable", None)) in self._inputs:
                self.nonnegative.add(node)
            return
        self._look_back(node, name, edges, sources)
        call = call_of(node)
        if call is not None:
            self.called.append((node, call, edges[0]))
            if call.kind.is_affine:
                self._from_affine.add(node)

    def _look_back(self, node: Any, name: str, edges: Edges, sources: list[Any]) -> None:
        """Conclude from the sources of a node; one that is no node stands for a constant, of unknown sign."""
        if not self._from_affine.isdisjoint(sources):
            self.behind_affine.add(node)
            self._from_affine.add(node)
        elif self.at_input.issuperset(sources) and (name in _MOVES or is_scale(node)):
            self.at_input.add(node)
        keeps = len(sources) == len(edges) and name in _KEEPS_SIGN
        if name in RELUS or (keeps and self.nonnegative.issuperset(sources)):
            self.nonnegative.add(node)

    def is_rectified(self, node: Any) -> bool:
        """Whether relevance comes back to ``node`` through nothing but ReLUs.

        It starts at an output, which an op that changes nothing, such as ``y[:, :n]``, may stand behind.
        """
        return node not in self._roots and all(
            name in RELUS or (name == "AliasBackward" and self.is_rectified(consumer))
            for consumer, name in self._consumers[node]
        )
