"""The arrays of a file that hold the parts of a split; nothing in them is ever unpickled."""

import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO, Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from numpy.lib import format as npy

from lrprism.errors import DataError
from lrprism.spectral.io.failures import reading
from lrprism.spectral.io.formats.matlab_file import open_matlab
from lrprism.spectral.io.labels import read_numbered_map, share_grid
from lrprism.spectral.io.limits import check_declared

Array = npt.NDArray[np.generic]

ONLY: Final = ""
"""Name of the array of a file that holds a single one."""
_MOST_AXES: Final = 2


def read_arrays(file: Path, names: Collection[str], scene: xr.DataArray | None = None) -> dict[str, Array]:
    """Read the arrays of a file that have one of these names, or else its only array.

    Args:
        file: A ``.npz`` or ``.mat`` file of named arrays; ``.npy``, ``.csv``, ``.txt``, GeoTIFF or an ENVI
            classification of a single one.
        names: The names, in lower case; a file may write them in any case.
        scene: The labels of a scene, which say where it lies.

    Returns:
        Each array under its name in lower case, or the only array under :data:`ONLY`.

    Raises:
        DataError: If the file is missing or damaged, more than one array could be meant, or a map lies
            elsewhere than the scene.
    """
    ending = file.suffix.lower()
    with reading(file, "a file of a split"):
        if ending == ".npz":
            return _read_npz_arrays(file, names)
        if ending == ".mat":
            return _read_matlab_arrays(file, names)
        if ending == ".npy":
            with file.open("rb") as opened:
                return {ONLY: _read_npy(opened, file)}
        if ending in {".csv", ".txt"}:
            rows = file.read_text(encoding="utf-8-sig").replace(",", " ").splitlines()
            return {ONLY: np.array([row.split() for row in rows if row.strip()], dtype=np.float64)}
        # a raster, as Houston 2013 is given
        return {ONLY: _read_raster(file, scene)}


def _read_raster(file: Path, scene: xr.DataArray | None) -> Array:
    numbered = read_numbered_map(file)
    # of maps of other sizes the shape is told to be wrong
    if scene is not None and scene.shape == numbered.shape and not share_grid(scene, numbered):
        raise DataError(
            f"'{file}' should lie on the grid of the scene, as a map of a split. Found it at another "
            "place. Warp it to the grid of the cube."
        )
    return numbered.values


def _choose_arrays(
    file: Path, shapes: Mapping[str, tuple[int, ...]], names: Collection[str]
) -> dict[str, str]:
    """Return the names in the file of the arrays that hold parts, under their names in lower case.

    Raises:
        DataError: If there are none, or one name occurs in two cases.
    """
    matches = [name for name in shapes if name.lower() in names]
    arrays = {name.lower(): name for name in matches}
    if matches and len(arrays) == len(matches):  # not "train" and "Train"
        return arrays
    # without a known name: the only list or map, perhaps beside the cube itself
    flat = [name for name, shape in shapes.items() if len(shape) <= _MOST_AXES]
    if not matches and len(flat) == 1:
        return {ONLY: flat[0]}
    listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "none"
    raise DataError(
        f"'{file}' should hold one array or arrays named {', '.join(sorted(names))}. Found {listed}. Rename "
        "them, or keep the split alone in the file."
    )


def _read_npz_arrays(file: Path, names: Collection[str]) -> dict[str, Array]:
    with zipfile.ZipFile(file) as archive:
        shapes = {}
        for member in archive.namelist():
            if member.endswith(".npy"):
                with archive.open(member) as opened:
                    shapes[member.removesuffix(".npy")] = _read_declared_shape(opened, file)
        arrays = {}
        for key, name in _choose_arrays(file, shapes, names).items():
            with archive.open(f"{name}.npy") as opened:
                arrays[key] = _read_npy(opened, file)
    return arrays


def _read_declared_shape(opened: IO[bytes], file: Path) -> tuple[int, ...]:
    major, _ = npy.read_magic(opened)
    read = npy.read_array_header_1_0 if major == 1 else npy.read_array_header_2_0
    shape, _, dtype = read(opened)
    check_declared(file, "split", shape, dtype)
    return shape


def _read_npy(opened: IO[bytes], file: Path) -> Array:
    _read_declared_shape(opened, file)  # refuses what would not fit into memory
    opened.seek(0)
    return np.asarray(npy.read_array(opened, allow_pickle=False))


def _read_matlab_arrays(file: Path, names: Collection[str]) -> dict[str, Array]:
    matlab = open_matlab(file)
    arrays = _choose_arrays(file, matlab.shapes, names)
    return {key: np.asarray(matlab.read(name)) for key, name in arrays.items()}
