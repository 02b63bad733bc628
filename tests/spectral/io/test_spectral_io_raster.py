"""Bands of a GeoTIFF, read window by window."""

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.io.raster import open_quietly, open_raster, open_raster_values, read_raster_georeference
from lrprism.spectral.io.writers import write_cube


@pytest.fixture
def unplaced(tmp_path: Path, small_cube: xr.DataArray) -> Path:
    write_cube(small_cube, tmp_path / "cube.tif")
    return tmp_path / "cube.tif"


def test_any_part_is_read_after_the_file_was_closed(unplaced: Path, small_cube: xr.DataArray) -> None:
    with open_raster(unplaced) as dataset:
        values = open_raster_values(dataset)
        assert read_raster_georeference(dataset) is None
    for part in (np.s_[:], np.s_[1:4:2, ::3, 1::2], np.s_[2, 3]):
        np.testing.assert_array_equal(values[part].compute(), small_cube.values[part])


def test_many_threads_may_open_a_file_that_lies_on_no_map(unplaced: Path) -> None:
    before = list(warnings.filters)

    def read(band: int) -> float:
        with open_quietly(unplaced) as dataset:
            return float(dataset.read(band)[0, 0])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, [1, 2, 3, 4, 5] * 20)) == [0, 100, 200, 300, 400] * 20
    assert warnings.filters == before


def test_files_that_are_no_stack_of_numbers(tmp_path: Path) -> None:
    missing = pytest.raises(DataError, match=r"none.tif' should be a GeoTIFF. Found no such file")
    with missing, open_raster(tmp_path / "none.tif"):
        pass
    path = tmp_path / "complex.tif"
    with open_quietly(path, "w", count=1, height=1, width=2, dtype="complex64") as file:
        file.write(np.ones((1, 1, 2), dtype=np.complex64))
    wrong = pytest.raises(DataError, match=r"should be real numbers of one type. Found \['complex64'\]")
    with open_raster(path) as dataset, wrong:
        open_raster_values(dataset)


def test_a_file_that_breaks_off_while_it_is_read(unplaced: Path) -> None:
    with open_raster(unplaced) as dataset:
        values = open_raster_values(dataset)
    unplaced.write_bytes(unplaced.read_bytes()[:-200])
    with pytest.raises(DataError, match=r"cube.tif' should be a GeoTIFF. Found one that cannot be read"):
        values.compute()


def test_a_missing_package_is_named(unplaced: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rasterio", None)
    wrong = pytest.raises(
        InputError, match=r"rasterio. Found it missing. Install it: pip install 'lrprism\[geo\]'"
    )
    with wrong, open_raster(unplaced):
        pass
