"""Bands that a network uses, without others that say the same."""

import numpy as np

from lrprism.errors import InputError
from lrprism.spectral.bands.selection.correlation import EXCHANGEABLE, correlate_bands, cut_groups
from lrprism.spectral.bands.selection.samples import BandNumbers, BandSamples


def select_by_relevance(samples: BandSamples, k: int, *, threshold: float = EXCHANGEABLE) -> BandNumbers:
    r"""Select the k bands of most relevance, at most one of each group of exchangeable bands.

    With :math:`m_{cb}` the mean absolute relevance of a class and band, bands are taken by

    .. math:: \sum_c m_{cb}

    from high to low; a band whose group already has one is suppressed (non-maximum suppression). Groups are
    those of :func:`lrprism.spectral.bands.correlation_groups` over the samples. Where the threshold makes
    fewer groups than k, their tree is cut into k groups instead; where bands are equal even that gives fewer,
    and the most relevant of the suppressed ones fill up.

    Args:
        samples: The samples, with relevance.
        k: Number of bands.
        threshold: Least absolute correlation within a group.

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
    importance = samples.relevance.sum(axis=0)[samples.varying]
    groups = cut_groups(correlate_bands(samples.spectra[:, samples.varying]), threshold, least=k)
    order = np.argsort(-importance, kind="stable")
    _, first = np.unique(groups[order], return_index=True)
    leaders = order[np.sort(first)]
    suppressed = order[~np.isin(order, leaders)]
    chosen: BandNumbers = samples.varying[np.concatenate([leaders, suppressed])[:k]]
    return chosen
