"""Large inputs in batches, so that memory stays under a bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from lrprism._errors import InputError
from lrprism.attribution.explanation import Explanation
from lrprism.attribution.inputs import Arranged, Inputs
from lrprism.attribution.seeds import Target, cut
from lrprism.engine import Audit


def number_of_samples(given: Arranged, batch_size: int) -> int:
    """Return how many samples inputs hold.

    Raises:
        InputError: If ``batch_size`` is no whole number from 1 on, or the inputs differ in their number of
            samples.
    """
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise InputError(f"batch_size should be a whole number from 1 on, or None. Found {batch_size!r}.")
    sizes = {len(each) if each.dim() else None for each in given.tensors}
    if len(sizes) > 1 or None in sizes:
        shapes = ", ".join(f"{n} {tuple(t.shape)}" for n, t in zip(given.names, given.tensors, strict=True))
        raise InputError(
            f"with batch_size, all inputs should have the samples as their first dimension. Found {shapes}."
        )
    return len(given.tensors[0])


def batches(inputs: Inputs, target: Target, count: int, batch_size: int) -> Iterator[tuple[Inputs, Target]]:
    """Yield the inputs and the target of one batch after the other; one empty batch where there is no sample.

    Args:
        inputs: The inputs of all samples. In a mapping, every tensor with ``count`` rows is cut.
        target: The target of all samples.
        count: How many samples there are.
        batch_size: How many a batch holds at the most.
    """
    for start in range(0, max(count, 1), batch_size):
        rows = slice(start, start + batch_size)
        yield _rows_of(inputs, rows, count), cut(target, rows, count)


def _rows_of(inputs: Any, rows: slice, count: int) -> Any:
    if isinstance(inputs, Tensor):
        return inputs[rows] if inputs.dim() and len(inputs) == count else inputs
    if isinstance(inputs, tuple):
        return tuple(_rows_of(each, rows, count) for each in inputs)
    if isinstance(inputs, Mapping):
        return {key: _rows_of(value, rows, count) for key, value in inputs.items()}
    return inputs


def put_together(found: Sequence[Explanation], *, has_class_axis: bool) -> Explanation:
    """Put the explanations of the batches together.

    Args:
        found: One explanation per batch.
        has_class_axis: Whether relevance has a leading class axis.

    Raises:
        InputError: If a layer's output does not have the samples as its first dimension.
    """
    if len(found) == 1:
        return found[0]
    axis = int(has_class_axis)
    layers = {}
    for path in found[0].layers:
        parts = [each.layers[path] for each in found]
        if any(_samples(part, axis) != {len(each.output)} for part, each in zip(parts, found, strict=True)):
            raise InputError(
                f"with batch_size, layers should return the samples as their first dimension. Found {path}."
            )
        layers[path] = _cat(parts, axis)
    classes = [each.target for each in found if each.target is not None]
    return Explanation(
        _cat([each.relevance for each in found], axis),
        torch.cat([each.output for each in found]),
        _classes_of(classes, has_class_axis=has_class_axis),
        layers,
        Audit.sum_of([each.audit for each in found if each.audit is not None]),
    )


def _classes_of(parts: Sequence[Tensor], *, has_class_axis: bool) -> Tensor | None:
    """Join the classes of the batches; those of a class axis ``[classes]`` are the same in each."""
    if not parts:
        return None
    return parts[0] if has_class_axis and parts[0].dim() == 1 else torch.cat(list(parts), int(has_class_axis))


def _samples(relevance: Tensor | tuple[Tensor, ...], axis: int) -> set[int]:
    each = relevance if isinstance(relevance, tuple) else (relevance,)
    return {one.shape[axis] if one.dim() > axis else -1 for one in each}


def _cat(parts: Sequence[Any], axis: int) -> Any:
    """Join tensors, or tuples and dicts of them, along an axis."""
    if isinstance(parts[0], Tensor):
        return torch.cat(list(parts), axis)
    if isinstance(parts[0], tuple):
        return tuple(_cat(each, axis) for each in zip(*parts, strict=True))
    return {key: _cat([part[key] for part in parts], axis) for key in parts[0]}
