"""Indices into a model's output: read as a user types them, checked, and turned into a seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, SupportsIndex

import torch
from torch import Tensor

from lrprism.errors import TargetError

Index = SupportsIndex | Sequence[int] | Tensor
"""One index for all samples, or one per sample."""


class Axis(NamedTuple):
    """One axis of the output, and how messages speak of it.

    Args:
        size: How many entries it has.
        name: The argument that chooses one, such as ``target``.
        entry: What an entry is, such as ``class``.
        entries: The same in the plural.
        counts_from_end: Whether -1 is the last entry. Class -1 is a common word for "no class", so that a
            class may not be negative; a time step or the position of a token may.
        owner: What has the entries.
    """

    size: int
    name: str = "target"
    entry: str = "class"
    entries: str = "classes"
    counts_from_end: bool = False
    owner: str = "the model"


def read_index(index: Any, output: Tensor, axis: Axis) -> Tensor:
    """Return one index per sample, ``[N]``, counted from 0.

    Args:
        index: One for all samples, or one per sample: an int, a list, an array or a tensor.
        output: What the model returned, ``[N, ...]``.
        axis: The axis into which it points.

    Raises:
        TargetError: If there are no whole numbers, another number of them, or one is out of range.
    """
    least = -axis.size if axis.counts_from_end else 0
    # the usual case, in the fewest calls
    if type(index) is int and least <= index < axis.size:
        return torch.full((len(output),), index % axis.size, device=output.device)
    # lists, arrays of numpy and tensors on any device
    try:
        indices = torch.as_tensor(index, device=output.device)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise TargetError(describe_choices(index, axis)) from error
    if not indices.numel():
        raise TargetError(f"{axis.name} should hold at least one {axis.entry}. Found none.")
    if indices.is_floating_point() or indices.is_complex() or indices.dtype is torch.bool:
        raise TargetError(
            f"{axis.name} should hold whole numbers. Found {indices.dtype}.{_way_out(indices, output, axis)}"
        )
    indices = indices.long().expand(len(output)) if indices.dim() == 0 else indices.long()
    if indices.shape != (len(output),):
        raise TargetError(
            f"{axis.name} should be one {axis.entry} or one per sample ({len(output)}). "
            f"Found shape {tuple(indices.shape)}.{_way_out(indices, output, axis)}"
        )
    lowest, highest = (int(extreme) for extreme in indices.aminmax()) if len(indices) else (0, 0)
    if not (least <= lowest and highest < max(axis.size, 1)):
        wrong = lowest if lowest < least else highest
        raise TargetError(
            f"{axis.name} should be a {axis.entry} from {least} to {axis.size - 1}, "
            f"as {axis.owner} has {axis.size}. Found {wrong}."
        )
    return indices % axis.size if lowest < 0 else indices


def make_seed(output: Tensor, *indices: Tensor) -> Tensor:
    """Return a seed: one at the chosen entry of each sample, zero elsewhere.

    Args:
        output: What the model returned, ``[N, ...]``.
        indices: For each axis behind the samples, one index per sample.
    """
    seed = torch.zeros_like(output, requires_grad=False)
    if len(indices) == 1:
        return seed.scatter_(1, indices[0].unsqueeze(1), 1)
    seed[(torch.arange(len(output), device=output.device), *indices)] = 1
    return seed


def describe_choices(index: object, axis: Axis | None = None) -> str:
    """Say what a target, or an index into another axis, may be."""
    if axis is None or axis.name == "target":
        return (
            "target should be None, a class, one class per sample, 'all', each(...) or a callable. "
            f"Found {index!r}. See lp.target for what else there is, such as at(step) of a sequence, "
            "side(1) of a binary logit, value() and contrast(0, 1)."
        )
    return f"{axis.name} should be a {axis.entry}, or one per sample. Found {index!r}."


def _way_out(indices: Tensor, output: Tensor, axis: Axis) -> str:
    """Say what to do about numbers that are no index for each sample."""
    if axis.name != "target":
        return ""
    is_whole = not (indices.is_floating_point() or indices.is_complex() or indices.dtype is torch.bool)
    if indices.shape == output.shape and indices.dim() > 1:
        return " Try target.argmax(1) for one-hot rows, or a callable for a seed: lambda output: target."
    if is_whole and indices.dim() > 1 and indices.numel() == len(output):
        return " Try target.flatten()."
    return "" if is_whole else " Try a class, or a callable that returns a seed of the output's shape."
