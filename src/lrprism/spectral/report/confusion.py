"""Classes that a network does not tell from another one."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import xarray as xr

from lrprism.spectral.bands.intervals import count_independent

FEWEST: Final = 5
"""Of fewer samples no mean is worth a name."""
TOLD: Final = 0.75
"""Two classes are told apart from this share of right ones on, half way from chance to all."""
_CHANCE: Final = 0.01


def find_twin(number: int, others: Iterable[int], spectra: xr.Dataset) -> tuple[int, float] | None:
    """Find the first class that is not told from another one, see :func:`measure_confusion`.

    Args:
        number: The class.
        others: The classes to look at; itself is left out.
        spectra: Samples with their ``label`` and ``predicted``.

    Returns:
        The other class, and the share that is right; None where the class is told from all.
    """
    for other in others:
        told = None if other == number else measure_confusion(number, other, spectra)
        if told is not None and told < TOLD:
            return other, told
    return None


def measure_confusion(number: int, other: int, spectra: xr.Dataset) -> float | None:
    r"""Measure how often two classes are told apart, of the samples that are taken for one of the two.

    .. math:: \frac12 \Bigl( \frac{n_{ii}}{n_{ii} + n_{ij}} + \frac{n_{jj}}{n_{jj} + n_{ji}} \Bigr)

    with :math:`n_{ij}` the samples of class i that are taken for class j; 1/2 where the two are mixed up
    at random.

    Args:
        number: Class i.
        other: Class j.
        spectra: Samples with their ``label`` and ``predicted``.

    Returns:
        None where one of the classes has fewer than 5 such samples, or where Fisher's exact test gives less
        than one in a hundred for so many right by chance; of as many as there are independent units of each
        class where groups are known, see :func:`~lrprism.spectral.bands.intervals.count_independent`.
    """
    label, predicted = spectra["label"].values, spectra["predicted"].values
    pair = (number, other)
    counts = np.array([[int(((label == i) & (predicted == j)).sum()) for j in pair] for i in pair])
    if counts.sum(axis=1).min() < FEWEST:
        return None
    from scipy.stats import fisher_exact  # late: takes a second, and few need it

    units = counts
    if "group" in spectra.variables:
        is_of = np.isin(label, pair) & np.isin(predicted, pair)
        second = (label[is_of] == other).astype(np.int64)
        _, independent = count_independent(second, spectra["group"].values[is_of], 2)
        units = np.rint(counts * np.array(independent)[:, None] / counts.sum(axis=1, keepdims=True))
    if fisher_exact(units.astype(np.int64), alternative="greater").pvalue < _CHANCE:
        return None
    return float((np.diag(counts) / counts.sum(axis=1)).mean())
