"""NetCDF and Zarr: everything that a cube knows, for xarray, GDAL and QGIS."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from lrprism.spectral.cubes.cube import is_lazy
from lrprism.spectral.cubes.georeference import GRID_MAPPING
from lrprism.spectral.io.format import Writer
from lrprism.spectral.io.formats.dataset_axes import PIXEL_AXIS
from lrprism.spectral.io.formats.netcdf import is_zarr_store
from lrprism.spectral.io.writers.class_map import ClassLegend
from lrprism.spectral.io.writers.layout import (
    IMAGE_DIMS,
    convert_to_wkt,
    is_authority_code,
    renew_georeference,
    write_partial,
)

_VARIABLE = "cube"
_LONGEST_CHUNK = 64  # 64³ float32 are 1 MiB, what HDF5 keeps in memory of a dataset
_COORDINATES: Mapping[str, Mapping[str, str]] = {
    "wavelength": {"units": "nm", "long_name": "centre wavelength", "standard_name": "radiation_wavelength"},
    "fwhm": {"units": "nm", "long_name": "full width at half maximum"},
    "good": {"long_name": "whether the band is fit for use"},
    "original_band": {"long_name": "number of the band in the sensor's own list, from 0"},
}


def write_netcdf(data: xr.DataArray, path: Path) -> None:
    """Write an array of any dimensions into a compressed NetCDF 4 file.

    ``wavelength``, ``fwhm``, ``good`` (int8) and ``original_band`` become auxiliary coordinates, the
    reference system a grid mapping of the CF conventions; ``assumed`` is an array of texts.

    Args:
        data: A cube, a map, or any array. A lazy one is written piece by piece.
        path: The file to be.
    """
    dataset = _lay_out_dataset(data)
    for variable in dataset.data_vars.values():
        variable.encoding.update(_choose_compression(variable))
    with write_partial(path) as partial:
        dataset.to_netcdf(partial, engine="h5netcdf")


def write_zarr(data: xr.DataArray, path: Path) -> None:
    """Write an array of any dimensions into a Zarr store (format 2), laid out as by :func:`write_netcdf`.

    Args:
        data: A cube, a map, or any array. A lazy one is written piece by piece.
        path: The folder to be.
    """
    dataset = _lay_out_dataset(data).drop_encoding()  # the chunks of a source need not be those of the store
    dataset = dataset.assign(
        {name: _link_coordinates(_even_chunks(variable)) for name, variable in dataset.data_vars.items()}
    )
    with write_partial(path) as partial:
        dataset.to_zarr(partial, zarr_format=2, consolidated=True)


def _even_chunks(variable: xr.DataArray) -> xr.DataArray:
    """Make pieces of one length along an axis, as a Zarr store has them."""
    if not is_lazy(variable.data):
        return variable
    return variable.chunk({dim: max(sizes) for dim, sizes in variable.chunksizes.items()})


def _lay_out_dataset(data: xr.DataArray) -> xr.Dataset:
    placed = renew_georeference(data.drop_encoding())
    name = str(placed.name) if _is_word(placed.name) and placed.name not in placed.coords else _VARIABLE
    placed = placed.assign_attrs(_flatten_attrs(placed.attrs) | _state_flags(placed))
    for name_ in _COORDINATES.keys() & set(placed.coords):
        placed = placed.assign_coords({name_: placed.coords[name_].assign_attrs(_COORDINATES[name_])})
    placed = _add_map_attributes(placed) if GRID_MAPPING in placed.coords else _add_pixel_axes(placed)
    for coordinate in placed.coords.values():
        coordinate.encoding["_FillValue"] = None
    dataset = placed.rename(name).to_dataset().assign_attrs(Conventions="CF-1.10")
    dataset[name] = _link_coordinates(dataset[name])
    return dataset


def _is_word(name: object) -> bool:
    """Tell a name that somebody chose from none, and from dask's own such as "astype-1c79a6"."""
    return isinstance(name, str) and name.isidentifier()


