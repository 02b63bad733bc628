"""Arrays that stay in their file: each piece is read when it is needed, and the file closed again."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import dask.array as da
import numpy as np
import numpy.typing as npt

_PIECE_BYTES: Final = 2**24  # 16 MiB
_VALUE_BYTES: Final = 4  # pieces are float32 once decoded


@dataclass(frozen=True)
class AbstractStored(ABC):
    """An array in a file, which dask slices piece by piece.

    Args:
        path: The file.
        file_shape: Shape as the file lays it out, slowest axis first.
        dtype: Type of the stored numbers.
        axes: Which of the file's axes is the first, second, ... of this array.
    """

    path: Path
    file_shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    axes: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of this array, in the order of ``axes``."""
        return tuple(self.file_shape[axis] for axis in self.axes)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.axes)

    def __getitem__(self, index: tuple[slice | int, ...]) -> npt.NDArray[np.generic]:
        """Open the file, read one piece, and close the file; a number drops its axis, as in numpy."""
        in_file = [slice(None)] * self.ndim
        for axis, part in zip(self.axes, index, strict=True):
            in_file[axis] = part if isinstance(part, slice) else slice(part, part + 1)
        # a number was read as a slice of length 1, squeezed at the end
        drop = tuple(slice(None) if isinstance(part, slice) else 0 for part in index)
        return np.asarray(self._read(tuple(in_file)).transpose(self.axes)[drop])

    @abstractmethod
    def _read(self, index: tuple[slice, ...]) -> npt.NDArray[np.generic]: ...


@final
@dataclass(frozen=True)
class StoredBinary(AbstractStored):
    """Numbers one after another in a plain file; the fields of :class:`AbstractStored`, and two more.

    Args:
        skip: Bytes before the first number.
        fortran: Whether the first axis is the one that runs fastest.
    """

    skip: int = 0
    fortran: bool = False

    def _read(self, index: tuple[slice, ...]) -> npt.NDArray[np.generic]:
        # opened anew for each piece, so that the file can be replaced meanwhile
        mapped = np.memmap(
            self.path, self.dtype, "r", self.skip, self.file_shape, order="F" if self.fortran else "C"
        )
        return np.array(mapped[index])


def lazy(stored: AbstractStored) -> da.Array:
    """Wrap a stored array so that dask reads it in pieces of at most 16 MiB, along the file's own order.

    Args:
        stored: The array in its file.

    Returns:
        A dask array of the same shape; nothing has been read yet.
    """
    # from the slowest axis of the file to the fastest
    order = sorted(range(stored.ndim), reverse=isinstance(stored, StoredBinary) and stored.fortran)
    in_file = dict(zip(order, pieces([stored.file_shape[axis] for axis in order]), strict=True))
    return _from_array(stored, tuple(in_file[axis] for axis in stored.axes), stored.dtype)


def in_memory(values: npt.NDArray[np.generic]) -> da.Array:
    """Wrap an array that had to be read at once, without copying it, in pieces of at most 16 MiB."""
    return _from_array(values, pieces(values.shape), values.dtype)


def _from_array(
    source: AbstractStored | npt.NDArray[np.generic], chunks: tuple[int, ...], dtype: np.dtype[np.generic]
) -> da.Array:
    # without meta dask would read a piece to learn the type; without a name it would hash the whole array
    meta = np.empty((0,) * source.ndim, dtype)
    array: da.Array = da.from_array(  # type: ignore[no-untyped-call]  # dask.array is not typed
        source, chunks=chunks, name=False, fancy=False, meta=meta
    )
    return array


def pieces(shape: list[int] | tuple[int, ...]) -> tuple[int, ...]:
    """Split an array along its slowest axes until a piece, as float32, has at most 16 MiB.

    Args:
        shape: Shape with the slowest axis first.

    Returns:
        Length of a piece along each axis.
    """
    most = _PIECE_BYTES // _VALUE_BYTES
    # the slowest axis is cut first: what is left of a piece lies together in the file
    inner = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    return tuple(max(1, min(length, most // max(1, size))) for length, size in zip(shape, inner, strict=True))
