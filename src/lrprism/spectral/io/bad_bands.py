"""Bands that are not fit for use: those in water vapour, or those that a user names."""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import InputError
from lrprism.spectral.cubes.cube import with_note

BadBands: TypeAlias = Literal["water-vapour"] | Sequence[int]
"""All bands in water vapour, or 0-based positions in the cube."""

WATER_VAPOUR_NM: Final = ((1340.0, 1445.0), (1790.0, 1960.0), (2480.0, 2510.0))
"""Ranges in nm in which water vapour and the sensor's edge leave next to no signal from the ground."""


def mark_bad_bands(cube: xr.DataArray, bad: BadBands | None) -> xr.DataArray:
    """Set the coordinate ``good`` to False at further bands, and note it in ``assumed``.

    Args:
        cube: A cube.
        bad: Which bands; None leaves the flags as they are.

    Returns:
        The cube with its new flags; no band is dropped.

    Raises:
        InputError: If a band is not one of the cube's.
    """
    if bad is None:
        return cube
    if isinstance(bad, str):
        mask, note = _mask_word(cube, bad)
    else:
        mask, note = _mask_positions(bad, cube.sizes["band"])
    flagged = cube.assign_coords(good=("band", cube.coords["good"].values & ~mask))
    return flagged.assign_attrs(with_note(cube.attrs, note))


def mask_water_vapour(wavelength: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return True for each band in water vapour; see :data:`WATER_VAPOUR_NM`.

    Args:
        wavelength: Centre wavelengths in nm.

    Returns:
        Boolean array of the same shape.
    """
    centre = np.asarray(wavelength, dtype=np.float64)
    inside = [(centre >= low) & (centre <= high) for low, high in WATER_VAPOUR_NM]
    return np.asarray(np.any(inside, axis=0), dtype=bool)


def _mask_word(cube: xr.DataArray, word: str) -> tuple[npt.NDArray[np.bool_], str]:
    if word != "water-vapour":
        raise InputError(
            f"bad_bands should be 'water-vapour' or a list of band positions from 0. Found {word!r}. Use one "
            "of these."
        )
    mask = mask_water_vapour(cube.coords["wavelength"].values)
    ranges = ", ".join(f"{low:g}-{high:g}" for low, high in WATER_VAPOUR_NM)
    return mask, f"{int(mask.sum())} bands in water vapour ({ranges} nm) are taken for bad"


def _mask_positions(bad: Sequence[int], bands: int) -> tuple[npt.NDArray[np.bool_], str]:
    wrong = [band for band in bad if not isinstance(band, int | np.integer) or not 0 <= band < bands]
    if wrong:
        raise InputError(
            f"bad_bands should be positions from 0 to {bands - 1}. Found {wrong[0]!r}. Count the bands of "
            "the cube from 0."
        )
    mask = np.isin(np.arange(bands), list(bad))
    listed = ", ".join(map(str, bad)) or "none"
    return mask, f"{int(mask.sum())} bands are taken for bad as given: {listed}"
