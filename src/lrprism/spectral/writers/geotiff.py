"""GeoTIFF: tiles of float32 with the wavelength of each band where GDAL looks for it."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism._errors import InputError
from lrprism.spectral.georeference import georeference_of
from lrprism.spectral.writers.layout import as_stack, store, stored_type, writing

_TILE = 128  # pixels; a multiple of 16, as TIFF has it


def write_geotiff(data: xr.DataArray, path: Path) -> None:
    """Write a cube or a map as a tiled, deflated GeoTIFF; integers become a small integer type.

    Each band gets the tags ``wavelength``, ``wavelength_units`` and ``fwhm``, in the domain IMAGERY
    ``CENTRAL_WAVELENGTH_UM`` and ``FWHM_UM``, and its wavelength as description.

    Args:
        data: ``(band, y, x)`` or ``(y, x)``.
        path: The file to be.

    Raises:
        InputError: If rasterio is not installed.
    """
    try:
        import rasterio  # installed by the extra "geo" only, as all of rasterio below
    except ImportError as error:
        raise InputError(
            "GeoTIFF should be written with the package rasterio. Found it missing. "
            "Install it: pip install 'lrprism[geo]'."
        ) from error
    stack = as_stack(data)
    kind = stored_type(stack)
    profile = _profile(stack, kind)
    with writing(path) as partial, _opened(rasterio, partial, profile) as file:
        _describe(file, stack)
        store(stack, _Tiled(file), kind, tile=_TILE)


def _opened(rasterio: Any, partial: Path, profile: dict[str, Any]) -> Any:
    from rasterio.errors import NotGeoreferencedWarning

    with warnings.catch_warnings():
        # a cube in the geometry of the sensor has no place: nothing is missing from its file
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return rasterio.open(partial, "w", **profile)


class _Tiled:
    """Blocks of rows, each written into its window."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __setitem__(self, index: tuple[slice, ...], values: npt.NDArray[np.generic]) -> None:
        from rasterio.windows import Window

        bands, rows, columns = index
        window = Window(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
        self._file.write(values, indexes=[band + 1 for band in range(bands.start, bands.stop)], window=window)


def _profile(stack: xr.DataArray, kind: np.dtype[np.generic]) -> dict[str, Any]:
    from rasterio.transform import Affine

    bands, height, width = stack.shape
    place = georeference_of(stack)
    return {
        "driver": "GTiff",
        "count": bands,
        "height": height,
        "width": width,
        "dtype": kind.name,
        "nodata": np.nan if kind.kind == "f" else None,
        **({"crs": place.crs, "transform": Affine.from_gdal(*place.transform)} if place else {}),
        "compress": "deflate",
        "predictor": 3 if kind.kind == "f" else 2,
        "tiled": True,
        "blockxsize": _TILE,
        "blockysize": _TILE,
        "interleave": "band",
        "bigtiff": "if_safer",
    }


def _describe(file: Any, stack: xr.DataArray) -> None:
    texts = ("title", "quantity", "units", "attribution")
    file.update_tags(**{name: str(stack.attrs[name]) for name in texts if stack.attrs.get(name)})
    for name in ("assumed", "class_names"):
        if name in stack.attrs:
            words = [str(word) for word in np.atleast_1d(np.asarray(stack.attrs[name], dtype=object))]
            file.update_tags(**{name: json.dumps(words, ensure_ascii=False)})
    if "wavelength" in stack.coords:
        for band in range(stack.sizes["band"]):
            _describe_band(file, band + 1, stack)


def _describe_band(file: Any, number: int, stack: xr.DataArray) -> None:
    facts = {
        name: np.atleast_1d(stack.coords[name].values)[number - 1]
        for name in ("wavelength", "fwhm", "original_band", "good")
        if name in stack.coords
    }
    nm = float(facts["wavelength"])
    file.set_band_description(number, f"{nm:.1f} nm")
    file.update_tags(number, wavelength=repr(nm), wavelength_units="Nanometers")
    file.update_tags(number, ns="IMAGERY", CENTRAL_WAVELENGTH_UM=repr(nm / 1000))
    if np.isfinite(facts.get("fwhm", np.nan)):
        width = float(facts["fwhm"])
        file.update_tags(number, fwhm=repr(width))
        file.update_tags(number, ns="IMAGERY", FWHM_UM=repr(width / 1000))
    if "original_band" in facts:
        file.update_tags(number, original_band=str(facts["original_band"]))
    if "good" in facts:
        file.update_tags(number, good=str(int(facts["good"])))
