"""The descent of tensors from the inputs, also through nodes that no torch call shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import Tensor

from lrprism.graph import Facet, name_of, names_with, sources_of

_MOVES = names_with(Facet.MOVES)
"""Steps whose gradient is the rule, whoever made them."""


class Descent:
    """Knows the nodes of the autograd graph that lead back to the inputs of one forward pass.

    ``requires_grad`` does not tell: a prototype that was computed in ``__init__`` requires grad and is a
    constant. What a recorded call returned is known; whatever else comes as an argument is followed back.
    """

    def __init__(self) -> None:
        """Start with nothing known."""
        self.known: set[Any] = set()
        """Nodes that lead back to an input; the mode looks them up by itself, once per argument."""
        self.unseen: set[Any] = set()
        """Those among them that no recorded call made: TorchScript, other threads, a user's own Functions."""
        self._foreign: set[Any] = set()

    def admit(self, tensors: Iterable[Tensor]) -> None:
        """Remember that tensors descend from the inputs: inputs themselves, or results of seen calls."""
        self.known.update([node for tensor in tensors if (node := tensor.grad_fn) is not None])

    def holds(self, start: Any) -> bool:
        """Return True if what a node made descends from an input; remember what lies on the way."""
        if start in self.known:
            return True
        order: list[tuple[Any, list[Any]]] = []
        pending: list[Any] = [start]
        visited = {start}
        while pending:
            node = pending.pop()
            sources = sources_of(node)
            order.append((node, sources))
            # stop at nodes of which the answer is known
            new = [source for source in sources if source not in visited and source not in self.known]
            new = [source for source in new if source not in self._foreign]
            visited.update(new)
            pending.extend(new)
        live = _find_leading(order, self.known)
        self.known |= live
        # moves of torch, such as the view that a Function returns, are no step of anyone's own
        self.unseen |= {node for node in live if name_of(node) not in _MOVES}
        self._foreign |= visited - live
        return start in live


def _find_leading(order: list[tuple[Any, list[Any]]], known: set[Any]) -> set[Any]:
    """Return the nodes from which a way leads to a known one."""
    consumers: dict[Any, list[Any]] = {}
    pending = []
    for node, sources in order:
        for source in sources:
            consumers.setdefault(source, []).append(node)
        if not known.isdisjoint(sources):
            pending.append(node)
    leading: set[Any] = set()
    while pending:
        node = pending.pop()
        if node not in leading:
            leading.add(node)
            pending.extend(consumers.get(node, ()))
    return leading
