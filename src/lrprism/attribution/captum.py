"""Targets as Captum writes them and its convergence delta, for :meth:`lrprism.LRP.attribute`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast, final

import torch
from torch import Tensor

from lrprism.attribution.explanation import Explanation, Relevance
from lrprism.attribution.indices import Axis, Index, make_seed, read_index
from lrprism.attribution.seeds import AbstractTarget, Target, format_target, has_class_axis, seeds_of
from lrprism.errors import TargetError

CaptumTarget = tuple[int, ...] | Sequence[tuple[int, ...]]
"""An index into every axis behind the samples, one for all of them or one per sample."""


@final
@dataclass(frozen=True, eq=False, repr=False)
class CaptumEntry(AbstractTarget):
    """One entry of each sample's output, as Captum chooses it: ``output[:, 3, 1]``."""

    indices: tuple[Index, ...]

    def __repr__(self) -> str:
        """The target as a user types it."""
        return format_target("", *self.indices)

    def seed(self, output: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return 1 at the entry, and its index where there is one axis only.

        Raises:
            TargetError: If there is not one index for each axis behind the samples.
        """
        if len(self.indices) != output.dim() - 1:
            raise TargetError(
                "target should be an index into every axis behind the samples. "
                f"Found {len(self.indices)} of them for an output of shape {tuple(output.shape)}."
            )
        axes = [Axis(size, counts_from_end=True) for size in output.shape[1:]]
        indices = [read_index(index, output, axis) for index, axis in zip(self.indices, axes, strict=True)]
        return make_seed(output, *indices), indices[0] if len(indices) == 1 else None


def read_captum_target(target: Target | CaptumTarget) -> Target:
    """Return the target that one of Captum's means here: a tuple is an index, not one class per sample.

    Args:
        target: A target of Captum's, or one of ours.

    Raises:
        TargetError: If a list holds tuples of several lengths.
    """
    # one number is meant for all samples
    if isinstance(target, Tensor):
        return CaptumEntry((int(target),)) if target.numel() == 1 and _holds_whole_numbers(target) else target
    if isinstance(target, int) and not isinstance(target, bool):
        return CaptumEntry((target,)) if target < 0 else target
    # [:, 3, 1] of every sample
    if isinstance(target, tuple):
        return CaptumEntry(cast("tuple[Index, ...]", target))
    # one such index per sample: Captum's lists run over samples, a CaptumEntry's over axes
    if isinstance(target, list) and target and all(isinstance(entry, tuple) for entry in target):
        entries: list[tuple[Any, ...]] = target
        if len({len(entry) for entry in entries}) > 1:
            raise TargetError(f"target should hold tuples of one length. Found {target!r}.")
        return CaptumEntry(tuple(list(column) for column in zip(*entries, strict=True)))
    return cast("Target", target)


def _holds_whole_numbers(target: Tensor) -> bool:
    return not (target.is_floating_point() or target.is_complex() or target.dtype is torch.bool)


def unpack_baselines(inputs: Any, baselines: Any) -> Any:
    """Return the reference that Captum's ``baselines`` mean: beside one tensor, a tuple of one is unpacked.

    Args:
        inputs: The inputs, a tensor or a tuple.
        baselines: A number, a tensor, or a tuple with one of them for each input; Captum's tools hand on a
            tuple also where there is one input.
    """
    is_packed = isinstance(baselines, tuple) and len(baselines) == 1 and not isinstance(inputs, tuple)
    return baselines[0] if is_packed else baselines


def convergence_delta(explanation: Explanation, target: Target, relevance: Relevance | None = None) -> Tensor:
    """Return the missing relevance, explained output less the sum of relevance: ``[N]``, or ``[classes, N]``.

    Args:
        explanation: The explanation.
        target: What it explains.
        relevance: Relevance at a layer, with the samples in front; that of the inputs if None.
    """
    output, change = explanation.output, explanation.change
    relevance = explanation.relevance if relevance is None else relevance
    axis = 2 if has_class_axis(target) else 1
    seeds, _ = seeds_of(output, target)
    # an output () is one number for all samples
    has_samples = output.dim() > 0
    terms = [seed * change if has_samples else (seed * change)[None] for seed in seeds]
    explained = torch.stack([term.unsqueeze(-1).flatten(1).sum(1) for term in terms])
    explained = explained if axis == 2 else explained[0]
    return subtract_sums(explained, relevance, axis, has_samples=has_samples)


def subtract_sums(explained: Tensor, relevance: Any, axis: int = 1, *, has_samples: bool = True) -> Tensor:
    """Return what was explained less the sum of relevance of each sample.

    Args:
        explained: ``[N]``, or ``[classes, N]``.
        relevance: A tensor, or a tuple of them, ``[N, ...]`` or ``[classes, N, ...]``.
        axis: Number of axes in front that are not summed.
        has_samples: False where ``explained`` is one number for all samples.
    """
    tensors = relevance if isinstance(relevance, tuple) else (relevance,)
    arrived: Any = sum(tensor.unsqueeze(-1).flatten(axis).sum(axis) for tensor in tensors)
    arrived = arrived if has_samples else arrived.sum(-1, keepdim=True)
    delta: Tensor = explained - arrived
    return delta
