"""Reflectance of the airborne spectrometers of NEON, the National Ecological Observatory Network."""

from os import PathLike
from pathlib import Path
from typing import Final

import h5py
import numpy as np
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube, with_note
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference
from lrprism.spectral.io.decode import convert_bands_to_nm, decode_values
from lrprism.spectral.io.format import FileMarks, Format
from lrprism.spectral.io.hdf5 import find_dataset, open_hdf5
from lrprism.spectral.io.hdf5_values import open_hdf5_cube, read_list, read_number_attribute

_WHAT: Final = "a NEON reflectance file"
_MAP_WORDS: Final = 7  # projection, reference column and row, easting, northing, pixel width and height


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
        group = f"{_find_site(file)}/Reflectance"
        key = f"{group}/Reflectance_Data"
        dataset = find_dataset(file, key)
        divisor = float(read_number_attribute(dataset, "Scale_Factor", 1)[0])
        nodata = float(read_number_attribute(dataset, "Data_Ignore_Value", 1)[0])
        spectral = f"{group}/Metadata/Spectral_Data"
        centre, fwhm, notes = convert_bands_to_nm(
            read_list(file, f"{spectral}/Wavelength"), read_list(file, f"{spectral}/FWHM"), "nm"
        )
        cube = make_cube(
            decode_values(open_hdf5_cube(file, key, (2, 0, 1)), divisor=divisor, nodata=nodata),
            centre,
            fwhm=fwhm,
            title=f"NEON {Path(path).name}",
            attribution="National Ecological Observatory Network",
            quantity="reflectance",
            units="1",
            assumed=notes,
        ).assign_attrs(scale=divisor, source=Path(path).name)
        try:
            place = _read_neon_georeference(file, f"{group}/Metadata/Coordinate_System")
        except DataError as error:
            note = f"the map information is left out: {error}"
            return cube.assign_attrs(with_note(cube.attrs, note))
        return assign_georeference(cube, place)


def _find_site(file: h5py.File) -> str:
    sites = list(file)
    if len(sites) != 1:
        raise DataError(f"{_WHAT} should hold the group of one site. Found {sites[:4]}. Check the product.")
    return str(sites[0])


def _read_text(file: h5py.File, key: str) -> str:
    value = np.asarray(find_dataset(file, key)[()]).ravel()
    first = value[0] if value.size else b""
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)


def _read_neon_georeference(file: h5py.File, group: str) -> Georeference:
    code, words = _read_text(file, f"{group}/EPSG Code"), _read_text(file, f"{group}/Map_Info").split(",")
    try:
        column, row, easting, northing, width, height = (float(word) for word in words[1:_MAP_WORDS])
        crs = f"EPSG:{int(code)}"
    except ValueError as error:
        raise DataError(
            "'EPSG Code' should be a number, 'Map_Info' a projection and six numbers. "
            f"Found {code!r} and {words}. Download it again."
        ) from error
    # the reference pixel, which is counted from 1, need not be the first
    x_edge, y_edge = easting - (column - 1) * width, northing + (row - 1) * height
    return Georeference(crs, (x_edge, width, 0.0, y_edge, 0.0, -height))


def _is_neon(marks: FileMarks) -> bool:
    # the only group of a tile is its site, whose name differs from tile to tile
    return any("Reflectance" in names for names in marks.members.values())


NEON: Final = Format("NEON", _is_neon, read_neon)
