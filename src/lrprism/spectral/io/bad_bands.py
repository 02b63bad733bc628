"""Bands that are not fit for use: those a file flags, those in water vapour, or those a user names."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import xarray as xr

from lrprism.errors import InputError
from lrprism.spectral.cubes.cube import with_note
from lrprism.spectral.io.facts import WATER_VAPOUR_NM, in_water_vapour

BadBands: TypeAlias = Literal["water-vapour"] | Sequence[int]
"""All bands in water vapour, or 0-based positions in the cube."""


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
    bands = cube.sizes["band"]
    if isinstance(bad, str):
        marked, note = _in_water_vapour(cube, bad)
    else:
        marked, note = _listed(bad, bands)
    marked_cube = cube.assign_coords(good=("band", cube.coords["good"].values & ~marked))
    return marked_cube.assign_attrs(with_note(cube.attrs, note))


def _in_water_vapour(cube: xr.DataArray, word: str) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], str]:
    if word != "water-vapour":
        raise InputError(
            f"bad_bands should be 'water-vapour' or a list of band positions from 0. Found {word!r}. Use one "
            "of these."
        )
    marked = np.asarray(in_water_vapour(cube.coords["wavelength"].values))
    ranges = ", ".join(f"{low:g}-{high:g}" for low, high in WATER_VAPOUR_NM)
    return marked, f"{int(marked.sum())} bands in water vapour ({ranges} nm) are taken for bad"


def _listed(bad: Sequence[int], bands: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], str]:
    wrong = [band for band in bad if not isinstance(band, int | np.integer) or not 0 <= band < bands]
    if wrong:
        raise InputError(
            f"bad_bands should be positions from 0 to {bands - 1}. Found {wrong[0]!r}. Count the bands of "
            "the cube from 0."
        )
    marked = np.zeros(bands, dtype=bool)
    marked[list(bad)] = True
    return (
        marked,
        f"{int(marked.sum())} bands are taken for bad as given: {', '.join(map(str, bad)) or 'none'}",
    )
