"""Intervals of means over samples or whole groups, from drawing them again."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

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
    Samples of one plant or field are alike: drawn one by one they would give intervals that are too narrow.
    The ends are the quantiles :math:`q` of 1000 draws, their distances from the mean widened for the number n
    of groups: draws of few of them scatter less than the groups do, and few groups say little of the scatter.

    .. math:: low, high = \bar v + f_n\, (q_{0.025, 0.975} - \bar v), \qquad
              f_n = \frac{t_{0.975,\, n - 1}}{z_{0.975}} \sqrt{\frac{n}{n - 1}}

    Sources: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993; Hesterberg, "What Teachers Should
    Know About the Bootstrap", The American Statistician 69(4), 2015 (few samples).

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
    ends = np.quantile(sums[:, :-1] / sums[:, -1:], [tail, 1 - tail], axis=0)
    mean = flat.mean(axis=0)
    low, high = mean + widen_for_few(count) * (ends - mean)
    return low.reshape(numbers.shape[1:]), high.reshape(numbers.shape[1:])


def widen_for_few(count: int) -> float:
    r"""Return how much wider the interval of a bootstrap over few samples or groups has to be.

    .. math:: f_n = \frac{t_{0.975,\, n - 1}}{z_{0.975}} \sqrt{\frac{n}{n - 1}}

    Args:
        count: Number n of samples, or of groups where they are known; 2 or more.
    """
    tail = (1 - LEVEL) / 2
    return float(stdtrit(count - 1, 1 - tail) / ndtri(1 - tail)) * math.sqrt(count / (count - 1))


def widen_for_choice(places: float, count: int) -> float:
    r"""Return how much wider a 95 % interval has to be where the best of many places is looked at.

    .. math:: \frac{t_{1 - 0.025 / B,\, n - 1}}{t_{0.975,\, n - 1}}

    with B places and n samples or groups. Source: Bonferroni's inequality, for a mean of normal values.

    Args:
        places: Number of places, of which fewer than 1 count as 1.
        count: Number of samples, or of groups where they are known.

    Returns:
        The factor, 1 or more; NaN of one sample or group, whose interval is not known.
    """
    if count < _FEWEST:
        return math.nan
    tail = (1 - LEVEL) / 2
    return float(stdtrit(count - 1, 1 - tail / max(1.0, places)) / stdtrit(count - 1, 1 - tail))


def count_units(samples: int, groups: npt.ArrayLike | None) -> int:
    """Return the number of groups, or of samples where no groups are known: what is drawn again.

    Args:
        samples: Number of samples.
        groups: The plant, field or day of each sample.
    """
    return samples if groups is None else len(np.unique(np.asarray(groups)))


def count_independent(
    labels: npt.NDArray[np.int64], groups: npt.ArrayLike, classes: int
) -> tuple[int, tuple[int, ...]]:
    r"""Count the groups, and the independent units of each class.

    .. math:: u_c = \sum_{g:\ n_{gc} > 0} \max\bigl(1, \min(n_{gc},\ n_g - n_{gc})\bigr)

    with :math:`n_{gc}` the samples of class c in group g, and :math:`n_g` all in it. A plant of one class is
    one unit, however many samples it has: what it looks like may have nothing to do with its class. In a
    field with samples of several classes each sample that has one of another class beside it is a unit.

    Args:
        labels: The class of each sample, ``[N]``.
        groups: The plant, field or day of each sample, ``[N]``.
        classes: Number of classes.
    """
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    held = np.zeros((len(names), classes), dtype=np.int64)
    np.add.at(held, (group.ravel(), labels), 1)
    beside = held.sum(axis=1, keepdims=True) - held
    units = np.where(held > 0, np.maximum(1, np.minimum(held, beside)), 0).sum(axis=0)
    return len(names), tuple(units.tolist())


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
