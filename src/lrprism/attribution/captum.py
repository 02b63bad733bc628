"""Targets as Captum writes them, for :meth:`lrprism.LRP.attribute`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast, final

import torch
from torch import Tensor

from lrprism.attribution.indices import Axis, Index, make_seed, read_index
from lrprism.attribution.seeds import AbstractTarget, Target, typed
from lrprism.errors import TargetError

CaptumTarget = tuple[int, ...] | Sequence[tuple[int, ...]]
"""An index into every axis behind the samples, one for all of them or one per sample."""


@final
@dataclass(frozen=True, eq=False, repr=False)
class Entry(AbstractTarget):
    """One entry of each sample's output, as Captum chooses it: ``output[:, 3, 1]``."""

    indices: tuple[Index, ...]

    def __repr__(self) -> str:
        """The target as it was typed."""
        return typed("", *self.indices)

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
        indices = [read_index(one, output, axis) for one, axis in zip(self.indices, axes, strict=True)]
        return make_seed(output, *indices), indices[0] if len(indices) == 1 else None


def read_captum_target(target: Target | CaptumTarget) -> Target:
    """Return what a target of Captum's means here: a tuple is an index, not one class per sample.

    Args:
        target: A target of Captum's, or one of ours.

    Raises:
        TargetError: If a list holds tuples of several lengths.
    """
    if isinstance(target, Tensor):  # one number is meant for all samples
        return Entry((int(target),)) if target.numel() == 1 and _is_whole(target) else target
    if isinstance(target, int) and not isinstance(target, bool):
        return Entry((target,)) if target < 0 else target
    if isinstance(target, tuple):
        return Entry(cast("tuple[Index, ...]", target))
    if isinstance(target, list) and target and all(isinstance(one, tuple) for one in target):
        entries: list[tuple[Any, ...]] = target
        if len({len(one) for one in entries}) > 1:
            raise TargetError(f"target should hold tuples of one length. Found {target!r}.")
        return Entry(tuple(list(column) for column in zip(*entries, strict=True)))
    return cast("Target", target)


def _is_whole(target: Tensor) -> bool:
    return not (target.is_floating_point() or target.is_complex() or target.dtype is torch.bool)
