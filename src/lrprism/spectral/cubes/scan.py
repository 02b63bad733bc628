"""All that reading a whole cube tells, in one pass: a checksum, the range, the pixels that miss a value."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.spectral.cubes.pieces import list_pieces


@dataclass(frozen=True, eq=False)
class Scan:
    """What one pass over a cube told.

    Args:
        hash: SHA-256 of shape and values, 64 hexadecimal digits.
        complete: The pixels with a value in each band that counts, ``[y, x]``.
        low: The lowest value of these bands; NaN where there is none.
        high: The highest one.
    """

    hash: str
    complete: npt.NDArray[np.bool_]
    low: float
    high: float


def scan_cube(cube: xr.DataArray, counts: npt.NDArray[np.bool_]) -> Scan:
    """Read a cube once, piece by piece as it is stored.

    Args:
        cube: The cube, lazy or not, ``[band, y, x]``.
        counts: Bands in which a missing value makes a pixel incomplete, ``[band]``.
    """
    digest = hashlib.sha256(f"{cube.dtype.str} {cube.shape} ".encode())
    complete = np.ones(cube.shape[1:], dtype=bool)
    low, high = math.inf, -math.inf
    for piece in list_pieces(cube):
        values = np.ascontiguousarray(piece.values)
        digest.update(values.data)
        counted = values[counts[piece.bands]]
        missing = np.isnan(counted)
        complete[piece.rows, piece.columns] &= ~missing.any(axis=0)
        if not missing.all():
            low, high = min(low, float(np.nanmin(counted))), max(high, float(np.nanmax(counted)))
    nothing = low > high
    return Scan(digest.hexdigest(), complete, math.nan if nothing else low, math.nan if nothing else high)


def cube_hash(cube: xr.DataArray) -> str:
    """Compute the SHA-256 of a cube's shape and values, piece by piece as it is stored.

    Args:
        cube: The cube, lazy or not.

    Returns:
        64 hexadecimal digits.
    """
    return scan_cube(cube, np.zeros(cube.sizes["band"], dtype=bool)).hash


def find_used_bands(
    cube: xr.DataArray, prepare: Callable[[xr.DataArray], xr.DataArray]
) -> npt.NDArray[np.bool_]:
    """Mark the bands of which a missing value is still one after preparation, ``[band]``.

    Args:
        cube: The cube, ``[band, y, x]``; no value of it is read.
        prepare: Averages and selects its bands.
    """
    bands = cube.sizes["band"]
    # a scene of one pixel per band, which misses that band alone
    probe = cube.isel(y=slice(0, 1), x=np.zeros(bands, dtype=int)).copy(
        data=np.where(np.eye(bands, dtype=bool)[:, None], np.float32(np.nan), np.float32(0))
    )
    return np.asarray(prepare(probe).isnull().any(("band", "y")).values)
