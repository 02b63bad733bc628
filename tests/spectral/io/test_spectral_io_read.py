"""The door hands each format the options that it leaves open, and refuses the others."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import xarray as xr

from lrprism.errors import InputError
from lrprism.spectral import Scene, load_indian_pines
from lrprism.spectral.io.read import read_cube
from lrprism.spectral.io.writers import write_cube

NM = [400.0, 410.0, 420.0, 430.0, 440.0]


@pytest.fixture(scope="module")
def indian_pines_scene() -> Scene:
    return load_indian_pines()


def test_matlab_and_numpy_take_wavelengths_and_a_key(tmp_path: Path, small_cube: xr.DataArray) -> None:
    values = small_cube.values.transpose(1, 2, 0)
    scipy.io.savemat(tmp_path / "cubes.mat", {"one": values, "two": values + 1})
    np.save(tmp_path / "cube.npy", values)
    two = read_cube(tmp_path / "cubes.mat", wavelengths="400:440", key="two")
    np.testing.assert_array_equal(two.values, small_cube.values + 1)
    np.testing.assert_array_equal(read_cube(tmp_path / "cube.npy", wavelengths=NM).values, small_cube.values)


def test_netcdf_takes_the_name_of_a_variable_as_key(tmp_path: Path, small_cube: xr.DataArray) -> None:
    both = xr.Dataset({"one": small_cube, "two": small_cube + 1})
    for variable in both.data_vars.values():
        variable.attrs = {}
    both.wavelength.attrs["units"] = "nm"
    both.to_netcdf(tmp_path / "cubes.nc", engine="h5netcdf")
    np.testing.assert_array_equal(read_cube(tmp_path / "cubes.nc", key="two").values, small_cube.values + 1)


def test_the_packaged_scene_is_opened_by_its_name(indian_pines_scene: Scene) -> None:
    xr.testing.assert_identical(read_cube("indian-pines"), indian_pines_scene.cube)
    with pytest.raises(InputError, match=r"key should be given only for a format that leaves it open"):
        read_cube("indian-pines", key="cube")


def test_arguments_that_a_format_settles_are_refused(tmp_path: Path, small_cube: xr.DataArray) -> None:
    write_cube(small_cube, tmp_path / "cube.hdr")
    with pytest.raises(InputError, match=r"key should be given only .* Found 'a' for '.*cube.hdr'"):
        read_cube(tmp_path / "cube.hdr", key="a")
    with h5py.File(tmp_path / "file.h5", "w") as file:
        file["HDFEOS/SWATHS/PRS_L2D_HCO/x"] = np.zeros(3)
    with pytest.raises(InputError, match=r"wavelengths should be given only"):
        read_cube(tmp_path / "file.h5", wavelengths=NM)


@pytest.mark.parametrize(("factor", "said"), [(1.0, False), (1e4, True), (1e-5, True)])
def test_reflectance_far_from_0_to_1_is_said(
    tmp_path: Path, small_cube: xr.DataArray, factor: float, said: bool
) -> None:
    cube = (small_cube / 500 * factor).assign_attrs({**small_cube.attrs, "quantity": "reflectance"})
    write_cube(cube, tmp_path / "cube.hdr")
    notes = read_cube(tmp_path / "cube.hdr").attrs["assumed"]
    assert any("which reflectance from 0 to 1 does not" in note for note in notes) == said


def test_the_axis_of_the_bands_may_be_stated(tmp_path: Path, small_cube: xr.DataArray) -> None:
    np.save(tmp_path / "cube.npy", small_cube.values)
    np.testing.assert_array_equal(
        read_cube(tmp_path / "cube.npy", wavelengths="400:440", band_axis=0).values, small_cube.values
    )
    write_cube(small_cube, tmp_path / "cube.hdr")
    with pytest.raises(InputError, match=r"band_axis should be given only for a format that leaves it open"):
        read_cube(tmp_path / "cube.hdr", band_axis=0)
