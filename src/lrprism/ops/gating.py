"""How much each factor of a product looks like a gate, read from the autograd graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from lrprism.rules import Gating

_GATES = frozenset({"sigmoid", "hardsigmoid", "expit"})
"""Activations between 0 and 1."""

_BOUNDED = frozenset({"clamp", "clip", "hardtanh", "relu6"})
"""Activations with an upper bound, as most write a gate of straight lines: ``relu6(a + 3) / 6``."""

_STATISTICS = frozenset({"LinalgVectorNormBackward", "NormBackward", "StdBackward", "VarBackward"})
"""Nodes of scales that normalise: a signal times its norm is gated by it."""

_RESHAPING = """
    Amax AsStrided AvgPool2D AvgPool3D Cat Clone ConstantPadNd Expand Flip Gather Index IndexSelect Max
    MaxPool2DWithIndices MaxPool3DWithIndices AdaptiveAvgPool2D AdaptiveAvgPool3D Permute Repeat ReshapeAlias
    Roll Scatter Select Slice Sort Split SplitWithSizes Squeeze Stack T Topk Transpose Unbind UnsafeView
    Unsqueeze UpsampleBicubic2D UpsampleBilinear2D UpsampleLinear1D UpsampleNearest1D UpsampleNearest2D
    UpsampleNearest3D UpsampleTrilinear3D View
"""
_ELEMENTWISE = "Add Alias Clone Div MaskedFill Mean Mul Neg Rsub Sub ToCopy Where _Damped _Shared"
_THROUGH = frozenset(f"{name}Backward" for name in (_RESHAPING + _ELEMENTWISE).split())
"""Nodes with one live input that leave a gate a gate."""

_JOINING = frozenset({"AddBackward", "CatBackward", "StackBackward"})
"""Nodes with several live inputs that make a gate of gates."""

_BETWEEN = frozenset(f"{name}Backward" for name in f"{_ELEMENTWISE} Relu _Passed".split())
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
    """What the tensor that a node made comes from, seen through reshaping, scaling and shifting."""
    while _name(node) in _THROUGH and len(_sources(node)) == 1:
        node = _sources(node)[0][0]
    name = _name(node)
    if (
        name in _STATISTICS
        or name == "SoftmaxBackward"
        or (name == "_PassedBackward" and node.op_name in _GATES)
    ):
        return Gating.GATE
    if name == "_PassedBackward" and node.op_name in _BOUNDED:
        return Gating.BOUNDED
    sources = _sources(node)
    if name in _JOINING and len(sources) > 1:
        return Gating(min(_look(source).value for source, _ in sources[:_LIMIT]))
    is_own_gate = name == "MulBackward" and len(sources) == 2 and _have_one_origin(sources)
    return Gating.ACTIVATION if is_own_gate or name in {"_PassedBackward", "ReluBackward"} else Gating.NONE


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
