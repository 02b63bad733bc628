"""Windows cut out of the spectra of their pixels, which are read from the cube once."""

import tempfile
import weakref
from pathlib import Path
from typing import Final, final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.spectral.cubes.pieces import list_pieces

Pixels = npt.NDArray[np.int64]
Values = npt.NDArray[np.float32]

_MOST_IN_MEMORY: Final = 2**28
_AT_ONCE: Final = 2**24
"""Values of the windows that are laid out at a time, 64 MiB."""


@final
class WindowStore:
    """The spectra of all pixels of some windows: any of these windows is cut without reading the cube again.

    Each piece of a lazy cube with a wanted pixel is read once, and no other; windows overlap, so their pixels
    take less space than they do. Above 256 MiB the spectra go into a file without a name, which goes with
    this object or its process.

    Shapes: ``cube``: ``[band, y, x]``; ``centres``, row and column: ``[sample, 2]``.

    Args:
        cube: The measurements.
        centres: Centre pixels; their windows lie inside the cube.
        size: Odd number of pixels along a side.
        folder: Where the file lies; None for memory in any case.
    """

    def __init__(self, cube: xr.DataArray, centres: Pixels, size: int, folder: Path | None = None) -> None:
        """Read the spectra."""
        wanted = np.zeros(cube.shape[1:], dtype=bool)
        self._offsets = np.arange(size) - size // 2
        wanted[self._spread(centres)] = True
        self._row_of = np.full(wanted.shape, -1, dtype=np.int64)
        self._row_of[wanted] = np.arange(wanted.sum())
        self._shape = int(wanted.sum()), cube.sizes["band"]
        bytes_needed = self._shape[0] * self._shape[1] * np.dtype(np.float32).itemsize
        self._memory: Values | None = None
        if folder is None or bytes_needed <= _MOST_IN_MEMORY:
            self._memory = np.empty(self._shape, np.float32)
        else:
            # it has no name from the start: a kill leaves nothing behind
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # open as long as this object lives
            weakref.finalize(self, self._file.close)
            self._file.truncate(bytes_needed)
        _read_spectra(cube, self._row_of, self._open())

    def holds(self, centres: Pixels, size: int) -> bool:
        """Return True if it has all pixels of these windows of ``size`` pixels a side."""
        return size == len(self._offsets) and bool((self._row_of[self._spread(centres)] >= 0).all())

    def cut(self, centres: Pixels) -> Values:
        """Return windows, ``[sample, band, size, size]``.

        Args:
            centres: Row and column of centre pixels, among those of this store, ``[sample, 2]``.
        """
        side, bands = len(self._offsets), self._shape[1]
        spectra = self._open()
        windows = np.empty((len(centres), bands, side, side), np.float32)
        most = max(1, _AT_ONCE // (bands * side**2))
        for first in range(0, len(centres), most):
            rows = self._row_of[self._spread(centres[first : first + most])]
            windows[first : first + most] = np.moveaxis(spectra[rows], 3, 1)
        return windows

    def _spread(self, centres: Pixels) -> tuple[Pixels, Pixels]:
        """Return rows and columns of the pixels of some windows, both ``[sample, size, size]``."""
        return (
            centres[:, 0, None, None] + self._offsets[:, None],
            centres[:, 1, None, None] + self._offsets[None, :],
        )

    def _open(self) -> Values:
        """Return the spectra, ``[pixel, band]``; of a file, mapped anew so that its pages are given back."""
        if self._memory is not None:
            return self._memory
        return np.memmap(self._file, np.float32, "r+", shape=self._shape)


def _read_spectra(cube: xr.DataArray, row_of: Pixels, spectra: Values) -> None:
    """Read pixels into their rows. ``row_of``: ``[y, x]``; ``spectra``: ``[pixel, band]``."""
    for piece in list_pieces(cube, row_of >= 0):
        rows = row_of[piece.rows, piece.columns]
        spectra[rows[rows >= 0], piece.bands] = piece.values[:, rows >= 0].T
