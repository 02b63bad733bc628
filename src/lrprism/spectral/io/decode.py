"""Stored numbers and texts to wavelengths in nm, values and notes, in the same way for every reader."""

import json
from typing import Final

import dask.array as da
import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError

LARGEST_UM: Final = 100.0
"""Wavelengths whose largest value is below this are in µm."""

_TO_NM: Final = {
    "nm": 1.0, "nanometers": 1.0, "nanometer": 1.0, "nanometres": 1.0, "nanometre": 1.0,
    "um": 1000.0, "µm": 1000.0, "μm": 1000.0, "micrometers": 1000.0, "micrometer": 1000.0,
    "micrometres": 1000.0, "micrometre": 1000.0, "microns": 1000.0, "micron": 1000.0,
    "mm": 1e6, "m": 1e9, "angstroms": 0.1, "angstrom": 0.1,
}  # fmt: skip
_UNSTATED: Final = ("", "unknown", "none")


def convert_to_nm(
    values: npt.ArrayLike, units: str | None = None
) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Convert wavelengths or widths to nm; guess µm where no unit is stated and all are below 100.

    Args:
        values: Wavelengths in the file's units.
        units: What the file says: "nm", "Micrometers", "Unknown", nothing, ...

    Returns:
        The values in nm, and a sentence on what was assumed where the unit had to be guessed or contradicts
        the numbers.

    Raises:
        DataError: If the unit is not one of length.
    """
    numbers = np.asarray(values, dtype=np.float64)
    # no optical sensor has its last band below 100 nm, and none above 100 µm
    finite = numbers[np.isfinite(numbers)]
    largest = float(finite.max()) if finite.size else 0.0
    guess = "µm" if largest < LARGEST_UM else "nm"
    stated = (units or "").strip().lower()
    if stated in _UNSTATED:
        return numbers * _TO_NM[guess], (
            f"wavelengths are taken to be in {guess}, since their largest value is {largest:g}: "
            "no unit is stated",
        )
    if stated not in _TO_NM:
        raise DataError(
            f"wavelength units should be nm, µm or another unit of length. Found {units!r}. Correct the "
            "header, or give the wavelengths in nm in a text file."
        )
    # the numbers win: programs write "Nanometers" by default, above 0.4 to 2.5
    if _TO_NM[stated] == 1.0 and guess == "µm":
        return numbers * _TO_NM["µm"], (
            f"wavelengths are taken to be in µm, since their largest value is {largest:g}: "
            f"the file says {units}",
        )
    return numbers * _TO_NM[stated], ()


def decode_values(
    stored: npt.NDArray[np.generic] | da.Array,
    *,
    divisor: float = 1.0,
    offset: float = 0.0,
    nodata: float | None = None,
) -> da.Array:
    r"""Turn stored numbers into float32 values, lazily; NaN where the file marks that there is none.

    .. math:: v = s / d + o

    Args:
        stored: The numbers in the file, any shape.
        divisor: d, e.g. 10000 for reflectance stored as integers.
        offset: o.
        nodata: The stored number that marks a missing value.

    Raises:
        DataError: If the divisor is zero or not finite.
    """
    if divisor == 0 or not np.isfinite(divisor) or not np.isfinite(offset):
        raise DataError(
            f"a scale should be a finite number other than 0, an offset finite. Found {divisor:g} and "
            f"{offset:g}. Correct the header."
        )
    array = stored if isinstance(stored, da.Array) else da.from_array(stored)  # type: ignore[no-untyped-call]
    values: da.Array = (array.astype(np.float32) / np.float32(divisor)) + np.float32(offset)
    if nodata is None or np.isnan(nodata):  # a stored NaN stays NaN
        return values
    present: da.Array = da.where(array == nodata, np.float32(np.nan), values)
    return present


def parse_notes(text: str) -> list[str]:
    """Read the sentences on what was assumed from a header or tag.

    Args:
        text: A JSON list, as lrprism writes it, or one sentence as it stands; nothing is no sentence.
    """
    try:
        notes = json.loads(text)
    except ValueError:  # a sentence that another program wrote
        return [text] if text else []
    return [str(note) for note in notes] if isinstance(notes, list) else [text]
