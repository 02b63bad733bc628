"""Bands that know nothing of the data: equal spacing, and random ones."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from lrprism.spectral.bands.selection.samples import BandNumbers, BandSamples


def select_equal(samples: BandSamples, k: int) -> BandNumbers:
    r"""Select the k bands nearest to equally spaced wavelengths.

    .. math:: \lambda_i = \lambda_{\min} + \frac{i}{k - 1} (\lambda_{\max} - \lambda_{\min}),
              \quad i = 0 \dots k - 1

    or the middle of the range for one band. In nm, not in numbers of bands: gaps and overlapping detectors do
    not shift it. Each wanted wavelength gets a band of its own, so that the sum of the distances is least.

    Args:
        samples: The samples.
        k: Number of bands.

    Returns:
        Numbers of the bands, that of the shortest wanted wavelength first.

    Raises:
        InputError: If k is more than the number of bands that vary.
    """
    samples.check_count(k)
    nm = samples.wavelength[samples.varying]
    wanted = np.linspace(nm.min(), nm.max(), k) if k > 1 else np.array([(nm.min() + nm.max()) / 2])
    _, places = linear_sum_assignment(np.abs(wanted[:, None] - nm))
    chosen: BandNumbers = samples.varying[places]
    return chosen


def select_random(samples: BandSamples, k: int) -> BandNumbers:
    """Select k bands at random, each alike, by the seed of the samples.

    Args:
        samples: The samples, with the seed.
        k: Number of bands.

    Returns:
        Numbers of the bands in the order drawn: with the same seed, fewer bands are the first of more.

    Raises:
        InputError: If k is more than the number of bands that vary.
    """
    samples.check_count(k)
    order: BandNumbers = np.random.default_rng(samples.seed).permutation(samples.varying)
    return order[:k]
