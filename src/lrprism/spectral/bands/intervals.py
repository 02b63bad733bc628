"""Intervals of means over samples or whole groups, from drawing them again."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import InputError

DRAWS: Final = 1000
LEVEL: Final = 0.95
_FEWEST: Final = 2
_AT_ONCE: Final = 2**20
"""Numbers that are drawn at a time: 24 MB with the times that each row is drawn."""

Floats = npt.NDArray[np.float64]


def bootstrap_mean(
    values: npt.ArrayLike, groups: npt.ArrayLike | None = None, *, seed: int = 0
) -> tuple[Floats, Floats]:
    r"""Compute 95 % intervals of means: samples, or whole groups of them, are drawn with replacement.

    .. math:: \bar v^* = \frac{\sum_g w_g \sum_{s \in g} v_s}{\sum_g w_g\, n_g}

    with :math:`w_g` the times that group g is drawn; each sample is a group of its own where none are given.
    The ends are the 2.5 % and 97.5 % quantiles of 1000 draws. Samples of one plant or field are alike: drawn
    one by one they would give intervals that are too narrow. Source: Efron and Tibshirani, "An Introduction
    to the Bootstrap", 1993.

    Shapes: ``values``: ``[sample, ...]``; ``groups``: ``[sample]``; results ``[...]``.

    Args:
        values: Finite numbers.
        groups: The plant, field or day of each sample.
        seed: Seed of the draws.

    Returns:
        The lower and the upper ends; NaN where there is one sample or group only.

    Raises:
        InputError: If there is no sample, or not a group for each.
    """
    numbers = np.asarray(values, dtype=np.float64)
    flat = numbers.reshape(len(numbers), math.prod(numbers.shape[1:]))
    names = np.arange(len(flat)) if groups is None else np.asarray(groups)
    if not len(flat) or names.shape != (len(flat),):
        raise InputError(
            f"an interval should have at least one sample, and a group for each or none. Found {len(flat)} "
            f"samples and groups of shape {names.shape}."
        )
    _, group = np.unique(names, return_inverse=True)
    count = int(group.max()) + 1
    if count < _FEWEST:
        missing = np.full(numbers.shape[1:], np.nan)
        return missing, missing
    totals = np.zeros((count, flat.shape[1] + 1))
    np.add.at(totals[:, :-1], group, flat)
    totals[:, -1] = np.bincount(group)
    sums = draw_sums(totals, seed=seed)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(sums[:, :-1] / sums[:, -1:], [tail, 1 - tail], axis=0)
    return low.reshape(numbers.shape[1:]), high.reshape(numbers.shape[1:])


def draw_sums(totals: Floats, *, draws: int = DRAWS, seed: int = 0) -> Floats:
    """Sum rows that are drawn with replacement, as many as there are, again and again.

    Shapes: ``totals``: ``[row, column]``; result ``[draw, column]``.

    Args:
        totals: Sums over each sample or group.
        draws: Number of draws.
        seed: Seed of the draws; the same rows are drawn whatever the columns are.
    """
    count, generator = len(totals), np.random.default_rng(seed)
    sums = np.empty((draws, totals.shape[1]))
    at_once = max(1, _AT_ONCE // count)
    for start in range(0, draws, at_once):
        size = min(at_once, draws - start)
        # each draw counts in a stretch of numbers of its own, so that one bincount serves all
        drawn = generator.integers(count, size=(size, count)) + count * np.arange(size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
        sums[start : start + size] = times.astype(np.float64) @ totals
    return sums