def _link_coordinates(variable: xr.DataArray) -> xr.DataArray:
    """Name the coordinates and the grid mapping, so that both kinds of reader find them."""
    further = sorted(str(name) for name in variable.coords if name not in variable.dims)
    if further:
        variable.encoding["coordinates"] = " ".join(further)
    if GRID_MAPPING in further:
        variable.encoding["grid_mapping"] = GRID_MAPPING
    return variable


def _add_map_attributes(placed: xr.DataArray) -> xr.DataArray:
    reference = placed.coords[GRID_MAPPING]
    crs = str(reference.attrs["crs_wkt"])
    wkt = convert_to_wkt(crs) if is_authority_code(crs) else crs
    placed = placed.assign_coords(
        {GRID_MAPPING: reference.assign_attrs(crs_wkt=wkt, spatial_ref=convert_to_wkt(wkt, "WKT1_GDAL"))}
    )
    geographic = wkt.lstrip().startswith(("GEOGCRS", "GEOGCS"))
    for axis, angle in (("x", "longitude"), ("y", "latitude")):
        if axis in placed.coords:
            standard = angle if geographic else f"projection_{axis}_coordinate"
            units = {"units": f"degrees_{'east' if axis == 'x' else 'north'}"} if geographic else {}
            placed = placed.assign_coords(
                {axis: placed.coords[axis].assign_attrs({"standard_name": standard, **units})}
            )
    return placed


def _add_pixel_axes(data: xr.DataArray) -> xr.DataArray:
    """Give rows and columns that lie on no map a coordinate that counts pixels.

    GDAL takes a row axis that nothing describes for one from south to north, and shows the image upside down:
    the coordinate of the rows falls. Of a single column GDAL reads no such coordinate.
    """
    if set(data.dims) not in IMAGE_DIMS:
        return data
    for axis, sign in (("y", -1.0), ("x", 1.0)):
        if axis not in data.coords:
            centres = sign * (np.arange(data.sizes[axis]) + 0.5)
            data = data.assign_coords({axis: (axis, centres, {"long_name": PIXEL_AXIS})})
        data = data.assign_coords({axis: data.coords[axis].assign_attrs(axis=axis.upper())})
    return data


def _state_flags(data: xr.DataArray) -> dict[str, Any]:
    """Say as the CF conventions do what the values of a class map mean: words without blanks."""
    legend = ClassLegend.of(data)
    if legend is None:
        return {}
    words = (re.sub(r"[^\w.+@-]", "_", name.strip()) or "_" for name in legend.names)
    # of the type of the map, which may hold fewer values than there are names
    holds_all = len(legend.names) <= np.iinfo(data.dtype).max
    values = np.arange(len(legend.names), dtype=data.dtype if holds_all else np.int64)
    return {"flag_values": values, "flag_meanings": " ".join(words)}


def _choose_compression(variable: xr.DataArray) -> dict[str, Any]:
    if 0 in variable.shape or not variable.ndim:
        return {}
    lengths = [sizes[0] for sizes in variable.chunks] if variable.chunks else list(variable.shape)
    return {
        "zlib": True,
        "complevel": 4,
        "shuffle": True,
        "chunksizes": tuple(min(length, _LONGEST_CHUNK) for length in lengths),
    }


def _flatten_attrs(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """Turn attributes into what both formats hold: texts, numbers, and lists of one of them."""
    return {name: _flatten_value(value) for name, value in attrs.items() if not _is_empty(value)}


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, list | tuple | np.ndarray) and len(value) == 0)


def _flatten_value(value: Any) -> Any:
    if isinstance(value, bool | np.bool_):
        return int(value)
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        for kinds in (str, (int, float)):
            if all(isinstance(entry, kinds) and not isinstance(entry, bool) for entry in value):
                return list(value)
    return json.dumps(value, ensure_ascii=False, default=str)


NETCDF: Final = Writer("NetCDF 4", (".nc",), write_netcdf)
ZARR: Final = Writer("Zarr", (".zarr",), write_zarr, is_own_folder=is_zarr_store)
