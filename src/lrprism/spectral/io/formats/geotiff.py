"""Cubes in GeoTIFF files, with the wavelengths in their tags or band names."""

import re
from os import PathLike
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube
from lrprism.spectral.cubes.georeference import assign_georeference
from lrprism.spectral.cubes.wavelengths import WavelengthSource, read_wavelengths
from lrprism.spectral.io.decode import convert_to_nm, decode_values, parse_notes
from lrprism.spectral.io.format import Format
from lrprism.spectral.io.raster import open_raster, open_raster_values, read_raster_georeference
from lrprism.spectral.knowledge.sensors import look_up_bands

_BandAxis = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, tuple[str, ...]]
_NUMBER_AND_UNIT: Final = re.compile(
    r"\s*([0-9]+(?:\.[0-9]+)?)\s*\(?(nm|um|µm|nanometers|micrometers)\)?\s*", re.IGNORECASE
)


def read_geotiff(path: str | PathLike[str], *, wavelengths: WavelengthSource | None = None) -> xr.DataArray:
    """Open a GeoTIFF; its values are read window by window when they are needed.

    Wavelengths come from the tags of the bands, from the tags of the file, or from the names of the bands:
    numbers with a unit ("550.3 nm"), or the names of Sentinel-2 ("B02") and Landsat ("B2", "SR_B2") where the
    file's name or tags say which satellite it is, e.g. ``LC08_field.tif``.

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
        centre, fwhm, notes = _settle_axis(dataset, wavelengths)
        values = decode_values(open_raster_values(dataset), nodata=dataset.nodata)
        scales, offsets = (np.asarray(numbers, np.float32) for numbers in (dataset.scales, dataset.offsets))
        if np.any(scales != 1) or np.any(offsets != 0):
            values = values * scales[:, None, None] + offsets[:, None, None]
        scale = 1.0 / float(scales[0]) if scales[0] != 0 and np.all(scales == scales[0]) else 1.0
        cube = make_cube(
            values,
            centre,
            fwhm=fwhm,
            **_read_band_tags(dataset),
            **_read_file_tags(dataset, file.name, notes),
        ).assign_attrs(scale=scale, source=file.name)
        reference = read_raster_georeference(dataset)
        return cube if reference is None else assign_georeference(cube, reference)


def _read_band_tags(dataset: Any) -> dict[str, Any]:  # rasterio is not typed
    """Read the number of each band in the sensor's list, and its flag, where every band has such a tag."""
    tags = [dataset.tags(band) for band in dataset.indexes]
    facts: dict[str, Any] = {}
    if all("original_band" in tag for tag in tags):
        facts["original_band"] = [tag["original_band"] for tag in tags]
    if all(tag.get("good") in {"0", "1"} for tag in tags):
        facts["good"] = [tag["good"] == "1" for tag in tags]
    return facts


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


def _settle_axis(dataset: Any, wavelengths: WavelengthSource | None) -> _BandAxis:  # rasterio is not typed
    if wavelengths is not None:
        centre, fwhm = read_wavelengths(wavelengths, dataset.count)
        return centre, fwhm, ("wavelengths are those given, not the file's",)
    # from the most certain to the least: tags of our writer, of GDAL, of former ENVI files, names of bands
    for source in (_from_band_tags, _from_imagery_tags, _from_file_tags, _from_descriptions, _from_satellite):
        axis = source(dataset)
        if axis is not None:
            return axis
    raise DataError(
        f"'{dataset.name}' should state the wavelength of its {dataset.count} bands. Found none in "
        "tags or band names. Give them: wavelengths='FIRST:LAST' in nm, a list, or a text file."
    )


def _parse_floats(words: list[str], what: str) -> npt.NDArray[np.float64]:
    try:
        return np.array([float(word) for word in words])
    except ValueError as error:
        raise DataError(f"{what} should be numbers. Found: {error}. Give the wavelengths in nm.") from error


def _from_band_tags(dataset: Any) -> _BandAxis | None:  # rasterio is not typed
    tags = [dataset.tags(band) for band in dataset.indexes]
    if not all("wavelength" in tag for tag in tags):
        return None
    centre = _parse_floats([tag["wavelength"] for tag in tags], "tags 'wavelength'")
    nm, notes = convert_to_nm(centre, tags[0].get("wavelength_units"))
    if not any("fwhm" in tag for tag in tags):
        return nm, None, notes
    factor = float(nm[0] / centre[0]) if centre[0] else 1.0
    return nm, _parse_floats([tag.get("fwhm", "nan") for tag in tags], "tags 'fwhm'") * factor, notes


def _from_imagery_tags(dataset: Any) -> _BandAxis | None:  # rasterio is not typed
    tags = [dataset.tags(band, ns="IMAGERY") for band in dataset.indexes]
    if not all("CENTRAL_WAVELENGTH_UM" in tag for tag in tags):
        return None
    centre = _parse_floats([tag["CENTRAL_WAVELENGTH_UM"] for tag in tags], "tags 'CENTRAL_WAVELENGTH_UM'")
    fwhm = _parse_floats([tag.get("FWHM_UM", "nan") for tag in tags], "tags 'FWHM_UM'")
    return centre * 1000, fwhm * 1000, ()


def _from_file_tags(dataset: Any) -> _BandAxis | None:  # rasterio is not typed
    tags = dataset.tags(ns="ENVI")
    if "wavelength" not in tags:
        return None
    lists = [
        _parse_floats(tags[name].strip("{} \n").split(","), f"tag '{name}'")
        for name in ("wavelength", "fwhm")
        if name in tags
    ]
    centre, notes = convert_to_nm(lists[0], tags.get("wavelength_units"))
    factor = centre[0] / lists[0][0] if lists[0][0] else 1.0
    return centre, lists[1] * factor if len(lists) > 1 else None, notes


def _from_descriptions(dataset: Any) -> _BandAxis | None:  # rasterio is not typed
    fits = (_NUMBER_AND_UNIT.fullmatch(name or "") for name in dataset.descriptions)
    matches = [match for match in fits if match]
    if len(matches) != dataset.count:
        return None
    centre, notes = convert_to_nm([float(match[1]) for match in matches], matches[0][2])
    return centre, None, (*notes, "wavelengths are those in the names of the bands")


def _from_satellite(dataset: Any) -> _BandAxis | None:  # rasterio is not typed
    names = [(name or "").strip() for name in dataset.descriptions]
    return look_up_bands(names, (Path(dataset.name).name, *dataset.tags().values()))


GEOTIFF: Final = Format(
    "GeoTIFF", lambda marks: marks.is_tiff, read_geotiff, suffixes=(".tif", ".tiff"), options=("wavelengths",)
)
