"""The arrays of a file that hold the parts of a split; nothing in them is ever unpickled."""

import lzma
import tokenize
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from lrprism.errors import DataError
from lrprism.spectral.io.failures import reading
from lrprism.spectral.io.formats.matlab_file import MATLAB_FILE, open_matlab
from lrprism.spectral.io.labels import read_labels
from lrprism.spectral.io.limits import check_declared

Array = npt.NDArray[np.generic]

ONLY: Final = ""
"""Name of the array of a file that holds a single one."""
_UNREADABLE: Final = (
    OSError, ValueError, EOFError, LookupError, RuntimeError, zipfile.BadZipFile, zlib.error,
    lzma.LZMAError, tokenize.TokenError,
)  # fmt: skip
"""Errors of numpy and zipfile on a damaged file, each in some place."""
_MOST_AXES: Final = 2


def read_arrays(file: Path, names: Collection[str]) -> dict[str, Array]:
    """Read the arrays of a file that have one of these names, or else its only array.

    Args:
        file: A ``.npz`` or ``.mat`` file of named arrays; ``.npy``, ``.csv``, ``.txt``, GeoTIFF or an ENVI
            classification of a single one.
        names: The names, in lower case; a file may write them in any case.

    Returns:
        Each array under its name in lower case, or the only array under :data:`ONLY`.

    Raises:
        DataError: If the file is missing or damaged, or it is not certain which arrays are meant.
    """
    if not file.is_file():
        raise DataError(f"'{file}' should be a file of a split. Found no such file. Correct the path.")
    ending = file.suffix.lower()
    if ending == ".npz":
        return _read_npz(file, names)
    if ending == ".mat":
        return _read_matlab(file, names)
    if ending == ".npy":
        with _refuse_damaged(file), file.open("rb") as opened:
            return {ONLY: _read_npy(opened, file)}
    if ending in {".csv", ".txt"}:
        with _refuse_damaged(file):
            return {ONLY: _parse_text(file.read_text(encoding="utf-8-sig"))}
    return {ONLY: read_labels(file).values}


@contextmanager
def _refuse_damaged(file: Path) -> Iterator[None]:
    try:
        yield
    except DataError:
        raise
    except _UNREADABLE as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"'{file}' should be a whole file of numbers. Found one that cannot be read: {reason}. "
            "Save it again."
        ) from error


def _choose_arrays(
    file: Path, shapes: Mapping[str, tuple[int, ...]], names: Collection[str]
) -> dict[str, str]:
    """Return the names in the file of the arrays that hold parts, under their names in lower case.

    Raises:
        DataError: If there are none, or one name occurs in two cases.
    """
    matches = [name for name in shapes if name.lower() in names]
    arrays = {name.lower(): name for name in matches}
    if matches and len(arrays) == len(matches):
        return arrays
    # no name tells: the only list or map, perhaps beside the cube itself
    flat = [name for name, shape in shapes.items() if len(shape) <= _MOST_AXES]
    if not matches and len(flat) == 1:
        return {ONLY: flat[0]}
    listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "none"
    raise DataError(
        f"'{file}' should hold one array or arrays named {', '.join(sorted(names))}. Found {listed}. Rename "
        "them, or keep the split alone in the file."
    )


def _read_npz(file: Path, names: Collection[str]) -> dict[str, Array]:
    with _refuse_damaged(file), zipfile.ZipFile(file) as archive:
        members = [name for name in archive.namelist() if name.endswith(".npy")]
        shapes = {}
        for member in members:
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


def _read_matlab(file: Path, names: Collection[str]) -> dict[str, Array]:
    matlab = open_matlab(file)
    arrays = _choose_arrays(file, matlab.shapes, names)
    with reading(file, MATLAB_FILE):
        return {key: np.asarray(matlab.read(name)) for key, name in arrays.items()}


def _parse_text(text: str) -> Array:
    rows = [line.replace(",", " ").split() for line in text.splitlines() if line.strip()]
    return np.array(rows, dtype=np.float64)
