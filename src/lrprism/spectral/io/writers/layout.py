"""Band images, stored type and georeference, laid out in the same way by every writer."""

import re
from contextlib import AbstractContextManager
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Protocol

import dask.array as da
import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import is_lazy
from lrprism.spectral.cubes.georeference import assign_georeference, georeference_of
from lrprism.spectral.files import write_whole

CANNOT_WRITE: Final = (
    "A cube should go where it can be written. Found {path}: {reason}. Choose another place."
)
IMAGE_DIMS: Final = ({"band", "y", "x"}, {"y", "x"})
"""Dimensions of what an image file holds: a cube or a map."""
_CODE: Final = re.compile(r"\w+:\w+")


class Target(Protocol):
    """A file that takes a block of a stack ``[band, y, x]`` at a time."""

    def __setitem__(self, index: tuple[slice, ...], values: npt.NDArray[np.generic]) -> None:
        """Write one block."""
        ...


def stack_bands(data: xr.DataArray) -> xr.DataArray:
    """Lay an array out as the band images of an image file.

    Args:
        data: Dimensions ``(band, y, x)`` or ``(y, x)`` in any order.

    Returns:
        The array as ``(band, y, x)``; a map is the only band.

    Raises:
        DataError: If it has other dimensions or no pixels.
    """
    if set(data.dims) not in IMAGE_DIMS:
        raise DataError(
            f"an image file should hold (band, y, x) or (y, x). Found {data.dims}. Select one image, or "
            "write a .nc or .zarr, which hold any dimensions."
        )
    stack = data if "band" in data.dims else data.expand_dims("band")
    if 0 in stack.shape:
        raise DataError(
            f"an image file should hold at least one pixel and band. Found shape {stack.shape}. Select some."
        )
    return stack.transpose("band", "y", "x")


def choose_stored_type(data: xr.DataArray) -> np.dtype[np.generic]:
    """Choose how an image file stores the values: float32, or the smallest of three integers that holds them.

    Returns:
        float32, uint8, int16 or int32.

    Raises:
        DataError: If the values are not real numbers, or integers beyond int32.
    """
    if data.dtype.kind == "f":
        return np.dtype(np.float32)
    if data.dtype.kind not in "iub":
        raise DataError(
            f"an image file should hold real numbers. Found {data.dtype}. Convert the values with astype."
        )
    # the smallest type that QGIS and ENVI both know
    low, high = int(data.min()), int(data.max())
    for kind in (np.uint8, np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return np.dtype(kind)
    raise DataError(
        f"an image file should hold integers of at most 32 bits. Found {low} to {high}. Write a .nc or .zarr."
    )


def renew_georeference(data: xr.DataArray) -> xr.DataArray:
    """Make the georeference agree with the rows and columns that remain.

    Returns:
        The array with the ``spatial_ref`` of :func:`georeference_of`; the array itself where it has none.
    """
    place = georeference_of(data)
    return data if place is None else assign_georeference(data, place)


def turn_north_up(stack: xr.DataArray) -> xr.DataArray:
    """Reverse rows that go from south to north, as those of many NetCDF files do.

    Args:
        stack: ``(band, y, x)``.

    Returns:
        The stack with its northernmost row first; the stack itself where it lies so, or on no map.
    """
    place = georeference_of(stack)
    if place is None or place.transform[5] < 0 or any(place.transform[i] for i in (2, 4)):
        return stack
    return stack.isel(y=slice(None, None, -1))


def convert_to_wkt(crs: str, version: str = "WKT2_2019") -> str:
    """Write a reference system out as well-known text where rasterio is installed, else leave it as it is.

    Args:
        crs: Well-known text, or an authority code such as "EPSG:32616".
        version: Dialect of the text, e.g. "WKT1_ESRI".
    """
    if find_spec("rasterio") is None:
        return crs
    from rasterio.crs import CRS  # installed by the extra "geo" only

    return str(CRS.from_user_input(crs).to_wkt(version=version))


def is_authority_code(crs: str) -> bool:
    """Return True for an authority code such as "EPSG:32616", False for well-known text."""
    return _CODE.fullmatch(crs) is not None


def store_blocks(
    stack: xr.DataArray, target: Target, kind: np.dtype[np.generic], tile: int | None = None
) -> None:
    """Write a stack block by block, so that a lazy one is never whole in memory.

    Args:
        stack: ``(band, y, x)``.
        target: The open file.
        kind: Type to store.
        tile: Rows per block where the blocks of the stack do not span all rows; by default as they are.
    """
    # whole rows: a block of a file is then written in one go
    values = stack.chunk({} if is_lazy(stack.data) else {"band": 1}).data.rechunk({2: -1})
    if tile is not None and len(values.chunks[1]) > 1:
        values = values.rechunk({1: tile})
    da.store(values.astype(kind), target, lock=True)  # type: ignore[arg-type]  # dask asks for __setitem__ only


def write_partial(path: Path) -> AbstractContextManager[Path]:
    """Write under a hidden name in the same folder, which becomes ``path`` only when all is written.

    Args:
        path: The file or folder to be; what is there already is replaced at the very end.

    Returns:
        A context of the name to write under; it raises ResultsError where the disk refuses.
    """
    return write_whole(path, message=CANNOT_WRITE)
