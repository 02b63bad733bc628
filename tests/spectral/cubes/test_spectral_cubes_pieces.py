import dask.array as da
import numpy as np
import xarray as xr

from lrprism.spectral.cubes.pieces import list_pieces


def lay_out(values: np.ndarray, chunks: tuple[int, int, int]) -> xr.DataArray:
    return xr.DataArray(da.from_array(values, chunks=chunks), dims=("band", "y", "x"))


def test_pieces_put_together_are_the_cube() -> None:
    values = np.arange(5 * 7 * 6, dtype=np.float32).reshape(5, 7, 6)
    together = np.full_like(values, -1)
    count = 0
    for piece in list_pieces(lay_out(values, (2, 3, 6))):
        together[piece.bands, piece.rows, piece.columns] = piece.values
        count += 1
    np.testing.assert_array_equal(together, values)
    assert count == 3 * 3


def test_a_cube_in_memory_is_one_piece() -> None:
    values = np.ones((2, 3, 4), dtype=np.float32)
    (piece,) = list_pieces(xr.DataArray(values, dims=("band", "y", "x")))
    assert piece.values is values


def test_pieces_without_a_wanted_pixel_are_not_read() -> None:
    read = []

    def read_block(block: np.ndarray, block_info: dict) -> np.ndarray:
        read.append(block_info[0]["chunk-location"])
        return block

    values = da.zeros((2, 9, 9), chunks=(2, 3, 3), dtype=np.float32).map_blocks(
        read_block, dtype=np.float32, meta=np.empty((0, 0, 0), np.float32)
    )
    wanted = np.zeros((9, 9), dtype=bool)
    wanted[4, 8] = True
    (piece,) = list_pieces(xr.DataArray(values, dims=("band", "y", "x")), wanted)
    assert (piece.rows, piece.columns) == (slice(3, 6), slice(6, 9))
    assert read == [(0, 1, 2)]
