"""What the autograd graph tells about each affine call: what feeds it and what it feeds."""

from collections.abc import Iterable
from typing import Any

from torch import Tensor

from lrprism.ops import Call, call_of

_SIGN_KEEPERS = """
    AdaptiveAvgPool1D AdaptiveAvgPool2D AdaptiveAvgPool3D AdaptiveMaxPool2D AdaptiveMaxPool3D Alias
    AsStrided AvgPool2D AvgPool3D Cat Clone Expand Index IndexSelect MaxPool2DWithIndices
    MaxPool3DWithIndices Mean MkldnnAdaptiveAvgPool2D Permute ReshapeAlias Select Slice Split SplitWithSizes
    Squeeze Stack Sum T Transpose Unbind UnsafeView Unsqueeze View _Damped
"""
_KEEPS_SIGN = frozenset(f"{name}Backward" for name in _SIGN_KEEPERS.split())
"""Nodes whose output holds no negative number where none of their inputs does."""


def _kind(node: Any) -> str:
    return str(node.name()).rstrip("0123456789")


def _inputs(node: Any) -> list[Any]:
    return [source for source, _ in node.next_functions if source is not None]


def _inputs_first(roots: list[Any]) -> list[Any]:
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
            pending.extend((source, False) for source in _inputs(node) if source not in seen)
    return order


def study(outputs: Iterable[Tensor]) -> list[Call]:
    """Fill in ``first``, ``rectified`` and ``nonnegative`` of every affine call that ``outputs`` depend on.

    Returns:
        These calls in order of execution.
    """
    roots = [output.grad_fn for output in outputs if output.grad_fn is not None]
    order = _inputs_first(roots)
    consumers = _consumers(order)
    behind_affine = _behind_affine(order)
    nonnegative = _nonnegative(order)
    calls: list[Call] = []
    for node in order:
        call = call_of(node)
        if call is not None:
            call.first = node not in behind_affine
            call.nonnegative = node.next_functions[0][0] in nonnegative
            call.rectified = node not in roots and _is_rectified(node, consumers)
            calls.append(call)
    return sorted(calls, key=lambda call: call.index)


def _consumers(order: list[Any]) -> dict[Any, list[Any]]:
    """What each node's output feeds."""
    found: dict[Any, list[Any]] = {node: [] for node in order}
    for node in order:
        for source in _inputs(node):
            found[source].append(node)
    return found


def _behind_affine(order: list[Any]) -> set[Any]:
    """The nodes between which and an input of the model lies an affine op, on at least one way."""
    found: set[Any] = set()
    for node in order:
        if any(source in found or call_of(source) for source in _inputs(node)):
            found.add(node)
    return found


def _nonnegative(order: list[Any]) -> set[Any]:
    """The nodes whose output is known to hold no negative number."""
    found: set[Any] = set()
    for node in order:
        sources = [source for source, _ in node.next_functions]  # None stands for a constant, of unknown sign
        keeps = _kind(node) in _KEEPS_SIGN and bool(sources) and all(source in found for source in sources)
        if _kind(node) == "ReluBackward" or keeps:
            found.add(node)
    return found


def _is_rectified(node: Any, consumers: dict[Any, list[Any]]) -> bool:
    """Whether relevance comes back to ``node`` through nothing but ReLUs."""
    return all(
        _kind(consumer) == "ReluBackward"
        or (_kind(consumer) == "AliasBackward" and _is_rectified(consumer, consumers))
        for consumer in consumers[node]
    )
