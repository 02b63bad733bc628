"""Readouts: where relevance is read, at a tensor or at the merged op that replaced the op behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge

from lrprism.engine import zero_inputs
from lrprism.engine.facts import Facts
from lrprism.engine.passes import Trace
from lrprism.ops import Call, Kind, ends_of, producer_of, tape_of


class Readout(NamedTuple):
    """An edge of the autograd graph at which relevance is read as ``value * g``.

    Args:
        edge: The edge, as autograd takes it.
        value: The activation there.
        is_finite: Whether that holds finite numbers only, as an input does.
    """

    edge: Tensor | GradientEdge
    value: Tensor
    is_finite: bool = False

    def relevance(self, gradient: Tensor | None, beside: zero_inputs.Beside) -> Tensor:
        """Return the relevance that arrived, with what travelled beside ``a * g``."""
        value = self.value.detach()
        if gradient is None:  # nothing flows back here
            relevance = torch.zeros_like(value)
        else:
            relevance = (value.conj() * gradient).real if value.is_complex() else value * gradient
            if not self.is_finite:
                relevance = torch.where(gradient == 0, 0, relevance)  # a masked score of -inf has none
        if beside and isinstance(self.edge, Tensor):
            with torch.inference_mode(False):
                extra = zero_inputs.total(beside, get_gradient_edge(self.edge))
            return relevance if extra is None else relevance + extra.to(relevance.dtype)
        return relevance


def find_readouts(
    tensor: Tensor, passed: Trace, facts: Facts, changes: Mapping[int, Tensor]
) -> list[Readout]:
    """Return where to read the relevance of a module's output.

    A convolution that was merged with the batch norm behind it left the graph: the relevance of its output is
    that of the two together. That of a batch norm merged with the convolution behind it is what the two hand
    down.

    Args:
        tensor: The output.
        passed: The forward pass.
        facts: Facts about its calls, from the graph.
        changes: Differences from the reference, by the id of the tensor; with them no op is merged.
    """
    if id(tensor) in changes:
        return [Readout(tensor, changes[id(tensor)])]
    producer = producer_of(tensor)
    if tensor.grad_fn in facts.reached or producer is None:
        return [Readout(tensor, tensor)]
    call = producer[0].call
    nodes = {tape.call: node for node in facts.reached if (tape := tape_of(node)) is not None}
    heirs = [heir for heir in _find_heirs(call, passed.calls) if heir in nodes]
    return [_read_at_heir(nodes[heir], call) for heir in heirs] or [Readout(tensor, tensor)]


def _find_heirs(call: Call, calls: Sequence[Call]) -> list[Call]:
    """Return the calls that replaced a call, the calls that replaced those, and so on."""
    line = [call]
    for later in calls:
        if later.replaces in line:
            line.append(later)
    return line[1:]


def _read_at_heir(node: Any, replaced: Call) -> Readout:
    """Read at the input of a merged op, if it replaced a batch norm in front of it; else at its output."""
    a, z = ends_of(node)
    if replaced.kind is Kind.NORMALIZATION:
        return Readout(GradientEdge(*node.next_functions[0]), a)
    return Readout(GradientEdge(node, 0), z)
