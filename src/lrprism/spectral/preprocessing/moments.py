"""Statistics per band over every pixel of the training part, batch by batch in double precision."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from lrprism.errors import DataError, InputError

Batches: TypeAlias = Tensor | Iterable[Tensor]
"""The training part: one tensor ``[N, band, ...]``, or an iterable of such batches, gone through once."""


@dataclass(frozen=True)
class Moments:
    r"""Count, mean, sums of squares and range of each band over ``count`` pixels.

    Args:
        count: How many spectra.
        mean: :math:`\mu_b`, ``[band]``.
        squares: :math:`\sum (x_b - \mu_b)^2`, ``[band]``, or the products of all pairs of bands,
            ``[band, band]``.
        low: Lowest value, ``[band]``.
        high: Highest value, ``[band]``.
        dtype: The float type of the data.
    """

    count: int
    mean: Tensor
    squares: Tensor
    low: Tensor
    high: Tensor
    dtype: torch.dtype

    def combine(self, other: "Moments") -> "Moments":
        """Return the statistics of both together, by the update of Chan, Golub and LeVeque (1979)."""
        count = self.count + other.count
        step = other.mean - self.mean
        # of all pairs of bands, or of each band with itself
        cross = torch.outer(step, step) if self.squares.dim() == 2 else step**2
        return Moments(
            count,
            self.mean + step * (other.count / count),
            self.squares + other.squares + cross * (self.count * other.count / count),
            torch.minimum(self.low, other.low),
            torch.maximum(self.high, other.high),
            self.dtype,
        )

    @property
    def std(self) -> Tensor:
        """Standard deviation of each band, divided by ``count`` under the root."""
        return (self.squares / self.count).sqrt()


def measure_moments(patches: Batches, *, pairs: bool = False) -> Moments:
    """Go through the training part once and collect its statistics.

    Args:
        patches: One tensor or batches, ``[N, band, ...]``, in the data's units.
        pairs: Sum the products of all pairs of bands, not the squares alone.

    Returns:
        The statistics in float64.

    Raises:
        DataError: If there is no batch, or the batches differ in their bands.
        InputError: If a batch is no float tensor with bands on axis 1, or holds no pixel, or NaN or inf.
    """
    total: Moments | None = None
    for batch in [patches] if isinstance(patches, Tensor) else patches:
        moments = _measure_batch(batch, pairs=pairs)
        if total is not None and moments.mean.shape != total.mean.shape:
            raise DataError(
                f"batches should have the same bands. Found {len(total.mean)} and {len(moments.mean)}. "
                "Fit on patches of one sensor."
            )
        total = moments if total is None else total.combine(moments)
    # an iterator that was gone through before
    if total is None:
        raise DataError("the training part should hold at least one batch. Found none. Give it anew.")
    return total


def hide_constant(scale: Tensor, moments: Moments) -> Tensor:
    r"""Return the divisor of each band; infinity where a band is constant, so that it becomes 0 in all data.

    .. math:: s'_b = \begin{cases} s_b & h_b > l_b \\ \infty & \text{else} \end{cases}

    A network learns nothing of a band that is constant over the training part. Divided by 1, other data would
    bring values of the band to weights that were never trained. The range tells, and not the deviation, of
    which rounding makes a small number.

    Args:
        scale: Deviation or range of each band, ``[band]``.
        moments: Of the training part.

    Raises:
        DataError: If no band varies.
    """
    varies = moments.high > moments.low
    if not bool(varies.any()):
        raise DataError(
            f"bands should vary over the training part. Found each of {len(varies)} constant. Check that the "
            "file holds spectra, and which samples train."
        )
    return torch.where(varies, scale, torch.inf)


def _measure_batch(batch: Tensor, *, pairs: bool) -> Moments:
    if not isinstance(batch, Tensor) or batch.dim() < 2 or not batch.is_floating_point():
        kind = f"{batch.dtype} {tuple(batch.shape)}" if isinstance(batch, Tensor) else type(batch).__name__
        raise InputError(
            f"batches should be float tensors [N, band, ...]. Found {kind}. Convert them to tensors first."
        )
    # double precision: radiances far from zero would lose their variance in single
    spectra = batch.detach().movedim(1, -1).reshape(-1, batch.shape[1]).double()
    if not spectra.numel() or not bool(spectra.isfinite().all()):
        raise InputError(
            f"batches should hold pixels with finite values. Found shape {tuple(batch.shape)}"
            f"{', with NaN or inf' if spectra.numel() else ''}. Leave out what is masked."
        )
    mean = spectra.mean(0)
    centred = spectra - mean
    squares = centred.T @ centred if pairs else (centred**2).sum(0)
    low, high = spectra.aminmax(dim=0)
    return Moments(len(spectra), mean, squares, low, high, batch.dtype)
