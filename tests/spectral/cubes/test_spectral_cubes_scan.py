import hashlib
import math

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from lrprism.spectral import cube_hash, make_cube
from lrprism.spectral.cubes.bands import average_pairs
from lrprism.spectral.cubes.scan import find_used_bands, scan_cube


@pytest.fixture
def values() -> np.ndarray:
    """3 bands of 4 x 5 pixels; band 0 misses (0, 0), band 2 misses (3, 4)."""
    numbers = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    numbers[0, 0, 0] = numbers[2, 3, 4] = np.nan
    return numbers


def wrap(values: np.ndarray, chunks: tuple[int, int, int] | None) -> xr.DataArray:
    data = values if chunks is None else da.from_array(values, chunks=chunks)
    return xr.DataArray(data, dims=("band", "y", "x"))


@pytest.mark.parametrize("chunks", [None, (3, 2, 5), (1, 4, 5), (2, 3, 2)])
def test_missing_values_and_range(values: np.ndarray, chunks: tuple[int, int, int] | None) -> None:
    scan = scan_cube(wrap(values, chunks), np.array([True, True, True]))
    assert np.argwhere(~scan.complete).tolist() == [[0, 0], [3, 4]]
    assert (scan.low, scan.high) == (1, 58)


@pytest.mark.parametrize("chunks", [None, (2, 3, 2)])
def test_bands_that_do_not_count(values: np.ndarray, chunks: tuple[int, int, int] | None) -> None:
    scan = scan_cube(wrap(values, chunks), np.array([False, True, False]))
    assert scan.complete.all()
    assert (scan.low, scan.high) == (20, 39)


def test_nothing_but_missing_values() -> None:
    scan = scan_cube(wrap(np.full((1, 2, 2), np.nan, np.float32), None), np.array([True]))
    assert not scan.complete.any()
    assert math.isnan(scan.low)
    assert math.isnan(scan.high)


def test_hash_is_that_of_type_shape_and_values(values: np.ndarray) -> None:
    whole = hashlib.sha256(b"<f4 (3, 4, 5) " + values.tobytes()).hexdigest()
    assert cube_hash(wrap(values, None)) == whole
    # pieces that lie one behind the other in the array give the same
    assert cube_hash(wrap(values, (1, 4, 5))) == whole
    values[1, 1, 1] += 1
    assert cube_hash(wrap(values, None)) != whole


def test_bands_that_are_averaged_or_kept_are_used() -> None:
    cube = make_cube(np.ones((6, 2, 2)), np.arange(6) + 500.0, title="t", quantity="radiance", units="1")
    used = find_used_bands(cube, lambda data: average_pairs(data.isel(band=slice(0, 4))).isel(band=[1]))
    assert used.tolist() == [False, False, True, True, False, False]
