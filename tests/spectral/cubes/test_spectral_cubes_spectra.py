import gc
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from lrprism.spectral.cubes import spectra
from lrprism.spectral.cubes.spectra import WindowStore

CENTRES = np.array([[2, 3], [9, 9], [2, 4], [2, 3]])


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(0).random((7, 12, 11), dtype=np.float32)


def cut_by_hand(values: np.ndarray, centres: np.ndarray) -> np.ndarray:
    return np.stack([values[:, y - 1 : y + 2, x - 1 : x + 2] for y, x in centres])


@pytest.mark.parametrize("chunks", [(7, 4, 11), (2, 12, 11), (3, 5, 4)])
def test_windows_are_those_of_the_cube(values: np.ndarray, chunks: tuple[int, int, int]) -> None:
    cube = xr.DataArray(da.from_array(values, chunks=chunks), dims=("band", "y", "x"))
    store = WindowStore(cube, CENTRES, 3)
    np.testing.assert_array_equal(store.cut(CENTRES), cut_by_hand(values, CENTRES))
    np.testing.assert_array_equal(store.cut(CENTRES[[1]]), cut_by_hand(values, CENTRES[[1]]))


def test_it_knows_what_it_holds(values: np.ndarray) -> None:
    store = WindowStore(xr.DataArray(values, dims=("band", "y", "x")), CENTRES, 3)
    assert store.holds(CENTRES[[0, 2]], 3)
    assert not store.holds(CENTRES[[0]], 5)
    assert not store.holds(np.array([[3, 3]]), 3)


def test_many_spectra_lie_in_a_file_that_is_gone_afterwards(
    values: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spectra, "_MOST_IN_MEMORY", 100)
    monkeypatch.setattr(spectra, "_AT_ONCE", 7 * 9)  # one window at a time
    store = WindowStore(xr.DataArray(values, dims=("band", "y", "x")), CENTRES, 3, tmp_path)
    assert store._memory is None
    np.testing.assert_array_equal(store.cut(CENTRES), cut_by_hand(values, CENTRES))
    assert list(tmp_path.iterdir()) == []
    del store
    gc.collect()
    assert list(tmp_path.iterdir()) == []
