"""The ocean colour instrument OCI of NASA's satellite PACE: L2 reflectance as it was scanned."""

from os import PathLike
from pathlib import Path
from typing import Final

import h5py
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube
from lrprism.spectral.io.decode import convert_to_nm
from lrprism.spectral.io.format import FileMarks, Format
from lrprism.spectral.io.hdf5 import list_members, open_hdf5
from lrprism.spectral.io.hdf5_values import decode_hdf5_cube, read_list

_GROUP: Final = "geophysical_data"
_RAW_GROUP: Final = "observation_data"
_BANDS: Final = "sensor_band_parameters"
_LISTS: Final = ("wavelength_3d", "wavelength", "wavelength3d")
_QUANTITIES: Final = {"Rrs": ("remote sensing reflectance", "sr-1"), "rhos": ("reflectance", "1")}
_NODATA: Final = -32767.0


def read_pace(path: str | PathLike[str]) -> xr.DataArray:
    """Open a PACE OCI L2 file of remote sensing reflectance (``Rrs``) or surface reflectance (``rhos``).

    Args:
        path: The ``.nc`` file.

    Returns:
        The cube ``(band, y, x)``: lines and pixels as scanned.

    Raises:
        DataError: If the file is damaged, or holds another product of the mission.
    """
    with open_hdf5(path, "a PACE OCI L2 file") as file:
        key = f"{_GROUP}/{_find_cube(file)}"
        listed = next((name for name in _LISTS if name in list_members(file[_BANDS])), _LISTS[0])
        centre, notes = convert_to_nm(read_list(file, f"{_BANDS}/{listed}"), "nm")
        values, divisor = decode_hdf5_cube(file, key, (2, 0, 1), nodata=_NODATA)
        quantity, units = _QUANTITIES[key.split("/")[1]]
        cube = make_cube(
            values,
            centre,
            title=f"PACE OCI L2 {Path(path).name}",
            attribution="NASA PACE, Ocean Biology DAAC",
            quantity=quantity,
            units=units,
            assumed=(*notes, "y, x are lines and pixels as scanned, not on a map grid"),
        )
    return cube.assign_attrs(scale=divisor, source=Path(path).name)


def _find_cube(file: h5py.File) -> str:
    group = list_members(file).get(_GROUP)
    names = list_members(group) if isinstance(group, h5py.Group) else list_members(file[_RAW_GROUP])
    if isinstance(group, h5py.Group):
        for name in _QUANTITIES:
            if name in names:
                return name
    listed = ", ".join(list(names)[:6]) or "nothing"
    raise DataError(
        f"'{file.filename}' should be a PACE OCI file of Rrs or rhos (L2). Found {listed}. Give the L2 file "
        "of apparent optical properties (OC_AOP) or of surface reflectance (SFREFL)."
    )


def _is_pace(marks: FileMarks) -> bool:
    return _BANDS in marks.members and not {_GROUP, _RAW_GROUP}.isdisjoint(marks.members)


PACE: Final = Format("PACE OCI", _is_pace, read_pace)
