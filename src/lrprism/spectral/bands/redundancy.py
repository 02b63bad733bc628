"""Bands of which each tells as much of the class as all of them together."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri

from lrprism.errors import InputError
from lrprism.spectral.bands.width import check_finite_spectra

LOST: Final = 0.1
"""The part of what several bands tell of the class that may be lost where one of them stands for all."""
_LEVEL: Final = 0.05
_SMALL: Final = 1e-9  # relative to the largest singular value: rounding
_CONSTANT: Final = 1e-12  # relative to the largest value

Floats = npt.NDArray[np.float64]
Bands = npt.NDArray[np.intp]


class Redundancy:
    r"""Measures how much bands tell of the class, and whether one of them tells as much as all.

    .. math:: V_G = \operatorname{tr}(T_G^{-1} B_G)

    with T the scatter of the spectra over all samples, and B that of the means of the classes (Pillai's
    trace): for a single band the part of its variance that lies between classes, and never less with a band
    more.

    Args:
        spectra: Spectra, ``[sample, band]``, any unit.
        labels: Class of each, ``[sample]``.

    Raises:
        DataError: If the spectra are not finite numbers.
        InputError: If there is not a label for each.

    Source: Pillai, "Some new test criteria in multivariate analysis", 1955.

    Example:
        >>> redundancy = Redundancy([[0, 0, 1], [1, 1, 0], [4, 4, 1], [5, 5, 0]], [0, 0, 1, 1])
        >>> round(redundancy.measure(np.array([0])), 3), redundancy.holds(np.array([0, 1]))
        (0.941, True)
    """

    def __init__(self, spectra: npt.ArrayLike, labels: npt.ArrayLike) -> None:
        """Centre the spectra, and scale each band to a length of 1.

        Args:
            spectra: Spectra.
            labels: Class of each.

        Raises:
            DataError: If the spectra are not finite numbers.
            InputError: If there is not a label for each.
        """
        x, names = check_finite_spectra(spectra), np.asarray(labels)
        if names.shape != (len(x),):
            raise InputError(
                f"labels should hold a class for each of {len(x)} spectra. Found shape {names.shape}. Pass "
                "both of the same samples."
            )
        centred = x - x.mean(axis=0)
        # a constant band keeps rounding errors alone
        varies = np.ptp(x, axis=0) > _CONSTANT * np.abs(x).max(axis=0)
        length = np.linalg.norm(centred, axis=0)
        self._spectra: Floats = np.divide(centred, length, out=np.zeros_like(centred), where=varies)
        _, self._class, self._sizes = np.unique(names, return_inverse=True, return_counts=True)
        self._single = self._measure_each(self._spectra)

    def measure(self, bands: Bands) -> float:
        """Return how much bands tell of the class together, V of the formula.

        Args:
            bands: Their numbers, from 0.
        """
        return self._measure(self._span(bands))

    def holds(self, bands: Bands) -> bool:
        r"""Return True if each of some bands tells as much of the class as all of them together.

        .. math:: V_G - \min_{b \in G} V_b \le 0.1\, V_G + \frac{\chi^2_{0.95}((p - 1)(K - 1))}{N - 1}

        for p bands, K classes, N samples: a tenth may be lost, and what bands without any class would gain by
        chance.

        Args:
            bands: Their numbers, from 0.
        """
        together = self._span(bands)
        told = self._measure(together)
        worst = self._single[bands].min()
        further = (together.shape[1] - 1) * (len(self._sizes) - 1)
        chance = float(chdtri(further, _LEVEL)) / (len(self._spectra) - 1) if further > 0 else 0.0
        return bool(told - worst <= LOST * told + chance)

    def _span(self, bands: Bands) -> Floats:
        """Return orthonormal directions that span the bands, ``[sample, direction]``."""
        directions, sizes, _ = np.linalg.svd(self._spectra[:, bands], full_matrices=False)
        kept: Floats = directions[:, sizes > _SMALL * max(sizes[0], _SMALL)]
        return kept

    def _measure(self, directions: Floats) -> float:
        """Return the squared length of orthonormal directions that lies between classes."""
        return float(self._measure_each(directions).sum())

    def _measure_each(self, directions: Floats) -> Floats:
        """Return the squared length of each column that lies between classes."""
        sums = np.zeros((len(self._sizes), directions.shape[1]))
        np.add.at(sums, self._class, directions)
        between: Floats = (sums**2 / self._sizes[:, None]).sum(axis=0)
        return between
