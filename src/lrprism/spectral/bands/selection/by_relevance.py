"""Bands that a network uses, spread over the spectrum as its relevance is."""

import numpy as np

from lrprism.errors import InputError
from lrprism.spectral.bands.selection.samples import BandNumbers, BandSamples


def select_by_relevance(samples: BandSamples, k: int) -> BandNumbers:
    r"""Select the most relevant band in each of k stretches of the spectrum that hold equal relevance.

    With :math:`m_b = \sum_c m_{cb}`, the mean absolute relevance of a band summed over the classes, and the
    bands in the order of their wavelengths, the stretch of a band is

    .. math:: g_b = \left\lceil k \, \frac{\sum_{j \le b} m_j}{\sum_j m_j} \right\rceil

    and of each stretch the band of largest m is taken; the others are suppressed (non-maximum suppression).
    Neighbours say nearly the same, so that the bands of most relevance alone would all lie in one place. To
    suppress what correlates instead favours noisy bands, which correlate with none, and leaves a wide stretch
    of like but noisy bands a single one, where several together say more. A band that holds more than one
    stretch leaves some without a band: the most relevant of the suppressed ones fill up.

    Args:
        samples: The samples, with relevance.
        k: Number of bands.

    Returns:
        Numbers of the bands, the most relevant first.

    Raises:
        InputError: If k is more than the number of bands that vary, or there is no relevance.
    """
    samples.check_count(k)
    if samples.relevance is None:
        raise InputError(
            "selection by relevance should get the relevance of each class and band. Found none. Explain the "
            "training samples of a trained network first."
        )
    along = samples.varying[np.argsort(samples.wavelength[samples.varying], kind="stable")]
    importance = samples.relevance.sum(axis=0)[along]
    if not importance.any():  # nothing to spread the bands by: as many bands in each stretch
        importance = np.ones(len(along))
    reached = np.cumsum(importance) / importance.sum()
    # rounding: a stretch that ends with a band holds it
    stretch = np.ceil(k * reached - 1e-9)
    order = np.argsort(-importance, kind="stable")
    _, first = np.unique(stretch[order], return_index=True)
    leaders = order[np.sort(first)]
    suppressed = order[~np.isin(order, leaders)]
    chosen: BandNumbers = along[np.concatenate([leaders, suppressed])[:k]]
    return chosen
