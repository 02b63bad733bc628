"""Cubes in NetCDF files and Zarr stores that name their wavelengths, among them those written by lrprism."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, final

import numpy as np
import numpy.typing as npt
import xarray as xr
from xarray.backends import H5NetCDFStore
from xarray.conventions import decode_cf_variable

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube, with_note
from lrprism.spectral.cubes.georeference import assign_georeference
from lrprism.spectral.cubes.wavelengths import (
    ASK_FOR_WAVELENGTHS,
    MissingWavelengthsError,
    WavelengthSource,
    read_wavelengths,
)
from lrprism.spectral.io.band_axis import CUBE_AXES
from lrprism.spectral.io.decode import convert_to_nm
from lrprism.spectral.io.failures import reading
from lrprism.spectral.io.format import FileMarks, Format
from lrprism.spectral.io.formats.dataset_axes import PIXEL_AXIS, CubeDims, order_dims
from lrprism.spectral.io.formats.grid_mapping import read_grid_mapping
from lrprism.spectral.io.hdf5 import open_hdf5
from lrprism.spectral.io.lazy import AbstractStored, lazy
from lrprism.spectral.io.limits import check_declared

_CLASSIC: Final = (b"CDF\x01", b"CDF\x02", b"CDF\x05")
_ZARR_MARKS: Final = (".zgroup", ".zmetadata", ".zarray", "zarr.json")
_WAVELENGTH_NAMES: Final = ("wavelength", "wavelengths", "wl")
_WAVELENGTH_STANDARD: Final = ("radiation_wavelength", "sensor_band_central_radiation_wavelength")
_BEYOND_UM: Final = 1000.0  # no wavelength in µm: so that convert_to_nm believes the stated unit of a width
_Engine: TypeAlias = Literal["h5netcdf", "zarr"]
_WHAT: Final[Mapping[_Engine, str]] = {"h5netcdf": "a NetCDF 4 file", "zarr": "a Zarr store"}


def read_netcdf(
    path: str | PathLike[str], *, key: str | None = None, wavelengths: WavelengthSource | None = None
) -> xr.DataArray:
    """Open a cube in a NetCDF 4 file; its values are read piece by piece when they are needed.

    Fill values become NaN, and ``scale_factor`` and ``add_offset`` are applied, as the CF conventions say.

    Args:
        path: The file.
        key: Name of the variable; by default the only one of three axes, one of them that of the wavelengths.
        wavelengths: A list in nm, ``"FIRST:LAST"`` in nm, or a text file, in place of the coordinate
            ``wavelength``, ``wavelengths`` or ``wl``.

    Returns:
        The cube ``(band, y, x)``; the axis of the wavelengths is the bands, the other two in order y, x.

    Raises:
        DataError: If the file is damaged, or the variable or its wavelengths are missing or not certain.
    """
    return _open_dataset_cube(Path(path), "h5netcdf", key, wavelengths)


def read_zarr(
    path: str | PathLike[str], *, key: str | None = None, wavelengths: WavelengthSource | None = None
) -> xr.DataArray:
    """Open a cube in a Zarr store, a folder; arguments and result are those of :func:`read_netcdf`."""
    return _open_dataset_cube(Path(path), "zarr", key, wavelengths)


@contextmanager
def _open_dataset(path: Path, engine: _Engine) -> Iterator[xr.Dataset]:
    with (
        open_hdf5(path, _WHAT[engine]) if engine == "h5netcdf" else reading(path, _WHAT[engine], folder=True),
        xr.open_dataset(path, engine=engine, decode_times=False) as dataset,
    ):
        yield dataset


@final
@dataclass(frozen=True)
class _StoredVariable(AbstractStored):
    """A variable of a NetCDF file or Zarr store, decoded as the CF conventions say."""

    name: str = ""
    engine: _Engine = "h5netcdf"

    def _read(self, index: tuple[slice, ...]) -> npt.NDArray[np.generic]:
        if self.engine == "zarr":
            with _open_dataset(self.path, self.engine) as dataset:
                return np.asarray(dataset[self.name][index].values)
        # one variable alone: opening all of them takes longer than reading a piece
        with open_hdf5(self.path, _WHAT[self.engine]), closing(H5NetCDFStore.open(self.path)) as store:
            variable = store.open_store_variable(self.name, store.ds.variables[self.name])
            return np.asarray(decode_cf_variable(self.name, variable, decode_times=False)[index].values)


def _open_dataset_cube(
    path: Path, engine: _Engine, key: str | None, wavelengths: WavelengthSource | None
) -> xr.DataArray:
    with _open_dataset(path, engine) as dataset:
        variable = dataset[_choose_variable(path, dataset, key, wavelengths)]
        _check_numbers(path, variable)
        listed = _find_wavelength_list(variable, dataset)
        dims = order_dims(variable, listed)
        place, place_notes = read_grid_mapping(variable, dataset, dims)
        # names of coordinates belong to the encoding, which a writer makes anew
        variable.attrs = {k: v for k, v in variable.attrs.items() if k not in {"grid_mapping", "coordinates"}}
        axes = tuple(map(variable.get_axis_num, dims))
        stored = _StoredVariable(path, variable.shape, variable.dtype, axes, str(variable.name), engine)
        centre, fwhm, notes = _settle_wavelengths(listed, variable.sizes[dims[0]], wavelengths)
        if dims != ("band", "y", "x"):
            notes = (*notes, f"{', '.join(dims)} are taken for band, y, x")
        original, good = (_find_coordinate(variable, name, dims[0]) for name in ("original_band", "good"))
        cube = make_cube(
            lazy(stored),
            centre,
            fwhm=_read_fwhm(variable, listed, dims[0]) if fwhm is None else fwhm,
            original_band=None if original is None else original.values.tolist(),
            good=None if good is None else good.values,
            **_read_attributes(variable, dataset, (*notes, *place_notes)),
        )
        cube.attrs = {
            **variable.attrs,
            **cube.attrs,
            "scale": float(variable.attrs.get("scale", 1.0)),
            "source": str(variable.attrs.get("source", path.name)),
        }
        return _keep_coordinates(cube, variable, dims) if place is None else assign_georeference(cube, place)


def _read_attributes(variable: xr.DataArray, dataset: xr.Dataset, notes: tuple[str, ...]) -> dict[str, Any]:
    # our own words first, then those of the CF conventions
    attrs = variable.attrs
    return {
        "title": str(attrs.get("title", attrs.get("long_name", variable.name))),
        "quantity": str(attrs.get("quantity", attrs.get("standard_name", "unknown"))),
        "units": str(attrs.get("units", "unknown")),
        "attribution": str(attrs.get("attribution", dataset.attrs.get("attribution", ""))),
        "assumed": with_note(attrs, *notes)["assumed"],
    }


def _choose_variable(
    path: Path, dataset: xr.Dataset, key: str | None, wavelengths: WavelengthSource | None
) -> str:
    cubes = {str(name): data for name, data in dataset.data_vars.items() if data.ndim == CUBE_AXES}
    if key is not None:
        fitting = [name for name in cubes if name == key]
    elif wavelengths is not None:  # any variable of three axes can have them
        fitting = list(cubes)
    else:
        fitting = [name for name, data in cubes.items() if _find_wavelength_list(data, dataset) is not None]
    if len(fitting) == 1:
        return fitting[0]
    variables = ", ".join(f"{name} {data.dims}" for name, data in dataset.data_vars.items()) or "none"
    if key is None and cubes and not fitting:
        raise _miss_wavelengths(variables)
    wanted = "one variable" if key is None else f"a variable {key!r}"
    raise DataError(
        f"'{path}' should hold {wanted} of three axes. Found {variables}. Name it with key=, --key."
    )


def _miss_wavelengths(place: str) -> MissingWavelengthsError:
    return MissingWavelengthsError(
        f"a cube should have a coordinate {', '.join(_WAVELENGTH_NAMES)} along one axis. Found none in "
        f"{place}. {ASK_FOR_WAVELENGTHS}"
    )


def _check_numbers(path: Path, variable: xr.DataArray) -> None:
    if variable.dtype.kind not in "iuf" or 0 in variable.shape:
        raise DataError(
            f"'{variable.name}' in '{path}' should hold numbers, none of its axes 0 long. "
            f"Found shape {variable.shape} of {variable.dtype}. Name another variable with key=, --key."
        )
    check_declared(path, str(variable.name), variable.shape, variable.dtype)


def _find_wavelength_list(variable: xr.DataArray, dataset: xr.Dataset) -> xr.DataArray | None:
    """Find the wavelengths along one of the variable's axes: a coordinate, or a variable beside it."""
    lists = {
        str(name): dataset[name]
        for name, data in dataset.variables.items()
        if data.ndim == 1 and data.dims[0] in variable.dims
    }
    named = [data for word in _WAVELENGTH_NAMES for name, data in lists.items() if name.lower() == word]
    standard = [data for data in lists.values() if data.attrs.get("standard_name") in _WAVELENGTH_STANDARD]
    return next(iter([*named, *standard]), None)


