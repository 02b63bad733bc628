"""One spectrum out of a file of its own, as field and laboratory spectrometers write it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError


@dataclass(frozen=True, eq=False)
class Spectrum:
    """A spectrum.

    Shapes: ``wavelength``, ``values``: ``[band]``.

    Args:
        wavelength: Centre of each band in nm.
        values: The values.
        quantity: What was measured.
        units: The unit of the values.
    """

    wavelength: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]
    quantity: str
    units: str

    def __post_init__(self) -> None:
        """Check that there is a finite value per wavelength.

        Raises:
            DataError: If not.
        """
        if self.wavelength.shape != self.values.shape or self.wavelength.size < 2:
            raise DataError(
                f"a spectrum should have a value for each of its wavelengths. Found {self.wavelength.size} "
                f"wavelengths and {self.values.size} values. Export the file again."
            )
        bad = int((~np.isfinite(self.values)).sum())
        if bad:
            raise DataError(
                f"a spectrum should have finite values. Found {bad} others. Export the file again."
            )


@dataclass(frozen=True)
class SpectrumFormat:
    """A format of files with one spectrum each.

    Args:
        name: Its name in messages and help.
        suffixes: Endings of its files, in small letters.
        read: Reads a file.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], Spectrum]
