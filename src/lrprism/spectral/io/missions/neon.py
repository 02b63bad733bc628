"""Reflectance of the airborne spectrometers of NEON, the National Ecological Observatory Network."""

from os import PathLike
from pathlib import Path
from typing import Final

import h5py
import numpy as np
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference
from lrprism.spectral.io.decode import convert_to_nm, decode_values
from lrprism.spectral.io.format import FileMarks, Format
from lrprism.spectral.io.hdf5 import find_dataset, open_hdf5
from lrprism.spectral.io.hdf5_values import open_cube, read_list, read_numbers

_WHAT: Final = "a NEON reflectance file"
_PLACED: Final = 7


def read_neon(path: str | PathLike[str]) -> xr.DataArray:
    """Open a NEON reflectance tile or flight line.

    Args:
        path: The ``.h5`` file.

    Returns:
        The cube ``(band, y, x)``, on the file's map grid.

    Raises:
        DataError: If the file is damaged or is not such a file.
    """
    with open_hdf5(path, _WHAT) as file:
        group = f"{_site(file)}/Reflectance"
        key = f"{group}/Reflectance_Data"
        dataset = find_dataset(file, key)
        divisor = float(read_numbers(dataset, "Scale_Factor", 1)[0])
        nodata = float(read_numbers(dataset, "Data_Ignore_Value", 1)[0])
        spectral = f"{group}/Metadata/Spectral_Data"
        centre, notes = convert_to_nm(read_list(file, f"{spectral}/Wavelength"), "nm")
        cube = make_cube(
            decode_values(open_cube(file, key, (2, 0, 1)), divisor=divisor, nodata=nodata),
            centre,
            fwhm=read_list(file, f"{spectral}/FWHM"),
            title=f"NEON {Path(path).name}",
            attribution="National Ecological Observatory Network",
            quantity="reflectance",
            units="1",
            assumed=notes,
        ).assign_attrs(scale=divisor, source=Path(path).name)
        return assign_georeference(cube, _georeference(file, f"{group}/Metadata/Coordinate_System"))


def _site(file: h5py.File) -> str:
    sites = list(file)
    if len(sites) != 1:
        raise DataError(f"{_WHAT} should hold the group of one site. Found {sites[:4]}. Check the product.")
    return str(sites[0])


def _text(file: h5py.File, key: str) -> str:
    value = np.asarray(find_dataset(file, key)[()]).ravel()
    first = value[0] if value.size else b""
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)


def _georeference(file: h5py.File, group: str) -> Georeference:
    code, words = _text(file, f"{group}/EPSG Code"), _text(file, f"{group}/Map_Info").split(",")
    try:
        column, row, easting, northing, width, height = (float(word) for word in words[1:_PLACED])
        crs = f"EPSG:{int(code)}"
    except ValueError as error:
        raise DataError(
            "'EPSG Code' should be a number, 'Map_Info' a projection and six numbers. "
            f"Found {code!r} and {words}. Download it again."
        ) from error
    left, top = easting - (column - 1) * width, northing + (row - 1) * height
    return Georeference(crs, (left, width, 0.0, top, 0.0, -height))


def _is_neon(marks: FileMarks) -> bool:
    # the only group of a tile is its site, whose name differs from tile to tile
    return marks.hdf5 is not None and any("Reflectance" in names for names in marks.hdf5.members.values())


NEON: Final = Format("NEON", _is_neon, read_neon)
