"""Where relevance is read: at a tensor, or at the merged op that took the place of the op that made it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge

from lrprism.engine import zero_inputs
from lrprism.engine.graph import Graph
from lrprism.ops import Call, Kind, call_of, ends_of, producer_of


class Place(NamedTuple):
    """A place in the autograd graph at which relevance is read as ``value * g``.

    Args:
        edge: The place, as autograd takes it.
        value: The activation there.
        is_finite: Whether that holds finite numbers only, as an input does.
    """

    edge: Tensor | GradientEdge
    value: Tensor
    is_finite: bool = False

    def relevance(self, gradient: Tensor | None, extra: zero_inputs.Beside) -> Tensor:
        """The relevance that arrived, with what travelled beside ``a * g``."""
        value = self.value.detach()
        if gradient is None:
            found = torch.zeros_like(value)
        else:
            found = (value.conj() * gradient).real if value.is_complex() else value * gradient
            if not self.is_finite:
                found = torch.where(gradient == 0, 0, found)  # a masked score of -inf has no relevance
        if extra and isinstance(self.edge, Tensor):
            with torch.inference_mode(False):
                more = zero_inputs.total(extra, get_gradient_edge(self.edge))
            return found if more is None else found + more.to(found.dtype)
        return found


def places_of(tensor: Tensor, graph: Graph, calls: Sequence[Call]) -> list[Place]:
    """Where to read the relevance of a module's output.

    A convolution that was merged with the batch norm behind it left the graph: the relevance of its output is
    that of the two together. That of a batch norm merged with the convolution behind it is what the two hand
    down.

    Args:
        tensor: The output.
        graph: What is known about the forward pass.
        calls: Every recorded call.
    """
    made = producer_of(tensor)
    if tensor.grad_fn in graph.reached or made is None:
        return [Place(tensor, tensor)]
    nodes = {call_of(node): node for node in graph.reached}
    heirs = _heirs(made[0], calls)
    return [_place(nodes[heir], made[0]) for heir in heirs if heir in nodes] or [Place(tensor, tensor)]


def _heirs(call: Call, calls: Sequence[Call]) -> list[Call]:
    """The calls that took the place of a call, of those that took their place, and so on."""
    found = [call]
    for each in calls:
        if each.replaces in found:
            found.append(each)
    return found[1:]


def _place(node: Any, replaced: Call) -> Place:
    """The input of a merged op, if it replaced a batch norm in front of it; else its output."""
    a, z = ends_of(node)
    if replaced.kind is Kind.NORMALIZATION:
        return Place(GradientEdge(*node.next_functions[0]), a)
    return Place(GradientEdge(node, 0), z)
