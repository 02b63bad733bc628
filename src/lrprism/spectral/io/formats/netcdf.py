"""Cubes in NetCDF files and Zarr stores that name their wavelengths, among them those written by lrprism."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Final, Literal, TypeAlias, final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube, with_note
from lrprism.spectral.cubes.georeference import GRID_MAPPING, assign_georeference, georeference_of
from lrprism.spectral.cubes.wavelengths import WavelengthSource, read_wavelengths
from lrprism.spectral.io.band_axis import CUBE_AXES
from lrprism.spectral.io.facts import to_nm
from lrprism.spectral.io.failures import reading
from lrprism.spectral.io.hdf5 import open_hdf5
from lrprism.spectral.io.lazy import AbstractStored, lazy
from lrprism.spectral.io.limits import check_declared

_WAVELENGTH_NAMES: Final = ("wavelength", "wavelengths", "wl")
_BEYOND_UM: Final = 1000.0  # no wavelength in µm: so that to_nm believes the stated unit of a width
_Engine: TypeAlias = Literal["h5netcdf", "zarr"]
_WHAT: Final[Mapping[_Engine, str]] = {"h5netcdf": "a NetCDF 4 file", "zarr": "a Zarr store"}


def read_netcdf(
    path: str | PathLike[str], *, variable: str | None = None, wavelengths: WavelengthSource | None = None
) -> xr.DataArray:
    """Open a cube in a NetCDF 4 file; its values are read piece by piece when they are needed.

    Fill values become NaN, and ``scale_factor`` and ``add_offset`` are applied, as the CF conventions say.

    Args:
        path: The file.
        variable: The variable; by default the only one of three axes, one of them that of the wavelengths.
        wavelengths: A list in nm, ``"FIRST:LAST"`` in nm, or a text file, in place of the coordinate
            ``wavelength``, ``wavelengths`` or ``wl``.

    Returns:
        The cube ``(band, y, x)``; the axis of the wavelengths is the bands, the other two in order y, x.

    Raises:
        DataError: If the file is damaged, or the variable or its wavelengths are missing or not certain.
    """
    return _read(Path(path), "h5netcdf", variable, wavelengths)


def read_zarr(
    path: str | PathLike[str], *, variable: str | None = None, wavelengths: WavelengthSource | None = None
) -> xr.DataArray:
    """Open a cube in a Zarr store; its values are read piece by piece when they are needed.

    Args:
        path: The folder.
        variable: The variable; by default the only one of three axes, one of them that of the wavelengths.
        wavelengths: A list in nm, ``"FIRST:LAST"`` in nm, or a text file, in place of the coordinate
            ``wavelength``, ``wavelengths`` or ``wl``.

    Returns:
        The cube ``(band, y, x)``; the axis of the wavelengths is the bands, the other two in order y, x.

    Raises:
        DataError: If the store is damaged, or the variable or its wavelengths are missing or not certain.
    """
    return _read(Path(path), "zarr", variable, wavelengths)


@contextmanager
def _opened(path: Path, engine: _Engine) -> Iterator[xr.Dataset]:
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
        with _opened(self.path, self.engine) as dataset:
            return np.asarray(dataset[self.name][index].values)


def _read(
    path: Path, engine: _Engine, variable: str | None, wavelengths: WavelengthSource | None
) -> xr.DataArray:
    with _opened(path, engine) as dataset:
        found = dataset[_choose(path, dataset, variable, given=wavelengths is not None)]
        _check(path, found)
        listed = _wavelength_of(found, dataset)
        dims = _order(found, listed)
        stored = _StoredVariable(
            path, found.shape, found.dtype, tuple(map(found.get_axis_num, dims)), str(found.name), engine
        )
        centre, fwhm, notes = _wavelengths(listed, found.sizes[dims[0]], wavelengths)
        if dims != ("band", "y", "x"):
            notes = (*notes, f"{', '.join(dims)} are taken for band, y, x")
        original, good = (_along(found, name, dims[0]) for name in ("original_band", "good"))
        cube = make_cube(
            lazy(stored),
            centre,
            fwhm=_fwhm(found, listed, dims[0]) if fwhm is None else fwhm,
            original_band=None if original is None else original.values.tolist(),
            good=None if good is None else good.values,
            title=str(found.attrs.get("title", found.attrs.get("long_name", found.name))),
            quantity=str(found.attrs.get("quantity", found.attrs.get("standard_name", "unknown"))),
            units=str(found.attrs.get("units", "unknown")),
            attribution=str(found.attrs.get("attribution", dataset.attrs.get("attribution", ""))),
        )
        cube.attrs = {**_other_attrs(found.attrs), **cube.attrs}
        cube.attrs["assumed"] = with_note(found.attrs, *notes)["assumed"]
        cube.attrs["scale"] = float(found.attrs.get("scale", 1.0))
        cube.attrs["source"] = str(found.attrs.get("source", path.name))
        for name, dim in zip(("y", "x"), dims[1:], strict=True):
            if dim in found.coords:
                cube = cube.assign_coords({name: (name, found.coords[dim].values)})
        return _placed(cube, found, dataset)


def _other_attrs(attrs: Mapping[str, object]) -> dict[str, object]:
    """Keep what the file says beyond a cube's own attributes, less what belongs to its encoding."""
    return {name: value for name, value in attrs.items() if name not in {"grid_mapping", "coordinates"}}


