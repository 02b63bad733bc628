"""GeoTIFF through the package rasterio: opened quietly, and read window by window when values are needed."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final, final

import dask.array as da
import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError, InputError
from lrprism.spectral.cubes.georeference import Georeference
from lrprism.spectral.io.failures import reading
from lrprism.spectral.io.lazy import AbstractStored
from lrprism.spectral.io.limits import check_declared

_PIECE_VALUES: Final = 2**22  # 16 MiB of float32
_OPENING: Final = Lock()  # rasterio always warns, and a filter holds for all threads: one opens at a time


def import_rasterio() -> Any:  # rasterio is not typed
    """Import rasterio, which is installed by the extra "geo" only.

    Raises:
        InputError: If it is not installed.
    """
    try:
        import rasterio  # an optional dependency
    except ImportError as error:
        raise InputError(
            "GeoTIFF should be read and written with the package rasterio. Found it missing. "
            "Install it: pip install 'lrprism[geo]'."
        ) from error
    return rasterio


def open_quietly(
    path: Path, mode: str = "r", *, driver: str = "GTiff", **options: Any
) -> Any:  # rasterio is not typed
    """Open a raster without rasterio's warning that it lies on no map, which is nothing to warn of here.

    Args:
        path: The file.
        mode: "r" or "w".
        driver: The format in GDAL's words.
        **options: What :func:`rasterio.open` takes.

    Raises:
        InputError: If rasterio is not installed.
    """
    rasterio = import_rasterio()
    with _OPENING, warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        return rasterio.open(path, mode, driver=driver, **options)


@contextmanager
def open_raster(path: Path, what: str = "a GeoTIFF", *, driver: str = "GTiff") -> Iterator[Any]:
    """Open a raster for reading; what GDAL finds wrong with it becomes one of our errors.

    Args:
        path: The file.
        what: What it should be, for messages.
        driver: The format in GDAL's words.

    Yields:
        The open dataset.

    Raises:
        InputError: If rasterio is not installed.
        DataError: If there is no such file, or it is damaged.
    """
    rasterio = import_rasterio()
    from rasterio._err import CPLE_BaseError  # GDAL's own errors, which have no public name

    errors = (rasterio.errors.RasterioError, CPLE_BaseError)
    with reading(path, what, *errors), open_quietly(path, driver=driver) as dataset:
        yield dataset


@final
@dataclass(frozen=True)
class _StoredRaster(AbstractStored):
    """The bands of a GeoTIFF; ``file_shape`` is (band, y, x)."""

    def _read(self, index: tuple[slice, ...]) -> npt.NDArray[np.generic]:
        parts = [part.indices(length) for part, length in zip(index, self.file_shape, strict=True)]
        bands, rows, columns = (range(*part) for part in parts)
        with open_raster(self.path) as dataset:
            values = dataset.read(
                [band + 1 for band in bands],
                window=((rows.start, rows.stop), (columns.start, columns.stop)),
            )
        return np.asarray(values)[:, :: rows.step, :: columns.step]


def open_raster_values(dataset: Any) -> da.Array:  # rasterio is not typed
    """Make a lazy array of all bands, in pieces that follow the file's own blocks.

    Args:
        dataset: The open dataset; it may be closed afterwards.

    Returns:
        The stored numbers, ``[band, y, x]``; nothing has been read yet.

    Raises:
        DataError: If the bands are not real numbers of one type, or too large for the file.
    """
    path, types = Path(dataset.name), set(dataset.dtypes)
    if len(types) != 1 or np.dtype(dataset.dtypes[0]).kind not in "iuf":
        raise DataError(
            f"bands of '{path}' should be real numbers of one type. Found {sorted(types)}. Convert the file."
        )
    shape, dtype = (dataset.count, dataset.height, dataset.width), np.dtype(dataset.dtypes[0])
    check_declared(path, "bands", shape, dtype)
    height, width = dataset.block_shapes[0]
    bands = max(1, min(shape[0], _PIECE_VALUES // (height * width)))
    rows = max(1, min(height, _PIECE_VALUES // width))
    rows *= max(1, min(shape[1], _PIECE_VALUES // (bands * width)) // rows)
    array: da.Array = da.from_array(  # type: ignore[no-untyped-call]  # dask.array is not typed
        _StoredRaster(path, shape, dtype, (0, 1, 2)),
        chunks=(bands, rows, min(width, shape[2])),
        name=False,
        meta=np.empty((0, 0, 0), dtype),
    )
    return array


def read_raster_georeference(dataset: Any) -> Georeference | None:  # rasterio is not typed
    """Read where the pixels lie.

    Returns:
        The georeference, or None where the file names no reference system.
    """
    if dataset.crs is None:
        return None
    t0, t1, t2, t3, t4, t5 = dataset.transform.to_gdal()
    return Georeference(dataset.crs.to_wkt(), (t0, t1, t2, t3, t4, t5))
