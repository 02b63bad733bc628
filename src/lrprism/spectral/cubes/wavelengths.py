"""Wavelengths as a user states them: a list, an evenly spaced range, or a text file."""

import re
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import check_wavelengths

WavelengthSource: TypeAlias = str | PathLike[str] | Sequence[float] | npt.NDArray[np.floating]
"""A list in nm, ``"FIRST:LAST"`` in nm for evenly spaced bands, or the path of a text file."""

ASK_FOR_WAVELENGTHS = (
    "Pass wavelengths='FIRST:LAST' in nm, a list, or a text file; on the command line --wavelengths."
)
"""The end of a message about a file that states no wavelengths."""

_NUMBER = r"\s*([0-9]+(?:\.[0-9]*)?)\s*"
_RANGE = re.compile(f"{_NUMBER}:{_NUMBER}")


class MissingWavelengthsError(DataError):
    """A file without wavelengths, where none are given."""


def read_wavelengths(
    source: WavelengthSource, bands: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None]:
    """Return the wavelength of each band from what the user stated.

    Shapes: both results ``[bands]``.

    Args:
        source: A list in nm; or ``"FIRST:LAST"``, two wavelengths in nm between which the bands are evenly
            spaced; or the path of a text file with a line per band: wavelength and, if known, FWHM in nm.
        bands: Number of bands to describe.

    Returns:
        Centre wavelengths in nm, and FWHM in nm where a file states it, else None.

    Raises:
        DataError: If the text or file cannot be understood, or does not fit the bands.
    """
    if not isinstance(source, str | PathLike):
        return check_wavelengths(source, bands), None
    # a path on Windows has a colon too, but no digits before it
    match = _RANGE.fullmatch(str(source))
    if match:
        first, last = (float(number) for number in match.groups())
        return check_wavelengths(np.linspace(first, last, bands), bands), None
    table = _read_number_table(Path(source))
    return check_wavelengths(table[:, 0], bands), table[:, 1] if table.shape[1] == 2 else None


def read_response(path: str | PathLike[str]) -> npt.NDArray[np.float64]:
    """Read the bands of a sensor from a text file with a line per band.

    Shapes: ``[band, 2]``.

    Args:
        path: The file: centre and full width at half maximum in nm on each line.

    Raises:
        DataError: If the file cannot be understood, or states no widths.
    """
    table = _read_number_table(Path(path))
    check_wavelengths(table[:, 0], len(table))
    if table.shape[1] != 2:
        raise DataError(
            f"'{path}' should state centre and FWHM of each band in nm. Found one number a line. "
            "Add the FWHM."
        )
    return table


def _read_number_table(path: Path) -> npt.NDArray[np.float64]:
    if not path.is_file():
        raise DataError(
            f"wavelengths should be FIRST:LAST in nm (e.g. 387.12:1023.5) or the path of a text file. "
            f"Found '{path}', which is neither. Correct the numbers or the path."
        )
    try:
        rows = [[float(cell) for cell in line.replace(",", " ").split()] for line in _strip_comments(path)]
    except ValueError as error:
        raise DataError(
            f"'{path}' should hold numbers: wavelength and, if known, FWHM in nm. Found: {error}. "
            "Put '#' before any heading."
        ) from error
    # two columns: wavelength and FWHM
    columns = {len(row) for row in rows}
    if columns not in ({1}, {2}):
        raise DataError(
            f"'{path}' should have a line per band with one or two numbers. Found {len(rows)} lines with "
            f"{sorted(columns)} numbers. Keep wavelength and, if known, FWHM in nm."
        )
    return np.array(rows)


def _strip_comments(path: Path) -> list[str]:
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]
