import dask.array as da
import numpy as np
import pytest
import xarray as xr

from lrprism.spectral import make_cube
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference


@pytest.fixture
def placed_cube() -> xr.DataArray:
    """Five bands of 4 x 6 pixels of 20 m, lazy; the value is 100 band + 10 y + x, one pixel is missing."""
    band, y, x = np.indices((5, 4, 6))
    values = (100 * band + 10 * y + x).astype(np.float32)
    values[2, 1, 3] = np.nan
    cube = make_cube(
        da.from_array(values, chunks=(2, 3, 4)),
        [400.0, 410.0, 405.0, 430.0, 440.5],
        fwhm=[8.0, 10.0, 12.0, 14.0, np.nan],
        original_band=["0", "1", "2", "vnir:5", "6"],
        good=[True, True, False, True, True],
        title="small, {first}",
        attribution="A. Person, 2020",
        quantity="radiance",
        units="code",
        assumed=["made up, all of it", "units guessed"],
    )
    cube.attrs |= {"scale": 500.0, "source": "small.dat"}
    return assign_georeference(cube, Georeference("EPSG:32616", (500000.0, 20.0, 0.0, 4400000.0, 0.0, -20.0)))


@pytest.fixture
def label_map() -> xr.DataArray:
    """Three labels on 4 x 6 pixels, of which 0 is no class."""
    return xr.DataArray(
        np.arange(24).reshape(4, 6) % 3, dims=("y", "x"), attrs={"class_names": ["corn", "hay, dry"]}
    )
