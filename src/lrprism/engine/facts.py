"""The study of the autograd graph: what feeds each call with a rule, and what it feeds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from lrprism.graph import RELUS, Edges, Facet, name_of, names_with, sort_inputs_first, sources_of
from lrprism.ops import Call, Kind, tape_of

_MOVES, _KEEPS_SIGN = names_with(Facet.MOVES), names_with(Facet.KEEPS_SIGN)
_SCALES = names_with(Facet.SCALES)


def is_scale(node: Any) -> bool:
    """Return True if a node shifts and scales the entries of one live tensor."""
    tape = tape_of(node)
    if tape is not None:  # of our own functions, only a batch norm that stands alone does
        return tape.call.kind is Kind.NORMALIZATION and hasattr(node, "affine")
    return name_of(node) in _SCALES and len(sources_of(node)) == 1


class Facts(NamedTuple):
    """Everything that the graph of a forward pass tells about its calls.

    Args:
        affine: The affine calls that the output depends on, in order of execution.
        inputs: For each call that the output depends on and that may give relevance beside ``a * g``, the
            node that made its input and which of that node's outputs.
        reached: Every node that the output depends on.
        unseen: Names of nodes that no torch call shows, such as a user's own ``autograd.Function``.
        first: The calls between which and the inputs lies no affine op.
        at_input: The calls between which and the inputs lie only moves and constant shifts and scales, so
            that relevance of inputs that are zero can be brought back.
        rectified: The calls whose output feeds nothing but ReLUs, so that no relevance arrives where it is
            not positive.
        nonnegative: The calls whose input is known to hold no negative number.
        compared: Whether relevance follows the difference from a reference.
    """

    affine: list[Call]
    inputs: dict[Call, tuple[Any, int]]
    reached: set[Any]
    unseen: list[str]
    first: set[Call]
    at_input: set[Call]
    rectified: set[Call]
    nonnegative: set[Call]
    compared: bool = False


def collect_facts(
    outputs: Iterable[Tensor], unseen: Collection[Any] = (), nonnegative: Sequence[Tensor] = ()
) -> Facts:
    """Study the graph behind ``outputs``.

    Args:
        outputs: Tensors of the model.
        unseen: Nodes that no torch call shows.
        nonnegative: Inputs that hold no negative number.
    """
    roots = [output.grad_fn for output in outputs if output.grad_fn is not None]
    survey = _Survey({id(tensor) for tensor in nonnegative}, roots)
    order = sort_inputs_first(roots)
    for node, edges in order.items():
        survey.visit(node, edges)
    calls = survey.calls
    affine = sorted((call for _, call, _ in calls if call.kind.is_affine), key=lambda call: call.index)
    return Facts(
        affine,
        inputs={call: edge for _, call, edge in calls},
        reached=set(order),
        unseen=sorted({node.name() for node in unseen if node in order}),
        first={call for node, call, _ in calls if node not in survey.behind_affine},
        at_input={call for _, call, (source, _) in calls if source in survey.at_input},
        rectified={call for node, call, _ in calls if survey.is_rectified(node)},
        nonnegative={call for _, call, (source, _) in calls if source in survey.nonnegative},
    )


class _Survey:
    """Properties of the nodes of a graph, visited each after its inputs.

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
        self.calls: list[tuple[Any, Call, tuple[Any, int]]] = []
        """The nodes with a tape, their calls, and the edges to what made their inputs."""
        self.behind_affine: set[Any] = set()
        """The nodes between which and an input of the model lies an affine op, on at least one way."""
        self.at_input: set[Any] = set()
        """The nodes between which and the inputs lie only moves, and shifts and scales of one tensor."""
        self.nonnegative: set[Any] = set()
        """The nodes whose output is known to hold no negative number."""

    def visit(self, node: Any, edges: Edges) -> None:
        """Note the consumers and properties of one node."""
        name = name_of(node)
        consumers = self._consumers
        consumers[node] = []
        sources = []
        for source, _ in edges:
            if source is not None:
                sources.append(source)
                consumers[source].append((node, name))
        if not sources:  # an input of the model, or a parameter
            self.at_input.add(node)
            if self._inputs and id(getattr(node, "variable", None)) in self._inputs:
                self.nonnegative.add(node)
            return
        self._look_back(node, name, edges, sources)
        tape = tape_of(node)
        if tape is not None:
            self.calls.append((node, tape.call, edges[0]))
            if tape.call.kind.is_affine:
                self._from_affine.add(node)

    def _look_back(self, node: Any, name: str, edges: Edges, sources: list[Any]) -> None:
        """Conclude from the sources of a node; an edge to no node is a constant, of unknown sign."""
        if not self._from_affine.isdisjoint(sources):
            self.behind_affine.add(node)
            self._from_affine.add(node)
        elif self.at_input.issuperset(sources) and (name in _MOVES or is_scale(node)):
            self.at_input.add(node)
        keeps_sign = len(sources) == len(edges) and name in _KEEPS_SIGN
        if name in RELUS or (keeps_sign and self.nonnegative.issuperset(sources)):
            self.nonnegative.add(node)

    def is_rectified(self, node: Any) -> bool:
        """Return True if relevance comes back to ``node`` through nothing but ReLUs.

        It starts at an output, which an op that changes nothing, such as ``y[:, :n]``, may stand behind.
        """
        return node not in self._roots and all(
            name in RELUS or (name == "AliasBackward" and self.is_rectified(consumer))
            for consumer, name in self._consumers[node]
        )
