"""Columns of a table that are bands, told by their names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import check_wavelengths
from lrprism.spectral.cubes.wavelengths import (
    ASK_FOR_WAVELENGTHS,
    MissingWavelengthsError,
    WavelengthSource,
    read_wavelengths,
)

UNITS: Final = ("nm", "um", "cm-1")
"""Units of column names: nanometres, micrometres, wavenumbers."""
_SPELLINGS: Final = {
    **dict.fromkeys(("nm", "nanometer", "nanometers", "nanometre", "nanometres"), "nm"),
    **dict.fromkeys(("um", "µm", "μm", "micron", "microns", "micrometer", "micrometers"), "um"),
    **dict.fromkeys(("cm-1", "cm^-1", "1/cm", "cm⁻¹"), "cm-1"),
}
_PREFIXES: Final = (
    "x|r|wl|wvl|wave|wavelength|lambda|refl|reflectance|abs|absorbance|spc|spec|spectrum|wn|wavenumber|nm"
)
_BAND: Final = re.compile(
    rf"(?:(?P<prefix>{_PREFIXES})[\s_.\-]*)?(?P<number>\d+(?:[.,]\d+)?)"
    rf"(?:[\s_.]*[(\[]?(?P<unit>{'|'.join(map(re.escape, _SPELLINGS))})[)\]]?)?",
    re.IGNORECASE,
)
_WAVENUMBER_PREFIXES: Final = ("wn", "wavenumber")
_SHORTEST_NM, _LONGEST_NM, _LONGEST_UM = 100.0, 3000.0, 100.0


@dataclass(frozen=True, eq=False)
class BandColumns:
    """The bands of a table, in rising order of wavelength.

    Args:
        columns: Position of each among the columns, ``[band]``.
        names: Its name.
        wavelength: Its centre in nm, ``[band]``.
        notes: What was taken for granted, one sentence each.
    """

    columns: npt.NDArray[np.int64]
    names: tuple[str, ...]
    wavelength: npt.NDArray[np.float64]
    notes: tuple[str, ...]


def find_band_columns(names: Sequence[str], wavelengths: WavelengthSource | None = None) -> BandColumns:
    r"""Find the columns that are bands, and their wavelengths in nm.

    A band is named by its number, also as ``450 nm``, ``X450``, ``wl_450.5``, ``1.45 um``, ``4000 cm-1``.
    Wavenumbers :math:`k` become wavelengths :math:`\lambda = 10^7 / k`.

    Args:
        names: All column names, in their order.
        wavelengths: Where the names do not say it, their unit: nm, um or cm-1; or, in place of the names,
            what :func:`lrprism.spectral.cubes.wavelengths.read_wavelengths` reads, in the order of the
            columns.

    Returns:
        The bands, sorted by wavelength.

    Raises:
        DataError: If there are fewer than two, the unit is open, or two bands have one wavelength.
    """
    matches = [(column, _BAND.fullmatch(name.strip())) for column, name in enumerate(names)]
    found = [(column, match) for column, match in matches if match is not None]
    if len(found) < 2:
        raise DataError(
            "a table of spectra should have a column per wavelength, named 450, 450 nm, X450 or wl_450.5. "
            f"Found {len(found)} such among {_list_names(names)}. Name the columns by their wavelengths."
        )
    columns = np.array([column for column, _ in found], dtype=np.int64)
    bands = tuple(names[column] for column in columns)
    numbers = np.array([float(match["number"].replace(",", ".")) for _, match in found])
    stated = {_read_unit(match) for _, match in found} - {None}
    nm, notes = _settle_wavelengths(numbers, stated, wavelengths)
    _check_distinct(nm, bands)
    order = np.argsort(nm)
    if not (np.diff(nm) > 0).all() and not (np.diff(nm) < 0).all():
        first = int(np.argmax(np.diff(nm) <= 0)) + 1
        notes.append(
            f"columns were sorted by wavelength: '{bands[first]}' does not follow '{bands[first - 1]}'"
        )
    return BandColumns(columns[order], tuple(bands[band] for band in order), nm[order], tuple(notes))


def convert_to_nm(numbers: npt.NDArray[np.float64], unit: str) -> npt.NDArray[np.float64]:
    """Convert wavelengths or wavenumbers to nm.

    Args:
        numbers: The numbers.
        unit: nm, um or cm-1.

    Raises:
        DataError: If a wavenumber is zero or below.
    """
    if unit == "cm-1":
        if (numbers <= 0).any():
            raise DataError(
                f"wavenumbers should be above 0. Found {numbers.min():g}. Leave that band out of the file."
            )
        return np.asarray(1e7 / numbers)
    return numbers * (1000.0 if unit == "um" else 1.0)


def _read_unit(match: re.Match[str]) -> str | None:
    """Return the unit that a column name states, if any."""
    if match["unit"] is not None:
        return _SPELLINGS[match["unit"].lower()]
    prefix = (match["prefix"] or "").lower()
    return "cm-1" if prefix in _WAVENUMBER_PREFIXES else {"nm": "nm"}.get(prefix)


def _settle_wavelengths(
    numbers: npt.NDArray[np.float64], stated: set[str | None], source: WavelengthSource | None
) -> tuple[npt.NDArray[np.float64], list[str]]:
    """Return the wavelengths in nm, and notes; what the user says counts before what is guessed.

    Raises:
        DataError: If the names have several units, another one than the user says, or an open one.
    """
    if source is not None and not _is_unit(source):
        centre, _ = read_wavelengths(source, len(numbers))
        spaced = isinstance(source, str) and not Path(source).is_file()  # FIRST:LAST
        return centre, [f"{len(numbers)} bands evenly spaced over {source} nm"] if spaced else []
    notes: list[str] = []
    if len(stated) > 1:
        raise DataError(
            f"the column names of the bands should have one unit. Found "
            f"{' and '.join(sorted(map(str, stated)))}. Write them in one."
        )
    if stated:
        unit = str(stated.pop())
        if source is not None and source != unit:
            raise DataError(
                f"the column names of the bands should be in {source}. Found {unit}. Leave it out."
            )
    elif source is not None:
        unit = str(source)
    else:
        unit = _guess_unit(numbers)
        notes = [f"column names without a unit are taken to be wavelengths in {unit}"]
    return check_wavelengths(convert_to_nm(numbers, unit), len(numbers)), notes


def _is_unit(source: WavelengthSource) -> bool:
    return isinstance(source, str) and source in UNITS


def _guess_unit(numbers: npt.NDArray[np.float64]) -> str:
    """Return the unit of numbers that state none, or refuse those that leave it open.

    Raises:
        MissingWavelengthsError: If they count the bands.
        DataError: If they descend, or exceed the wavelengths of optical spectra.
    """
    low, high = numbers.min(), numbers.max()
    # written without wavelengths, as by pandas: the names are 0, 1, 2, ...
    if low in {0, 1} and np.array_equal(np.sort(numbers), np.arange(len(numbers)) + low):
        raise MissingWavelengthsError(
            f"the columns of the bands should be named by wavelength. Found {low:g}, {low + 1:g}, ..., "
            f"{high:g}, which count them. {ASK_FOR_WAVELENGTHS}"
        )
    descends = bool((np.diff(numbers) < 0).all())
    if high < _LONGEST_UM and not descends:
        return "um"
    # wavenumbers are written from high to low, and reach beyond the wavelengths of optical spectra
    if descends or high > _LONGEST_NM or low < _SHORTEST_NM:
        order = "descending, " if descends else ""
        raise DataError(
            f"the unit of the wavelengths should be clear. Found columns from {numbers[0]:g} to "
            f"{numbers[-1]:g}, {order}without a unit. Give --wavelengths nm, um or cm-1 (wavenumbers)."
        )
    return "nm"


def _check_distinct(nm: npt.NDArray[np.float64], names: Sequence[str]) -> None:
    order = np.argsort(nm, kind="stable")
    same = np.flatnonzero(np.diff(nm[order]) == 0)
    if same.size:
        first, second = order[same[0]], order[same[0] + 1]
        raise DataError(
            f"each band should have a wavelength of its own. Found {nm[first]:g} nm for '{names[first]}' and "
            f"'{names[second]}' ({same.size} such pairs). Average or drop one of them."
        )


def _list_names(names: Sequence[str], most: int = 12) -> str:
    """List column names for a message, with a count of those left out."""
    listed = ", ".join(f"'{name}'" for name in names[:most]) or "no columns"
    return listed if len(names) <= most else f"{listed} and {len(names) - most} more"
