"""Bands in water vapour and bands that a user names are flagged, and none is dropped."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import InputError
from lrprism.spectral import Scene
from lrprism.spectral.io.bad_bands import mark_bad_bands, mask_water_vapour
from lrprism.spectral.io.read import read_cube
from lrprism.spectral.io.writers import write_cube


def test_water_vapour_takes_the_bands_that_indian_pines_leaves_out() -> None:
    assert mask_water_vapour([1352.7, 1400.0, 1850.0, 2500.0]).all()
    assert not mask_water_vapour([550.0, 1300.0, 1700.0, 2200.0]).any()


def test_bands_in_water_vapour_are_flagged(indian_pines: Scene) -> None:
    cube = read_cube("indian-pines", bad_bands="water-vapour")
    nm = indian_pines.cube.wavelength.values
    wet = ((nm >= 1340) & (nm <= 1445)) | ((nm >= 1790) & (nm <= 1960)) | (nm >= 2480)
    np.testing.assert_array_equal(cube.good.values, ~wet)
    assert cube.attrs["assumed"][-1].startswith(f"{wet.sum()} bands in water vapour (1340-1445, ")
    assert indian_pines.cube.good.all()


def test_named_bands_are_flagged_besides_those_of_the_file(tmp_path: Path, small_cube: xr.DataArray) -> None:
    flagged = small_cube.assign_coords(good=("band", [False, True, True, True, True]))
    write_cube(flagged, tmp_path / "cube.hdr")
    cube = read_cube(tmp_path / "cube.hdr", bad_bands=[2, 4])
    assert cube.good.values.tolist() == [False, True, False, True, False]
    assert cube.attrs["assumed"][-1] == "2 bands are taken for bad as given: 2, 4"


def test_impossible_bands_are_refused(small_cube: xr.DataArray) -> None:
    with pytest.raises(InputError, match=r"bad_bands should be positions from 0 to 4. Found 5"):
        mark_bad_bands(small_cube, [1, 5])
    with pytest.raises(InputError, match=r"'water-vapour' or a list of band positions from 0. Found 'noisy'"):
        mark_bad_bands(small_cube, "noisy")  # type: ignore[arg-type]  # what a user may type
