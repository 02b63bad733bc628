"""The image of a product of DLR: a GeoTIFF, or plain numbers with an ENVI header."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import dask.array as da
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.georeference import assign_georeference
from lrprism.spectral.io.formats.envi import open_stored_numbers
from lrprism.spectral.io.formats.envi_header import read_header
from lrprism.spectral.io.formats.envi_map import read_map_information
from lrprism.spectral.io.raster import open_raster, open_raster_values, place_on_map

_TIFF: Final = (".TIF", ".TIFF")
_PLAIN: Final = (".BSQ", ".BIL", ".BIP", ".IMG", ".DAT")
_JPEG: Final = (".JP2",)
IMAGE_ENDINGS: Final = (*_TIFF, *_PLAIN, *_JPEG)
"""Endings of images, in capitals; the last one is known in order to be refused."""

_Place: TypeAlias = Callable[[xr.DataArray], xr.DataArray]


def open_product_image(image: Path) -> tuple[da.Array, _Place, tuple[str, ...]]:
    """Open the image of a product.

    Args:
        image: The file.

    Returns:
        The stored numbers ``[band, y, x]``, a function that puts their cube on the map, and what was assumed.

    Raises:
        InputError: If rasterio is not installed.
        DataError: If the file is damaged, or in a format that is not read.
    """
    ending = image.suffix.upper()
    if ending in _JPEG:
        raise DataError(
            f"'{image}' should be a GeoTIFF, or numbers with an ENVI header. Found a JPEG 2000 picture. "
            "Convert it: gdal_translate IN OUT.TIF."
        )
    if ending in _PLAIN:
        return _open_plain(image)
    with open_raster(image) as dataset:
        stored = open_raster_values(dataset)

    def place(cube: xr.DataArray) -> xr.DataArray:
        with open_raster(image) as dataset:
            return place_on_map(cube, dataset)

    return stored, place, ()


def _open_plain(image: Path) -> tuple[da.Array, _Place, tuple[str, ...]]:
    header = read_header(image)
    stored, notes = open_stored_numbers(header)
    reference, unplaced = read_map_information(header)

    def place(cube: xr.DataArray) -> xr.DataArray:
        return cube if reference is None else assign_georeference(cube, reference)

    return stored, place, (*notes, *unplaced)
