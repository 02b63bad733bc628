"""Large inputs in batches, so that memory stays under a bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from lrprism.attribution.cutting import Arguments, Run, describe_uncut, find_uncut
from lrprism.attribution.explanation import Explanation
from lrprism.attribution.inputs import ParsedInputs
from lrprism.attribution.seeds import Target, cut, has_class_axis
from lrprism.engine import Account
from lrprism.errors import InputError


def count_samples(parsed: ParsedInputs, batch_size: int) -> int:
    """Return how many samples inputs hold.

    Raises:
        InputError: If ``batch_size`` is no whole number from 1 on, or the inputs differ in their number of
            samples.
    """
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise InputError(f"batch_size should be a whole number from 1 on, or None. Found {batch_size!r}.")
    sizes = {len(tensor) if tensor.dim() else None for tensor in parsed.tensors}
    if len(sizes) > 1 or None in sizes:
        shapes = ", ".join(f"{n} {tuple(t.shape)}" for n, t in zip(parsed.names, parsed.tensors, strict=True))
        raise InputError(
            f"with batch_size, all inputs should have the samples as their first dimension. Found {shapes}."
        )
    return len(parsed.tensors[0])


def explain_samples(
    arguments: Arguments,
    target: Target,
    batch_size: int | None,
    explain: Callable[[Arguments, Target], Explanation],
    *,
    run: Run,
    report: Callable[[int, int], None],
) -> Explanation:
    """Explain all samples, at once or one batch after the other.

    Args:
        arguments: The arguments of all samples.
        target: The target of all samples.
        batch_size: How many samples a batch holds at the most; None for all at once.
        explain: Explains one batch.
        run: Returns the output for one batch.
        report: Is called after each batch with how many samples it held, and how many there are.
    """
    if batch_size is None:
        explanation = explain(arguments, target)
        size = len(explanation.output) if explanation.output.dim() else 1
        report(size, size)
        return explanation
    parsed = arguments.parse()
    batches = explain_in_batches(arguments, parsed, target, batch_size, explain, run=run, report=report)
    joined = join_batches(batches, has_class_axis=has_class_axis(target))
    # the batches hold views of them: joined, they would be a copy
    return replace(joined, inputs=parsed.detach())


def explain_in_batches(
    arguments: Arguments,
    parsed: ParsedInputs,
    target: Target,
    batch_size: int,
    explain: Callable[[Arguments, Target], Explanation],
    *,
    run: Run,
    report: Callable[[int, int], None],
) -> list[Explanation]:
    """Explain one batch after the other; one empty batch where there is no sample.

    Args:
        arguments: The arguments of all samples. Every tensor with as many rows as there are samples is cut,
            unless the model shows that it is meant whole.
        parsed: The inputs among them.
        target: The target of all samples.
        batch_size: How many samples a batch holds at the most.
        explain: Explains one batch.
        run: Returns the output for one batch.
        report: Is called after each batch with how many samples it held, and how many there are.

    Raises:
        InputError: If it cannot be told what to cut, or a batch gives more or fewer outputs than samples.
        RuntimeError: If the model itself fails.
        OutOfMemoryError: If a batch is too large for the memory.
    """
    count = count_samples(parsed, batch_size)
    if count <= batch_size:
        explanation = explain(arguments, target)
        report(count, count)
        return [explanation]
    # the last rows: a constant that forward cuts itself, such as table[:len(x)], would agree on the first
    uncut = find_uncut(arguments, parsed, slice(count - batch_size, count), count, run)
    explanations = []
    for start in range(0, count, batch_size):
        rows = slice(start, start + batch_size)
        try:
            explanation = explain(arguments.cut(rows, count, uncut), cut(target, rows, count))
        # a RuntimeError too, and not one of shapes
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            failure = describe_uncut(arguments, parsed, count)
            if failure is None:
                raise
            raise InputError(failure) from error
        _check_rows(explanation.output, len(range(count)[rows]))
        explanations.append(explanation)
        report(len(range(count)[rows]), count)
    return explanations


def _check_rows(output: Tensor, size: int) -> None:
    if not output.dim() or len(output) != size:
        raise InputError(
            "with batch_size, the model should return one row per sample. "
            f"Found an output of shape {tuple(output.shape)} for {size} samples. Try batch_size=None."
        )


def join_batches(batches: Sequence[Explanation], *, has_class_axis: bool) -> Explanation:
    """Join the explanations of batches into one.

    Args:
        batches: One explanation per batch. The inputs of several are left out.
        has_class_axis: Whether relevance has a leading class axis.

    Raises:
        InputError: If a layer's output does not have the samples as its first dimension.
    """
    if len(batches) == 1:
        return batches[0]
    # a class axis stands in front of the samples
    axis = int(has_class_axis)
    layers = {}
    for path in batches[0].layers:
        parts = [batch.layers[path] for batch in batches]
        if any(
            _count_layer_rows(part, axis) != {len(b.output)} for part, b in zip(parts, batches, strict=True)
        ):
            raise InputError(
                f"with batch_size, layers should return the samples as their first dimension. Found {path}."
            )
        layers[path] = _cat(parts, axis)
    classes = [batch.target for batch in batches if batch.target is not None]
    return Explanation(
        _cat([batch.relevance for batch in batches], axis),
        torch.cat([batch.output for batch in batches]),
        _join_classes(classes, has_class_axis=has_class_axis),
        layers,
        Account.sum_of([batch.audit for batch in batches if batch.audit is not None]),
        _cat([batch.reference_output for batch in batches], 0),
    )


def average_references(explanations: Sequence[Explanation]) -> Explanation:
    """Average the explanations against several references."""
    if len(explanations) == 1:
        return explanations[0]
    first, audits = explanations[0], [one.audit for one in explanations if one.audit is not None]
    return replace(
        first,
        relevance=_average([one.relevance for one in explanations]),
        layers={path: _average([one.layers[path] for one in explanations]) for path in first.layers},
        audit=Account.mean_of(audits),
        reference_output=_average([one.reference_output for one in explanations]),
    )


def _average(parts: Sequence[Any]) -> Any:
    """Average tensors, or tuples, lists and dicts of tensors."""
    return _combine(parts, lambda tensors: torch.stack(tensors).mean(0))


def _join_classes(parts: Sequence[Tensor], *, has_class_axis: bool) -> Tensor | None:
    """Join the classes of the batches; a class axis ``[classes]`` is the same in all of them."""
    if not parts:
        return None
    return parts[0] if has_class_axis and parts[0].dim() == 1 else torch.cat(list(parts), int(has_class_axis))


def _count_layer_rows(relevance: Tensor | tuple[Tensor, ...], axis: int) -> set[int]:
    tensors = relevance if isinstance(relevance, tuple) else (relevance,)
    return {tensor.shape[axis] if tensor.dim() > axis else -1 for tensor in tensors}


def _cat(parts: Sequence[Any], axis: int) -> Any:
    """Join tensors, or tuples, lists and dicts of tensors, along an axis."""
    return _combine(parts, lambda tensors: torch.cat(tensors, axis))


def _combine(parts: Sequence[Any], combine: Callable[[list[Tensor]], Tensor]) -> Any:
    """Combine tensors, or tuples, lists and dicts of tensors, place by place."""
    if isinstance(parts[0], Tensor):
        return combine(list(parts))
    if parts[0] is None:
        return None
    if isinstance(parts[0], (tuple, list)):
        return type(parts[0])(_combine(values, combine) for values in zip(*parts, strict=True))
    return {key: _combine([part[key] for part in parts], combine) for key in parts[0]}
