"""GeoTIFF and virtual rasters through the package rasterio: opened quietly, read window by window."""

import warnings
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final, final

import dask.array as da
import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.cubes.cube import with_note
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference
from lrprism.spectral.io.failures import reading
from lrprism.spectral.io.lazy import AbstractStored
from lrprism.spectral.io.limits import check_declared
from lrprism.spectral.io.vrt import is_vrt, list_vrt_sources

_START_BYTES: Final = 64
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
    """Open a raster for reading, a virtual one too; what GDAL finds wrong becomes one of our errors.

    Args:
        path: The file.
        what: What it should be, for messages.
        driver: The format in GDAL's words, for a file that is no virtual raster.

    Yields:
        The open dataset.

    Raises:
        InputError: If rasterio is not installed.
        DataError: If there is no such file, it is damaged, or a virtual raster of other than local images.
    """
    if _is_vrt_file(path):
        list_vrt_sources(path)
    with _reopen_raster(path, what, driver) as dataset:
        yield dataset


@contextmanager
def _reopen_raster(path: Path, what: str = "a GeoTIFF", driver: str = "GTiff") -> Iterator[Any]:
    """Open a file whose sources :func:`open_raster` has checked, to read one more piece."""
    rasterio = import_rasterio()
    from rasterio._err import CPLE_BaseError  # GDAL's own errors, which have no public name

    if _is_vrt_file(path):
        what, driver = "a virtual raster", "VRT"
    errors = (rasterio.errors.RasterioError, CPLE_BaseError)
    with reading(path, what, *errors), open_quietly(path, driver=driver) as dataset:
        yield dataset


def _is_vrt_file(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return is_vrt(file.read(_START_BYTES))


@dataclass(frozen=True)
class _AbstractBands(AbstractStored):
    """Some bands of a raster; ``file_shape`` is (band, y, x), ``bands`` their numbers from 1."""

    bands: tuple[int, ...] = ()

    def _read(self, index: tuple[slice, ...]) -> npt.NDArray[np.generic]:
        parts = [part.indices(length) for part, length in zip(index, self.file_shape, strict=True)]
        chosen, rows, columns = (range(*part) for part in parts)
        with _reopen_raster(self.path) as dataset:
            values = self._read_window(
                dataset,
                [self.bands[position] for position in chosen],
                ((rows.start, rows.stop), (columns.start, columns.stop)),
            )
        return np.asarray(values)[:, :: rows.step, :: columns.step]

    @abstractmethod
    def _read_window(self, dataset: Any, bands: list[int], window: Any) -> Any: ...  # rasterio is not typed


@final
@dataclass(frozen=True)
class _StoredRaster(_AbstractBands):
    """The numbers of some bands."""

    def _read_window(self, dataset: Any, bands: list[int], window: Any) -> Any:  # rasterio is not typed
        return dataset.read(bands, window=window)


@final
@dataclass(frozen=True)
class _StoredMask(_AbstractBands):
    """The masks of some bands: 0 where there is no value."""

    def _read_window(self, dataset: Any, bands: list[int], window: Any) -> Any:  # rasterio is not typed
        return dataset.read_masks(bands, window=window)


def open_raster_values(dataset: Any, bands: Sequence[int] | None = None) -> da.Array:  # rasterio is not typed
    """Make a lazy array of bands, in pieces that follow the file's own blocks.

    Args:
        dataset: The open dataset; it may be closed afterwards.
        bands: Numbers of the bands from 1; by default all.

    Returns:
        The stored numbers, ``[band, y, x]``; nothing has been read yet.

    Raises:
        DataError: If the bands are not real numbers of one type, or too large for the file.
    """
    chosen = tuple(dataset.indexes if bands is None else bands)
    path, types = Path(dataset.name), {dataset.dtypes[band - 1] for band in chosen}
    # GDAL has types that numpy lacks: complex_int16
    if len(types) != 1 or any("complex" in name for name in types):
        raise DataError(
            f"bands of '{path}' should be real numbers of one type. Found {sorted(types)}. Convert the file."
        )
    shape, dtype = (len(chosen), dataset.height, dataset.width), np.dtype(types.pop())
    check_declared(path, "bands", shape, dtype, parts=_list_parts(path))
    return _from_blocks(_StoredRaster(path, shape, dtype, (0, 1, 2), chosen), dataset)


def _list_parts(path: Path) -> tuple[Path, ...]:
    return list_vrt_sources(path) if _is_vrt_file(path) else ()


def _from_blocks(stored: _AbstractBands, dataset: Any) -> da.Array:  # rasterio is not typed
    shape = stored.file_shape
    height, width = dataset.block_shapes[0]
    bands = max(1, min(shape[0], _PIECE_VALUES // (height * width)))
    rows = max(1, min(height, _PIECE_VALUES // width))
    rows *= max(1, min(shape[1], _PIECE_VALUES // (bands * width)) // rows)
    array: da.Array = da.from_array(  # type: ignore[no-untyped-call]  # dask.array is not typed
        stored,
        chunks=(bands, rows, min(width, shape[2])),
        name=False,
        meta=np.empty((0, 0, 0), stored.dtype),
    )
    return array


def open_raster_masks(dataset: Any, bands: Sequence[int]) -> da.Array | None:  # rasterio is not typed
    """Make a lazy array of the pixels that masks of the file, or its alpha band, leave out.

    Numbers that mark a missing value are no mask: :func:`decode_values` knows them.

    Args:
        dataset: The open dataset.
        bands: Numbers of the bands from 1.

    Returns:
        True where there is no value, ``[band, y, x]``, or ``[1, y, x]`` where one mask serves all bands; None
        where the file has no mask.
    """
    flags = [{flag.name for flag in dataset.mask_flag_enums[band - 1]} for band in bands]
    if all(names & {"all_valid", "nodata"} for names in flags):
        return None
    chosen = tuple(bands[:1]) if all("per_dataset" in names for names in flags) else tuple(bands)
    shape = (len(chosen), dataset.height, dataset.width)
    stored = _StoredMask(Path(dataset.name), shape, np.dtype("u1"), (0, 1, 2), chosen)
    missing: da.Array = _from_blocks(stored, dataset) == 0
    return missing


def place_on_map(cube: xr.DataArray, dataset: Any) -> xr.DataArray:  # rasterio is not typed
    """Put the georeference of a file on its cube, or a note where it cannot be used.

    Args:
        cube: The cube ``(band, y, x)``.
        dataset: The open file.
    """
    try:
        reference = read_raster_georeference(dataset)
    except DataError as error:
        note = f"the map information is left out: {error}"
    else:
        if reference is not None:
            return assign_georeference(cube, reference)
        if not dataset.gcps[0]:
            return cube
        note = "the map information is left out: ground control points, and no grid"
    return cube.assign_attrs(with_note(cube.attrs, note))


def read_raster_georeference(dataset: Any) -> Georeference | None:  # rasterio is not typed
    """Read where the pixels lie.

    Returns:
        The georeference, or None where the file names no reference system.
    """
    if dataset.crs is None:
        return None
    t0, t1, t2, t3, t4, t5 = dataset.transform.to_gdal()
    return Georeference(dataset.crs.to_wkt(), (t0, t1, t2, t3, t4, t5))
