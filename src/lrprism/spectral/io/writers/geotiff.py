"""GeoTIFF: tiles of float32 with the wavelength of each band where GDAL looks for it."""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.spectral.cubes.georeference import georeference_of
from lrprism.spectral.io.format import Writer
from lrprism.spectral.io.raster import import_rasterio, open_quietly
from lrprism.spectral.io.writers.layout import (
    choose_stored_type,
    stack_bands,
    store_blocks,
    write_partial,
)

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
    rasterio = import_rasterio()
    stack = stack_bands(data)
    kind = choose_stored_type(stack)
    profile = _build_profile(rasterio, stack, kind)
    with write_partial(path) as partial, open_quietly(partial, "w", **profile) as file:
        _write_tags(file, stack)
        store_blocks(stack, _Tiled(rasterio, file), kind, tile=_TILE)


class _Tiled:
    """Blocks of rows, each written into its window."""

    def __init__(self, rasterio: Any, file: Any) -> None:  # rasterio is not typed
        self._window, self._file = rasterio.windows.Window, file

    def __setitem__(self, index: tuple[slice, ...], values: npt.NDArray[np.generic]) -> None:
        bands, rows, columns = index
        window = self._window(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
        self._file.write(values, indexes=[band + 1 for band in range(bands.start, bands.stop)], window=window)


def _build_profile(rasterio: Any, stack: xr.DataArray, kind: np.dtype[np.generic]) -> dict[str, Any]:
    bands, height, width = stack.shape
    place = georeference_of(stack)
    return {
        "count": bands,
        "height": height,
        "width": width,
        "dtype": kind.name,
        "nodata": np.nan if kind.kind == "f" else None,
        **({"crs": place.crs, "transform": rasterio.Affine.from_gdal(*place.transform)} if place else {}),
        "compress": "deflate",
        "predictor": 3 if kind.kind == "f" else 2,
        "tiled": True,
        "blockxsize": _TILE,
        "blockysize": _TILE,
        "interleave": "band",
        "bigtiff": "if_safer",
    }


def _write_tags(file: Any, stack: xr.DataArray) -> None:
    texts = ("title", "quantity", "units", "attribution")
    file.update_tags(**{name: str(stack.attrs[name]) for name in texts if stack.attrs.get(name)})
    for name in ("assumed", "class_names"):
        if name in stack.attrs:
            words = [str(word) for word in np.atleast_1d(np.asarray(stack.attrs[name], dtype=object))]
            file.update_tags(**{name: json.dumps(words, ensure_ascii=False)})
    if "wavelength" in stack.coords:
        for band in range(stack.sizes["band"]):
            _write_band_tags(file, band + 1, stack)


def _write_band_tags(file: Any, number: int, stack: xr.DataArray) -> None:
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


GEOTIFF: Final = Writer("GeoTIFF", (".tif", ".tiff"), write_geotiff)
