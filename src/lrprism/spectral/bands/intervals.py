"""Intervals of means over samples or whole groups, from drawing them again."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import InputError

DRAWS: Final = 1000
LEVEL: Final = 0.95
_FEWEST: Final = 2

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
    totals = np.zeros((count, flat.shape[1]))
    np.add.at(totals, group, flat)
    times = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=DRAWS)
    means = (times @ totals) / (times @ np.bincount(group))[:, None]
    tail = (1 - LEVEL) / 2
    low, high = (np.quantile(means, share, axis=0).reshape(numbers.shape[1:]) for share in (tail, 1 - tail))
    return low, high