def _choose(path: Path, dataset: xr.Dataset, variable: str | None, *, given: bool) -> str:
    cubes = {str(name): data for name, data in dataset.data_vars.items() if data.ndim == CUBE_AXES}
    if variable is not None:
        fitting = [name for name in cubes if name == variable]
    else:
        fitting = [name for name, data in cubes.items() if given or _wavelength_of(data, dataset) is not None]
    if len(fitting) == 1:
        return fitting[0]
    if variable is None and cubes and not fitting:
        raise _no_wavelengths(_listed(dataset))
    wanted = "one variable" if variable is None else f"a variable {variable!r}"
    raise DataError(
        f"'{path}' should hold {wanted} of three axes. Found {_listed(dataset)}. Name it with variable=."
    )


def _no_wavelengths(found: str) -> DataError:
    return DataError(
        f"a cube should have a coordinate {', '.join(_WAVELENGTH_NAMES)} along one axis. Found none in "
        f"{found}. Pass wavelengths='FIRST:LAST' in nm, a list, or a text file."
    )


def _listed(dataset: xr.Dataset) -> str:
    return ", ".join(f"{name} {data.dims}" for name, data in dataset.data_vars.items()) or "none"


def _check(path: Path, found: xr.DataArray) -> None:
    if found.dtype.kind not in "iuf" or 0 in found.shape:
        raise DataError(
            f"'{found.name}' in '{path}' should hold numbers, none of its axes 0 long. "
            f"Found shape {found.shape} of {found.dtype}. Name another variable with variable=."
        )
    check_declared(path, str(found.name), found.shape, found.dtype)


def _wavelength_of(found: xr.DataArray, dataset: xr.Dataset) -> xr.DataArray | None:
    """The list of wavelengths along one of the variable's axes, a coordinate or a variable beside it."""
    candidates = (dataset[name] for name in _WAVELENGTH_NAMES if name in dataset.variables)
    return next((data for data in candidates if data.ndim == 1 and data.dims[0] in found.dims), None)


def _order(found: xr.DataArray, listed: xr.DataArray | None) -> tuple[str, str, str]:
    names = [str(dim) for dim in found.dims]
    band = str(listed.dims[0]) if listed is not None else next((n for n in names if n == "band"), names[0])
    row, column = (name for name in names if name != band)
    return (band, column, row) if (row, column) == ("x", "y") else (band, row, column)


def _wavelengths(
    listed: xr.DataArray | None, bands: int, given: WavelengthSource | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, tuple[str, ...]]:
    if given is not None:
        centre, fwhm = read_wavelengths(given, bands)
        told = "the file has none" if listed is None else "in place of those in the file"
        return centre, fwhm, (f"wavelengths are those given on reading: {told}",)
    if listed is None:
        raise _no_wavelengths(f"{bands} bands")
    centre, notes = to_nm(listed.values, str(listed.attrs.get("units", "")))
    return centre, None, notes


def _along(found: xr.DataArray, name: str, band: str) -> xr.DataArray | None:
    """A coordinate of this name, where the variable has one along its bands."""
    coord = found.coords.get(name)
    return coord if coord is not None and coord.dims == (band,) else None


def _fwhm(found: xr.DataArray, listed: xr.DataArray | None, band: str) -> npt.NDArray[np.float64] | None:
    coord = _along(found, "fwhm", band)
    if coord is None:
        return None
    units = coord.attrs.get("units") or ("nm" if listed is None else listed.attrs.get("units", "nm"))
    nm_per_unit = to_nm([_BEYOND_UM], str(units))[0][0] / _BEYOND_UM
    return np.asarray(coord.values * nm_per_unit, dtype=np.float64)


def _placed(cube: xr.DataArray, found: xr.DataArray, dataset: xr.Dataset) -> xr.DataArray:
    if GRID_MAPPING not in dataset.variables:
        return cube
    place = georeference_of(found.assign_coords({GRID_MAPPING: dataset[GRID_MAPPING].variable}))
    return cube if place is None else assign_georeference(cube, place)
