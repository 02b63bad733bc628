"""GeoTIFF: tiles of float32 with the wavelength of each band where GDAL looks for it."""

import json
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.spectral.cubes.georeference import georeference_of
from lrprism.spectral.io.format import Writer
from lrprism.spectral.io.raster import import_rasterio, open_quietly
from lrprism.spectral.io.writers.class_map import ClassLegend
from lrprism.spectral.io.writers.layout import (
    choose_stored_type,
    stack_bands,
    store_blocks,
    write_partial,
)

_TILE = 128  # pixels
_TILE_STEP = 16  # sides of tiles are multiples of it
_TABLE = 256  # colours in a table of TIFF
_STRIP_BYTES = 2**24  # 16 MiB of float32


def write_geotiff(data: xr.DataArray, path: Path) -> None:
    """Write a cube or a map as a tiled, deflated GeoTIFF; integers become a small integer type.

    Each band gets the tags ``wavelength``, ``wavelength_units`` and ``fwhm``, in the domain IMAGERY
    ``CENTRAL_WAVELENGTH_UM`` and ``FWHM_UM``, and its wavelength as description; a bad band is 0 in ``bbl``,
    as the EnMAP-Box has it. A class map (:class:`ClassLegend`) gets a colour table, and the names of its
    classes in a file beside it, ``NAME.tif.aux.xml``, where GDAL keeps them.

    Args:
        data: ``(band, y, x)`` or ``(y, x)``.
        path: The file to be.

    Raises:
        InputError: If rasterio is not installed.
    """
    rasterio = import_rasterio()
    stack = stack_bands(data)
    kind = choose_stored_type(stack)
    legend = ClassLegend.of(stack)
    height = _choose_tile_height(stack)
    profile = {**_build_profile(rasterio, stack, kind, legend), "blockysize": height}
    with write_partial(path) as partial, open_quietly(partial, "w", **profile) as file:
        _write_tags(file, stack)
        if legend is not None and kind == np.uint8:  # others have no colour table in TIFF
            file.write_colormap(1, dict(enumerate(legend.colours[:_TABLE])))
        store_blocks(stack, _Tiled(rasterio, file), kind, tile=height)
        side = _name_side_file(path)
        side.unlink(missing_ok=True)  # that of an older file must not describe the new one
    if legend is not None:
        _write_names(side, legend)


def geotiff_files(path: Path) -> tuple[Path, Path]:
    """Name the files of a GeoTIFF: the image, and the one in which GDAL keeps what TIFF has no place for."""
    return path, _name_side_file(path)


def _name_side_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.aux.xml")


def _write_names(side: Path, legend: ClassLegend) -> None:
    names = "".join(f"<Category>{escape(name)}</Category>" for name in legend.names)
    band = f'<PAMRasterBand band="1"><CategoryNames>{names}</CategoryNames></PAMRasterBand>'
    with write_partial(side) as partial:
        partial.write_text(f"<PAMDataset>{band}</PAMDataset>\n", encoding="utf-8")


class _Tiled:
    """Blocks of rows, each written into its window."""

    def __init__(self, rasterio: Any, file: Any) -> None:  # rasterio is not typed
        self._window, self._file = rasterio.windows.Window, file

    def __setitem__(self, index: tuple[slice, ...], values: npt.NDArray[np.generic]) -> None:
        bands, rows, columns = index
        window = self._window(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
        self._file.write(values, indexes=[band + 1 for band in range(bands.start, bands.stop)], window=window)


def _choose_tile_height(stack: xr.DataArray) -> int:
    """Return the rows of a tile: few where a piece of the source holds many bands of few rows.

    All tiles beside each other are written at once, so that none is packed twice.
    """
    if stack.chunks is None:
        return _TILE
    rows = _STRIP_BYTES // (4 * max(stack.chunks[0]) * stack.sizes["x"])
    return min(_TILE, max(_TILE_STEP, rows // _TILE_STEP * _TILE_STEP))


def _build_profile(
    rasterio: Any, stack: xr.DataArray, kind: np.dtype[np.generic], legend: ClassLegend | None
) -> dict[str, Any]:
    bands, height, width = stack.shape
    place = georeference_of(stack)
    nodata = np.nan if kind.kind == "f" else None
    return {
        "count": bands,
        "height": height,
        "width": width,
        "dtype": kind.name,
        "nodata": nodata if legend is None else 0,
        **({"crs": place.crs, "transform": rasterio.Affine.from_gdal(*place.transform)} if place else {}),
        "compress": "deflate",
        "predictor": 3 if kind.kind == "f" else 2,
        "tiled": True,
        "blockxsize": _TILE,
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
        file.update_tags(number, good=str(int(facts["good"])), bbl=str(int(facts["good"])))


GEOTIFF: Final = Writer(
    "GeoTIFF", (".tif", ".tiff"), write_geotiff, geotiff_files, check_data=lambda _: import_rasterio()
)
