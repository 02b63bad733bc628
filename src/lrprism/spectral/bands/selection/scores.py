"""Bands ranked one by one: variance, entropy, F of an analysis of variance. Neighbours are not suppressed."""

from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import InputError
from lrprism.spectral.bands.selection.samples import BandNumbers, BandSamples, take_highest

BINS: Final = 64
"""Bins of equal width between the lowest and the highest value of a band, of its entropy."""


def select_by_variance(samples: BandSamples, k: int) -> BandNumbers:
    r"""Select the k bands of largest variance over samples, :math:`\frac1S \sum_s (x_{sb} - \bar x_b)^2`.

    It is in the unit of the data squared: bright bands win.

    Args:
        samples: The samples.
        k: Number of bands.

    Returns:
        Numbers of the bands, that of largest variance first.

    Raises:
        InputError: If k is more than the number of bands that vary.
    """
    samples.check_count(k)
    return take_highest(samples.spectra[:, samples.varying].var(axis=0), samples.varying, k)


def select_by_entropy(samples: BandSamples, k: int) -> BandNumbers:
    """Select the k bands of largest entropy in 64 bins, see :func:`band_entropy`.

    Args:
        samples: The samples.
        k: Number of bands.

    Returns:
        Numbers of the bands, that of largest entropy first.

    Raises:
        InputError: If k is more than the number of bands that vary.
    """
    samples.check_count(k)
    return take_highest(band_entropy(samples.spectra[:, samples.varying], BINS), samples.varying, k)


def select_by_anova(samples: BandSamples, k: int) -> BandNumbers:
    r"""Select the k bands of largest F in a one-way analysis of variance.

    .. math:: F_b = \frac{\sum_c n_c (\bar x_{cb} - \bar x_b)^2 / (C - 1)}
                         {\sum_c \sum_{s \in c} (x_{sb} - \bar x_{cb})^2 / (S - C)}

    Args:
        samples: The samples, of at least two classes.
        k: Number of bands.

    Returns:
        Numbers of the bands, that of largest F first; a band that is constant within every class has F
        infinite.

    Raises:
        InputError: If k is more than the number of bands that vary, there is one class only, or one sample
            per class only.
    """
    samples.check_count(k)
    samples.require_classes("an analysis of variance")
    classes = np.unique(samples.labels)
    if len(samples.labels) == len(classes):
        raise InputError(
            f"an analysis of variance needs more samples than classes. Found {len(classes)} of both. Add "
            "samples."
        )
    from scipy.stats import f_oneway  # late: help texts need no statistics

    x = samples.spectra[:, samples.varying]
    # a band that is constant within classes divides by zero: F is infinite, as it should be
    with np.errstate(divide="ignore"):
        within = np.max([np.ptp(x[samples.labels == name], axis=0) for name in classes], axis=0)
        f = np.full(x.shape[1], np.inf)
        spread = within > 0
        f[spread] = f_oneway(*(x[samples.labels == name][:, spread] for name in classes)).statistic
    return take_highest(f, samples.varying, k)


def band_entropy(spectra: npt.NDArray[np.float64], bins: int | None = None) -> npt.NDArray[np.float64]:
    r"""Return the entropy of the values of each band in bits, :math:`H_b = -\sum_v p_{bv} \log_2 p_{bv}`.

    Shapes: ``spectra``: ``[sample, band]``; result ``[band]``.

    Args:
        spectra: Spectra, any unit.
        bins: Bins of equal width between the lowest and the highest value of a band; None for the distinct
            values, which suits whole numbers: of floats nearly each is its own, and all bands have log2 of
            the number of samples.
    """
    return np.array([_measure_entropy(values, bins) for values in spectra.T])


def _measure_entropy(values: npt.NDArray[np.float64], bins: int | None) -> float:
    counts = np.unique(values, return_counts=True)[1] if bins is None else np.histogram(values, bins)[0]
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log2(p)).sum())