def _settle_wavelengths(
    listed: xr.DataArray | None, bands: int, source: WavelengthSource | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, tuple[str, ...]]:
    if source is not None:
        centre, fwhm = read_wavelengths(source, bands)
        why = "the file has none" if listed is None else "in place of those in the file"
        return centre, fwhm, (f"wavelengths are those given on reading: {why}",)
    if listed is None:
        raise _miss_wavelengths(f"{bands} bands")
    centre, notes = convert_to_nm(listed.values, str(listed.attrs.get("units", "")))
    return centre, None, notes


def _find_coordinate(variable: xr.DataArray, name: str, band: str) -> xr.DataArray | None:
    """Return the coordinate of this name, where the variable has one along its bands."""
    coord = variable.coords.get(name)
    return coord if coord is not None and coord.dims == (band,) else None


def _read_fwhm(
    variable: xr.DataArray, listed: xr.DataArray | None, band: str
) -> npt.NDArray[np.float64] | None:
    coord = _find_coordinate(variable, "fwhm", band)
    if coord is None:
        return None
    units = coord.attrs.get("units") or ("nm" if listed is None else listed.attrs.get("units", "nm"))
    nm_per_unit = convert_to_nm([_BEYOND_UM], str(units))[0][0] / _BEYOND_UM
    return np.asarray(coord.values * nm_per_unit, dtype=np.float64)


