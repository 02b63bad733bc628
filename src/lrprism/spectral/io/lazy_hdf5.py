"""Cubes in HDF5 files: opened safely, read piece by piece, and never from another file than the one given."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Final, final

import dask.array as da
import h5py
import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError
from lrprism.spectral.io.failures import reading
from lrprism.spectral.io.lazy import AbstractStored, lazy
from lrprism.spectral.io.limits import check_declared

_LONGEST_LIST: Final = 100_000
_HARMLESS_CHUNK: Final = 2**28


@contextmanager
def opened(path: str | PathLike[str], what: str) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading; whatever the library finds wrong with it becomes one of our errors.

    Args:
        path: The file.
        what: What it should be, e.g. "an EMIT L2A file".

    Yields:
        The open file.

    Raises:
        DataError: If there is no such file, or it is damaged.
    """
    with reading(path, what), h5py.File(path, "r") as file:
        yield file


def dataset_in(file: h5py.File, key: str) -> h5py.Dataset:
    """Find a dataset whose numbers lie in this file, following no link out of it.

    Args:
        file: The open file.
        key: Names of the groups and of the dataset, joined by "/".

    Returns:
        The dataset.

    Raises:
        DataError: If it is missing, or refers to another file.
    """
    node = file
    for name in key.strip("/").split("/"):
        if not isinstance(node, h5py.Group) or name not in node:
            raise DataError(
                f"'{file.filename}' should hold '{key}'. "
                f"Found no '{name}' there. Check the product level, or "
                "download the file again."
            )
        if not isinstance(node.get(name, getlink=True), h5py.HardLink):
            raise DataError(_elsewhere(file, key))
        node = node[name]
    if not isinstance(node, h5py.Dataset):
        raise DataError(
            f"'{key}' in '{file.filename}' should be a dataset. Found a group. Download it again."
        )
    if node.is_virtual or node.external:
        raise DataError(_elsewhere(file, key))
    return node


def _elsewhere(file: h5py.File, key: str) -> str:
    return (
        f"'{key}' in '{file.filename}' should be stored in this file. Found a link. "
        "Put the data into this file."
    )


def numbers_in(file: h5py.File, key: str) -> npt.NDArray[np.float64]:
    """Read a short list, e.g. the wavelengths.

    Args:
        file: The open file.
        key: The dataset.

    Returns:
        Its numbers.

    Raises:
        DataError: If it is missing, too long or not of numbers.
    """
    dataset = dataset_in(file, key)
    if dataset.ndim != 1 or dataset.dtype.kind not in "biuf" or dataset.size > _LONGEST_LIST:
        raise DataError(
            f"'{key}' in '{file.filename}' should be a list of numbers. Found shape {dataset.shape} of "
            f"{dataset.dtype}. Download it again."
        )
    return np.asarray(dataset[()], dtype=np.float64)


def attribute(owner: h5py.File | h5py.Dataset, name: str) -> npt.NDArray[np.generic]:
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
            f"'{owner.file.filename}' should have the attribute '{name}'. "
            "Found none. Check the product level, "
            "or download the file again."
        )
    return np.asarray(owner.attrs[name]).ravel()


def numbers_of(
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
    found = attribute(owner, name)
    try:
        numbers = found.astype(np.float64)
    except ValueError:
        numbers = np.array([np.nan])
    if not np.isfinite(numbers).all() or (count is not None and numbers.size != count):
        raise DataError(
            f"'{name}' in '{owner.file.filename}' should be {count or 'a list of'} finite numbers. "
            f"Found {found[:4]} ({found.size} in all). Download it again."
        )
    return numbers


@final
@dataclass(frozen=True)
class CheckedHdf(AbstractStored):
    """A dataset that :func:`stored_cube` has checked.

    Args:
        path: The file.
        file_shape: Shape as the file lays it out.
        dtype: Type of the stored numbers.
        axes: Which of the file's axes is the first, second, ... of this array.
        key: The dataset.
    """

    key: str = ""

    def _read(self, index: tuple[slice, ...]) -> npt.NDArray[np.generic]:
        with opened(self.path, "a whole HDF5 file") as file:
            return np.asarray(dataset_in(file, self.key)[index])


def checked_shape(dataset: h5py.Dataset) -> tuple[int, int, int]:
    """Return the shape of a cube after checking that its file can hold it.

    Args:
        dataset: The dataset.

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
    check_declared(path, name, dataset.shape, dataset.dtype)
    chunk = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize
    if chunk > _HARMLESS_CHUNK and chunk > 2 * dataset.nbytes:
        raise DataError(
            f"'{name}' in '{path}' should have chunks no larger than itself. "
            f"Found chunks {dataset.chunks} for "
            f"shape {dataset.shape}. Download it again."
        )
    first, second, third = dataset.shape
    return first, second, third


def stored_cube(file: h5py.File, key: str, axes: tuple[int, int, int]) -> da.Array:
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
    dataset = dataset_in(file, key)
    return lazy(CheckedHdf(Path(file.filename), checked_shape(dataset), dataset.dtype, axes, key))
