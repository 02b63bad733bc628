"""The EMIT spectrometer on the space station: L2A reflectance and L1B radiance of NASA's LP DAAC."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Final, final

import h5py
import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference
from lrprism.spectral.io.decode import convert_bands_to_nm, decode_values
from lrprism.spectral.io.format import FileMarks, Format
from lrprism.spectral.io.hdf5 import find_dataset, list_members, open_hdf5, reopen_hdf5
from lrprism.spectral.io.hdf5_values import (
    check_cube,
    open_hdf5_cube,
    read_attribute,
    read_list,
    read_number_attribute,
    read_text_attribute,
)
from lrprism.spectral.io.lazy import AbstractStored, lazy
from lrprism.spectral.io.limits import check_declared

_LEVELS: Final = {"reflectance": "L2A", "radiance": "L1B"}
_BANDS: Final = "sensor_band_parameters"
_LOOKUP: Final = ("location/glt_y", "location/glt_x")
_NODATA: Final = -9999.0
_WHAT: Final = "an EMIT file of reflectance or radiance"


def read_emit(path: str | PathLike[str], *, orthorectify: bool = False) -> xr.DataArray:
    """Open an EMIT file of L2A reflectance or L1B radiance, as it was scanned or on its map grid.

    Args:
        path: The ``.nc`` file.
        orthorectify: Whether to place the pixels on the map through the file's geometric lookup table, each
            map pixel taking the value of the scanned pixel that the table names.

    Returns:
        The cube ``(band, y, x)``: downtrack and crosstrack, or rows and columns of the map.

    Raises:
        DataError: If the file is damaged or is not such a file.
    """
    with open_hdf5(path, _WHAT) as file:
        key = _find_cube(file)
        dataset = find_dataset(file, key)
        bands = check_cube(dataset)[2]
        centre, fwhm, notes = convert_bands_to_nm(
            read_list(file, f"{_BANDS}/wavelengths"), read_list(file, f"{_BANDS}/fwhm"), "nm"
        )
        if orthorectify:
            stored = lazy(_open_map_grid(file, dataset, key))
        else:
            stored = open_hdf5_cube(file, key, (2, 0, 1))
            notes = (*notes, "y, x are downtrack and crosstrack as scanned, not on a map grid")
        cube = make_cube(
            decode_values(stored, nodata=_NODATA),
            centre,
            fwhm=fwhm,
            good=_read_good_flags(file, bands),
            title=f"EMIT {_LEVELS[key]} {Path(path).name}",
            attribution="NASA EMIT, LP DAAC",
            quantity=key,
            units="1" if key == "reflectance" else read_text_attribute(dataset, "units", "unknown"),
            assumed=notes,
        ).assign_attrs(scale=1.0, source=Path(path).name)
        return assign_georeference(cube, _read_emit_georeference(file)) if orthorectify else cube


def _find_cube(file: h5py.File) -> str:
    names = list_members(file)
    key = next((name for name in _LEVELS if name in names), None)
    if key is None:
        # masks, uncertainties and mineral maps have the same groups
        others = [name for name, item in names.items() if isinstance(item, h5py.Dataset)] or list(names)
        raise DataError(
            f"'{file.filename}' should be {_WHAT}. Found {', '.join(others)}. Give the file of L2A "
            "reflectance (EMIT_L2A_RFL) or L1B radiance (EMIT_L1B_RAD)."
        )
    return key


def _read_good_flags(file: h5py.File, bands: int) -> npt.NDArray[np.bool_] | None:
    if "good_wavelengths" not in list_members(file[_BANDS]):  # radiance has no flags
        return None
    flags = read_list(file, f"{_BANDS}/good_wavelengths")
    if flags.shape != (bands,):
        raise DataError(
            f"'good_wavelengths' should have a flag per band, {bands} in all. Found {flags.size}. "
            "Download the file again."
        )
    return np.asarray(flags == 1)


def _read_emit_georeference(file: h5py.File) -> Georeference:
    t0, t1, t2, t3, t4, t5 = (float(number) for number in read_number_attribute(file, "geotransform", 6))
    wkt = read_attribute(file, "spatial_ref")[0]
    return Georeference(wkt.decode() if isinstance(wkt, bytes) else str(wkt), (t0, t1, t2, t3, t4, t5))


@final
@dataclass(frozen=True)
class _MapGrid(AbstractStored):
    """The scanned cube on the map grid; ``file_shape`` is (row, column, band) of the map.

    Two tables name the scanned pixel of each map pixel, line and sample counted from 1; 0 outside the swath.
    ``key`` names the scanned cube.
    """

    key: str = ""

    def _read(self, index: tuple[slice, ...]) -> npt.NDArray[np.generic]:
        row_part, column_part, band_part = index
        with reopen_hdf5(self.path) as file:
            scanned = find_dataset(file, self.key)
            row, column = (
                np.asarray(find_dataset(file, key)[row_part, column_part]).astype(np.int64) for key in _LOOKUP
            )
            _check_lookup(row, column, scanned.shape)
            bands = len(range(*band_part.indices(self.file_shape[2])))
            values = np.full((*row.shape, bands), _NODATA, dtype=self.dtype)
            inside = (row > 0) & (column > 0)
            # line by line: a piece of the map crosses many scanned lines, but few samples of each
            for line in np.unique(row[inside]):
                here = inside & (row == line)
                first, last = int(column[here].min()) - 1, int(column[here].max())
                values[here] = scanned[int(line) - 1, first:last, band_part][column[here] - 1 - first]
            return values


def _check_lookup(row: npt.NDArray[np.int64], column: npt.NDArray[np.int64], shape: tuple[int, ...]) -> None:
    for name, values, most in (("glt_y", row, shape[0]), ("glt_x", column, shape[1])):
        if values.size and (values.min() < 0 or values.max() > most):
            raise DataError(
                f"'{name}' should lie in 0..{most}. Found {values.min()}..{values.max()}. Read the cube "
                "without orthorectify, or download the file again."
            )


def _open_map_grid(file: h5py.File, scanned: h5py.Dataset, key: str) -> _MapGrid:
    row, column = (find_dataset(file, key) for key in _LOOKUP)
    kinds = {row.dtype.kind, column.dtype.kind}
    if row.ndim != 2 or 0 in row.shape or row.shape != column.shape or kinds - {*"iu"}:
        raise DataError(
            "'glt_x' and 'glt_y' should be two tables of integers of one shape. "
            f"Found {column.shape} of {column.dtype} and {row.shape} of {row.dtype}. Read the cube "
            "without orthorectify."
        )
    path, shape = Path(file.filename), (*row.shape, scanned.shape[2])
    # packed zeros: a small file can declare a map of any size
    check_declared(path, "glt_x", row.shape, row.dtype)
    return _MapGrid(path, shape, scanned.dtype, (2, 0, 1), key)


def _is_emit(marks: FileMarks) -> bool:
    # files of the PACE mission have the same group
    return _BANDS in marks.members and {"geophysical_data", "observation_data"}.isdisjoint(marks.members)


EMIT: Final = Format("EMIT", _is_emit, read_emit)
