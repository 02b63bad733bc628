"""Regions of a sample that are removed together: windows of bands, squares of an image, any map of labels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from lrprism.errors import InputError


@dataclass(frozen=True, eq=False)
class Regions:
    """A division of one sample into regions, numbered from 0.

    Neighbouring bands of a spectrum say nearly the same, so that a network loses nothing with one of them:
    what is removed has to be a window (EVALUATION.md calls single-band deletion meaningless).

    Args:
        labels: The region of each feature, integers with as many axes as one sample, of size 1 along those
            that are removed as a whole; a negative one is never removed. ``[bands, 1, 1]`` divides patches
            ``[bands, y, x]`` by bands alone.
        shape: Shape of one sample.
        description: One line for the protocol.
    """

    labels: Tensor
    shape: tuple[int, ...]
    description: str

    @property
    def count(self) -> int:
        """Number of regions."""
        return int(self.labels.max()) + 1

    @property
    def sizes(self) -> Tensor:
        """Number of features of each region, ``[count]``."""
        repeats = math.prod(self.shape) // self.labels.numel()  # along the axes that are removed as a whole
        return self.labels[self.labels >= 0].bincount(minlength=self.count) * repeats

    def sum_over(self, relevance: Tensor) -> Tensor:
        r"""Add up relevance over each region, with its sign.

        .. math:: R_m = \sum_{i \in m} R_i

        Shapes: ``relevance``: ``[N, *shape]``; result ``[N, count]``.
        """
        labels = self.labels.to(relevance.device)
        # first over the axes along which all features have one region: a patch becomes a spectrum
        single = [axis for axis, size in enumerate(labels.shape, start=1) if size == 1]
        inner = relevance.sum(single, keepdim=True) if single else relevance
        # features of no region go to one more column, which is cut off
        sums = relevance.new_zeros(len(relevance), self.count + 1)
        sums.index_add_(1, labels.flatten() % (self.count + 1), inner.flatten(1))
        return sums[:, : self.count]

    def build_mask(self, removed: Tensor) -> Tensor:
        """Return where the removed regions lie.

        Shapes: ``removed``: ``[B, count]``, bool; result ``[B, *labels.shape]``, broadcasts with samples.
        """
        # features of no region, -1, read the last column, which says that they stay
        padded = torch.cat([removed, removed.new_zeros(len(removed), 1)], dim=1)
        return padded[:, self.labels.to(removed.device).clamp(min=-1)]


def bands(x: Tensor, width: int = 5, axis: int = 1) -> Regions:
    """Divide samples into contiguous windows along one axis; all other axes are removed as a whole.

    Args:
        x: Samples, ``[N, ...]``.
        width: Bands per window; the last window is narrower where they do not divide.
        axis: The axis of the bands in ``x``, 1 for ``[N, bands, y, x]``, 2 for ``[N, 1, bands]``.

    Raises:
        InputError: If there is no such axis, or the width is below 1 or leaves a single window.
    """
    axis = read_axis(axis, x)
    size = x.shape[axis]
    if size < 2:
        raise InputError(
            f"samples should have at least 2 bands to rank. Found {size} along axis {axis} of shape "
            f"{tuple(x.shape)}. Try another axis."
        )
    if not 1 <= width < size:
        raise InputError(
            f"width should be 1 to {size - 1} of the {size} bands, so that there are windows to rank. "
            f"Found {width}. Try a narrower window or another axis."
        )
    shape = [1] * (x.dim() - 1)
    shape[axis - 1] = size
    labels = (torch.arange(size) // width).reshape(shape)
    count = -(-size // width)
    return Regions(labels, tuple(x.shape[1:]), f"{count} windows of {width} along axis {axis} of {size}")


def read_axis(axis: int, x: Tensor) -> int:
    """Return the number of an axis of samples ``[N, ...]``, which may count from the last.

    Raises:
        InputError: If there is no such axis.
    """
    if not (1 <= axis < x.dim() or -x.dim() < axis < 0):
        raise InputError(
            f"axis should be one of the axes 1 to {x.dim() - 1} of the samples. Found {axis}. "
            "Axis 0 holds the samples themselves."
        )
    return axis % x.dim()


def check_scores_finite(scores: Tensor) -> None:
    """Refuse scores that cannot be ranked: NaN would sort as the highest of all.

    Raises:
        InputError: If a score is NaN or infinite.
    """
    if not scores.isfinite().all():
        raise InputError(
            f"scores should be finite. Found {int((~scores.isfinite()).sum())} values that are NaN or inf."
        )


def check_regions(regions: Regions, x: Tensor) -> None:
    """Check that regions divide samples like these.

    Raises:
        InputError: If they divide samples of another shape.
    """
    if regions.shape != tuple(x.shape[1:]):
        raise InputError(
            f"regions should divide samples of shape {tuple(x.shape[1:])}. Found regions of {regions.shape}. "
            "Make them from samples like these, as by bands(x)."
        )


def grid(x: Tensor, size: int) -> Regions:
    """Divide images into squares over the last two axes, with all their channels.

    Args:
        x: Images, ``[N, ..., y, x]``.
        size: Side of a square in pixels; those at the far edges are smaller where they do not divide.

    Raises:
        InputError: If the samples have fewer than two axes, or the size leaves a single square.
    """
    if x.dim() < 3:
        raise InputError(
            f"images should have at least three axes, [N, y, x]. Found shape {tuple(x.shape)}. "
            "Try bands(x) for spectra."
        )
    rows, columns = x.shape[-2:]
    if max(rows, columns) < 2:
        raise InputError(f"images should have at least 2 pixels to rank. Found {rows} x {columns}.")
    if not 1 <= size < max(rows, columns):
        raise InputError(
            f"size should be 1 to {max(rows, columns) - 1} for images of {rows} x {columns}, so that there "
            f"are squares to rank. Found {size}. Try a smaller square."
        )
    across = -(-columns // size)
    labels = (torch.arange(rows) // size)[:, None] * across + torch.arange(columns) // size
    description = f"{int(labels.max()) + 1} squares of {size} x {size} pixels"
    return Regions(_add_axes(labels, x), tuple(x.shape[1:]), description)


def label_map(x: Tensor, labels: Tensor) -> Regions:
    """Divide samples by a map of labels, such as the segments of an image.

    Args:
        x: Samples, ``[N, ...]``.
        labels: The region of each feature, whole numbers without a gap from 0; a negative one is never
            removed. Broadcasts with one sample.

    Raises:
        InputError: If the map does not fit the samples, is not of whole numbers, or leaves a number out.
    """
    shape = tuple(x.shape[1:])
    # aligned at the last axis, each axis has to be that of the sample or 1
    fits = labels.dim() <= len(shape) and all(
        size in {1, of_sample}
        for size, of_sample in zip(reversed(labels.shape), reversed(shape), strict=False)
    )
    if not fits or labels.is_floating_point() or labels.is_complex():
        raise InputError(
            f"labels should be whole numbers that broadcast with one sample of shape {shape}. "
            f"Found {labels.dtype} of shape {tuple(labels.shape)}."
        )
    labels = _add_axes(labels.long().clamp(min=-1), x)
    numbers = torch.unique(labels)
    numbers = numbers[numbers >= 0]
    if len(numbers) < 2 or int(numbers[-1]) != len(numbers) - 1:
        raise InputError(
            "labels should number at least two regions from 0 without a gap. "
            f"Found {len(numbers)} numbers up to {int(labels.max())}. "
            "Try torch.unique(..., return_inverse=True)."
        )
    return Regions(labels, shape, f"{len(numbers)} regions of a label map")


def _add_axes(labels: Tensor, x: Tensor) -> Tensor:
    """Give labels as many axes as one sample has."""
    return labels.reshape((1,) * (x.dim() - 1 - labels.dim()) + tuple(labels.shape))