def _keep_coordinates(cube: xr.DataArray, variable: xr.DataArray, dims: CubeDims) -> xr.DataArray:
    """Keep numbers of rows and columns that say nothing of a map."""
    places = {
        name: (name, variable.coords[dim].values)
        for name, dim in zip(("y", "x"), dims[1:], strict=True)
        if dim in variable.coords and variable.coords[dim].attrs.get("long_name") != PIXEL_AXIS
    }
    return cube.assign_coords(places)


def _is_netcdf(marks: FileMarks) -> bool:
    if marks.start[:4] in _CLASSIC:
        raise DataError(
            f"'{marks.name}' should be a NetCDF 4 file. Found the classic format. Convert it: "
            "nccopy -k nc4 IN OUT."
        )
    if marks.hdf5 is None:
        return False
    if "train_img" in marks.members:
        raise DataError(
            f"'{marks.name}' should hold one cube. Found labelled patches, train_img. Give it as patch data, "
            "with read_patch_file."
        )
    # what the NetCDF library writes, and what marks the scale of a dimension in HDF5
    marked = not {"_NCProperties", "CLASS"}.isdisjoint(marks.hdf5.attributes)
    return marked or marks.path.suffix.lower() in {".nc", ".nc4"}


def is_zarr_store(folder: Path) -> bool:
    """Return True if a folder is a Zarr store, of format 2 or 3."""
    return any((folder / mark).is_file() for mark in _ZARR_MARKS)


NETCDF: Final = Format("NetCDF 4", _is_netcdf, read_netcdf, suffixes=(".nc",), options=("key", "wavelengths"))
ZARR: Final = Format(
    "Zarr", lambda marks: is_zarr_store(marks.path), read_zarr, options=("key", "wavelengths")
)
