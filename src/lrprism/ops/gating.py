"""How much each factor of a product looks like a gate, read from the autograd graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lrprism.graph.facets import RELUS, Facet, name_of, names_with
from lrprism.ops.op import Recorder
from lrprism.ops.softmax import is_softmax
from lrprism.rules import Gating

_GATES = {
    **dict.fromkeys(("sigmoid", "hardsigmoid", "expit", "logistic"), Gating.GATE),
    **dict.fromkeys(
        ("clamp", "clip", "clamp_max", "min", "minimum", "fmin", "hardtanh", "relu6"), Gating.BOUNDED
    ),
}
"""Activations between 0 and 1; and those with an upper bound, of which many a gate is made by hand.

A sigmoid by hand is ``logistic``: what stands in front of it may be the negative logit.
"""

_LOWER_BOUNDS = frozenset({"ClampBackward", "ClampMinBackward", "FmaxBackward", "MaximumBackward"})
"""Nodes of ReLU and its kin in other words, where the bound is a constant."""

_STATISTICS = frozenset({"LinalgVectorNormBackward", "NormBackward", "StdBackward", "VarBackward"})
"""Nodes of scales that normalise: a signal times its norm is gated by it."""

_KEEP_GATE = names_with(Facet.KEEPS_GATE)
_JOIN = names_with(Facet.JOINS_GATES)
_ELEMENTWISE = names_with(Facet.ELEMENTWISE)
_CONTRACT = names_with(Facet.CONTRACTS)
_FROM_GATES = _KEEP_GATE | _JOIN | _ELEMENTWISE | names_with(Facet.COMBINES_GATES)
_ADD_UP = (names_with(Facet.ADDS) - names_with(Facet.MOVES) - _ELEMENTWISE) | _CONTRACT

_LIMIT = 64
"""How many nodes are looked at before two factors count as unrelated."""

Place = tuple[Any, int]
"""A node and which of its outputs."""


def _sources(node: Any) -> list[Place]:
    return [(source, number) for source, number in node.next_functions if source is not None]


def gatings(recorder: Recorder, factors: Sequence[Tensor]) -> tuple[Gating, ...]:
    """Say of each factor how much it looks like a gate.

    Args:
        recorder: Knows the parameters.
        factors: The live factors of a product.
    """
    looks = [_look(recorder, factor.grad_fn) for factor in factors]
    if len(looks) != 2 or looks[0] is looks[1]:
        return tuple(looks)
    if _have_one_origin([(factor.grad_fn, factor.output_nr) for factor in factors]):
        gate = max((0, 1), key=lambda number: looks[number].value)
        looks[gate] = Gating.SELF
    return tuple(looks)


def have_one_origin(one: Tensor, other: Tensor) -> bool:
    """Return True if two live tensors are elementwise functions of one tensor."""
    return _have_one_origin([(each.grad_fn, each.output_nr) for each in (one, other)])


def _have_one_origin(factors: Sequence[Place]) -> bool:
    """Whether two factors are elementwise functions of one tensor, so that their product is an activation."""
    first, second = (_origins(factor) for factor in factors)
    return first == second and len(first) == 1


def _look(recorder: Recorder, node: Any) -> Gating:
    """What the tensor that a node made comes from, seen through reshaping, scaling, shifting and joining."""
    found = Gating.SELF
    seen: set[Any] = set()
    pending = [node]
    while pending and found is not Gating.NONE:
        node = pending.pop()
        while name_of(node) in _KEEP_GATE and len(_sources(node)) == 1:
            node = _sources(node)[0][0]
        if node in seen:
            continue
        if len(seen) == _LIMIT:
            return Gating.NONE
        seen.add(node)
        sources = _sources(node)
        if name_of(node) in _JOIN and len(sources) > 1:
            pending.extend(source for source, _ in sources)
        else:
            found = min(found, _look_at(recorder, node), key=lambda each: each.value)
    return found


def _look_at(recorder: Recorder, node: Any) -> Gating:
    """What the tensor that a node made is, seen no further than needed."""
    name = name_of(node)
    if _is_made_of_gates(recorder, node):
        return Gating.GATE
    if name == "_PassedBackward":
        return _GATES.get(node.op_name, Gating.ACTIVATION)
    sources = _sources(node)
    is_own_gate = name == "MulBackward" and len(sources) == 2 and _have_one_origin(sources)
    is_bound = name in _LOWER_BOUNDS and len(sources) == 1
    return Gating.ACTIVATION if is_own_gate or is_bound or name in RELUS else Gating.NONE


def _is_made_of_gates(recorder: Recorder, start: Any) -> bool:
    """Whether a node made a gate, or a function of gates and constants alone, with no layer between."""
    weights: list[Tensor] = []
    seen: set[tuple[Any, bool]] = set()
    pending = [(start, False)]  # with what is added up behind it: times a weight, that is a layer
    while pending:
        place = pending.pop()
        node, is_summed = place
        name = name_of(node)
        if place in seen or _is_gate(node, name):
            continue
        weight = _weight_of(node, name) if is_summed or name == "_AffineFunctionBackward" else None
        if len(seen) == _LIMIT or (weight is None and not _combines(node, name)):
            return False
        if weight is not None:
            if recorder.is_parameter(weight):
                return False
            weights.append(weight)
        seen.add(place)
        pending.extend((source, is_summed or name in _ADD_UP) for source, _ in _sources(node))
    return all(map(_mixes, weights))


def _is_gate(node: Any, name: str) -> bool:
    """Whether a node made a gate, whatever stands in front of it."""
    if name == "_PassedBackward":
        is_weight = node.op_name == "exp" and node.in_softmax
        return is_weight or _GATES.get(node.op_name) is Gating.GATE
    return name in _STATISTICS or is_softmax(node)


def _combines(node: Any, name: str) -> bool:
    """Whether a node makes a gate of gates; what a product of matrices makes of a constant is none."""
    return name in _FROM_GATES and (name not in _CONTRACT or len(_sources(node)) == len(node.next_functions))


def _weight_of(node: Any, name: str) -> Tensor | None:
    """The constant tensor by which a node multiplies the only live one; None where a bias is added."""
    if name == "_AffineFunctionBackward":
        return node.affine.weight if node.affine.bias is None else None
    if name != "MulBackward" or len(_sources(node)) != 1:
        return None
    constant: Tensor = node._saved_self if node.next_functions[0][0] is None else node._saved_other
    return None if constant.numel() == 1 else constant


def _mixes(weight: Tensor) -> bool:
    """Whether sums weighted so are no differences: features are made with weights of both signs."""
    is_real = weight.layout is torch.strided and not weight.is_complex()
    return is_real and bool((weight >= 0).all())


def _origins(start: Place) -> set[Place]:
    """The tensors of which a tensor is an elementwise function."""
    found: set[Place] = set()
    seen: set[Place] = set()
    pending = [start]
    while pending and len(seen) < _LIMIT:
        place = pending.pop()
        if place in seen:
            continue
        seen.add(place)
        node = place[0]
        if name_of(node) in _ELEMENTWISE and _sources(node):
            pending.extend(_sources(node))
        else:
            found.add(place)
    return found | set(pending)
