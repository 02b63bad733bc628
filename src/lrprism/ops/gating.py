"""Gates among the factors of a product, read from the autograd graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lrprism.graph import (
    AFFINE,
    PASSED,
    RELUS,
    Facet,
    edge_of,
    edges_of,
    name_of,
    names_with,
    share_origin,
    skip_back,
    sources_of,
)
from lrprism.ops.op import Recorder
from lrprism.ops.softmax import is_softmax
from lrprism.rules import Gating

_GATES = {
    **dict.fromkeys(("sigmoid", "hardsigmoid", "expit", "logistic"), Gating.GATE),
    **dict.fromkeys(
        ("clamp", "clip", "clamp_max", "min", "minimum", "fmin", "hardtanh", "relu6"), Gating.BOUNDED
    ),
}
"""Activations between 0 and 1; and those with an upper bound, from which many a gate is built by hand.

A sigmoid by hand is ``logistic``: the tensor in front of it may be the negative logit.
"""

_LOWER_BOUNDS = names_with(Facet.BOUNDS_BELOW)
_STATISTICS = names_with(Facet.MEASURES)
_KEEP_GATE = names_with(Facet.KEEPS_GATE)
_JOIN = names_with(Facet.JOINS_GATES)
_ELEMENTWISE = names_with(Facet.ELEMENTWISE)
_CONTRACT = names_with(Facet.CONTRACTS)
_FROM_GATES = _KEEP_GATE | _JOIN | _ELEMENTWISE | names_with(Facet.COMBINES_GATES)
_ADD_UP = (names_with(Facet.ADDS) - names_with(Facet.MOVES) - _ELEMENTWISE) | _CONTRACT

_LIMIT = 64
"""The most nodes to visit before a factor counts as a signal."""


def rate_gates(recorder: Recorder, factors: Sequence[Tensor]) -> tuple[Gating, ...]:
    """Return how much each factor looks like a gate.

    Args:
        recorder: Knows the parameters.
        factors: The live factors of a product.
    """
    looks = [_rate_joined(recorder, factor.grad_fn) for factor in factors]
    if len(looks) != 2 or looks[0] is looks[1]:
        return tuple(looks)
    # an activation by hand, as a * sigmoid(a): its gate does not gate another signal
    if share_origin([edge_of(factor) for factor in factors]):
        gate = max((0, 1), key=lambda number: looks[number].value)
        looks[gate] = Gating.SELF
    return tuple(looks)


def _rate_joined(recorder: Recorder, node: Any) -> Gating:
    """Rate the output of a node, seen through reshaping, scaling, shifting and joining."""
    weakest = Gating.SELF
    seen: set[Any] = set()
    pending = [node]
    while pending and weakest is not Gating.NONE:
        node = skip_back(pending.pop(), _KEEP_GATE)
        if node in seen:
            continue
        if len(seen) == _LIMIT:
            return Gating.NONE
        seen.add(node)
        sources = sources_of(node)
        # a sum or a concatenation is a gate only if all of its parts are
        if name_of(node) in _JOIN and len(sources) > 1:
            pending.extend(sources)
        else:
            weakest = min(weakest, _rate(recorder, node), key=lambda gating: gating.value)
    return weakest


def _rate(recorder: Recorder, node: Any) -> Gating:
    """Rate the output of one node."""
    name = name_of(node)
    if _is_built_from_gates(recorder, node):
        return Gating.GATE
    if name == PASSED:
        return _GATES.get(node.op_name, Gating.ACTIVATION)
    edges = edges_of(node)
    is_self_gated = name == "MulBackward" and len(edges) == 2 and share_origin(edges)  # a * sigmoid(a)
    is_bound = name in _LOWER_BOUNDS and len(edges) == 1
    return Gating.ACTIVATION if is_self_gated or is_bound or name in RELUS else Gating.NONE


def _is_built_from_gates(recorder: Recorder, start: Any) -> bool:
    """Return True if a node made a gate, or a function of gates and constants alone: no layer between."""
    weights: list[Tensor] = []
    seen: set[tuple[Any, bool]] = set()
    # with the node, whether its output is added up further on: times a weight, that is a layer
    pending = [(start, False)]
    while pending:
        step = pending.pop()
        node, is_summed = step
        name = name_of(node)
        if step in seen or _is_gate(node, name):
            continue
        weight = _weight_of(node, name) if is_summed or name == AFFINE else None
        if len(seen) == _LIMIT or (weight is None and not _combines_gates(node, name)):
            return False
        if weight is not None:
            # a learnt weight makes features of gates: that is a layer
            if recorder.is_parameter(weight):
                return False
            weights.append(weight)
        seen.add(step)
        pending.extend((source, is_summed or name in _ADD_UP) for source in sources_of(node))
    return all(map(_is_average, weights))


def _is_gate(node: Any, name: str) -> bool:
    """Return True if a node made a gate, whatever stands in front of it."""
    if name == PASSED:
        is_weight = node.op_name == "exp" and node.in_softmax
        return is_weight or _GATES.get(node.op_name) is Gating.GATE
    return name in _STATISTICS or is_softmax(node)


def _combines_gates(node: Any, name: str) -> bool:
    """Return True if a node makes a gate of gates; a product of matrices does so only without a constant."""
    return name in _FROM_GATES and (name not in _CONTRACT or len(edges_of(node)) == len(node.next_functions))


def _weight_of(node: Any, name: str) -> Tensor | None:
    """Return the constant by which a node multiplies its only live input; None where it adds a bias."""
    if name == AFFINE:
        return node.affine.weight if node.affine.bias is None else None
    if name != "MulBackward" or len(edges_of(node)) != 1:
        return None
    constant: Tensor = node._saved_self if node.next_functions[0][0] is None else node._saved_other
    return None if constant.numel() == 1 else constant


def _is_average(weight: Tensor) -> bool:
    """Return True if sums under a weight are no differences: features need weights of both signs."""
    is_real = weight.layout is torch.strided and not weight.is_complex()
    return is_real and bool((weight >= 0).all())
