"""Stored numbers and texts to wavelengths in nm, values and notes, in the same way for every reader."""

import json
from typing import Final

import dask.array as da
import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError

LARGEST_UM: Final = 100.0
"""Wavelengths whose largest value is below this are in µm."""

_LARGEST_M: Final = 1e-3
_LONGEST_NM: Final = LARGEST_UM * 1000.0
_SHORTEST_NM: Final = 100.0
_NARROWEST: Final = 1e-4  # of its wavelength: a band 0.05 nm wide at 500 nm, narrower than any imager's
_WIDEST: Final = 1.0
_TO_NM: Final = {
    "nm": 1.0, "nanometers": 1.0, "nanometer": 1.0, "nanometres": 1.0, "nanometre": 1.0,
    "um": 1000.0, "µm": 1000.0, "μm": 1000.0, "micrometers": 1000.0, "micrometer": 1000.0,
    "micrometres": 1000.0, "micrometre": 1000.0, "microns": 1000.0, "micron": 1000.0,
    "mm": 1e6, "m": 1e9, "angstroms": 0.1, "angstrom": 0.1, "å": 0.1,
}  # fmt: skip
_UNSTATED: Final = ("", "unknown", "none", "unspecified", "<unspecified>")
_EXACT_BELOW: Final = 1e6
_STATED_DIGITS: Final = 1e-5  # relative: a number written with six digits is that far from the stored one


def convert_to_nm(
    values: npt.ArrayLike, units: str | None = None
) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Convert wavelengths to nm; take the unit from the numbers where none is stated or it cannot be right.

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
    guess = "m" if 0 < largest < _LARGEST_M else "µm" if largest < LARGEST_UM else "nm"
    stated = (units or "").strip().lower()
    taken = f"wavelengths are taken to be in {guess}, since their largest value is {largest:g}: "
    if stated in _UNSTATED:
        return numbers * _TO_NM[guess], (taken + "no unit is stated",)
    if stated not in _TO_NM:
        raise DataError(
            f"wavelength units should be nm, µm or another unit of length. Found {units!r}. Correct the "
            "header, or give the wavelengths in nm in a text file."
        )
    # the numbers win: programs write "Nanometers" above 0.4 to 2.5, and "Micrometers" above 400 to 2500
    if largest and not _SHORTEST_NM <= largest * _TO_NM[stated] <= _LONGEST_NM:
        return numbers * _TO_NM[guess], (taken + f"the file says {units}",)
    return numbers * _TO_NM[stated], ()


def convert_bands_to_nm(
    centre: npt.ArrayLike, fwhm: npt.ArrayLike | None, units: str | None = None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, tuple[str, ...]]:
    """Convert wavelengths and widths to nm, each checked against its own numbers.

    Widths have the unit of the wavelengths, unless they would then be wider than their wavelength or
    narrower than a ten thousandth of it, and are not in another one of m, µm and nm.

    Shapes: ``centre``, ``fwhm`` and the results ``[band]``.

    Args:
        centre: Wavelengths in the file's units.
        fwhm: Full widths at half maximum; 0 or NaN where unknown; or None.
        units: What the file says of both.

    Returns:
        Wavelengths in nm, widths in nm or None, and what was assumed.

    Raises:
        DataError: If the unit is not one of length.
    """
    stored = np.asarray(centre, dtype=np.float64)
    in_nm, notes = convert_to_nm(stored, units)
    if fwhm is None:
        return in_nm, None, notes
    width = np.where(np.asarray(fwhm, dtype=np.float64) == 0, np.nan, fwhm)  # some programs write 0
    used = np.flatnonzero(stored)
    factor = float(in_nm[used[0]] / stored[used[0]]) if used.size else 1.0
    # the unit of the wavelengths first: a width that could be in two units is in that one
    if not np.isfinite(width).any():
        return in_nm, width, notes
    listed = f"{np.nanmin(width):g} to {np.nanmax(width):g}"
    for unit, nm_per_unit in ((None, factor), ("nm", 1.0), ("µm", _TO_NM["µm"]), ("m", _TO_NM["m"])):
        if _NARROWEST <= np.nanmedian(width * nm_per_unit / in_nm) <= _WIDEST:
            why = f"widths of the bands, {listed}, are taken to be in {unit}, which fits their wavelengths"
            return in_nm, width * nm_per_unit, (*notes, why) if unit else notes
    return in_nm, None, (*notes, f"widths of the bands are left out: {listed} fit no unit of length")


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
    present: da.Array = da.where(mark_nodata(array, nodata), np.float32(np.nan), values)
    return present


def mark_nodata(stored: da.Array, nodata: float) -> da.Array:
    """Mark the stored numbers that stand for a missing value, lazily.

    Headers write the mark with six digits, ``-3.40282e+38`` for the smallest float32, so that a large number
    among floats is compared to five.

    Args:
        stored: The numbers in the file.
        nodata: The mark, as it was read from a text.
    """
    if stored.dtype.kind != "f":
        exact: da.Array = stored == nodata
        return exact
    if abs(nodata) < _EXACT_BELOW or np.isinf(nodata):
        same: da.Array = stored == stored.dtype.type(nodata)  # -0.1 as float32 stores it
        return same
    wide: da.Array = stored.astype(np.float64)  # type: ignore[no-untyped-call]  # dask is not typed
    near: da.Array = abs(wide - nodata) <= _STATED_DIGITS * abs(nodata)
    return near


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
