"""What the autograd graph tells about each affine call: what feeds it and what it feeds."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from torch import Tensor

from lrprism.ops import Call, call_of

_KEEPS_SIGN = {
    f"{name}Backward"
    for name in (
        "AdaptiveAvgPool1D AdaptiveAvgPool2D AdaptiveAvgPool3D AdaptiveMaxPool2D AdaptiveMaxPool3D Alias AsStrided AvgPool2D AvgPool3D Cat "
        "Clone Expand Index IndexSelect MaxPool2DWithIndices MaxPool3DWithIndices MkldnnAdaptiveAvgPool2D Mean Permute ReshapeAlias Select "
        "Slice Split SplitWithSizes Squeeze Stack Sum T Transpose Unbind UnsafeView Unsqueeze View _Damped"
    ).split()
}
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
    consumers: defaultdict[Any, list[Any]] = defaultdict(list)
    behind_affine: set[Any] = set()
    nonnegative: set[Any] = set()
    order = _inputs_first(roots)
    for node in order:
        sources = _inputs(node)
        for source in sources:
            consumers[source].append(node)
        if any(source in behind_affine or call_of(source) for source in sources):
            behind_affine.add(node)
        kind = _kind(node)
        whole = len(sources) == len(node.next_functions) and all(source in nonnegative for source in sources)
        if kind == "ReluBackward" or (kind in _KEEPS_SIGN and sources and whole):
            nonnegative.add(node)
    calls: list[Call] = []
    for node in order:
        call = call_of(node)
        if call is not None:
            call.first = node not in behind_affine
            call.nonnegative = node.next_functions[0][0] in nonnegative
            call.rectified = node not in roots and _is_rectified(node, consumers)
            calls.append(call)
    return sorted(calls, key=lambda call: call.index)


def _is_rectified(node: Any, consumers: dict[Any, list[Any]]) -> bool:
    """Whether relevance comes back to ``node`` through nothing but ReLUs."""
    return all(
        _kind(consumer) == "ReluBackward"
        or (_kind(consumer) == "AliasBackward" and _is_rectified(consumer, consumers))
        for consumer in consumers[node]
    )
