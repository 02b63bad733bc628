from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import pytest
import xarray as xr

from chromium import browser, visit
from lrprism.spectral import PatchSet, Scene, load_indian_pines, make_cube, make_patches
from lrprism.spectral.cubes.cube import band_coords

__all__ = ["browser", "visit"]

HdfWriter = Callable[..., Path]


@pytest.fixture(scope="session")
def indian_pines() -> Scene:
    return load_indian_pines()


@pytest.fixture
def small_cube() -> xr.DataArray:
    """Five bands of 4 x 6 pixels; the value is 100 band + 10 y + x."""
    band, y, x = np.indices((5, 4, 6))
    return make_cube(
        100 * band + 10 * y + x,
        [400.0, 410.0, 420.0, 430.0, 440.0],
        fwhm=[8.0, 10.0, 12.0, 14.0, np.nan],
        original_band=["0", "1", "2", "5", "6"],
        title="small",
        quantity="radiance",
        units="code",
        assumed=["made up"],
    )


@pytest.fixture
def small_patches() -> PatchSet:
    """Six patches of 5 bands and 3 x 3 pixels with random values."""
    patch = np.random.default_rng(0).random((6, 5, 3, 3), dtype=np.float32)
    return make_patches(
        patch,
        np.array([0, 1, 0, 1, 2, 2]),
        coords=band_coords(5, [400.0, 410.0, 420.0, 430.0, 440.0]),
        class_names=["a", "b", "c"],
        attrs={"title": "small", "quantity": "reflectance", "units": "1", "assumed": ["made up"]},
    )


@pytest.fixture
def write_hdf5(tmp_path: Path) -> HdfWriter:
    """Write arrays, each under its keyword, into one HDF5 file of the tutorial's kind."""

    def write(**arrays: npt.ArrayLike) -> Path:
        path = tmp_path / "patches.hdf5"
        with h5py.File(path, "w") as file:
            for name, values in arrays.items():
                file.create_dataset(name, data=values)
        return path

    return write
