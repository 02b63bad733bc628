"""Intervals from resampling the samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lrprism.errors import InputError

_NUMBERS_AT_ONCE = 2**24


@dataclass(frozen=True)
class Interval:
    """A figure with the interval in which it lies when other samples are drawn.

    Args:
        value: The figure of the samples at hand.
        low: Lower end of the interval.
        high: Upper end.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """The figure and its interval, three digits."""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Bootstrap:
    r"""Percentile intervals: samples are drawn with replacement, and the figure is computed for each draw.

    A figure is a function of the mean over samples, :math:`T(\frac1N \sum_n v_n)`, as an area, or the AUC of
    the mean of ``|R|``. It says how far the figure depends on the samples, not on training or data set.

    Args:
        resamples: How many times the samples are drawn.
        level: Share of the draws inside the interval.
        seed: Seed of the draws; the same samples are drawn for every figure, so that methods are compared on
            equal terms.
    """

    resamples: int = 1000
    level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InputError: If there is no draw, or the level is not between 0 and 1.
        """
        if self.resamples < 1 or not 0 < self.level < 1:
            raise InputError(
                "a bootstrap should have at least one resample and a level between 0 and 1. "
                f"Found resamples={self.resamples}, level={self.level}."
            )

    def measure(self, values: Tensor, statistic: Callable[[Tensor], Tensor] | None = None) -> Interval:
        """Return a figure and its interval.

        Args:
            values: One number or array per sample, ``[N, ...]``.
            statistic: The figure of means ``[B, ...]`` over samples, ``[B]``; the mean itself by default.

        Raises:
            InputError: If there is no sample.
        """
        if len(values) < 1:
            raise InputError("an interval should have at least one sample. Found none.")
        figure = statistic or _flatten_means
        flat = values.double().flatten(1) if values.dim() > 1 else values.double()[:, None]
        shape = values.shape[1:]
        value = figure(flat.mean(0).reshape(1, *shape)).item()
        # a share of the draws at a time, as each is as large as one sample
        at_once = max(1, _NUMBERS_AT_ONCE // flat.shape[1])
        draws = torch.cat([
            figure((weights.to(flat) @ flat).reshape(-1, *shape))
            for weights in torch.split(self.draw_weights(len(values)), at_once)
        ])  # fmt: skip
        tail = (1 - self.level) / 2
        low, high = torch.quantile(draws, torch.tensor([tail, 1 - tail]).to(draws)).tolist()
        return Interval(value, low, high)

    def draw_weights(self, count: int) -> Tensor:
        """Return the weight of each sample in each draw, ``[resamples, count]``, rows that sum to 1."""
        generator = torch.Generator().manual_seed(self.seed)
        drawn = torch.randint(count, (self.resamples, count), generator=generator)
        weights = torch.zeros(self.resamples, count, dtype=torch.float64)
        return weights.scatter_add_(1, drawn, torch.full_like(weights, 1 / count))


def _flatten_means(means: Tensor) -> Tensor:
    return means.flatten()
