"""Cubes in NumPy's own files, ``.npy`` and ``.npz``; nothing in them is ever unpickled."""

import math
import zipfile
from os import PathLike
from pathlib import Path
from typing import IO, Final

import dask.array as da
import numpy as np
import xarray as xr
from numpy.lib import format as npy

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube
from lrprism.spectral.cubes.wavelengths import (
    ASK_FOR_WAVELENGTHS,
    MissingWavelengthsError,
    WavelengthSource,
    read_wavelengths,
)
from lrprism.spectral.io.band_axis import CUBE_AXES, find_band_axis
from lrprism.spectral.io.decode import convert_to_nm, decode_values
from lrprism.spectral.io.failures import reading
from lrprism.spectral.io.format import Format
from lrprism.spectral.io.lazy import StoredBinary, in_memory, lazy
from lrprism.spectral.io.limits import check_declared

_WAVELENGTH_NAMES: Final = ("wavelengths", "wavelength")
_NpyHeader = tuple[tuple[int, ...], bool, np.dtype[np.generic]]


def read_numpy(
    path: str | PathLike[str],
    *,
    wavelengths: WavelengthSource | None = None,
    key: str | None = None,
    band_axis: int | None = None,
) -> xr.DataArray:
    """Open a cube in a ``.npy`` file, read piece by piece when needed, or in a ``.npz`` file, read at once.

    The bands are on the axis as long as the list of wavelengths, else on the last one.

    Args:
        path: The file.
        wavelengths: A list in nm, ``"FIRST:LAST"`` in nm, or a text file. May be left out where an
            ``.npz`` file holds an array ``wavelengths`` or ``wavelength``.
        key: Name of the array in an ``.npz`` file; by default its only array of three axes.
        band_axis: Axis of the bands, where it cannot be told.

    Returns:
        The cube ``(band, y, x)``.

    Raises:
        DataError: If the file is damaged or holds objects, the array or its axis of bands is not certain, or
            wavelengths are missing or do not fit.
    """
    file = Path(path)
    with reading(file, "a .npy or .npz file of numbers"):
        if zipfile.is_zipfile(file):
            array, listed = _open_npz(file, key)
        else:
            array, listed = _open_npy(file), None
        # a list of spectra or a single band is no cube
        if array.ndim != CUBE_AXES:
            raise DataError(
                f"'{file}' should hold an array of three axes. Found shape {array.shape}. "
                "Save the cube as (y, x, band)."
            )
        source, notes = _choose_wavelengths(wavelengths, listed)
        axis, axis_notes = find_band_axis(array.shape, source, band_axis)
        centre, fwhm = read_wavelengths(source, array.shape[axis])
        cube = make_cube(
            decode_values(da.moveaxis(array, axis, 0)),
            centre,
            fwhm=fwhm,
            title=file.name,
            quantity="unknown",
            units="unknown",
            assumed=[*notes, *axis_notes, "what the values measure is not stated in the file"],
        )
    return cube.assign_attrs(scale=1.0, source=file.name)


def _choose_wavelengths(
    wavelengths: WavelengthSource | None, listed: da.Array | None
) -> tuple[WavelengthSource, tuple[str, ...]]:
    if wavelengths is not None:
        why = "the file carries none" if listed is None else "in place of those in the file"
        return wavelengths, (f"wavelengths are those given on reading: {why}",)
    if listed is None:
        raise MissingWavelengthsError(
            "wavelengths should be given: the file carries none. Found no array named "
            f"{' or '.join(_WAVELENGTH_NAMES)}. {ASK_FOR_WAVELENGTHS}"
        )
    return convert_to_nm(np.ravel(np.asarray(listed)))


def _read_npy_header(opened: IO[bytes]) -> _NpyHeader:
    major, minor = npy.read_magic(opened)
    if (major, minor) not in {(1, 0), (2, 0)}:  # version 3 is for names of fields, which no cube has
        raise ValueError(f"version {major}.{minor} of the format")
    read = npy.read_array_header_1_0 if major == 1 else npy.read_array_header_2_0
    shape, fortran, dtype = read(opened)
    # objects would be unpickled, which runs code of whoever wrote the file
    if dtype.kind not in "iuf" or any(length < 0 for length in shape):
        raise ValueError(f"shape {shape} of {dtype}")
    return shape, fortran, dtype


def _open_npy(file: Path) -> da.Array:
    with file.open("rb") as opened:
        shape, fortran, dtype = _read_npy_header(opened)
        start = opened.tell()
    needed = start + math.prod(shape) * dtype.itemsize
    if file.stat().st_size < needed or 0 in shape:
        raise DataError(
            f"'{file}' should have {needed} bytes for {shape} numbers, none of the axes 0 long. "
            f"Found {file.stat().st_size} bytes. Copy or save it again."
        )
    return lazy(StoredBinary(file, shape, dtype, tuple(range(len(shape))), skip=start, fortran=fortran))


def _open_npz(file: Path, key: str | None) -> tuple[da.Array, da.Array | None]:
    with zipfile.ZipFile(file) as archive:
        # headers first: nothing is unpacked for an array that is not wanted
        headers = {
            name.removesuffix(".npy"): _read_member_header(archive, name)
            for name in archive.namelist()
            if name.endswith(".npy")
        }
        chosen = _choose_array(file, {name: shape for name, (shape, _, _) in headers.items()}, key)
        listed = next((name for name in _WAVELENGTH_NAMES if name in headers), None)
        arrays = [_read_member(archive, file, name, headers) for name in (chosen, listed) if name is not None]
    return arrays[0], arrays[1] if len(arrays) > 1 else None


def _read_member_header(archive: zipfile.ZipFile, name: str) -> _NpyHeader:
    with archive.open(name) as opened:
        return _read_npy_header(opened)


def _choose_array(file: Path, shapes: dict[str, tuple[int, ...]], key: str | None) -> str:
    cubes = [name for name, shape in shapes.items() if len(shape) == CUBE_AXES and 0 not in shape]
    candidates = cubes if key is None else [name for name in shapes if name == key]
    if len(candidates) != 1:
        wanted = "one array of three axes" if key is None else f"an array {key!r}"
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "none"
        raise DataError(
            f"'{file}' should hold {wanted}. Found {listed}. Name it with key=, on the command line --key."
        )
    return candidates[0]


def _read_member(archive: zipfile.ZipFile, file: Path, name: str, headers: dict[str, _NpyHeader]) -> da.Array:
    shape, _, dtype = headers[name]
    check_declared(file, name, shape, dtype)
    with archive.open(f"{name}.npy") as opened:
        return in_memory(npy.read_array(opened, allow_pickle=False))


NUMPY: Final = Format(
    "NumPy",
    # a .npz is a zip archive
    lambda marks: marks.start.startswith((b"\x93NUMPY", b"PK\x03\x04")),
    read_numpy,
    files=".npy, .npz",
    suffixes=(".npy", ".npz"),
    options=("key", "wavelengths", "band_axis"),
)
