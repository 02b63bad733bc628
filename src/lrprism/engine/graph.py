"""What the autograd graph tells about each affine call: what feeds it and what it feeds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.autograd.function import BackwardCFunction

from lrprism.ops import Call, Kind, call_of

_SIGN_KEEPERS = """
    AdaptiveAvgPool1D AdaptiveAvgPool2D AdaptiveAvgPool3D AdaptiveMaxPool2D AdaptiveMaxPool3D Alias
    AsStrided AvgPool2D AvgPool3D Cat Clone Expand Index IndexSelect MaxPool2DWithIndices
    MaxPool3DWithIndices Mean MkldnnAdaptiveAvgPool2D Permute ReshapeAlias Select Slice Split SplitWithSizes
    Squeeze Stack Sum T Transpose Unbind UnsafeView Unsqueeze View _Damped
"""
_KEEPS_SIGN = frozenset(f"{name}Backward" for name in _SIGN_KEEPERS.split())
"""Nodes whose output holds no negative number where none of their inputs does."""

_MOVES = """
    Alias AsStrided Cat Clone ConstantPadNd Expand Flip Gather Index IndexSelect Permute PixelShuffle
    PixelUnshuffle ReflectionPad1D ReflectionPad2D ReflectionPad3D Repeat ReplicationPad1D ReplicationPad2D
    ReplicationPad3D ReshapeAlias Roll Select Slice Split SplitWithSizes Squeeze Stack T ToCopy Transpose
    Unbind Unfold UnsafeView Unsqueeze View
"""
MOVES = frozenset(f"{name}Backward" for name in _MOVES.split()) | {"CopySlices", "CopyBackwards"}
"""Nodes that only move entries, so that their gradient moves relevance of any kind."""

_SCALES = frozenset(f"{name}Backward" for name in ["Add", "Div", "Mul", "Neg", "Rsub", "Sub"])

_OURS = frozenset({
    "_AffineFunctionBackward", "_DampedBackward", "_NormalizedBackward", "_PassedBackward", "_SharedBackward",
})  # fmt: skip


def name_of(node: Any) -> str:
    """The kind of a node, without the number that torch puts behind it."""
    return str(node.name()).rpartition(":")[2].rstrip("0123456789")


def sources_of(node: Any) -> list[Any]:
    """The nodes that made the live inputs of a node."""
    return [source for source, _ in node.next_functions if source is not None]


def is_scale(node: Any) -> bool:
    """Whether a node shifts and scales the entries of one live tensor."""
    call = call_of(node)
    if call is not None:
        return call.kind is Kind.NORMALIZATION and hasattr(node, "affine")
    return name_of(node) in _SCALES and len(sources_of(node)) == 1


def inputs_first(roots: Iterable[Any]) -> list[Any]:
    """Every node that the roots depend on, each after all of its inputs."""
    order: list[Any] = []
    seen: set[Any] = set()
    pending: list[tuple[Any, bool]] = [(root, False) for root in roots]
    while pending:
        node, is_done = pending.pop()
        if is_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            pending.append((node, True))
            pending.extend((source, False) for source in sources_of(node) if source not in seen)
    return order


@dataclass(frozen=True)
class Graph:
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
    outputs: Iterable[Tensor], recorded: Collection[Any] = (), nonnegative: Sequence[Tensor] = ()
) -> Graph:
    """Fill in ``first``, ``at_input``, ``rectified`` and ``nonnegative`` of the calls behind ``outputs``.

    Args:
        outputs: Tensors of the model.
        recorded: Nodes that recorded calls made.
        nonnegative: Inputs that hold no negative number.
    """
    roots = [output.grad_fn for output in outputs if output.grad_fn is not None]
    order = inputs_first(roots)
    consumers = _consumers(order)
    behind_affine, at_input = _behind_affine(order), _at_input(order)
    without_negative = _nonnegative(order, {id(each) for each in nonnegative})
    inputs: dict[Call, tuple[Any, int]] = {}
    for node in order:
        call = call_of(node)
        if call is not None:
            source = node.next_functions[0]
            call.first = node not in behind_affine
            call.at_input = source[0] in at_input
            call.nonnegative = source[0] in without_negative
            call.rectified = node not in roots and _is_rectified(node, consumers)
            inputs[call] = source
    affine = sorted((call for call in inputs if call.kind.is_affine), key=lambda call: call.index)
    return Graph(affine, inputs, set(order), _unseen([node for node in order if node not in recorded]))


def _unseen(order: list[Any]) -> list[str]:
    """Names of the nodes that come from a user's own function or extension."""
    strange = [
        node
        for node in order
        if (_is_own_function(node) and node.name() not in _OURS)
        or "CppNode" in node.name()
        or node.name().startswith("GeneratedBackwardFor")
    ]
    return sorted({node.name() for node in strange})


def _is_own_function(node: Any) -> bool:
    return isinstance(node, BackwardCFunction)


def _consumers(order: list[Any]) -> dict[Any, list[Any]]:
    """What each node's output feeds."""
    found: dict[Any, list[Any]] = {node: [] for node in order}
    for node in order:
        for source in sources_of(node):
            found[source].append(node)
    return found


def _is_affine(node: Any) -> bool:
    call = call_of(node)
    return call is not None and call.kind.is_affine


def _behind_affine(order: list[Any]) -> set[Any]:
    """The nodes between which and an input of the model lies an affine op, on at least one way."""
    found: set[Any] = set()
    for node in order:
        if any(source in found or _is_affine(source) for source in sources_of(node)):
            found.add(node)
    return found


def _at_input(order: list[Any]) -> set[Any]:
    """The nodes between which and the inputs lie nothing but moves, and shifts and scales of one tensor."""
    found: set[Any] = set()
    for node in order:
        sources = sources_of(node)
        carries = name_of(node) in MOVES or is_scale(node)
        if not sources or (carries and all(source in found for source in sources)):
            found.add(node)
    return found


def _nonnegative(order: list[Any], inputs: set[int]) -> set[Any]:
    """The nodes whose output is known to hold no negative number, as these inputs do not."""
    found: set[Any] = set()
    for node in order:
        sources = [source for source, _ in node.next_functions]  # None stands for a constant, of unknown sign
        keeps = name_of(node) in _KEEPS_SIGN and bool(sources) and all(source in found for source in sources)
        if keeps or name_of(node) == "ReluBackward" or id(getattr(node, "variable", None)) in inputs:
            found.add(node)
    return found


def _is_rectified(node: Any, consumers: dict[Any, list[Any]]) -> bool:
    """Whether relevance comes back to ``node`` through nothing but ReLUs."""
    return all(
        name_of(consumer) == "ReluBackward"
        or (name_of(consumer) == "AliasBackward" and _is_rectified(consumer, consumers))
        for consumer in consumers[node]
    )
