"""NASA's airborne spectrometers AVIRIS-3 and AVIRIS-NG in NetCDF files: reflectance or radiance."""

from os import PathLike
from pathlib import Path
from typing import Final, TypeAlias

import h5py
import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube, with_note
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference
from lrprism.spectral.io.band_axis import find_band_axis
from lrprism.spectral.io.decode import convert_bands_to_nm
from lrprism.spectral.io.format import FileMarks, Format
from lrprism.spectral.io.hdf5 import find_dataset, list_members, open_hdf5
from lrprism.spectral.io.hdf5_values import (
    check_cube,
    decode_hdf5_cube,
    read_list,
    read_text_attribute,
)

_Axis: TypeAlias = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, tuple[str, ...]]
_QUANTITIES: Final = ("reflectance", "radiance")
_NODATA: Final = -9999.0
_CRS: Final = ("crs_wkt", "spatial_ref")


def read_aviris(path: str | PathLike[str]) -> xr.DataArray:
    """Open an AVIRIS-3 or AVIRIS-NG file: a group ``reflectance`` or ``radiance`` with its wavelengths.

    Args:
        path: The ``.nc`` file.

    Returns:
        The cube ``(band, y, x)``, on the file's map grid where it names one.

    Raises:
        DataError: If the file is damaged or is not such a file.
    """
    with open_hdf5(path, "an AVIRIS file") as file:
        quantity = next(name for name in _QUANTITIES if name in list_members(file))
        key = f"{quantity}/{quantity}"
        dataset = find_dataset(file, key)
        centre, fwhm, notes = _read_bands(file, quantity)
        axes = _order_axes(check_cube(dataset), len(centre))
        values, divisor = decode_hdf5_cube(file, key, axes, nodata=_NODATA)
        cube = make_cube(
            values,
            centre,
            fwhm=fwhm,
            title=f"AVIRIS {quantity} {Path(path).name}",
            attribution="NASA JPL, AVIRIS",
            quantity=quantity,
            units="1" if quantity == "reflectance" else read_text_attribute(dataset, "units", "unknown"),
            assumed=notes,
        ).assign_attrs(scale=divisor, source=Path(path).name)
        return _place_cube(file, dataset, cube)


def _read_bands(file: h5py.File, group: str) -> _Axis:
    names = list_members(file[group])
    wavelength = find_dataset(file, f"{group}/wavelength")
    fwhm = read_list(file, f"{group}/fwhm") if "fwhm" in names else None
    units = read_text_attribute(wavelength, "units", "nm")
    return convert_bands_to_nm(read_list(file, f"{group}/wavelength"), fwhm, units)


def _order_axes(shape: tuple[int, int, int], bands: int) -> tuple[int, int, int]:
    # the bands come first in these files; a subset of a square scene may have as many rows
    axis = 0 if shape[0] == bands else find_band_axis(shape, np.zeros(bands))[0]
    row, column = (other for other in range(3) if other != axis)
    return axis, row, column


def _place_cube(file: h5py.File, dataset: h5py.Dataset, cube: xr.DataArray) -> xr.DataArray:
    try:
        place = _read_georeference(file, dataset, cube.shape[1:])
    except DataError as error:
        return cube.assign_attrs(with_note(cube.attrs, f"the map information is left out: {error}"))
    if place is None:
        return cube.assign_attrs(with_note(cube.attrs, "the file names no reference system"))
    return assign_georeference(cube, place)


def _read_georeference(file: h5py.File, dataset: h5py.Dataset, shape: tuple[int, ...]) -> Georeference | None:
    names = list_members(file)
    mapping = read_text_attribute(dataset, "grid_mapping", "transverse_mercator")
    stated = names.get(mapping)
    crs = next((read_text_attribute(stated, n) for n in _CRS if stated is not None and n in stated.attrs), "")
    if not crs or not {"easting", "northing"} <= set(names):
        return None
    steps = []
    for name, length in (("easting", shape[1]), ("northing", shape[0])):
        centres = read_list(file, name)
        step = float(centres[-1] - centres[0]) / max(1, length - 1)
        if centres.shape != (length,) or not np.allclose(np.diff(centres), step, atol=abs(step) * 1e-3):
            raise DataError(f"'{name}' should be {length} evenly spaced numbers. Found {centres.size}")
        steps.append((float(centres[0]) - step / 2, step))
    (x_edge, x_step), (y_edge, y_step) = steps
    return Georeference(crs, (x_edge, x_step, 0.0, y_edge, 0.0, y_step))


def _is_aviris(marks: FileMarks) -> bool:
    return any({name, "wavelength"} <= marks.members.get(name, frozenset()) for name in _QUANTITIES)


AVIRIS: Final = Format("AVIRIS-3", _is_aviris, read_aviris)
