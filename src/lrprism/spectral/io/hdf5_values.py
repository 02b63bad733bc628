"""Lists, attributes and cubes out of HDF5 files, checked before they are believed."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import dask.array as da
import h5py
import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError
from lrprism.spectral.io.decode import decode_values
from lrprism.spectral.io.hdf5 import find_dataset, reopen_hdf5
from lrprism.spectral.io.lazy import AbstractStored, lazy
from lrprism.spectral.io.limits import check_declared

_LONGEST_LIST: Final = 100_000
_HARMLESS_CHUNK_BYTES: Final = 2**28


def read_list(file: h5py.File, key: str) -> npt.NDArray[np.float64]:
    """Read a short list of numbers, e.g. the wavelengths.

    Raises:
        DataError: If it is missing, too long or not of numbers.
    """
    dataset = find_dataset(file, key)
    if dataset.ndim != 1 or dataset.dtype.kind not in "biuf" or dataset.size > _LONGEST_LIST:
        raise DataError(
            f"'{key}' in '{file.filename}' should be a list of numbers. Found shape {dataset.shape} of "
            f"{dataset.dtype}. Download it again."
        )
    return np.asarray(dataset[()], dtype=np.float64)


def read_attribute(owner: h5py.File | h5py.Dataset, name: str) -> npt.NDArray[np.generic]:
    """Read an attribute that must be there.

    Args:
        owner: The file or dataset that should have it.
        name: Its name.

    Returns:
        Its value, flat.

    Raises:
        DataError: If it is missing.
    """
    if name not in owner.attrs:
        raise DataError(
            f"'{owner.file.filename}' should have the attribute '{name}'. Found none. Check the product "
            "level, or download the file again."
        )
    return np.asarray(owner.attrs[name]).ravel()


def read_number_attribute(
    owner: h5py.File | h5py.Dataset, name: str, count: int | None = None
) -> npt.NDArray[np.float64]:
    """Read an attribute of finite numbers.

    Args:
        owner: The file or dataset that should have it.
        name: Its name.
        count: How many numbers it should be, where that is known.

    Returns:
        The numbers, ``[count]``.

    Raises:
        DataError: If it is missing, of another length, or not of finite numbers.
    """
    value = read_attribute(owner, name)
    try:
        numbers = value.astype(np.float64)
    except ValueError:  # a text
        numbers = np.array([np.nan])
    if not np.isfinite(numbers).all() or (count is not None and numbers.size != count):
        raise DataError(
            f"'{name}' in '{owner.file.filename}' should be {count or 'a list of'} finite numbers. "
            f"Found {value[:4]} ({value.size} in all). Download it again."
        )
    return numbers


def read_text_attribute(owner: h5py.Group | h5py.Dataset, name: str, default: str = "") -> str:
    """Read an attribute as text; the default where it is missing or empty."""
    values = np.asarray(owner.attrs.get(name, default)).ravel()
    if not values.size:
        return default
    first = values[0]
    return (first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)).strip() or default


@final
@dataclass(frozen=True)
class StoredDataset(AbstractStored):
    """A dataset of an HDF5 file: the fields of :class:`AbstractStored`, and ``key``, its path in the file."""

    key: str = ""

    def _read(self, index: tuple[slice, ...]) -> npt.NDArray[np.generic]:
        with reopen_hdf5(self.path) as file:
            return np.asarray(find_dataset(file, self.key)[index])


def check_stored(dataset: h5py.Dataset) -> None:
    """Check that a file can hold what a dataset declares, before anything is set aside for it.

    Raises:
        DataError: If the dataset is too large for its file, or for itself in its chunks.
    """
    path, name = Path(dataset.file.filename), str(dataset.name)
    check_declared(path, name, dataset.shape, dataset.dtype)
    # one number of a huge chunk makes the library set the whole chunk aside
    chunk = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize
    if chunk > _HARMLESS_CHUNK_BYTES and chunk > 2 * dataset.nbytes:
        raise DataError(
            f"'{name}' in '{path}' should have chunks no larger than itself. Found chunks {dataset.chunks} "
            f"for shape {dataset.shape}. Download it again."
        )


def check_cube(dataset: h5py.Dataset) -> tuple[int, int, int]:
    """Check that a dataset can be a cube, and that its file can hold it.

    Returns:
        Its three lengths.

    Raises:
        DataError: If it is not a cube of numbers, or too large for its file or in its chunks.
    """
    path, name = Path(dataset.file.filename), str(dataset.name)
    if dataset.ndim != 3 or 0 in dataset.shape or dataset.dtype.kind not in "iuf":
        raise DataError(
            f"'{name}' in '{path}' should hold numbers along three axes. Found shape {dataset.shape} of "
            f"{dataset.dtype}. Download it again."
        )
    check_stored(dataset)
    first, second, third = dataset.shape
    return first, second, third


def open_hdf5_cube(file: h5py.File, key: str, axes: tuple[int, int, int]) -> da.Array:
    """Make a lazy array of a dataset of three axes.

    Args:
        file: The open file; it may be closed afterwards.
        key: The dataset.
        axes: Which of its axes holds the bands, y and x.

    Returns:
        The stored numbers, ``[band, y, x]``; nothing has been read yet.

    Raises:
        DataError: If the dataset is missing, not a cube of numbers, or too large for its file.
    """
    dataset = find_dataset(file, key)
    return lazy(StoredDataset(Path(file.filename), check_cube(dataset), dataset.dtype, axes, key))


def decode_hdf5_cube(
    file: h5py.File, key: str, axes: tuple[int, int, int], *, nodata: float
) -> tuple[da.Array, float]:
    """Make a lazy array of the values of a dataset, unpacked as the CF conventions say.

    Args:
        file: The open file; it may be closed afterwards.
        key: The dataset, with ``scale_factor``, ``add_offset`` and ``_FillValue``, or without.
        axes: Which of its axes holds the bands, y and x.
        nodata: The number that marks a missing value where the dataset names none.

    Returns:
        The values, ``[band, y, x]``, and the divisor of the stored numbers.

    Raises:
        DataError: If the dataset is missing, not a cube of numbers, or its scale is 0.
    """
    dataset = find_dataset(file, key)
    numbers = {
        name: float(read_number_attribute(dataset, name, 1)[0])
        for name in ("scale_factor", "add_offset")
        if name in dataset.attrs
    }
    scale = numbers.get("scale_factor", 1.0)
    if scale == 0:
        raise DataError(
            f"'scale_factor' of '{key}' in '{file.filename}' should not be 0. Found 0. Download it again."
        )
    fill = np.asarray(dataset.attrs.get("_FillValue", [])).ravel()
    mark = float(fill[0]) if fill.size and fill.dtype.kind in "iuf" else nodata
    stored = open_hdf5_cube(file, key, axes)
    offset = numbers.get("add_offset", 0.0)
    return decode_values(stored, divisor=1.0 / scale, offset=offset, nodata=mark), 1.0 / scale
