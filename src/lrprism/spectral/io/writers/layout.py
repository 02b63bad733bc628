"""What every writer must settle alike: band images, stored type, place on the ground, name."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import dask.array as da
import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError, ResultsError
from lrprism.spectral.cubes.cube import is_lazy
from lrprism.spectral.cubes.georeference import assign_georeference, georeference_of

_CODE = re.compile(r"\w+:\w+")


class Target(Protocol):
    """A file that takes a block of a stack ``[band, y, x]`` at a time."""

    def __setitem__(self, index: tuple[slice, ...], values: npt.NDArray[np.generic]) -> None:
        """Write one block."""
        ...


def as_stack(data: xr.DataArray) -> xr.DataArray:
    """Lay an array out as the band images of an image file.

    Args:
        data: Dimensions ``(band, y, x)`` or ``(y, x)`` in any order.

    Returns:
        The array as ``(band, y, x)``; a map is the only band.

    Raises:
        DataError: If it has other dimensions or no pixels.
    """
    if set(data.dims) not in ({"band", "y", "x"}, {"y", "x"}):
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


def stored_type(data: xr.DataArray) -> np.dtype[np.generic]:
    """Choose how an image file stores the values: float32, or the smallest of three integers that holds them.

    Args:
        data: Any array.

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
    low, high = int(data.min()), int(data.max())
    for kind in (np.uint8, np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return np.dtype(kind)
    raise DataError(
        f"an image file should hold integers of at most 32 bits. Found {low} to {high}. Write a .nc or .zarr."
    )


def placed_anew(data: xr.DataArray) -> xr.DataArray:
    """Make the georeference agree with the rows and columns that are left.

    Args:
        data: Any array.

    Returns:
        The array with ``spatial_ref`` as :func:`georeference_of` says; the array itself where it has no
        place.
    """
    place = georeference_of(data)
    return data if place is None else assign_georeference(data, place)


def wkt_of(crs: str, version: str = "WKT2_2019") -> str:
    """Write a reference system out as well-known text where rasterio is installed, else leave it as it is.

    Args:
        crs: Well-known text, or an authority code such as "EPSG:32616".
        version: Dialect of the text, e.g. "WKT1_ESRI".

    Returns:
        The text.
    """
    if find_spec("rasterio") is None:
        return crs
    from rasterio.crs import CRS  # installed by the extra "geo" only

    return str(CRS.from_user_input(crs).to_wkt(version=version))


def is_code(crs: str) -> bool:
    """Whether a reference system is given as an authority code such as "EPSG:32616"."""
    return _CODE.fullmatch(crs) is not None


def store(stack: xr.DataArray, target: Target, kind: np.dtype[np.generic], tile: int | None = None) -> None:
    """Write a stack block by block, so that a lazy one is never whole in memory.

    Args:
        stack: ``(band, y, x)``.
        target: The open file.
        kind: Type to store.
        tile: Rows per block where the blocks of the stack do not span all rows; by default as they are.
    """
    values = stack.chunk({} if is_lazy(stack.data) else {"band": 1}).data.rechunk({2: -1})
    if tile is not None and len(values.chunks[1]) > 1:
        values = values.rechunk({1: tile})
    da.store(values.astype(kind), target, lock=True)  # type: ignore[arg-type]  # dask asks for __setitem__ only


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Write under a hidden name in the same folder, which becomes ``path`` only when all is written.

    Args:
        path: The file or folder to be; what is there already is replaced at the very end.

    Yields:
        The name to write under.

    Raises:
        ResultsError: If it cannot be written.
    """
    partial = path.with_name(f".{path.name}.{uuid4().hex[:8]}.partial")
    try:
        yield partial
        _take_name(partial, path)
    except OSError as error:
        reason = error.strerror or errno.errorcode.get(error.errno or 0, "") or str(error)
        raise ResultsError(
            f"A cube should go where it can be written. Found {path}: {reason}. Choose another place."
        ) from error
    finally:
        _remove(partial)


def _take_name(partial: Path, path: Path) -> None:
    if not path.is_dir():
        partial.replace(path)
        return
    old = path.with_name(f".{path.name}.{uuid4().hex[:8]}.old")
    path.rename(old)
    try:
        partial.rename(path)
    except OSError:
        old.rename(path)
        raise
    shutil.rmtree(old)


def _remove(partial: Path) -> None:
    if os.path.isdir(partial):  # unlike Path.is_dir, this is false of a name too long for the disk
        shutil.rmtree(partial)
    elif os.path.lexists(partial):
        partial.unlink()
