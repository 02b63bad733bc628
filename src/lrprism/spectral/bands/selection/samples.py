"""The samples that bands are selected by: spectra, classes, wavelengths, and relevance where there is."""

from dataclasses import dataclass
from typing import final

import numpy as np
import numpy.typing as npt

from lrprism.errors import InputError
from lrprism.spectral.bands.width import check_spectra

BandNumbers = npt.NDArray[np.int64]
"""Numbers of bands from 0, ``[k]``."""


@final
@dataclass(frozen=True, eq=False)
class BandSamples:
    """Labelled spectra to select bands by; never those of a test part.

    Args:
        spectra: Spectra, ``[sample, band]``, finite, any unit.
        labels: Class of each sample, ``[sample]``, whole numbers from 0.
        wavelength: Centre of each band in nm, ``[band]``, in any order; two may be the same.
        relevance: Mean absolute relevance of each class and band, ``[class, band]``, in the unit of the
            explained output; None where nothing was explained.
        seed: Seed of everything drawn at random.

    Raises:
        DataError: If the spectra, the labels or the wavelengths do not fit each other, or are not finite.
        InputError: If the relevance is not one finite number of 0 or more per class and band.
    """

    spectra: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int64]
    wavelength: npt.NDArray[np.float64]
    relevance: npt.NDArray[np.float64] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Check that all of it fits.

        Raises:
            InputError: If the relevance does not.
        """
        spectra, wavelength, labels = check_spectra(self.spectra, self.wavelength, self.labels)
        maps = None if self.relevance is None else np.asarray(self.relevance, dtype=np.float64)
        arrays = {"spectra": spectra, "wavelength": wavelength, "labels": labels, "relevance": maps}
        for name, array in arrays.items():  # lists become arrays
            object.__setattr__(self, name, array)
        bands = spectra.shape[1]
        if maps is not None and not (
            maps.ndim == 2 and maps.shape[1] == bands and np.isfinite(maps).all() and (maps >= 0).all()
        ):
            raise InputError(
                f"relevance should be a finite number of 0 or more per class and band, {bands} bands. Found "
                f"shape {maps.shape}. Pass means of absolute relevance, (class, band)."
            )

    @property
    def varying(self) -> BandNumbers:
        """Numbers of the bands that are not constant; the others tell no two samples apart."""
        return find_varying(self.spectra)

    def require_classes(self, method: str) -> None:
        """Refuse samples of one class for a method that compares classes.

        Args:
            method: What it is, in words.

        Raises:
            InputError: If there is one class only.
        """
        classes = np.unique(self.labels)
        if len(classes) < 2:
            raise InputError(
                f"{method} should compare at least two classes. Found class {classes[0]} alone. Add samples "
                "of another class, or select by a method that needs no classes."
            )

    def check_count(self, k: int) -> None:
        """Refuse to select more bands than there are.

        Args:
            k: Number of bands to select.

        Raises:
            InputError: If it is not within 1 and the number of bands that vary.
        """
        bands, varying = self.spectra.shape[1], len(self.varying)
        if not 1 <= k <= varying:
            constant = f"; {bands - varying} of {bands} are constant" if varying < bands else ""
            raise InputError(
                f"k should be 1 to {varying}, the number of bands that vary{constant}. Found {k}. "
                "Select fewer bands."
            )


def find_varying(spectra: npt.NDArray[np.float64]) -> BandNumbers:
    """Return the numbers of the bands that are not constant, ``[n]``.

    Args:
        spectra: Spectra, ``[sample, band]``.
    """
    return np.flatnonzero(np.ptp(spectra, axis=0) > 0).astype(np.int64)


def take_highest(scores: npt.NDArray[np.float64], bands: BandNumbers, k: int) -> BandNumbers:
    """Return the k bands with the highest scores, the highest first; of equal ones the first band.

    Args:
        scores: Score of each of the bands, ``[n]``.
        bands: Their numbers, ``[n]``.
        k: Number of bands to return.
    """
    chosen: BandNumbers = bands[np.argsort(-scores, kind="stable")[:k]]
    return chosen
