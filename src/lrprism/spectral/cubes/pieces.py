"""The pieces of a cube as its file lays them out, read one at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.spectral.cubes.cube import is_lazy


@dataclass(frozen=True, eq=False)
class Piece:
    """A box of a cube.

    Args:
        bands: Its bands.
        rows: Its rows.
        columns: Its columns.
        values: Its values, ``[band, y, x]``.
    """

    bands: slice
    rows: slice
    columns: slice
    values: npt.NDArray[np.float32]


def list_pieces(cube: xr.DataArray, wanted: npt.NDArray[np.bool_] | None = None) -> Iterator[Piece]:
    """Yield the pieces of a cube, each read when its turn comes; a cube in memory is one piece.

    Args:
        cube: The cube, ``[band, y, x]``.
        wanted: Pixels of which a piece must hold one to be read, ``[y, x]``; None for all pieces.
    """
    data = cube.data
    if not is_lazy(data):
        yield Piece(slice(None), slice(None), slice(None), data)
        return
    borders = [np.cumsum([0, *chunks]).tolist() for chunks in data.chunks]
    for block in product(*(range(count) for count in data.numblocks)):
        bands, rows, columns = (
            slice(border[number], border[number + 1]) for border, number in zip(borders, block, strict=True)
        )
        if wanted is None or wanted[rows, columns].any():
            yield Piece(bands, rows, columns, np.asarray(data.blocks[block]))
