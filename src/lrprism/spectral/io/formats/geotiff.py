"""Cubes in GeoTIFF files and virtual rasters, with the wavelengths in their tags or band names."""

from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeAlias

import dask.array as da
import numpy as np
import xarray as xr

from lrprism.spectral.cubes.cube import make_cube
from lrprism.spectral.cubes.wavelengths import WavelengthSource
from lrprism.spectral.io.band_axis import count_wavelengths
from lrprism.spectral.io.decode import decode_values, parse_notes
from lrprism.spectral.io.format import Format
from lrprism.spectral.io.formats.geotiff_bands import read_band_tags, settle_axis, states_wavelength
from lrprism.spectral.io.raster import open_raster, open_raster_masks, open_raster_values, place_on_map
from lrprism.spectral.io.value_range import settle_divisor
from lrprism.spectral.io.vrt import is_vrt

_SAMPLED_ROWS: Final = 50
_Notes: TypeAlias = tuple[str, ...]


def read_geotiff(path: str | PathLike[str], *, wavelengths: WavelengthSource | None = None) -> xr.DataArray:
    """Open a GeoTIFF or a virtual raster (VRT); its values are read window by window when they are needed.

    Wavelengths come from the tags of the bands, from the tags of the file, from an ENVI header beside it, or
    from the names of the bands: numbers with a unit ("550.3 nm"), or the names of Sentinel-2 ("B02") and
    Landsat ("B2", "SR_B2") where the file's name or tags say which satellite it is, e.g.
    ``LC08_field.tif``. Pixels that a mask or an alpha band leaves out become NaN.

    Args:
        path: The file.
        wavelengths: A list in nm, ``"FIRST:LAST"`` in nm, or a text file, in place of the file's own.

    Returns:
        The cube ``(band, y, x)``.

    Raises:
        InputError: If rasterio is not installed.
        DataError: If the file is damaged, or its wavelengths are nowhere to be found.
    """
    file = Path(path)
    with open_raster(file) as dataset:
        bands, chosen = _choose_bands(dataset, wavelengths)
        centre, fwhm, notes = settle_axis(dataset, bands, wavelengths)
        values, scale, scaled = _scale_values(dataset, bands, _decode_bands(dataset, bands))
        values, masked = _mask_values(values, dataset, bands)
        cube = make_cube(
            values,
            centre,
            fwhm=fwhm,
            **read_band_tags(dataset, bands),
            **_read_file_tags(dataset, file.name, (*chosen, *notes, *masked, *scaled)),
        ).assign_attrs(scale=scale, source=file.name)
        return place_on_map(cube, dataset)


def _read_file_tags(dataset: Any, name: str, notes: tuple[str, ...]) -> dict[str, Any]:
    """Read title, quantity, units and attribution, where the file has them."""
    tags = dataset.tags()
    unsaid = () if tags.get("quantity") else ("the file does not say what its values are",)
    return {
        "title": tags.get("title", name),
        "attribution": tags.get("attribution", ""),
        "quantity": tags.get("quantity", "unknown"),
        "units": tags.get("units", "unknown"),
        "assumed": (*parse_notes(tags.get("assumed", "")), *notes, *unsaid),
    }


def _choose_bands(dataset: Any, wavelengths: WavelengthSource | None) -> tuple[tuple[int, ...], _Notes]:
    """Leave out the alpha band, which says where the image is.

    GDAL calls the fourth of four bands of bytes alpha, so that the near infrared of many a camera has that
    name: a band with a wavelength, or with values between nothing and all, is one of the image.
    """
    every = tuple(int(band) for band in dataset.indexes)
    alpha = [band for band in every if dataset.colorinterp[band - 1].name == "alpha"]
    if not alpha or len(every) == 1:
        return every, ()
    listed = count_wavelengths(wavelengths) == len(every) or states_wavelength(dataset, alpha[0])
    if listed or not _holds_mask(dataset, alpha[0]):
        return every, (f"band {alpha[0]}, which the file calls alpha, is taken for a band of the image",)
    return tuple(band for band in every if band not in alpha), (
        f"band {alpha[0]} is an alpha band and no band of the image",
    )


def _holds_mask(dataset: Any, band: int) -> bool:  # rasterio is not typed
    """Tell an alpha band by its values: nearly all are 0 or the largest, with few between at soft edges."""
    rows = np.unique(np.linspace(0, dataset.height - 1, _SAMPLED_ROWS).round().astype(int))
    values = [dataset.read(band, window=((row, row + 1), (0, dataset.width))) for row in rows.tolist()]
    sample = np.concatenate(values)
    largest = sample.max()
    between = (sample > 0) & (sample < largest)
    return bool((sample == largest).sum() >= between.sum())


def _mask_values(
    values: da.Array, dataset: Any, bands: tuple[int, ...]
) -> tuple[da.Array, _Notes]:  # rasterio is not typed
    # an alpha band among the bands of the image masks nothing
    if any(dataset.colorinterp[band - 1].name == "alpha" for band in bands):
        return values, ()
    missing = open_raster_masks(dataset, bands)
    if missing is None:
        return values, ()
    masked: da.Array = da.where(missing, np.float32(np.nan), values)
    return masked, ("pixels that the file's mask or alpha band leaves out have no value",)


def _scale_values(
    dataset: Any, bands: tuple[int, ...], values: da.Array
) -> tuple[da.Array, float, _Notes]:  # rasterio is not typed
    """Apply scale and offset of each band; return the values, the divisor of all bands, and notes."""
    scales, offsets = (
        np.asarray([numbers[band - 1] for band in bands], np.float64)
        for numbers in (dataset.scales, dataset.offsets)
    )
    is_one = scales[0] != 0 and bool(np.all(scales == scales[0]))
    divisor = 1.0 / float(scales[0]) if is_one else 1.0
    if np.all(offsets == 0) and is_one:
        settled, notes = settle_divisor(values, divisor, np.dtype(dataset.dtypes[bands[0] - 1]))
        if settled != divisor:
            return values, 1.0, notes
    if np.any(scales != 1) or np.any(offsets != 0):
        gain, offset = (numbers.astype(np.float32)[:, None, None] for numbers in (scales, offsets))
        values = values * gain + offset
    return values, divisor, ()


def _decode_bands(dataset: Any, bands: tuple[int, ...]) -> da.Array:  # rasterio is not typed
    stored = open_raster_values(dataset, bands)
    marks = [dataset.nodatavals[band - 1] for band in bands]
    # a virtual raster may mark missing values in each band by another number
    if len({repr(mark) for mark in marks}) > 1:
        parts = [decode_values(stored[i : i + 1], nodata=mark) for i, mark in enumerate(marks)]
        values: da.Array = da.concatenate(parts)  # type: ignore[no-untyped-call]  # dask is not typed
        return values
    return decode_values(stored, nodata=marks[0])


GEOTIFF: Final = Format(
    "GeoTIFF", lambda marks: marks.is_tiff, read_geotiff, suffixes=(".tif", ".tiff"), options=("wavelengths",)
)
VRT: Final = Format(
    "virtual raster", lambda marks: is_vrt(marks.start), read_geotiff, files=".vrt", options=("wavelengths",)
)
