"""The numeric arrays of a MATLAB file, of version 5 and, through h5py, of version 7.3."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Final

import dask.array as da
import h5py
import numpy as np

from lrprism.errors import DataError
from lrprism.spectral.io.failures import reading
from lrprism.spectral.io.formats.matlab5 import find_arrays, read_numeric_array
from lrprism.spectral.io.hdf5 import find_dataset, is_hdf5, list_members, open_hdf5, reopen_hdf5
from lrprism.spectral.io.hdf5_values import StoredDataset
from lrprism.spectral.io.lazy import in_memory, lazy
from lrprism.spectral.io.limits import check_declared

MATLAB_FILE: Final = "a MATLAB file of version 5 or 7.3"


@dataclass(frozen=True)
class MatlabFile:
    """A MATLAB file and the shape of each numeric array in it.

    Args:
        path: The file.
        shapes: Shape of each array in MATLAB's order of axes.
        is_hdf5: Whether it is of version 7.3, whose arrays can be read piece by piece.
    """

    path: Path
    shapes: Mapping[str, tuple[int, ...]]
    is_hdf5: bool

    def choose(self, key: str | None, known: frozenset[str], axes: int) -> str:
        """Choose the array that is meant.

        Args:
            key: What the user asks for, in any case, or None.
            known: Names, in lower case, that such an array usually has.
            axes: Number of axes that it has.

        Returns:
            The array's name in the file.

        Raises:
            DataError: If there is no such array, or more than one.
        """
        fitting = [name for name, shape in self.shapes.items() if len(shape) == axes and 0 not in shape]
        if key is not None:
            # the case decides only where two names differ in nothing else
            candidates = [name for name in fitting if name == key] or _match_names(fitting, {key.lower()})
        else:
            # MATLAB stores a list as an array of two axes, one of them 1 long
            images = [name for name in fitting if min(self.shapes[name]) > 1]
            candidates = _match_names(fitting, known) or images or fitting
        if len(candidates) != 1:
            wanted = f"an array {key!r}" if key is not None else "one array"
            listed = (
                ", ".join(f"{name} {self.shapes[name]}" for name in (candidates or self.shapes)) or "none"
            )
            raise DataError(
                f"'{self.path}' should hold {wanted} of {axes} axes. Found {listed}. Name it with key=, "
                "on the command line --key."
            )
        return candidates[0]

    def read(self, name: str) -> da.Array:
        """Read an array in MATLAB's order of axes: lazy from version 7.3, else at once.

        Raises:
            DataError: If it cannot be read.
        """
        with reading(self.path, MATLAB_FILE):
            if not self.is_hdf5:
                return in_memory(read_numeric_array(self.path, find_arrays(self.path)[name]))
            with reopen_hdf5(self.path) as file:
                dataset = find_dataset(file, name)
                axes = tuple(reversed(range(dataset.ndim)))  # HDF5 counts the slowest axis first
                return lazy(StoredDataset(self.path, dataset.shape, dataset.dtype, axes, name))


def _match_names(names: list[str], lower: Collection[str]) -> list[str]:
    return [name for name in names if name.lower() in lower]


def open_matlab(path: str | PathLike[str]) -> MatlabFile:
    """List the numeric arrays of a MATLAB file; reads headers alone and runs nothing.

    Returns:
        The file and its arrays.

    Raises:
        DataError: If there is no such file, it is not MATLAB's, or it declares more than it can hold.
    """
    file = Path(path)
    with reading(file, MATLAB_FILE):
        stored_as_hdf5 = is_hdf5(file)
        if stored_as_hdf5:
            arrays = _list_hdf5(file)
        else:
            arrays = {name: (array.shape, array.dtype) for name, array in find_arrays(file).items()}
    # before anything is read: a file of a few bytes can declare an array of any size
    for name, (shape, dtype) in arrays.items():
        check_declared(file, name, shape, dtype)
    return MatlabFile(file, {name: shape for name, (shape, _) in arrays.items()}, stored_as_hdf5)


_Arrays = dict[str, tuple[tuple[int, ...], np.dtype[np.generic]]]


def _list_hdf5(file: Path) -> _Arrays:
    with open_hdf5(file, MATLAB_FILE) as opened:
        return {
            name: (item.shape[::-1], item.dtype)
            for name, item in list_members(opened).items()
            if isinstance(item, h5py.Dataset) and item.shape and item.dtype.kind in "iuf"
        }
