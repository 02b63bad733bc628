"""Reflectance of the EMIT spectrometer on the space station: L2A files of NASA's LP DAAC."""

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
from lrprism.spectral.io.decode import convert_to_nm, decode_values
from lrprism.spectral.io.format import Format
from lrprism.spectral.io.hdf5 import find_dataset, open_hdf5, reopen_hdf5
from lrprism.spectral.io.hdf5_values import (
    check_cube,
    open_hdf5_cube,
    read_attribute,
    read_list,
    read_number_attribute,
)
from lrprism.spectral.io.lazy import AbstractStored, lazy
from lrprism.spectral.io.limits import check_declared

_CUBE: Final = "reflectance"
_BANDS: Final = "sensor_band_parameters"
_LOOKUP: Final = ("location/glt_y", "location/glt_x")
_NODATA: Final = -9999.0
_WHAT: Final = "an EMIT L2A reflectance file"


def read_emit(path: str | PathLike[str], *, orthorectify: bool = False) -> xr.DataArray:
    """Open an EMIT L2A reflectance file, as it was scanned or on its map grid.

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
        dataset = find_dataset(file, _CUBE)
        bands = check_cube(dataset)[2]
        centre, notes = convert_to_nm(read_list(file, f"{_BANDS}/wavelengths"), "nm")
        if orthorectify:
            stored = lazy(_open_map_grid(file, dataset))
        else:
            stored = open_hdf5_cube(file, _CUBE, (2, 0, 1))
            notes = (*notes, "y, x are downtrack and crosstrack as scanned, not on a map grid")
        cube = make_cube(
            decode_values(stored, nodata=_NODATA),
            centre,
            fwhm=read_list(file, f"{_BANDS}/fwhm"),
            good=_read_good_flags(file, bands),
            title=f"EMIT L2A {Path(path).name}",
            attribution="NASA EMIT, LP DAAC",
            quantity="reflectance",
            units="1",
            assumed=notes,
        ).assign_attrs(scale=1.0, source=Path(path).name)
        return assign_georeference(cube, _read_emit_georeference(file)) if orthorectify else cube


def _read_good_flags(file: h5py.File, bands: int) -> npt.NDArray[np.bool_]:
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
    """

    def _read(self, index: tuple[slice, ...]) -> npt.NDArray[np.generic]:
        row_part, column_part, band_part = index
        with reopen_hdf5(self.path) as file:
            scanned = find_dataset(file, _CUBE)
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


def _open_map_grid(file: h5py.File, scanned: h5py.Dataset) -> _MapGrid:
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
    return _MapGrid(path, shape, scanned.dtype, (2, 0, 1))


EMIT: Final = Format("EMIT", lambda marks: _BANDS in marks.members, read_emit)
