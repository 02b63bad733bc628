"""Correlation of bands, and groups of bands that can stand for each other."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from lrprism.errors import InputError
from lrprism.spectral.bands.width import check_finite_spectra

EXCHANGEABLE: Final = 0.95
"""Bands of a group correlate at least so much, each with each, if no threshold is given."""


def correlate_bands(
    spectra: npt.NDArray[np.float64], weights: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float64]:
    r"""Return the Pearson correlation of each two bands.

    .. math:: r_{ij} = \frac{\sum_s w_s (x_{si} - \bar x_i)(x_{sj} - \bar x_j)}
                            {\sqrt{\sum_s w_s (x_{si} - \bar x_i)^2 \sum_s w_s (x_{sj} - \bar x_j)^2}}

    A constant band correlates with none: 0, and 1 with itself. Shapes: ``spectra``: ``[sample, band]``;
    result ``[band, band]``.

    Args:
        spectra: Spectra, any unit.
        weights: Weight of each spectrum, ``[sample]``; None for 1 each.
    """
    w = np.ones(len(spectra)) if weights is None else weights
    centred = spectra - (w @ spectra) / w.sum()
    # rounding leaves a constant band a tiny spread
    centred[:, np.ptp(spectra[w > 0], axis=0) == 0] = 0
    covariance = (centred * w[:, None]).T @ centred
    spread = np.sqrt(np.diag(covariance))
    scale = np.where(spread > 0, spread, np.inf)
    r = covariance / scale[:, None] / scale
    np.fill_diagonal(r, 1.0)
    return np.asarray(np.clip(r, -1, 1))


def correlation_groups(spectra: npt.ArrayLike, threshold: float = EXCHANGEABLE) -> npt.NDArray[np.int64]:
    """Group bands each two of which correlate, up or down, at least as much as a threshold.

    Groups come from complete linkage of ``1 - |r|``, so that what joins them is their weakest pair. They
    need not be neighbours along wavelength. A constant band is a group of its own. Shapes: ``spectra``:
    ``[sample, band]``; result ``[band]``.

    Args:
        spectra: Spectra, any unit.
        threshold: Least absolute correlation within a group, above 0 and at most 1.

    Returns:
        Number of the group of each band; groups count from 0 in the order of their first bands.

    Raises:
        DataError: If the spectra are not finite numbers.
        InputError: If the threshold is out of its range.

    Example:
        >>> correlation_groups([[0, 1, 5], [1, 3, 2], [2, 5, 6]])
        array([0, 0, 1])
    """
    x = check_finite_spectra(spectra)
    if not 0 < threshold <= 1:
        raise InputError(f"threshold should be above 0 and at most 1. Found {threshold}. Try {EXCHANGEABLE}.")
    return cut_groups(correlate_bands(x), threshold)


def cut_groups(r: npt.NDArray[np.float64], threshold: float, least: int = 1) -> npt.NDArray[np.int64]:
    """Group bands by their correlation, finer than the threshold asks where there are too few groups.

    Args:
        r: Correlation of each two bands, ``[band, band]``.
        threshold: Least absolute correlation within a group.
        least: Least number of groups; where bands are equal there may be fewer.

    Returns:
        Number of the group of each band, ``[band]``, counted in the order of their first bands.
    """
    if len(r) == 1:
        return np.zeros(1, dtype=np.int64)
    distance = np.clip(1 - np.abs(r), 0, None)
    tree = linkage(squareform((distance + distance.T) / 2, checks=False), "complete")
    # rounding: bands that correlate exactly as the threshold says belong together
    groups = fcluster(tree, 1 - threshold + 1e-12, "distance")
    if groups.max() < least:
        groups = fcluster(tree, least, "maxclust")
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)
