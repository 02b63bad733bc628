"""How much each factor of a product looks like a gate, read from the autograd graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from lrprism.ops.functions import RELUS
from lrprism.rules import Gating

_GATES = {
    **dict.fromkeys(("sigmoid", "hardsigmoid", "expit"), Gating.GATE),
    **dict.fromkeys(("clamp", "clip", "hardtanh", "relu6"), Gating.BOUNDED),
}
"""Activations between 0 and 1; and those with an upper bound, of which many a gate is made by hand."""

_STATISTICS = frozenset({"LinalgVectorNormBackward", "NormBackward", "StdBackward", "VarBackward"})
"""Nodes of scales that normalise: a signal times its norm is gated by it."""

_RESHAPING = """
    Amax AsStrided AvgPool2D AvgPool3D Cat Clone ConstantPadNd Expand Flip Gather Index IndexSelect Max
    MaxPool2DWithIndices MaxPool3DWithIndices AdaptiveAvgPool2D AdaptiveAvgPool3D Mean Permute Repeat
    ReshapeAlias Roll Scatter Select Slice Sort Split SplitWithSizes Squeeze Stack T Topk Transpose Unbind
    UnsafeView Unsqueeze UpsampleBicubic2D UpsampleBilinear2D UpsampleLinear1D UpsampleNearest1D
    UpsampleNearest2D UpsampleNearest3D UpsampleTrilinear3D View
    Cumprod Prod
"""
_ELEMENTWISE = "Add Alias Clone Div MaskedFill Mul Neg Rsub Sub ToCopy Where _Damped _Shared"
_THROUGH = frozenset(f"{name}Backward" for name in (_RESHAPING + _ELEMENTWISE).split())
"""Nodes with one live input that leave a gate a gate."""

_JOINING = frozenset({"AddBackward", "CatBackward", "StackBackward"})
"""Nodes with several live inputs that make a gate of gates."""

_BETWEEN = frozenset(f"{name}Backward" for name in f"{_ELEMENTWISE} Relu _Passed _Rectified".split())
"""Nodes of elementwise functions."""

_LIMIT = 64
"""How many nodes are looked at before two factors count as unrelated."""

Place = tuple[Any, int]
"""A node and which of its outputs."""


def _name(node: Any) -> str:
    return str(node.name()).rstrip("0123456789")


def _sources(node: Any) -> list[Place]:
    return [(source, number) for source, number in node.next_functions if source is not None]


def gatings(factors: Sequence[Tensor]) -> tuple[Gating, ...]:
    """Say of each factor how much it looks like a gate.

    Args:
        factors: The live factors of a product.
    """
    looks = [_look(factor.grad_fn) for factor in factors]
    if len(looks) != 2 or looks[0] is looks[1]:
        return tuple(looks)
    if _have_one_origin([(factor.grad_fn, factor.output_nr) for factor in factors]):
        gate = max((0, 1), key=lambda number: looks[number].value)
        looks[gate] = Gating.SELF
    return tuple(looks)


def _have_one_origin(factors: Sequence[Place]) -> bool:
    """Whether two factors are elementwise functions of one tensor, so that their product is an activation."""
    first, second = (_origins(factor) for factor in factors)
    return first == second and len(first) == 1


def _look(node: Any) -> Gating:
    """What the tensor that a node made comes from, seen through reshaping, scaling, shifting and joining."""
    found = Gating.SELF
    seen: set[Any] = set()
    pending = [node]
    while pending and found is not Gating.NONE:
        node = pending.pop()
        while _name(node) in _THROUGH and len(_sources(node)) == 1:
            node = _sources(node)[0][0]
        if node in seen:
            continue
        if len(seen) == _LIMIT:
            return Gating.NONE
        seen.add(node)
        sources = _sources(node)
        if _name(node) in _JOINING and len(sources) > 1:
            pending.extend(source for source, _ in sources)
        else:
            found = min(found, _look_at(node), key=lambda each: each.value)
    return found


def _look_at(node: Any) -> Gating:
    """What the tensor that a node made is, by that node alone."""
    name = _name(node)
    if name in _STATISTICS or name == "SoftmaxBackward":
        return Gating.GATE
    if name == "_PassedBackward":
        return _GATES.get(node.op_name, Gating.ACTIVATION)
    sources = _sources(node)
    is_own_gate = name == "MulBackward" and len(sources) == 2 and _have_one_origin(sources)
    return Gating.ACTIVATION if is_own_gate or name in RELUS else Gating.NONE


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
        if _name(node) in _BETWEEN and _sources(node):
            pending.extend(_sources(node))
        else:
            found.add(place)
    return found | set(pending)
